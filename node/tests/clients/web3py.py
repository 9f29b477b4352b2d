"""web3.py: deploys a contract, sends 1,000 transactions, reads receipts and logs, and watches by WebSocket."""

import asyncio
import json
import os
import sys

from web3 import AsyncWeb3, Web3, WebSocketProvider
from web3.exceptions import ContractLogicError

COUNT = 1_000


def deploy(node, account, artefact):
    tally = node.eth.contract(abi=artefact["abi"], bytecode=artefact["bytecode"])
    fields = {"from": account.address, "nonce": node.eth.get_transaction_count(account.address)}
    signed = account.sign_transaction(tally.constructor(9).build_transaction(fields))
    receipt = node.eth.wait_for_transaction_receipt(node.eth.send_raw_transaction(signed.raw_transaction), poll_latency=0.05)
    assert receipt.status == 1, receipt
    return node.eth.contract(address=receipt.contractAddress, abi=artefact["abi"]), receipt.blockNumber


def send_all(node, account, tally):
    nonce = node.eth.get_transaction_count(account.address)
    tip = node.eth.max_priority_fee
    fee = 2 * node.eth.get_block("latest").baseFeePerGas + tip
    hashes = []
    for index in range(COUNT):
        fields = {"chainId": 31337, "nonce": nonce + index, "gas": 60_000, "maxFeePerGas": fee, "maxPriorityFeePerGas": tip}
        signed = account.sign_transaction(tally.functions.add(index).build_transaction(fields))
        hashes.append(node.eth.send_raw_transaction(signed.raw_transaction))
    node.eth.wait_for_transaction_receipt(hashes[-1], timeout=60, poll_latency=0.05)
    return hashes


async def watch(url, address, ready, hashes):
    async with AsyncWeb3(WebSocketProvider(url)) as watcher:
        await watcher.eth.subscribe("logs", {"address": address})
        ready.set()
        async for message in watcher.socket.process_subscriptions():
            hashes.append(message["result"]["transactionHash"])
            if len(hashes) == COUNT:
                return


async def main(http_url, ws_url, key):
    with open(os.environ["TALLY"]) as file:
        artefact = json.load(file)
    node = Web3(Web3.HTTPProvider(http_url))
    assert node.is_connected() and node.eth.chain_id == 31337
    account = node.eth.account.from_key(key)
    tally, first = deploy(node, account, artefact)
    assert tally.functions.total().call() == 9
    try:
        tally.functions.add(1_000_000).call()
        raise AssertionError("it reverts")
    except ContractLogicError as error:
        assert "too much" in str(error), error

    ready, told = asyncio.Event(), []
    watching = asyncio.create_task(watch(ws_url, tally.address, ready, told))
    await ready.wait()
    hashes = await asyncio.to_thread(send_all, node, account, tally)
    receipts = [node.eth.get_transaction_receipt(hash) for hash in hashes]
    assert all(receipt.status == 1 and len(receipt.logs) == 1 for receipt in receipts)
    assert tally.functions.total().call() == 9 + COUNT * (COUNT - 1) // 2
    found = tally.events.Added().get_logs(from_block=first)
    assert [log.args.value for log in found] == list(range(COUNT))
    await asyncio.wait_for(watching, 60)
    assert told == hashes, "every log came by WebSocket, in order"
    print(f"web3.py: {COUNT} transactions in {len({receipt.blockNumber for receipt in receipts})} blocks")


asyncio.run(main(*sys.argv[1:]))
