"""Runs four validators behind the wire, and judges: the chain goes on where it can, stands where it must, never forks,
and is whole again after each partition. Runs as root of namespaces of its own: see `run`."""

import asyncio
import json
import subprocess
import sys
import time

from wire import Wire

VALIDATORS = [1, 2, 3, 4]
PORTS = [9000, 9001]
PATIENCE = 120
# The first of the keys that everybody knows, and the account of the second.
KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
TO = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
program, phase, folder = sys.argv[1], float(sys.argv[2]), sys.argv[3]


def sh(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def lay_out():
    """A namespace for each validator, each with a way to this one and to no other."""
    sh("ip", "link", "set", "lo", "up")
    for one in VALIDATORS:
        sh("ip", "address", "add", f"10.77.0.{one}/32", "dev", "lo")
        sh("ip", "netns", "add", f"v{one}")
        sh("ip", "link", "add", f"to-v{one}", "type", "veth", "peer", "name", "out", "netns", f"v{one}")
        sh("ip", "address", "add", f"10.77.{one}.1/30", "dev", f"to-v{one}")
        sh("ip", "link", "set", f"to-v{one}", "up")
        inside = ["ip", "-n", f"v{one}"]
        sh(*inside, "link", "set", "lo", "up")
        sh(*inside, "address", "add", f"10.77.{one}.2/30", "dev", "out")
        sh(*inside, "link", "set", "out", "up")
        sh(*inside, "route", "add", "default", "via", f"10.77.{one}.1")


def start():
    sh(program, "keys", "--validators", "4", "--out", f"{folder}/keys", "--plain")
    members = [f"--member=10.77.0.{one}:{PORTS[0]},{PORTS[1]}" for one in VALIDATORS]
    sh(program, "genesis", "--committee", f"{folder}/keys/committee.json", "--well-known", "--out", f"{folder}/chain.json", *members)
    with open(f"{folder}/key", "w") as file:
        file.write(KEY)

    def node(one):
        words = ["ip", "netns", "exec", f"v{one}", program, "node", "--chain", f"{folder}/chain.json"]
        words += ["--key", f"{folder}/keys/validator-{one - 1}.hex", "--data-dir", f"{folder}/data-{one}"]
        words += ["--listen", "0.0.0.0", "--host", "0.0.0.0", "--threads", "1", "--json"]
        log = open(f"{folder}/log-{one}", "w")
        return subprocess.Popen(words, stdout=log, stderr=subprocess.STDOUT)

    return {one: node(one) for one in VALIDATORS}


async def ask(one, method, *params):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    reader, writer = await asyncio.wait_for(asyncio.open_connection(f"10.77.{one}.2", 8545), 5)
    head = f"POST / HTTP/1.1\r\nHost: v{one}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write((head + body).encode())
    answer = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    return json.loads(answer.split(b"\r\n\r\n", 1)[1])["result"]


async def height(one):
    return int(await ask(one, "eth_blockNumber"), 16)


async def heights():
    return [await height(one) for one in VALIDATORS]


async def until(what, holds):
    began = time.monotonic()
    while True:
        try:
            if await holds():
                return time.monotonic() - began
        except (OSError, asyncio.TimeoutError, KeyError, IndexError):
            pass
        assert time.monotonic() - began < PATIENCE, f"{what}: not within {PATIENCE} s"
        await asyncio.sleep(0.1)


async def pay(one):
    """Hands a payment to a validator; gives its hash."""
    sent = await asyncio.create_subprocess_exec(
        program, "send", "--key-file", f"{folder}/key", "--rpc-url", f"http://10.77.{one}.2:8545",
        "--to", TO, "--value", "1", "--wait", "60000", "--json", stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await sent.communicate()
    assert sent.returncode == 0, "a payment is taken and committed"
    return json.loads(out)["transactionHash"]


async def grown(of, more):
    before = {one: await height(one) for one in of}

    async def holds():
        return all([await height(one) >= before[one] + more for one in of])

    return await until(f"validators {of} go on", holds)


async def check_agreement():
    """Equal blocks and roots at each height that all of them have; gives how many."""
    common = min(await heights())
    for number in range(1, common + 1):
        blocks = [await ask(one, "eth_getBlockByNumber", hex(number), False) for one in VALIDATORS]
        seen = {(block["hash"], block["stateRoot"]) for block in blocks}
        assert len(seen) == 1, f"a fork at height {number}: {seen}"
    return common


async def main():
    lay_out()
    wire = Wire(PORTS, seed=1)
    await wire.start(VALIDATORS)
    nodes = start()
    try:
        await until("all are ready", lambda: ready())
        paid = [await pay(1)]
        print(f"all four have begun; {await grown(VALIDATORS, 3):.1f} s for three blocks", flush=True)
        wire.delay = 0.02
        paid.append(await pay(2))
        print(f"each way 20 to 40 ms: {await grown(VALIDATORS, 3):.1f} s for three blocks", flush=True)
        ending = time.monotonic() + phase
        while time.monotonic() < ending:
            wire.cut(0.2)
            await asyncio.sleep(0.5)
        print(f"{wire.cuts} connections cut: {await grown(VALIDATORS, 3):.1f} s for three more blocks", flush=True)

        wire.part([1, 2, 3], [4])
        took = await grown([1, 2, 3], 3)
        # Of the nearest three, one block may have been on its way to the fourth.
        await asyncio.sleep(1)
        alone = await height(4)
        paid.append(await pay(1))
        await asyncio.sleep(phase)
        assert await height(4) <= alone, "one of four makes no block"
        behind = await height(1) - alone
        wire.heal()
        caught = await until("the fourth catches up", lambda: caught_up())
        print(f"one of four cut off: {took:.1f} s for three blocks, and {caught:.1f} s after healing it had the {behind} it missed", flush=True)

        wire.part([1, 2], [3, 4])
        await asyncio.sleep(1)
        # Two that hear each other may still tell one another of what is final.
        stood = max(await heights())
        waiting = asyncio.create_task(pay(3))
        await asyncio.sleep(phase)
        assert max(await heights()) == stood, "two of four make no block"
        wire.heal()
        took = await grown(VALIDATORS, 1)
        paid.append(await waiting)
        print(f"two and two: nothing for {phase:.0f} s, and a block {took:.1f} s after healing", flush=True)

        async def all_have(paid=paid):
            receipts = [await ask(one, "eth_getTransactionReceipt", id) for one in VALIDATORS for id in paid]
            return all(receipts)

        await until("everybody has every payment", all_have)
        count = await check_agreement()
        print(f"no fork in {count} blocks; {len(paid)} payments are everywhere; {wire.carried >> 10} KiB carried")
    except BaseException:
        for one in VALIDATORS:
            print(f"-- validator {one}:", open(f"{folder}/log-{one}").read()[-2_000:], file=sys.stderr)
        raise
    finally:
        for node in nodes.values():
            node.kill()


async def ready():
    return len(await heights()) == len(VALIDATORS)


async def caught_up():
    return await height(4) + 2 >= await height(1)


asyncio.run(main())
