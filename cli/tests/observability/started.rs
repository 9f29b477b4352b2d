//! What is watched: programs that run until the test ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

/// A process that ends with the test.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Where it has ended already, there is nothing to be done.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a bench that goes on for longer than the test, and gives where its metrics are.
pub fn bench(cache: &Path, arguments: &[&str]) -> (Running, SocketAddr) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pelton"));
    command.args(["bench", "--json", "--accounts", "60"]).args(arguments).env("XDG_CACHE_HOME", cache);
    watched(command.stdout(Stdio::null()))
}

/// Starts a node that is kept in this folder and moves old blocks, and gives where its metrics are and where clients ask.
pub fn node(folder: &Path) -> (Running, SocketAddr, SocketAddr) {
    std::fs::create_dir(folder.join("objects")).expect("the folder can be written to");
    let mut command = Command::new(env!("CARGO_BIN_EXE_pelton"));
    command.args(["devnet", "--merkle", "--port", "0", "--json", "--data-dir"]).arg(folder.join("devnet"));
    command.arg("--archive").arg(format!("file://{}", folder.join("objects").display()));
    let (mut running, metrics) = watched(command.stdout(Stdio::piped()));
    let mut line = String::new();
    let output = running.0.stdout.take().expect("it is piped");
    BufReader::new(output).read_line(&mut line).expect("it says when it is ready");
    let ready: Value = serde_json::from_str(&line).expect("it is JSON");
    let clients = ready["http"].as_str().and_then(|url| url.strip_prefix("http://")?.parse().ok());
    (running, metrics, clients.expect("an address"))
}

/// Starts two validators, and gives where their metrics are.
pub fn validators(folder: &Path) -> Vec<(Running, SocketAddr)> {
    let free = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
    let port = |listener: &TcpListener| listener.local_addr().expect("it listens").port();
    // All at a time, so that they differ.
    let ports: Vec<u16> = [(); 4].map(|()| free()).iter().map(port).collect();
    let make = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pelton"));
        let made = command.current_dir(folder).args(arguments).stdout(Stdio::null()).status();
        assert!(made.expect("the program starts").success(), "{arguments:?}");
    };
    make(&["keys", "--validators", "2", "--out", "keys", "--plain"]);
    let members: Vec<String> =
        ports.chunks(2).map(|ports| format!("127.0.0.1:{},{}", ports[0], ports[1])).collect();
    let committee = ["genesis", "--committee", "keys/committee.json", "--well-known", "--out", "chain.json"];
    make(&[&committee[..], &["--member", &members[0], "--member", &members[1]]].concat());
    let start = |index: usize| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pelton"));
        command.current_dir(folder).args(["node", "--chain", "chain.json", "--port", "0"]);
        let (key, data) = (format!("keys/validator-{index}.hex"), format!("data-{index}"));
        watched(command.args(["--key", &key, "--data-dir", &data]).stdout(Stdio::null()))
    };
    (0..2).map(start).collect()
}

/// Asks a node this, for as long as there is one.
pub fn keep_asking(address: SocketAddr, body: &'static str) {
    let ask = move || -> Option<()> {
        let mut connection = TcpStream::connect(address).ok()?;
        let head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n";
        write!(connection, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).ok()?;
        connection.read_to_string(&mut String::new()).ok().map(drop)
    };
    std::thread::Builder::new()
        .spawn(move || {
            while ask().is_some() {
                pause();
            }
        })
        .expect("there is a thread for it");
}

/// Starts a program that gives out metrics at any free port, and gives where.
fn watched(command: &mut Command) -> (Running, SocketAddr) {
    let mut child = command
        .args(["--metrics", "127.0.0.1:0"])
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut errors = BufReader::new(child.stderr.take().expect("it is piped"));
    let mut line = String::new();
    errors.read_line(&mut line).expect("it says where its metrics are");
    let address = line.split("http://").nth(1).and_then(|rest| rest.split("/metrics").next());
    let address = address.and_then(|address| address.parse().ok()).expect(&line);
    // Whatever else it says must find somebody who reads it.
    std::thread::Builder::new()
        .spawn(move || std::io::copy(&mut errors, &mut std::io::sink()))
        .expect("there is a thread for it");
    (Running(child), address)
}

pub fn get(address: SocketAddr, path: &str) -> Option<String> {
    let mut connection = TcpStream::connect(address).ok()?;
    write!(connection, "GET {path} HTTP/1.0\r\nHost: x\r\n\r\n").ok()?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    (head.split_whitespace().nth(1) == Some("200")).then(|| body.to_owned())
}

#[expect(clippy::disallowed_methods, reason = "others are waited for")]
pub fn pause() {
    std::thread::sleep(Duration::from_millis(250));
}
