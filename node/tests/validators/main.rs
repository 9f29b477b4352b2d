//! Four validators over real sockets and files: one chain, also while strangers bother them, while one of them is away and
//! after it is back.

mod chain_file;

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::num::NonZeroU32;
use std::path::Path;
use std::time::Duration;

use alloy_primitives::{B256, Bytes, keccak256};
use pelton_consensus::{Committee, Place, Secret, deal};
use pelton_engine::limits::Limits;
use pelton_node::devnet::{Devnet, Options};
use pelton_node::history::Keep;
use pelton_node::validator::Membership;
use pelton_pipeline::origin::Origin;
use pelton_workloads::{CHAIN_ID, Name, Scheme, Spec, Workload, generate};

/// Longest that anything may take, on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(240);
const LOOK_AFTER: Duration = Duration::from_millis(20);

struct Network {
    committee: Committee,
    secrets: Vec<Secret>,
    members: Vec<SocketAddr>,
    workload: Workload,
}

impl Network {
    fn new(size: u32) -> Network {
        let (committee, secrets) = deal([9; 32], b"a test", NonZeroU32::new(size).expect("there are some"));
        let sockets: Vec<TcpListener> =
            (0..size).map(|_| TcpListener::bind(("127.0.0.1", 0)).expect("a free port")).collect();
        let members = sockets.iter().map(|socket| socket.local_addr().expect("it is bound")).collect();
        let pattern = Name::Transfers.into();
        let spec = Spec { pattern, scheme: Scheme::Ed25519, accounts: 40, transactions: 300, seed: 3 };
        Network { committee, secrets, members, workload: generate(&spec, &|_| ()) }
    }

    fn start(&self, index: usize, folder: &Path) -> Devnet {
        let place = Place {
            listen: self.members[index],
            members: self.members.clone(),
            directory: folder.join(index.to_string()),
            threads: 1,
        };
        let secret = self.secrets[index].clone();
        let membership = Membership {
            limits: Limits::standard(CHAIN_ID),
            committee: self.committee.clone(),
            secret,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            others: Vec::new(),
            place,
            observer: None,
            behind_min: 1_000,
        };
        let options = Options {
            chain_id: CHAIN_ID,
            genesis: self.workload.genesis.clone(),
            block_time: Duration::from_millis(20),
            threads: 1,
            choice: pelton_kernels::open("cpu", [7; 32]).expect("the CPU is there").into(),
            keep: Keep::STANDARD,
            folder: None,
            membership: Some(membership),
            merkle: false,
        };
        Devnet::start(&options).expect("it starts")
    }

    /// Hands a part of the transactions to a validator; gives their ids.
    fn submit(&self, to: &Devnet, part: std::ops::Range<usize>) -> Vec<B256> {
        let wires = self.workload.transactions[part].iter().map(|(wire, _)| wire);
        let hand_in = |wire: &Bytes| {
            to.way.submitter.submit(wire.clone(), Origin::default()).expect("there is room");
            keccak256(wire)
        };
        wires.map(hand_in).collect()
    }
}

/// Says to a validator what no validator says: too much, nothing, or something else.
fn bother(address: SocketAddr) {
    for bytes in [vec![], vec![0xff; 64], vec![0; 1 << 16], b"GET / HTTP/1.1\r\n\r\n".to_vec()] {
        let mut stream = TcpStream::connect(address).expect("it listens");
        // It may have closed the connection by now.
        let _ = stream.write_all(&bytes);
    }
}

#[expect(clippy::disallowed_methods, reason = "real validators take real time")]
fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let began = std::time::Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "{what}: not after {PATIENCE:?}");
        std::thread::sleep(LOOK_AFTER);
    }
}

fn has_all(devnet: &Devnet, ids: &[B256]) -> bool {
    assert!(devnet.is_running(), "it has not failed");
    ids.iter().all(|id| devnet.history.transaction(id).expect("no disk has failed").is_some())
}

#[test]
fn four_validators_have_one_chain_also_when_bothered_while_one_is_away_and_after_it_is_back() {
    let network = Network::new(4);
    let folder = tempfile::tempdir().expect("a folder");
    let mut all: Vec<Devnet> = (0..4).map(|index| network.start(index, folder.path())).collect();

    let mut ids = network.submit(&all[0], 0..100);
    wait_until("all have what one was handed", || all.iter().all(|one| has_all(one, &ids)));
    assert!(all.iter().all(|one| one.traffic().sent > 0));
    let peers = |one: &Devnet| one.way.peers.connected(one.way.clock.now_ns());
    wait_until("each is connected to three", || all.iter().all(|one| peers(one) == 3));

    network.members.iter().copied().for_each(bother);
    drop(all.pop());
    ids.extend(network.submit(&all[1], 100..200));
    wait_until("three of four go on", || all.iter().all(|one| has_all(one, &ids)));

    all.push(network.start(3, folder.path()));
    wait_until("it catches up", || has_all(&all[3], &ids));
    ids.extend(network.submit(&all[3], 200..300));
    wait_until("what it is handed is in blocks again", || all.iter().all(|one| has_all(one, &ids)));

    let common = all.iter().map(|one| one.history.newest().number()).min().expect("there are four");
    for height in 1..=common {
        let block =
            |one: &Devnet| one.history.block(height).expect("no disk has failed").expect("it is kept");
        let hashes = all.iter().map(|one| block(one).hash);
        let hashes: Vec<B256> = hashes.collect();
        assert!(hashes.iter().all(|hash| *hash == hashes[0]), "a fork at height {height}");
    }
}
