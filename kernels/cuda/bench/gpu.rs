//! The GPU by its own clock: ceilings, copies, and each kernel as a share of its floor.

use pelton_kernels::cuda::Hasher;
use pelton_kernels::cuda::ceilings::{CEILINGS, FLOORS, Gpu, Timed, Way};
use pelton_kernels::{Scheme, keccak256};

use super::batches::valid;
use super::ends::{SHORT, instant};
use super::sizes::Sizes;
use super::table::{Table, duration, median, per_second};

/// Blocks for each multiprocessor: 2048 threads of it.
const BLOCKS: u32 = 8;

/// Measures what needs the GPU alone.
pub fn measure(sizes: &Sizes, table: &mut Table) -> Result<(), String> {
    let mut gpu = Gpu::open(0)?;
    let about = gpu.about()?;
    table.heading("device");
    table.figure(&*about.name, about.multiprocessors.to_string(), "multiprocessors");
    table.figure("driver, for CUDA", format!("{}.{}", about.driver / 1_000, about.driver % 1_000 / 10), "");
    table.figure("greatest clock rate", format!("{} MHz", about.clock_khz / 1_000), "");
    table.heading("ceilings (medians, the GPU's clock)");
    let mut products = 0.0;
    for ceiling in &CEILINGS {
        let rate = |_| gpu.rate(ceiling, BLOCKS * about.multiprocessors, sizes.rounds);
        let rate = median((0..sizes.times).map(rate).collect::<Result<_, _>>()?);
        let each = rate / f64::from(about.multiprocessors) / f64::from(about.clock_khz) / 1e3;
        table.figure(ceiling.name, per_second(rate), format!("{each:.2} a clock and multiprocessor"));
        products = if ceiling == &CEILINGS[0] { rate } else { products };
    }
    for (is_in, bytes, name) in
        [(true, 50_000_000, "copy to the GPU"), (false, 4_000_000, "copy from the GPU")]
    {
        let times = (0..sizes.times).map(|_| gpu.copy_ns(is_in, bytes)).collect::<Result<_, _>>()?;
        table.figure(name, format!("{:.1} GB/s", bytes as f64 / median(times)), format!("{bytes} bytes"));
    }
    table.heading("kernels alone (medians, the GPU's clock); the floor is that of their products");
    for (floor, [registers, local, threads]) in FLOORS.iter().zip(about.kernels) {
        let batch = valid(floor.scheme, sizes.different, sizes.batch, floor.way == Way::Known);
        let Timed { answers, together, kernels } = gpu.verify(&batch, floor.way, sizes.times)?;
        if answers.iter().any(|answer| answer[0] != 1) {
            return Err(format!("{}: a valid signature was refused", floor.name));
        }
        let rate = batch.len() as f64 / median(together) * 1e9;
        let most = products / floor.products as f64;
        let note = format!("{:.0} % of its floor, {}", 100.0 * rate / most, per_second(most));
        table.figure(floor.name, per_second(rate), note);
        let all: f64 = kernels.iter().map(|(_, ns)| ns).sum();
        for (kernel, ns) in kernels {
            table.figure(format!("  {kernel}"), duration(ns), format!("{:.0} % of it", 100.0 * ns / all));
        }
        let note = format!("registers; {local} bytes beside them; {threads} threads at a time");
        table.figure("", registers.to_string(), note);
        let (different, count) = (SHORT.min(sizes.different), SHORT.min(sizes.batch));
        let short = valid(floor.scheme, different, count, floor.way == Way::Known);
        let ns = median(gpu.verify(&short, floor.way, sizes.times)?.together);
        table.figure(format!("{}, a batch of {SHORT}", floor.name), duration(ns), "kernels alone");
    }
    let (graphs, note) = match gpu.graphs() {
        Ok(recorded) => (recorded.to_string(), "recorded, of short batches".to_owned()),
        Err(reason) => ("none".to_owned(), reason.to_owned()),
    };
    table.figure("CUDA graphs", graphs, note);
    lengths(sizes, &mut gpu, table)?;
    hashes(sizes, table)
}

/// From how many signatures on sums pay.
fn lengths(sizes: &Sizes, gpu: &mut Gpu, table: &mut Table) -> Result<(), String> {
    table.heading("ed25519 by length, one by one and in random sums (medians, the GPU's clock)");
    for length in
        std::iter::successors(Some(16), |length| Some(4 * length)).take_while(|of| *of <= sizes.batch)
    {
        let batch = valid(Scheme::Ed25519, sizes.different.min(length), length, false);
        let alone = median(gpu.verify(&batch, Way::Alone, sizes.times)?.together);
        let summed = median(gpu.verify(&batch, Way::Summed, sizes.times)?.together);
        let note = format!("one by one; {} in sums", duration(summed));
        table.figure(format!("{length} signatures"), duration(alone), note);
    }
    Ok(())
}

/// Keccak-256 of short messages, copies included.
fn hashes(sizes: &Sizes, table: &mut Table) -> Result<(), String> {
    const BYTES: usize = 128;
    table.heading("hashes, one batch after the other, copies included");
    let messages: Vec<_> = (0..BYTES * sizes.batch).map(|at| (at / BYTES + at) as u8).collect();
    let ends: Vec<_> = (1..=sizes.batch).map(|index| (BYTES * index) as u32).collect();
    let mut hasher = Hasher::open(0)?;
    let mut times = Vec::new();
    for _ in 0..sizes.times {
        let started = instant();
        hasher.start(&messages, &ends)?;
        let hashes = loop {
            if let Some(hashes) = hasher.finish()? {
                break hashes;
            }
            std::hint::spin_loop();
        };
        times.push(started.elapsed().as_nanos() as f64);
        let is_right = messages.chunks(BYTES).zip(&hashes).all(|(message, hash)| keccak256(message) == *hash);
        if !is_right || hashes.len() != sizes.batch {
            return Err("a hash is wrong".to_owned());
        }
    }
    let rate = sizes.batch as f64 / median(times) * 1e9;
    table.figure("Keccak-256 of 128 bytes", per_second(rate), format!("{} in a batch", sizes.batch));
    Ok(())
}
