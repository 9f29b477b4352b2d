//! `Cluster`: several validators, each a process of this program, on loopback.
//!
//! ```text
//!   keys, chain file ──> folder ──> pelton node ── lines ──┐
//!                              ├──> pelton node ── lines ──┼──> Event
//!                              └──> pelton node ── lines ──┘
//!         standard input of each: when it ends, it stops
//! ```
//!
//! A validator stops when its standard input ends, so that none of them outlives this process, however that ends.

pub mod bench;
pub mod devnet;
pub mod folder;
mod load;
mod report;

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use alloy_primitives::hex;
use pelton_engine::genesis::Genesis;
use pelton_engine::limits::Limits;
use pelton_node::validator::chain_file::{ChainFile, Reach};
use pelton_node::validator::deal;
use serde_json::Value;

use self::folder::Folder;
use crate::keys;

/// How long a validator may take until it is ready, or has stopped.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a cluster is to be.
pub struct Setup {
    /// How many validators.
    pub validators: u16,
    /// Chain id.
    pub chain_id: u64,
    /// The state to begin with.
    pub genesis: Genesis,
    /// Least time between blocks, in milliseconds.
    pub block_time_ms: u64,
    /// Threads of each one's pipeline.
    pub threads: u16,
    /// What verifies signatures in each of them.
    pub backend: String,
    /// Where clients reach the first one; the others have any port that is free.
    pub rpc: SocketAddr,
    /// The first one's port for raw transactions; 0 for any that is free, and then the others have one too.
    pub feed_port: Option<u16>,
    /// Whether they tell of each block.
    pub tell_blocks: bool,
}

/// What happens.
pub enum Event {
    /// A validator has printed a line.
    Line(Value),
    /// It has ended.
    Ended,
}

/// A validator.
pub struct Validator {
    process: Child,
    input: Option<ChildStdin>,
    /// What it said when it was ready.
    pub ready: Value,
}

/// Running validators. They end when this is dropped.
pub struct Cluster {
    /// In the order of their keys.
    pub validators: Vec<Validator>,
    /// What each of them says.
    pub events: Receiver<(usize, Event)>,
}

impl Cluster {
    /// Makes keys, a chain file and the validators in this folder, and waits until they are ready.
    ///
    /// # Errors
    /// What the system says, or that one of them does not get ready.
    pub fn start(setup: &Setup, folder: &Folder) -> io::Result<Cluster> {
        let chain = chain(setup, folder.path())?;
        // A validator may commit blocks before it, or another one, is ready: none of its lines is to be lost.
        let (sender, events) = channel();
        let (ready_sender, ready) = channel();
        let mut cluster = Cluster { validators: Vec::new(), events };
        for index in 0..usize::from(setup.validators) {
            let mut command = command(setup, folder.path(), &chain, index)?;
            let mut process = folder.start(&mut command)?;
            let input = process.stdin.take();
            let output = process.stdout.take().expect("it is piped");
            cluster.validators.push(Validator { process, input, ready: Value::Null });
            let (sender, ready) = (sender.clone(), ready_sender.clone());
            let listen = move || listen(index, output, &ready, &sender);
            std::thread::Builder::new().name(format!("pelton-hear-{index}")).spawn(listen)?;
        }
        while let Some(index) = cluster.validators.iter().position(|one| one.ready.is_null()) {
            match ready.recv_timeout(PATIENCE) {
                Ok((of, Some(line))) => cluster.validators[of].ready = line,
                Ok((of, None)) if cluster.validators[of].ready.is_null() => {
                    return Err(io::Error::other(format!("validator {of} has ended")));
                }
                // Whoever ends later is heard of among the events.
                Ok(_) => {}
                Err(_) => return Err(io::Error::other(format!("validator {index} does not get ready"))),
            }
        }
        Ok(cluster)
    }

    /// The next thing that happens, if something does in this time.
    pub fn next(&self, within: Duration) -> Option<(usize, Event)> {
        self.events.recv_timeout(within).ok()
    }

    /// Lets all of them stop, and gives what each has done, as far as it says.
    pub fn stop(mut self) -> Vec<Value> {
        self.validators.iter_mut().for_each(|one| drop(one.input.take()));
        let mut totals = vec![Value::Null; self.validators.len()];
        let mut running = totals.len();
        while running > 0 {
            match self.next(PATIENCE) {
                Some((of, Event::Line(mut line))) if !line["totals"].is_null() => {
                    totals[of] = line["totals"].take();
                }
                Some((_, Event::Line(_))) => {}
                Some((_, Event::Ended)) => running -= 1,
                None => break,
            }
        }
        totals
    }
}

impl Validator {
    /// Its number among the system's processes.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// A text of its ready line.
    pub fn said(&self, name: &str) -> &str {
        self.ready[name].as_str().unwrap_or_default()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for one in &mut self.validators {
            // One that has stopped cannot be stopped again.
            let _ = one.process.kill();
            let _ = one.process.wait();
        }
    }
}

/// Deals keys and writes them and the chain file; gives where that is.
fn chain(setup: &Setup, folder: &Path) -> io::Result<PathBuf> {
    let size = NonZeroU32::new(setup.validators.into()).expect("there is at least one validator");
    let (committee, secrets) = deal(keys::random()?, b"", size);
    for (index, secret) in secrets.iter().enumerate() {
        keys::write(&key_file(folder, index), 0o600, &(hex::encode_prefixed(secret.encode()) + "\n"))?;
    }
    // All at a time, so that they differ; another process may take one of them before its validator does.
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let sockets = (0..2 * size.get()).map(|_| TcpListener::bind(any)).collect::<io::Result<Vec<_>>>()?;
    let ports = sockets.iter().map(TcpListener::local_addr).collect::<io::Result<Vec<_>>>()?;
    let members = ports.chunks(2).map(|pair| Reach { consensus: pair[0], transactions: pair[1] });
    let limits = Limits::standard(setup.chain_id);
    let chain = ChainFile::new(limits, committee, members.collect(), setup.genesis.clone());
    let path = folder.join("chain.json");
    File::create(&path)?.write_all(chain.map_err(io::Error::other)?.to_text().as_bytes())?;
    Ok(path)
}

fn key_file(folder: &Path, index: usize) -> PathBuf {
    folder.join(format!("validator-{index}.hex"))
}

fn command(setup: &Setup, folder: &Path, chain: &Path, index: usize) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("node").arg("--chain").arg(chain).arg("--key").arg(key_file(folder, index));
    command.arg("--data-dir").arg(folder.join(format!("validator-{index}")));
    let (host, port): (IpAddr, u16) =
        if index == 0 { (setup.rpc.ip(), setup.rpc.port()) } else { (Ipv4Addr::LOCALHOST.into(), 0) };
    command.args(["--host", &host.to_string(), "--port", &port.to_string()]);
    command.args(["--block-time", &setup.block_time_ms.to_string(), "--threads", &setup.threads.to_string()]);
    command.args(["--backend", &setup.backend, "--attached", "--json"]);
    if setup.tell_blocks {
        command.arg("--blocks");
    }
    if let Some(port) = setup.feed_port.filter(|port| index == 0 || *port == 0) {
        command.args(["--feed-port", &port.to_string()]);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    Ok(command)
}

/// Passes on what a validator prints, until it ends: where it can be reached by one way, all else by the other.
fn listen(
    index: usize,
    output: impl Read,
    ready: &Sender<(usize, Option<Value>)>,
    events: &Sender<(usize, Event)>,
) {
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        let Ok(line) = serde_json::from_str::<Value>(&line) else { continue };
        // Nobody listens any more where all of them are about to end.
        match line["http"].is_null() {
            true => drop(events.send((index, Event::Line(line)))),
            false => drop(ready.send((index, Some(line)))),
        }
    }
    let _ = ready.send((index, None));
    let _ = events.send((index, Event::Ended));
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::{Event, listen};

    #[test]
    fn blocks_that_were_committed_before_one_is_ready_are_told_too() {
        let printed = "{\"height\":1}\nno JSON\n{\"http\":\"http://here\"}\n{\"height\":2}\n";
        let ((ready, readies), (sender, events)) = (channel(), channel());
        listen(3, printed.as_bytes(), &ready, &sender);
        drop((ready, sender));
        let heights: Vec<_> = events
            .into_iter()
            .map(|(of, event)| match event {
                Event::Line(line) => (of, line["height"].as_u64()),
                Event::Ended => (of, None),
            })
            .collect();
        assert_eq!(heights, [(3, Some(1)), (3, Some(2)), (3, None)]);
        let readies: Vec<_> = readies.into_iter().map(|(of, line)| (of, line.is_some())).collect();
        assert_eq!(readies, [(3, true), (3, false)]);
    }
}
