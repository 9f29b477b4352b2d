//! What feeds a GPU: time of the host for each signature, on one thread and on several. Needs no GPU.

use pelton_kernels::cuda::feed::{Feed, STEPS};
use pelton_kernels::{Job, Scheme};
use rayon::ThreadPoolBuilder;
use rustix::time::{ClockId, clock_gettime};

use super::ends::instant;
use super::table::{Table, median, per_second};

/// Signatures of accounts that differ, of which 65,536 are known at most.
const KINDS: [(&str, Scheme, usize); 3] = [
    ("ed25519, keys known", Scheme::Ed25519, 1 << 16),
    ("ed25519, half of the keys unknown", Scheme::Ed25519, 1 << 17),
    ("secp256k1, claimed", Scheme::Secp256k1, 1 << 16),
];

/// Batches, of which the later half counts.
const ROUNDS: usize = 30;

/// Measures with batches of so many signatures, on one thread and on more of them up to all.
pub fn measure(batch: usize, table: &mut Table) -> Result<(), String> {
    let most = std::thread::available_parallelism().map_or(1, usize::from);
    for (name, scheme, accounts) in KINDS {
        table.heading(format!("host alone, {name} (medians of {} batches of {batch})", ROUNDS / 2));
        let mut feed = Feed::new(scheme, accounts, batch);
        for threads in [1, 2, 4, 8, 16].into_iter().filter(|threads| *threads <= most) {
            on(threads, &mut feed, batch, table)?;
        }
    }
    Ok(())
}

/// On so many threads, the one that submits included.
fn on(threads: usize, feed: &mut Feed, batch: usize, table: &mut Table) -> Result<(), String> {
    let pool = ThreadPoolBuilder::new().num_threads((threads - 1).max(1)).build();
    let pool = pool.map_err(|error| error.to_string())?;
    let spawn = |job: Job| {
        if threads > 1 {
            pool.spawn(job)
        }
    };
    let started = instant();
    let clocks: [(&str, &dyn Fn() -> u64); 3] = [
        ("time gone by", &|| started.elapsed().as_nanos() as u64),
        ("CPU time of the thread that submits", &|| cpu_ns(ClockId::ThreadCPUTime)),
        ("CPU time of all threads", &|| cpu_ns(ClockId::ProcessCPUTime)),
    ];
    for (clock, now) in clocks {
        let (mut known, mut times) = (0, [const { Vec::new() }; STEPS.len()]);
        for round in 0..ROUNDS {
            let (of_known, ns) = feed.round(&spawn, now);
            known = of_known;
            let counts = if round < ROUNDS / 2 { 0 } else { 1 };
            for (times, ns) in times.iter_mut().zip(ns).take(STEPS.len() * counts) {
                times.push(ns as f64 / batch as f64);
            }
        }
        let each = times.map(median);
        let all: f64 = each.iter().sum();
        let steps: Vec<_> = STEPS.iter().zip(each).map(|(step, ns)| format!("{step} {ns:.1}")).collect();
        let note = format!("{}; {known} known; {}", per_second(1e9 / all), steps.join(", "));
        table.figure(format!("{threads} threads, {clock}"), format!("{all:.1} ns"), note);
    }
    Ok(())
}

fn cpu_ns(of: ClockId) -> u64 {
    let time = clock_gettime(of);
    (time.tv_sec * 1_000_000_000 + time.tv_nsec) as u64
}
