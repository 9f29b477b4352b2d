//! Raw transactions over TCP: they come into blocks, their sender sees how many more it may send, and who does not keep to
//! that harms only itself.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use alloy_primitives::Address;
use pelton_node::feed::{Client, End, Lost, Word};
use pelton_node::history::Keep;
use pelton_node::rpc::limits::Limits;
use pelton_node::serve::Addresses;
use serde_json::json;

use crate::chain::wait_until;
use crate::client::{call, connect, hits, number, start_both};
use crate::wallet::{address, payment, sign};

const PAYEE: Address = Address::repeat_byte(0x66);
const PATIENCE: Duration = Duration::from_secs(20);

fn node(limits: Limits) -> Addresses {
    start_both(limits, Keep::STANDARD, Duration::ZERO)
}

fn feed(node: &Addresses) -> SocketAddr {
    node.feed.expect("it was asked for")
}

/// Sends these bytes and no more; gives the last word before the connection ends, if any.
fn last_word(address: SocketAddr, bytes: &[u8]) -> Option<u8> {
    let mut stream = connect(address);
    stream.write_all(bytes).expect("it reads");
    let mut words = Vec::new();
    let _ = stream.read_to_end(&mut words);
    words.chunks_exact(Word::BYTES).last().map(|word| word[0])
}

#[test]
fn raw_transactions_come_into_blocks_whoever_is_said_to_have_signed_them() {
    let node = node(Limits { feed_window: 16, ..Limits::standard(2) });
    for (account, connect) in [Client::connect, Client::connect_quic].into_iter().enumerate() {
        let mut client = connect(feed(&node), PATIENCE).expect("it takes a peer");
        assert_eq!(client.credit(), 16);
        for nonce in 0..300 {
            let claimed = [None, Some(address(account)), Some(PAYEE)][nonce as usize % 3];
            let (wire, _) = sign(payment(nonce, PAYEE, 1), account);
            client.send(&wire, claimed.as_ref()).expect("it takes it in the end");
        }
        assert_eq!(client.finish().expect("all were taken"), 300);
        let (_, last) = sign(payment(299, PAYEE, 1), account);
        wait_until(|| call(node.rpc, "eth_getTransactionReceipt", json!([last]))["status"] == "0x1");
    }
    assert_eq!(number(&call(node.rpc, "eth_getBalance", json!([PAYEE, "latest"]))), 600);
}

#[test]
fn a_peer_over_quic_is_held_to_the_same_and_told_the_same() {
    let limits = Limits { feed_idle: Duration::from_millis(600), feed_peers_max: 2, ..Limits::standard(2) };
    let node = node(limits);
    let quic = || Client::connect_quic(feed(&node), PATIENCE);
    let mut garbage = quic().expect("a place");
    let too_long = vec![0; 150_000];
    let outcome = garbage.send(&too_long, None).and_then(|()| garbage.finish().map(drop));
    assert!(matches!(outcome, Err(Lost::Ended(word)) if word.end == End::Malformed), "{outcome:?}");
    assert_eq!(hits(node.rpc, "feedMalformed"), 1);
    // Places are shared by all ways in.
    let mut held: Vec<Client> = Vec::new();
    wait_until(|| quic().map(|client| held.push(client)).is_ok());
    wait_until(|| Client::connect(feed(&node), PATIENCE).map(|client| held.push(client)).is_ok());
    assert!(quic().is_err() && Client::connect(feed(&node), PATIENCE).is_err());
    assert!(hits(node.rpc, "feedPeers") >= 2);
    wait_until(|| hits(node.rpc, "feedPatience") >= 2);
    for silent in held {
        let outcome = silent.finish();
        assert!(matches!(outcome, Err(Lost::Ended(_) | Lost::Io(_))), "{outcome:?}");
    }
    assert_eq!(quic().expect("there is room again").finish().expect("nothing was sent"), 0);
}

#[test]
fn datagrams_that_are_no_handshake_and_handshakes_that_end_nowhere_take_no_place() {
    let node = node(Limits { feed_peers_max: 1, ..Limits::standard(2) });
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    // The second is the head of an initial packet of QUIC's first version, with connection ids, and nothing behind them.
    let mut initial =
        vec![0xc3, 0, 0, 0, 1, 8, 1, 2, 3, 4, 5, 6, 7, 8, 8, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0x44, 0xb0];
    initial.resize(1_200, 0x5a);
    for datagram in [&[0xff; 40][..], &initial, &[], &[0; 1_400]] {
        for _ in 0..50 {
            socket.send_to(datagram, feed(&node)).expect("it is sent");
        }
    }
    let client = Client::connect_quic(feed(&node), PATIENCE).expect("the only place is free");
    assert_eq!(client.finish().expect("nothing was sent"), 0);
    assert_eq!(hits(node.rpc, "feedPeers"), 0);
}

#[test]
fn who_sends_garbage_or_more_than_it_may_is_told_so_and_cut_off() {
    let node = node(Limits { feed_window: 4, ..Limits::standard(2) });
    let frame = [0, 0, 0, 3, 0, 1, 2, 3];
    assert_eq!(last_word(feed(&node), &frame.repeat(5)), Some(End::Overrun as u8));
    let far_too_long = [0xff, 0xff, 0xff, 0xff, 0];
    for garbage in [&far_too_long[..], b"POST / HTTP/1.1\r\nHost: node\r\n\r\n", &[0, 0, 0, 1, 7, 7]] {
        assert_eq!(last_word(feed(&node), garbage), Some(End::Malformed as u8), "{garbage:?}");
    }
    assert_eq!((hits(node.rpc, "feedOverrun"), hits(node.rpc, "feedMalformed")), (1, 3));
    let mut cut = connect(feed(&node));
    cut.write_all(&frame[..5]).and_then(|()| cut.shutdown(Shutdown::Write)).expect("it reads");
    let mut words = Vec::new();
    let _ = cut.read_to_end(&mut words);
    assert_eq!(words.chunks_exact(Word::BYTES).last().map(|word| word[0]), Some(End::Malformed as u8));
    // What is no transaction is taken, and turned away by the stage that sees that.
    let mut client = Client::connect(feed(&node), PATIENCE).expect("it takes a peer");
    client.send(b"\x02no transaction", None).expect("a frame");
    assert_eq!(client.finish().expect("taken"), 1);
}

#[test]
fn who_is_silent_or_stops_in_a_frame_loses_its_place() {
    let limits = Limits {
        feed_peers_max: 2,
        feed_idle: Duration::from_millis(600),
        patience: Duration::from_millis(300),
        ..Limits::standard(2)
    };
    let node = node(limits);
    let held = Client::connect(feed(&node), PATIENCE).expect("a place");
    let mut slow = connect(feed(&node));
    slow.write_all(&[0, 0, 0, 9, 0, 1]).expect("it reads");
    wait_until(|| Client::connect(feed(&node), Duration::from_millis(50)).is_err());
    assert!(hits(node.rpc, "feedPeers") >= 1);
    let mut words = Vec::new();
    let _ = slow.read_to_end(&mut words);
    assert_eq!(words.chunks_exact(Word::BYTES).last().map(|word| word[0]), Some(End::Slow as u8));
    let mut held = held;
    // Its time is up as well; what it sends then goes nowhere.
    wait_until(|| hits(node.rpc, "feedPatience") >= 2);
    let outcome = held.send(b"late", None).and_then(|()| held.finish());
    assert!(matches!(outcome, Err(Lost::Ended(_) | Lost::Io(_))), "{outcome:?}");
    wait_until(|| Client::connect(feed(&node), PATIENCE).is_ok());
}

#[test]
#[expect(clippy::disallowed_methods, reason = "it is about how long something takes")]
fn a_peer_beyond_its_quota_waits_and_loses_nothing() {
    let node = node(Limits { feed_per_second_max: 50, feed_window: 4, ..Limits::standard(2) });
    let mut client = Client::connect(feed(&node), PATIENCE).expect("a place");
    let began = Instant::now();
    for nonce in 0..30 {
        client.send(&sign(payment(nonce, PAYEE, 1), 1).0, None).expect("it takes it in the end");
    }
    assert_eq!(client.finish().expect("all were taken"), 30);
    assert!(began.elapsed() >= Duration::from_millis(480), "25 of them had to wait");
    assert!(hits(node.rpc, "feedQuota") >= 10);
    wait_until(|| call(node.rpc, "eth_getTransactionCount", json!([address(1), "latest"])) == "0x1e");
}
