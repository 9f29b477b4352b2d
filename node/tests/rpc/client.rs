//! A node of its own for each test, and a client that speaks HTTP and WebSocket by hand, so that it can also speak wrongly.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc;
use std::time::Duration;

use alloy_primitives::{U64, U256};
use pelton_node::devnet::Options;
use pelton_node::genesis;
use pelton_node::history::Keep;
use pelton_node::rpc::limits::Limits;
use pelton_node::serve::Addresses;
use serde_json::{Value, json};

/// Longest that anything may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Starts a node with these limits, which ends with the process.
pub fn start(limits: Limits, keep: Keep, block_time: Duration) -> SocketAddr {
    start_both(limits, keep, block_time).rpc
}

/// The same, with a way in for raw transactions.
pub fn start_both(limits: Limits, keep: Keep, block_time: Duration) -> Addresses {
    start_with("cpu", limits, keep, block_time)
}

/// The same, with this back-end to verify signatures.
pub fn start_with(backend: &str, limits: Limits, keep: Keep, block_time: Duration) -> Addresses {
    let genesis = genesis::devnet();
    let options = Options {
        chain_id: 31_337,
        genesis,
        block_time,
        threads: 2,
        choice: pelton_kernels::open(backend, [7; 32]).expect("the CPU is there").into(),
        keep,
        folder: None,
        membership: None,
        merkle: false,
    };
    let (sender, receiver) = mpsc::channel();
    let serve = move || {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let addresses = Addresses { rpc: any, feed: Some(any) };
        pelton_node::serve::devnet(&options, limits, addresses, |addresses| {
            sender.send(addresses).expect("the test waits")
        })
    };
    std::thread::Builder::new().spawn(serve).expect("a thread");
    receiver.recv_timeout(PATIENCE).expect("it is ready")
}

/// A node as it is unless something else is chosen.
pub fn standard() -> SocketAddr {
    start(Limits::standard(2), Keep::STANDARD, Duration::ZERO)
}

/// A connection.
pub fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
    stream.set_nodelay(true).expect("a socket");
    stream
}

/// Sends a body; gives the status and the body of the answer.
pub fn post(address: SocketAddr, body: &str) -> (u16, String) {
    post_by(connect(address), body)
}

/// The same from an address of this machine's.
pub fn post_from(own: [u8; 4], address: SocketAddr, body: &str) -> (u16, String) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().expect("a runtime");
    let connected = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket.bind(SocketAddr::from((own, 0))).expect("an address of this machine");
        socket.connect(address).await.expect("it listens").into_std()
    });
    let stream = connected.expect("a socket");
    stream.set_nonblocking(false).expect("a socket");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
    post_by(stream, body)
}

fn post_by(mut stream: TcpStream, body: &str) -> (u16, String) {
    let head = format!(
        "POST / HTTP/1.1\r\nHost: node\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    // Who is refused early may find the socket closed while it still writes.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
    answer(&mut stream)
}

/// Reads an answer until the connection ends.
pub fn answer(stream: &mut TcpStream) -> (u16, String) {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status, body.to_owned())
}

/// Calls a method; gives the whole response.
pub fn respond(address: SocketAddr, method: &str, params: Value) -> Value {
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let (status, body) = post(address, &request.to_string());
    assert_eq!(status, 200, "{method}: {body}");
    serde_json::from_str(&body).expect("a response is JSON")
}

/// Calls a method that must succeed.
pub fn call(address: SocketAddr, method: &str, params: Value) -> Value {
    let mut response = respond(address, method, params);
    assert!(response.get("error").is_none(), "{method}: {response}");
    response["result"].take()
}

/// Code and words of a call that must fail.
pub fn fail(address: SocketAddr, method: &str, params: Value) -> (i64, String) {
    let response = respond(address, method, params);
    let error = &response["error"];
    (error["code"].as_i64().expect("a code"), error["message"].as_str().expect("words").to_owned())
}

/// A quantity as a number.
pub fn number(value: &Value) -> u64 {
    serde_json::from_value::<U64>(value.clone()).expect("a quantity").to()
}

/// A quantity as a number of any size.
pub fn wei(value: &Value) -> U256 {
    serde_json::from_value(value.clone()).expect("a quantity")
}

/// How often a limit was hit.
pub fn hits(address: SocketAddr, name: &str) -> u64 {
    call(address, "pelton_stages", json!([]))["limitsHit"][name].as_u64().expect("a limit of this name")
}

/// A WebSocket connection.
pub struct Socket(TcpStream);

impl Socket {
    /// Connects and shakes hands.
    pub fn open(address: SocketAddr) -> Socket {
        let mut stream = connect(address);
        let head = "GET / HTTP/1.1\r\nHost: node\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
        stream.write_all(head.as_bytes()).expect("it reads");
        let mut seen = Vec::new();
        while !seen.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("it answers");
            seen.push(byte[0]);
        }
        assert!(seen.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&seen));
        Socket(stream)
    }

    /// Sends a text.
    pub fn send(&mut self, text: &str) {
        let mut frame = vec![0x81];
        match text.len() {
            length @ 0..126 => frame.push(0x80 | length as u8),
            length => {
                frame.push(0x80 | 126);
                frame.extend_from_slice(&u16::try_from(length).expect("a short text").to_be_bytes());
            }
        }
        // A mask of zeros leaves the text as it is.
        frame.extend_from_slice(&[0; 4]);
        frame.extend_from_slice(text.as_bytes());
        self.0.write_all(&frame).expect("it reads");
    }

    /// The next text.
    pub fn receive(&mut self) -> Value {
        loop {
            let mut head = [0; 2];
            self.0.read_exact(&mut head).expect("it sends");
            let mut length = u64::from(head[1] & 0x7f);
            if length == 126 {
                let mut long = [0; 2];
                self.0.read_exact(&mut long).expect("it sends");
                length = u16::from_be_bytes(long).into();
            } else if length == 127 {
                let mut long = [0; 8];
                self.0.read_exact(&mut long).expect("it sends");
                length = u64::from_be_bytes(long);
            }
            let mut text = vec![0; length as usize];
            self.0.read_exact(&mut text).expect("it sends");
            if head[0] == 0x81 {
                return serde_json::from_slice(&text).expect("JSON");
            }
        }
    }

    /// Calls a method; gives its result.
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        self.send(&json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string());
        self.receive()["result"].take()
    }

    /// The next news of a subscription, and which.
    pub fn news(&mut self) -> (Value, Value) {
        let mut message = self.receive();
        assert_eq!(message["method"], "eth_subscription", "{message}");
        (message["params"]["subscription"].take(), message["params"]["result"].take())
    }
}
