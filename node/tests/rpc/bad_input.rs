//! Requests that are none, or too much of one: an error or a closed connection, and the next client is served as ever.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

use pelton_node::history::Keep;
use pelton_node::rpc::limits::Limits;
use serde_json::{Value, json};

use crate::chain::wait_until;
use crate::client::{Socket, answer, call, connect, fail, hits, post, standard, start};

fn code(body: &str) -> i64 {
    let response: Value = serde_json::from_str(body).unwrap_or_default();
    response["error"]["code"].as_i64().unwrap_or_default()
}

#[test]
fn malformed_requests_get_the_errors_of_the_protocol() {
    let node = standard();
    let nested = format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_call\",\"params\":{}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let cases = [
        ("", -32_700),
        ("{", -32_700),
        ("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_chainId\"", -32_700),
        ("[", -32_700),
        ("\u{0}", -32_700),
        ("{\"id\":1}", -32_600),
        ("[]", -32_600),
        (&nested, -32_602),
    ];
    for (body, expected) in cases {
        let (_, response) = post(node, body);
        assert_eq!(code(&response), expected, "{}: {response}", &body[..body.len().min(60)]);
    }
    assert_eq!(fail(node, "eth_noSuchThing", json!([])).0, -32_601);
    assert_eq!(fail(node, "eth_signTransaction", json!([{}])).0, -32_601);
    for (method, params) in [
        ("eth_getBalance", json!([])),
        ("eth_getBalance", json!(["0x12"])),
        ("eth_getBalance", json!([5, "latest"])),
        ("eth_getBalance", json!(["0x0000000000000000000000000000000000000000", "0x1g"])),
        ("eth_getBalance", json!(["0x0000000000000000000000000000000000000000", "latest", 1])),
        ("eth_getBalance", json!({ "address": "0x00" })),
        ("eth_getTransactionByHash", json!(["0xabc"])),
        ("eth_sendRawTransaction", json!(["0xabc"])),
        ("eth_call", json!([{ "to": "0x1" }])),
        ("eth_getLogs", json!([{ "address": 1 }])),
    ] {
        assert_eq!(fail(node, method, params.clone()).0, -32_602, "{method} {params}");
    }
    assert_eq!(call(node, "eth_chainId", json!([])), "0x7a69");
}

#[test]
fn what_is_too_large_is_refused_and_counted() {
    let limits = Limits { batch_max: 3, request_bytes_max: 10_000, log_blocks_max: 1, ..Limits::standard(2) };
    let node = start(limits, Keep::STANDARD, Duration::ZERO);
    let batch = |count| {
        let one = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": [] });
        post(node, &Value::from(vec![one; count]).to_string()).1
    };
    assert_eq!(serde_json::from_str::<Vec<Value>>(&batch(3)).expect("a list").len(), 3);
    assert_eq!((code(&batch(4)), hits(node, "batch")), (-32_005, 1));
    let mut socket = Socket::open(node);
    let one = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": [] });
    socket.send(&Value::from(vec![one; 4]).to_string());
    assert_eq!((socket.receive()["error"]["code"].as_i64(), hits(node, "batch")), (Some(-32_005), 2));
    let (status, _) = post(node, &" ".repeat(20_000));
    assert_eq!((status, hits(node, "requestBytes")), (413, 1));
    call(
        node,
        "eth_sendRawTransactionSync",
        json!([crate::wallet::sign(crate::wallet::payment(0, crate::wallet::address(1), 1), 0).0]),
    );
    assert_eq!(fail(node, "eth_getLogs", json!([{ "fromBlock": "0x0" }])).0, -32_005);
    assert_eq!(hits(node, "logRange"), 1);
}

#[test]
fn who_sends_slowly_or_nothing_or_garbage_is_cut_off() {
    let limits = Limits { patience: Duration::from_millis(300), ..Limits::standard(2) };
    let node = start(limits, Keep::STANDARD, Duration::ZERO);
    let mut silent = connect(node);
    let mut slow = connect(node);
    slow.write_all(b"POST / HTTP/1.1\r\nHost: node\r\nX-Slow: ").expect("it reads");
    let mut stuck = connect(node);
    let head =
        b"POST / HTTP/1.1\r\nHost: node\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    stuck.write_all(head).expect("it reads");
    let mut garbage = connect(node);
    garbage
        .write_all(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 not a request\r\n\r\n")
        .expect("it reads");
    for stream in [&mut silent, &mut slow, &mut stuck, &mut garbage] {
        let (status, _) = answer(stream);
        assert_ne!(status, 200, "the connection ends without an answer that was not asked for");
    }
    assert!(hits(node, "patience") >= 2);
    assert_eq!(call(node, "eth_chainId", json!([])), "0x7a69");
}

#[test]
fn connections_beyond_the_limit_are_closed_and_counted_and_room_comes_back() {
    let limits = Limits { connections_max: 8, ..Limits::standard(2) };
    let node = start(limits, Keep::STANDARD, Duration::ZERO);
    let held: Vec<_> = (0..8).map(|_| Socket::open(node)).collect();
    for _ in 0..5 {
        let mut refused = connect(node);
        let mut byte = [0];
        assert!(!matches!(refused.read(&mut byte), Ok(1..)), "it is closed at once");
    }
    drop(held);
    wait_until(|| served(node));
    assert!(hits(node, "connections") >= 5);
}

fn served(node: SocketAddr) -> bool {
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": [] });
    post(node, &request.to_string()).0 == 200
}

#[test]
fn pages_of_other_origins_may_ask() {
    let node = standard();
    let mut stream = connect(node);
    let head = "OPTIONS / HTTP/1.1\r\nHost: node\r\nOrigin: http://wallet.example\r\nConnection: close\r\n\
        Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type\r\n\r\n";
    stream.write_all(head.as_bytes()).expect("it reads");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    let text = text.to_lowercase();
    assert!(text.starts_with("http/1.1 200") && text.contains("access-control-allow-origin: *"), "{text}");
}

#[test]
fn every_cut_of_a_request_is_an_error_and_the_whole_is_none() {
    let node = standard();
    let request =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_getBlockByNumber", "params": ["latest", true] });
    let text = request.to_string();
    for cut in 0..text.len() {
        assert_eq!(code(&post(node, &text[..cut]).1), -32_700, "{}", &text[..cut]);
    }
    assert_eq!(code(&post(node, &text).1), 0);
}

#[test]
fn oversize_and_odd_parameters_are_named_and_unknown_fields_do_no_harm() {
    let node = standard();
    let long = format!("0x{}", "ab".repeat(2 << 20));
    assert_eq!(
        fail(node, "eth_sendRawTransaction", json!([long])).0,
        -32_000,
        "more than a transaction may have"
    );
    assert_eq!(fail(node, "eth_getBalance", json!([long, "latest"])).0, -32_602);
    assert_eq!(
        fail(node, "eth_getStorageAt", json!([format!("0x{}", "00".repeat(20)), long, "latest"])).0,
        -32_602
    );
    assert_eq!(fail(node, "eth_call", json!([{ "data": "0xabc" }, "latest"])).0, -32_602, "half a byte");
    assert_eq!(fail(node, "eth_getBlockByNumber", json!(["0x1ffffffffffffffff", false])).0, -32_602);
    assert_eq!(fail(node, "debug_traceCall", json!([{}, "latest", { "tracerConfig": 5 }])).0, -32_602);
    assert_eq!(fail(node, "eth_simulateV1", json!([{ "blockStateCalls": "many" }])).0, -32_602);
    assert_eq!(
        fail(node, "eth_getProof", json!([format!("0x{}", "00".repeat(20)), vec!["0x0"; 2_000], "latest"])).0,
        -32_602
    );
    assert_eq!(
        call(node, "eth_call", json!([{ "to": crate::wallet::address(1), "color": "blue" }, "latest"])),
        "0x"
    );
}

#[test]
fn a_thousand_connections_take_little_memory_and_others_are_served() {
    let node = standard();
    // Both ends of each are in this process.
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let count = files.current.map_or(1_000, |files| (files as usize).saturating_sub(200) / 4).min(1_000);
    let before = resident_kilobytes();
    let idle: Vec<_> = (0..count).map(|_| connect(node)).collect();
    for mut stream in idle.iter().take(count / 2) {
        stream
            .write_all(b"POST / HTTP/1.1\r\nHost: node\r\nContent-Length: 1000000\r\n\r\n{")
            .expect("it reads");
    }
    assert_eq!(call(node, "eth_chainId", json!([])), "0x7a69");
    let grown = resident_kilobytes().saturating_sub(before);
    assert!(grown < 200 * 1_024, "{grown} KiB for {count} connections");
}

/// Memory of this process that lies in RAM.
fn resident_kilobytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it is told");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}
