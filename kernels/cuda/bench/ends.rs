//! End to end, through `Verifier`, copies and host included: rates, latency, crossover, energy.

use std::sync::Arc;
use std::time::Instant;

use pelton_kernels::choice::Choice;
use pelton_kernels::device::{Now, OnDevice, Open, Settings};
use pelton_kernels::{Completed, Job, Signatures, Spawn, Verifier, cuda};

use super::batches::{KINDS, Kind, valid};
use super::energy::Energy;
use super::sizes::Sizes;
use super::table::{Table, duration, median, per_second};

/// Signatures of the batch whose latency is told.
pub const SHORT: usize = 1_000;

/// Batches before the first one that counts; and short ones, until all of their keys are known.
const WARM: usize = 4;
const WARM_SHORT: usize = 16;

/// Batches that are sent around.
const BATCHES: usize = 4;

#[expect(clippy::disallowed_methods, reason = "this program measures")]
pub fn instant() -> Instant {
    Instant::now()
}

/// Nanoseconds since the program asked first.
pub fn now() -> Now {
    let start = instant();
    Arc::new(move || start.elapsed().as_nanos() as u64)
}

/// Jobs run on all threads of the machine.
pub fn spawn() -> Arc<dyn Spawn> {
    Arc::new(|job: Job| rayon::spawn(job))
}

/// The first GPU, without a CPU behind it.
pub fn device(of: cuda::Settings) -> Result<OnDevice, String> {
    let open: Open = Arc::new(move || cuda::open(0, of));
    let settings = Settings { timeout_ns: 60_000_000_000, retry_ns: u64::MAX / 2 };
    OnDevice::new(open()?, open, spawn(), now(), settings).map_err(|fault| fault.to_string())
}

/// Waits for something to come back.
pub fn next(verifier: &mut dyn Verifier) -> Completed {
    loop {
        match verifier.poll() {
            Some(completed) => return completed,
            None => std::hint::spin_loop(),
        }
    }
}

/// Measures what a user gets.
pub fn measure(sizes: &Sizes, table: &mut Table) -> Result<(), String> {
    table.heading("end to end, GPU alone");
    for kind in &KINDS {
        let Kind { name, scheme, is_known, wanted, .. } = *kind;
        let mut device = device(kind.settings())?;
        let batches = vec![valid(scheme, sizes.different, sizes.batch, is_known); BATCHES];
        let energy = Energy::start();
        let (rate, count) = rate(&mut device, batches, sizes.seconds)?;
        let note = format!("wanted {}; {} in a batch", per_second(wanted), sizes.batch);
        table.figure(name, per_second(rate), note);
        for (counter, joules) in energy.joules() {
            match joules {
                Ok(joules) => table.figure(
                    format!("{name}, energy by {counter}"),
                    format!("{:.3} µJ", joules / count as f64 * 1e6),
                    "a signature",
                ),
                Err(reason) => table.figure(format!("{name}, energy by {counter}"), "unknown", reason),
            }
        }
        drop(device);
        short(kind, sizes, table)?;
    }
    if sizes.with_cpu { beside_the_cpu(sizes, table) } else { Ok(()) }
}

/// How long a short batch takes, as a graph and without.
fn short(kind: &Kind, sizes: &Sizes, table: &mut Table) -> Result<(), String> {
    for (has_graphs, how) in [(true, ""), (false, ", without graphs")] {
        let mut device = device(cuda::Settings { has_graphs, ..kind.settings() })?;
        let batch = valid(kind.scheme, sizes.different, SHORT.min(sizes.batch), kind.is_known);
        let warm = if kind.is_known { WARM_SHORT } else { 1 };
        let batch = (0..warm).try_fold(batch, |batch, _| answered(&mut device, batch))?;
        let ns = latency(&mut device, batch, sizes.times)?;
        let what = format!("{}, a batch of {SHORT}{how}", kind.name);
        table.figure(what, duration(ns), "wanted 2.00 ms at most");
    }
    Ok(())
}

/// The same through what users choose by name, and where a GPU begins to pay.
fn beside_the_cpu(sizes: &Sizes, table: &mut Table) -> Result<(), String> {
    table.heading(format!("by name, {} threads of the CPU", rayon::current_num_threads()));
    for choice in ["cpu", "cuda", "auto"] {
        let opened = Choice::open(choice, [7; 32], cuda::devices, spawn(), now())
            .map_err(|error| error.to_string())?;
        if choice == "auto"
            && let Some(found) = opened.found()
        {
            for (scheme, measured) in &found.measured {
                let least = measured.signatures.map_or("never".to_owned(), |count| count.to_string());
                table.figure(format!("{scheme:?}, crossover"), least, "signatures");
            }
        }
        let mut verifier = opened.verifier(spawn(), now(), pelton_kernels::Settings::default());
        // Of ed25519 all keys become known, as nobody says that they should not.
        for Kind { name, scheme, is_known, .. } in &KINDS[2..] {
            let batches = vec![valid(*scheme, sizes.different, sizes.batch, *is_known); BATCHES];
            let before = verifier.report().answered_by("cuda");
            let (rate, count) = rate(&mut *verifier, batches, sizes.seconds)?;
            let on_device = verifier.report().answered_by("cuda") - before;
            let note = format!("{:.0} % by the GPU", 100.0 * on_device as f64 / count as f64);
            table.figure(format!("--backend {choice}, {name}"), per_second(rate), note);
        }
    }
    Ok(())
}

/// Signatures a second, and how many there were. All are valid, which is checked.
fn rate(
    verifier: &mut dyn Verifier,
    mut batches: Vec<Signatures>,
    seconds: f64,
) -> Result<(f64, u64), String> {
    // A few times beforehand, so that memory and clocks are warm and keys are known.
    let mut warm = batches.pop().expect("there are some");
    for _ in 0..WARM {
        verifier.submit(warm).unwrap_or_else(|_| panic!("a verifier that is empty takes a batch"));
        warm = next(verifier).signatures;
    }
    batches.push(warm);
    let (started, mut count) = (instant(), 0);
    loop {
        let is_over = started.elapsed().as_secs_f64() > seconds;
        while let Some(batch) = if is_over { None } else { batches.pop() } {
            if let Err(batch) = verifier.submit(batch) {
                batches.push(batch);
                break;
            }
        }
        if verifier.in_flight() == 0 && is_over {
            return Ok((count as f64 / started.elapsed().as_secs_f64(), count));
        }
        let completed = next(verifier);
        let verdicts = completed.outcome.map_err(|fault| fault.to_string())?;
        if verdicts.contains(&pelton_kernels::Verdict::Invalid) {
            return Err("a valid signature was refused".to_owned());
        }
        count += verdicts.len() as u64;
        batches.push(completed.signatures);
    }
}

/// How long a batch takes that comes alone.
fn latency(verifier: &mut dyn Verifier, mut batch: Signatures, times: usize) -> Result<f64, String> {
    let mut all = Vec::new();
    for _ in 0..times {
        let started = instant();
        batch = answered(verifier, batch)?;
        all.push(started.elapsed().as_nanos() as f64);
    }
    Ok(median(all))
}

/// Sends a batch, waits for its verdicts, and gives its memory back.
fn answered(verifier: &mut dyn Verifier, batch: Signatures) -> Result<Signatures, String> {
    verifier.submit(batch).unwrap_or_else(|_| panic!("a verifier that is empty takes a batch"));
    let completed = next(verifier);
    completed.outcome.map_err(|fault| fault.to_string())?;
    Ok(completed.signatures)
}
