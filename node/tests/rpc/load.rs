//! Questions are answered, and rightly, while the pipeline has as much to do as it can and others misbehave.
//!
//! How long the answers take under load, `pelton load --reads` measures.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use alloy_primitives::{Address, U256};
use pelton_node::feed::Client;
use pelton_node::history::Keep;
use pelton_node::rpc::limits::Limits;
use serde_json::json;

use crate::client::{Socket, call, connect, post, post_from, start_both, start_with, wei};
use crate::wallet::{address, payment, sign};

const PAYEE: Address = Address::repeat_byte(0x88);
const TRANSACTIONS: u64 = 1_200;

/// Sets a flag when it goes.
struct Sets<'a>(&'a AtomicBool);

impl Drop for Sets<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn reads_are_answered_while_transactions_pour_in_and_others_send_garbage_or_do_not_read() {
    let limits = Limits { messages_max: 8, patience: Duration::from_secs(5), ..Limits::standard(2) };
    let node = start_both(limits, Keep::STANDARD, Duration::ZERO);
    let feed = node.feed.expect("it was asked for");
    let wires: Vec<_> = (0..TRANSACTIONS).map(|nonce| sign(payment(nonce, PAYEE, 1), 0).0).collect();
    let mut deaf = Socket::open(node.rpc);
    for kind in ["newHeads", "newPendingTransactions"] {
        deaf.call("eth_subscribe", json!([kind]));
    }
    let over = &AtomicBool::new(false);
    std::thread::scope(|scope| {
        let garbage = || {
            while !over.load(Ordering::Relaxed) {
                // Whether it is told what is wrong or just cut off is its affair.
                let _ = connect(feed).write_all(&[0xff; 64]);
                let _ = connect(node.rpc).write_all(&[0x16; 64]);
                post(node.rpc, "[[[[{{{{");
            }
        };
        let pour = || {
            let mut client = Client::connect(feed, Duration::from_secs(20)).expect("it takes a peer");
            for wire in &wires {
                client.send(wire, None).expect("it takes it in the end");
            }
            client.finish().expect("all were taken")
        };
        let named = |name: &str| std::thread::Builder::new().name(name.to_owned());
        named("garbage").spawn_scoped(scope, garbage).expect("a thread");
        let pouring = named("pour").spawn_scoped(scope, pour).expect("a thread");
        // Also if something below fails.
        let end = Sets(over);
        let mut paid = U256::ZERO;
        while paid < U256::from(TRANSACTIONS) {
            let now = wei(&call(node.rpc, "eth_getBalance", json!([PAYEE, "latest"])));
            assert!(now >= paid, "what was paid stays paid");
            paid = now;
            let nothing = call(node.rpc, "eth_call", json!([{ "from": address(1), "to": PAYEE }, "latest"]));
            assert_eq!(nothing, "0x");
        }
        drop(end);
        assert_eq!(pouring.join().expect("it ends"), TRANSACTIONS);
    });
}

/// Bodies of one batch each, of transactions whose signatures fit nothing, none of them twice.
fn forged(wire: &[u8], batches: u32, of: u32) -> Vec<String> {
    let body = |batch: u32| {
        let requests = (0..of).map(|at| {
            let mut bytes = wire.to_vec();
            let end = bytes.len();
            bytes[end - 4..].copy_from_slice(&(batch * of + at).to_be_bytes());
            let params = [alloy_primitives::Bytes::from(bytes)];
            json!({ "jsonrpc": "2.0", "id": at, "method": "eth_sendRawTransaction", "params": params })
        });
        serde_json::Value::from_iter(requests).to_string()
    };
    (0..batches).map(body).collect()
}

#[test]
fn a_client_that_floods_by_json_crowds_out_itself_and_no_client_at_another_address() {
    // Plain code, so that a flood is more than it can verify on any machine.
    let node = start_with("reference", Limits::standard(2), Keep::STANDARD, Duration::ZERO).rpc;
    let bodies = forged(&sign(payment(0, PAYEE, 1), 1).0, 40, 1_000);
    let (over, refused) = (&AtomicBool::new(false), &AtomicU64::new(0));
    std::thread::scope(|scope| {
        for bodies in bodies.chunks(2) {
            let flood = move || {
                for body in bodies.iter().cycle().take_while(|_| !over.load(Ordering::Relaxed)) {
                    let (_, answers) = post(node, body);
                    refused.fetch_add(answers.matches("txpool is full").count() as u64, Ordering::Relaxed);
                }
            };
            std::thread::Builder::new().name("flood".into()).spawn_scoped(scope, flood).expect("a thread");
        }
        // Also if something below fails.
        let end = Sets(over);
        while refused.load(Ordering::Relaxed) == 0 {
            call(node, "eth_blockNumber", json!([]));
        }
        let is_served = |account: u8| {
            (0..4).all(|nonce| {
                let (wire, id) = sign(payment(nonce, PAYEE, 1), account.into());
                let request = json!({
                    "jsonrpc": "2.0", "id": 1, "method": "eth_sendRawTransaction", "params": [wire]
                });
                post_from([127, 0, 0, account], node, &request.to_string()).1.contains(&id.to_string())
            })
        };
        // One in 256 shares a queue with the flood, and two of them never in a lifetime.
        assert!(is_served(2) || is_served(3), "a client that sends little is served");
        drop(end);
    });
    assert!(refused.load(Ordering::Relaxed) > 100, "there was a flood");
}
