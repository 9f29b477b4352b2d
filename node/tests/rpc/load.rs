//! Questions are answered, and rightly, while the pipeline has as much to do as it can and others misbehave.
//!
//! How long the answers take under load, `pelton load --reads` measures.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use alloy_primitives::{Address, U256};
use pelton_node::feed::Client;
use pelton_node::history::Keep;
use pelton_node::rpc::limits::Limits;
use serde_json::json;

use crate::client::{Socket, call, connect, post, start_both, wei};
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
