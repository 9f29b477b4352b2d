//! What votes cost: four validators' cores over loopback in this process, their votes signed in three ways, in alternation.
//!
//! ```text
//! cargo run --release -p pelton-consensus --features signing --example votes -- [ROUNDS] [SECONDS]
//! ```
//!
//! Printed are medians over rounds: CPU time of one validator for a block, all that its core does included (sockets, files,
//! timers); wall time from a block's making until a validator is told of it; bytes sent; and the length of a certificate.
//! Leaders make a block of 1 KiB, 20 ms after the one below or as soon as they are asked. Then what a certificate of the group
//! costs, made behind votes of another kind.

#[path = "votes/paced.rs"]
mod paced;

use std::error::Error;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use paced::{GENESIS, Paced, Pacer, Told, now_ns};
use pelton_consensus::signing::{Behind, Signing};
use pelton_consensus::{BlockId, Committee, Place, Process, Secret, Settings, Timing, deal};
use rand::SeedableRng as _;
use rand::rngs::StdRng;

const MEMBERS: NonZeroU32 = NonZeroU32::new(4).expect("it is not zero");
const WAYS: [Signing; 3] = [Signing::Threshold, Signing::InTurn, Signing::Listed];
const WARM: Duration = Duration::from_secs(2);
/// Of what `/proc` counts CPU time in.
const TICKS_PER_SECOND: f64 = 100.0;

/// What one run has shown.
struct Figures {
    blocks_per_second: f64,
    cpu_ms: f64,
    p50_ms: f64,
    p99_ms: f64,
    bytes: f64,
    certificate: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).map(|number| number.parse::<u64>());
    let rounds = arguments.next().transpose()?.unwrap_or(5);
    let time = Duration::from_secs(arguments.next().transpose()?.unwrap_or(10));
    let (committee, secrets) = deal([7; 32], b"votes", MEMBERS);
    let mut figures = WAYS.map(|_| Vec::new());
    for _ in 0..rounds {
        for (way, figures) in WAYS.into_iter().zip(&mut figures) {
            let one = run(way, &committee, &secrets, time)?;
            print(&format!("{way:?}"), &one);
            figures.push(one);
        }
    }
    for (way, figures) in WAYS.into_iter().zip(&figures) {
        let of = |part: fn(&Figures) -> f64| median(figures.iter().map(part).collect());
        let medians = Figures {
            blocks_per_second: of(|one| one.blocks_per_second),
            cpu_ms: of(|one| one.cpu_ms),
            p50_ms: of(|one| one.p50_ms),
            p99_ms: of(|one| one.p99_ms),
            bytes: of(|one| one.bytes),
            certificate: of(|one| one.certificate),
        };
        print(&format!("median: {way:?}"), &medians);
    }
    certify(&committee, &secrets);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
fn print(name: &str, one: &Figures) {
    let Figures { blocks_per_second, cpu_ms, p50_ms, p99_ms, bytes, certificate } = one;
    println!(
        "{name:18} {blocks_per_second:5.1} blocks/s  {cpu_ms:6.2} ms of CPU a block and validator  told after {p50_ms:5.1} / {p99_ms:6.1} ms  {bytes:6.0} bytes sent  certificate {certificate:3.0} bytes"
    );
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Four validators for so long, after they have come to pace.
#[expect(clippy::disallowed_methods, reason = "what is measured is what others do meanwhile")]
fn run(
    way: Signing,
    committee: &Committee,
    secrets: &[Secret],
    time: Duration,
) -> Result<Figures, Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("pelton-votes-{}", std::process::id()));
    let pacer = Pacer::start()?;
    let sockets = (0..MEMBERS.get()).map(|_| TcpListener::bind(("127.0.0.1", 0)));
    let sockets = sockets.collect::<Result<Vec<_>, _>>()?;
    let members = sockets.iter().map(TcpListener::local_addr).collect::<Result<Vec<_>, _>>()?;
    drop(sockets);
    let mut processes = Vec::new();
    let mut told = Vec::new();
    for (index, secret) in secrets.iter().enumerate() {
        let (application, hears) = Paced::new(&pacer);
        told.push(hears);
        let place = place(&members, index, &folder);
        let settings = settings(committee, secret, application);
        processes.push(Process::start_signing(settings, place, way)?);
    }
    std::thread::sleep(WARM);
    told.iter().for_each(|told| told.lock().clear());
    let (cpu_before, sent_before, began_ns) = (cpu_seconds()?, sent(&processes), now_ns());
    std::thread::sleep(time);
    let (cpu, sent) = (cpu_seconds()? - cpu_before, sent(&processes) - sent_before);
    let seconds = (now_ns() - began_ns) as f64 / 1e9;
    let seen: Vec<Told> = told.iter().flat_map(|told| std::mem::take(&mut *told.lock())).collect();
    drop(processes);
    fs::remove_dir_all(&folder)?;
    Ok(figures(&seen, cpu, sent, seconds))
}

fn figures(seen: &[Told], cpu_seconds: f64, sent: f64, seconds: f64) -> Figures {
    assert!(!seen.is_empty(), "nothing has become final");
    let mut latencies: Vec<f64> = seen.iter().map(|told| told.latency_ns as f64 / 1e6).collect();
    latencies.sort_by(f64::total_cmp);
    let at = |part: f64| latencies[((latencies.len() - 1) as f64 * part) as usize];
    let certificates = seen.iter().filter_map(|told| told.certificate_bytes);
    Figures {
        blocks_per_second: seen.len() as f64 / f64::from(MEMBERS.get()) / seconds,
        cpu_ms: cpu_seconds * 1e3 / seen.len() as f64,
        p50_ms: at(0.5),
        p99_ms: at(0.99),
        bytes: sent / seen.len() as f64,
        certificate: certificates.max().unwrap_or_default() as f64,
    }
}

fn place(members: &[SocketAddr], index: usize, folder: &Path) -> Place {
    let (listen, directory) = (members[index], folder.join(index.to_string()));
    Place { listen, members: members.to_vec(), directory, threads: 2 }
}

fn settings(committee: &Committee, secret: &Secret, application: Paced) -> Settings {
    Settings {
        committee: committee.clone(),
        secret: secret.clone(),
        genesis: GENESIS,
        block_bytes_max: paced::BLOCK_BYTES,
        timing: Timing::STANDARD,
        partition: "votes".into(),
        application: Arc::new(application),
        floor: None,
        source: None,
    }
}

fn sent(processes: &[Process]) -> f64 {
    processes.iter().map(|process| process.traffic().sent as f64).sum()
}

/// CPU time that this process has taken, threads that have ended included.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let said = fs::read_to_string("/proc/self/stat")?;
    // Behind the name, which may hold anything: user and system time are the 14th and 15th of all fields.
    let (_, fields) = said.rsplit_once(')').ok_or("it has no name")?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    let ticks = ticks.sum::<Result<u64, _>>()?;
    Ok(ticks as f64 / TICKS_PER_SECOND)
}

/// What it costs to make a certificate behind the votes: a share signed, a quorum's added up, the sum verified.
#[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
fn certify(committee: &Committee, secrets: &[Secret]) {
    let members: Vec<Behind> =
        secrets.iter().map(|secret| Behind::new(committee, secret).expect("it is a member")).collect();
    let mut random = StdRng::from_seed([3; 32]);
    let (mut times, mut length) = (<[Vec<f64>; 3]>::default(), 0);
    for view in 1..=200_u64 {
        let id = BlockId([view as u8; 32]);
        let mut clock = now_ns();
        let mut lap = |of: usize, share: usize| {
            let now = now_ns();
            times[of].push((now - clock) as f64 / 1e3 / share as f64);
            clock = now;
        };
        let quorum = &members[..committee.quorum()];
        let parts: Vec<_> = quorum.iter().map(|one| one.sign(view, id).expect("a member signs")).collect();
        lap(0, quorum.len());
        let whole = members[0].combine(&parts).expect("they are a quorum");
        lap(1, 1);
        assert!(members[0].verify(&whole, &mut random), "the group has signed it");
        lap(2, 1);
        assert!(members[0].combine(&parts[1..]).is_none(), "fewer are none");
        length = whole.encode().len();
    }
    let [sign, combine, verify] = times.map(median);
    println!(
        "behind the votes: {sign:.0} us to sign, {combine:.0} to add up, {verify:.0} to verify; {length} bytes"
    );
}
