"""The wire between validators: a proxy for each of them, at its address, that knows who calls.

    validator i ── 10.77.i.2 ──> 10.77.0.j ── wire: delay, cuts, partition ──> 10.77.j.2 ── validator j

Bytes are kept in order and none is lost within a connection, as TCP has it: what is lost are connections. Across a
partition nothing moves, not even an end, until it heals.
"""

import asyncio
import random


class Wire:
    """All ways between validators. `delay` is in seconds, each piece waits between once and twice as long."""

    def __init__(self, ports, seed):
        self.ports = ports
        self.random = random.Random(seed)
        self.delay = 0.0
        self.side = {}
        self.healed = asyncio.Event()
        self.healed.set()
        self.open = set()
        self.carried = 0
        self.cuts = 0

    async def start(self, validators):
        for one in validators:
            for port in self.ports:
                serve = lambda reader, writer, to=one, port=port: self.accept(reader, writer, to, port)
                await asyncio.start_server(serve, f"10.77.0.{one}", port)

    def part(self, *sides):
        """Nothing passes between these groups from now on."""
        self.side = {one: place for place, side in enumerate(sides) for one in side}
        self.healed.clear()

    def heal(self):
        self.side = {}
        self.healed.set()

    def cut(self, share):
        """Ends this share of all connections."""
        for pair in self.random.sample(sorted(self.open, key=id), int(len(self.open) * share)):
            self.cuts += 1
            for writer in pair[1:]:
                writer.transport.abort()

    async def passes(self, ends):
        while self.side.get(ends[0]) != self.side.get(ends[1]):
            await self.healed.wait()

    async def accept(self, reader, writer, to, port):
        caller = int(writer.get_extra_info("peername")[0].split(".")[2])
        ends = (caller, to)
        try:
            await self.passes(ends)
            # The other side is to see the address that the chain file gives for the caller.
            beyond = await asyncio.open_connection(f"10.77.{to}.2", port, local_addr=(f"10.77.0.{caller}", 0))
        except OSError:
            writer.transport.abort()
            return
        pair = (ends, writer, beyond[1])
        self.open.add(pair)
        try:
            await asyncio.gather(self.carry(reader, beyond[1], ends), self.carry(beyond[0], writer, ends))
        except asyncio.CancelledError:
            # The trial is over.
            pass
        self.open.discard(pair)

    async def carry(self, reader, writer, ends):
        loop = asyncio.get_running_loop()
        queue = asyncio.Queue(1_024)

        async def take():
            while data := await reader.read(1 << 16):
                await queue.put((loop.time() + self.delay * (1 + self.random.random()), data))

        async def give():
            gone = False
            while data := await queue.get():
                await asyncio.sleep(max(0, data[0] - loop.time()))
                await self.passes(ends)
                # Where nobody takes it any more, it is let fall.
                if not gone:
                    try:
                        writer.write(data[1])
                        await writer.drain()
                        self.carried += len(data[1])
                    except OSError:
                        gone = True

        giving = asyncio.create_task(give())
        try:
            await take()
        except OSError:
            pass
        await queue.put(None)
        await giving
        writer.close()
