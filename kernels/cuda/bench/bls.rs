//! BLS signatures: kernels alone, end to end, latency, energy, where a GPU begins to pay, and verdicts where some are forged.

use blst::min_pk::SecretKey;
use pelton_kernels::Level;
use pelton_kernels::bls12381::device::{DeviceVerification, Open, measure as crossover};
use pelton_kernels::bls12381::{BatchVerification, KnownKey, SIGNATURE_TAG, SignedMessage};
use pelton_kernels::cuda::bls::{PRODUCTS, open, time};
use pelton_kernels::cuda::ceilings::{CEILINGS, Gpu};
use pelton_kernels::device::Settings;
use rayon::prelude::*;

use super::ends::{instant, now, spawn};
use super::energy::Energy;
use super::sizes::Sizes;
use super::table::{Table, duration, median, per_second};

/// What is measured, and what is wanted of one H200, in signatures a second: those of one message in sums, and those of
/// different messages, two pairings each.
const KINDS: [(&str, bool, f64); 2] =
    [("BLS, one message", true, 5e6), ("BLS, two pairings each", false, 0.5e6)];

/// Signatures that a slot of the device holds beside the known ones.
const SLOT: usize = (1 << 16) - 8;

/// Signatures of the batch whose latency is told.
const SHORT: usize = 1_000;

/// Of the signatures that are checked with some of them forged, as many fewer than of other schemes as they are dearer.
const LESS: u64 = 100;

/// Keys that differ.
const KEYS: usize = 64;

/// Signatures by keys that take turns, of one message or of different ones.
struct Signed {
    keys: Vec<KnownKey>,
    messages: Vec<[u8; 32]>,
    signatures: Vec<[u8; 96]>,
    count: usize,
}

impl Signed {
    /// So many, of which `different` differ.
    fn new(is_of_one: bool, different: usize, count: usize) -> Signed {
        let secrets: Vec<_> = (1..=KEYS as u8)
            .map(|index| SecretKey::key_gen(&[index; 32], &[]).expect("32 bytes are enough"))
            .collect();
        let known = |secret: &SecretKey| KnownKey::from_genesis_without_proof(&secret.sk_to_pk().to_bytes());
        let keys = secrets.iter().map(|secret| known(secret).expect("it is not infinity")).collect();
        let message = |index: usize| {
            let mut message = [0x5a; 32];
            message[..8].copy_from_slice(&(index as u64).to_le_bytes());
            message
        };
        let messages: Vec<_> = (0..if is_of_one { 1 } else { different }).map(message).collect();
        let sign = |index: usize| {
            let message = &messages[index % messages.len()];
            secrets[index % KEYS].sign(message, SIGNATURE_TAG, &[]).to_bytes()
        };
        let signatures = (0..different.next_multiple_of(KEYS)).into_par_iter().map(sign).collect();
        Signed { keys, messages, signatures, count }
    }

    fn batch(&self) -> Vec<SignedMessage<'_>> {
        let one = |index: usize| {
            let index = index % self.signatures.len();
            SignedMessage {
                key: &self.keys[index % KEYS],
                message: &self.messages[index % self.messages.len()],
                signature: &self.signatures[index],
            }
        };
        (0..self.count).map(one).collect()
    }
}

/// The first GPU, without limits, so that the CPU answers only where it fails.
fn device() -> Result<DeviceVerification, String> {
    let again: Open = std::sync::Arc::new(|| open(0));
    let settings = Settings { timeout_ns: 60_000_000_000, retry_ns: u64::MAX / 2 };
    DeviceVerification::new(open(0)?, again, spawn(), now(), settings, [7; 32], Level::best())
        .map_err(|fault| fault.to_string())
}

/// Verdicts of a batch, all of which the GPU gave.
fn verdicts(device: &mut DeviceVerification, batch: &[SignedMessage]) -> Result<Vec<bool>, String> {
    let mut verdicts = Vec::with_capacity(batch.len());
    device.verify(batch, &mut verdicts);
    match device.report().last_fault {
        Some(fault) => Err(fault.to_string()),
        None => Ok(verdicts),
    }
}

/// Measures all of it.
pub fn measure(sizes: &Sizes, table: &mut Table) -> Result<(), String> {
    alone(sizes, table)?;
    let mut device = device()?;
    table.heading("BLS end to end, one thread of the CPU before the GPU");
    for (name, is_of_one, wanted) in KINDS {
        let count = if is_of_one { 4 * sizes.batch } else { sizes.different.min(sizes.batch) };
        let signed = Signed::new(is_of_one, sizes.different.min(count), count);
        let batch = signed.batch();
        let (energy, started, mut verified) = (Energy::start(), instant(), 0);
        while verified == 0 || started.elapsed().as_secs_f64() < sizes.seconds {
            if verdicts(&mut device, &batch)?.contains(&false) {
                return Err(format!("{name}: a valid signature was refused"));
            }
            verified += batch.len();
        }
        let rate = verified as f64 / started.elapsed().as_secs_f64();
        table.figure(name, per_second(rate), format!("wanted {}; {count} in a batch", per_second(wanted)));
        for (counter, joules) in energy.joules() {
            let told = joules.map(|joules| format!("{:.3} µJ", joules / verified as f64 * 1e6));
            let (value, note) =
                told.map_or_else(|why| ("unknown".to_owned(), why), |told| (told, String::new()));
            table.figure(format!("{name}, energy of a signature by {counter}"), value, note);
        }
        let short = &batch[..SHORT.min(batch.len())];
        let mut times = Vec::new();
        for _ in 0..sizes.times {
            let started = instant();
            verdicts(&mut device, short)?;
            times.push(started.elapsed().as_nanos() as f64);
        }
        table.figure(format!("{name}, a batch of {}", short.len()), duration(median(times)), "");
    }
    forged(sizes, &mut device, table)?;
    if !sizes.with_cpu {
        return Ok(());
    }
    beside_the_cpu(&mut device, table)?;
    beside_all_threads(sizes, table)
}

/// By the GPU's own clock.
fn alone(sizes: &Sizes, table: &mut Table) -> Result<(), String> {
    table.heading("BLS, kernels alone (medians, the GPU's clock); the floor is that of their products");
    let gpu = Gpu::open(0)?;
    let blocks = 8 * gpu.about()?.multiprocessors;
    let products = gpu.rate(&CEILINGS[0], blocks, sizes.rounds)?;
    drop(gpu);
    for ((name, is_of_one, _), each) in KINDS.into_iter().zip([PRODUCTS[1], PRODUCTS[0]]) {
        let count = if is_of_one { sizes.batch } else { sizes.different }.min(SLOT).min(sizes.batch);
        let signed = Signed::new(is_of_one, sizes.different.min(count), count);
        let rate = count as f64 / median(time(&signed.batch(), is_of_one, sizes.times)?) * 1e9;
        let floor = products / each as f64;
        let note = format!("{:.0} % of its floor, {}", 100.0 * rate / floor, per_second(floor));
        table.figure(name, per_second(rate), note);
    }
    Ok(())
}

/// One in a thousand is of another key than it says, and found.
fn forged(sizes: &Sizes, device: &mut DeviceVerification, table: &mut Table) -> Result<(), String> {
    for (name, is_of_one, _) in KINDS {
        let count = if is_of_one { sizes.batch } else { sizes.different.min(sizes.batch) };
        let signed = Signed::new(is_of_one, sizes.different.min(count), count);
        let mut batch = signed.batch();
        let is_forged = |index: usize| index % 1_000 == 7;
        for (index, one) in batch.iter_mut().enumerate().filter(|(index, _)| is_forged(*index)) {
            one.key = &signed.keys[(index + 1) % KEYS];
        }
        let right: Vec<_> = (0..count).map(|index| !is_forged(index)).collect();
        let (started, mut checked) = (instant(), 0);
        while checked == 0 || checked < sizes.checked / LESS {
            if verdicts(device, &batch)? != right {
                return Err(format!("{name}: a wrong verdict among {count}"));
            }
            checked += count as u64;
        }
        let rate = checked as f64 / started.elapsed().as_secs_f64();
        let note = format!("{checked} verdicts are right");
        table.figure(format!("{name}, one in a thousand forged"), per_second(rate), note);
    }
    Ok(())
}

/// Where a GPU begins to pay.
fn beside_the_cpu(device: &mut DeviceVerification, table: &mut Table) -> Result<(), String> {
    let measured = crossover(device, &*now()).map_err(|fault| fault.to_string())?;
    for (name, measured) in ["one message", "different messages"].into_iter().zip(measured) {
        let least = measured.signatures.map_or("never".to_owned(), |count| count.to_string());
        table.figure(format!("BLS, {name}, crossover with one thread of the CPU"), least, "signatures");
    }
    Ok(())
}

/// The same beside all threads of the CPU, which have equal parts of a batch: how long each takes, by length.
pub fn beside_all_threads(sizes: &Sizes, table: &mut Table) -> Result<(), String> {
    const TIMES: usize = 3;
    let mut device = device()?;
    let threads = rayon::current_num_threads();
    table.heading(format!("BLS beside {threads} threads of the CPU"));
    for (name, is_of_one, _) in KINDS {
        let most = sizes.batch.min(SLOT);
        let signed = Signed::new(is_of_one, sizes.different.min(most), most);
        let batch = signed.batch();
        let mut least = None;
        for length in std::iter::successors(Some(4), |length| Some(4 * length)).take_while(|of| *of <= most) {
            let some = &batch[..length];
            let (mut by_gpu, mut by_cpu) = (Vec::new(), Vec::new());
            for _ in 0..TIMES.min(sizes.times) {
                let started = instant();
                let of_gpu = verdicts(&mut device, some)?;
                by_gpu.push(started.elapsed().as_nanos() as f64);
                let started = instant();
                let of_cpu = on_all_threads(some, threads);
                by_cpu.push(started.elapsed().as_nanos() as f64);
                if of_gpu != vec![true; length] || of_cpu != of_gpu {
                    return Err(format!("{name}: a valid signature was refused"));
                }
            }
            let (gpu, cpu) = (median(by_gpu), median(by_cpu));
            // From there on, at all that were measured.
            least = if gpu < cpu { least.or(Some(length)) } else { None };
            table.figure(format!("{name}, {length}"), duration(gpu), format!("{} by the CPU", duration(cpu)));
        }
        let least = least.map_or("never".to_owned(), |length| length.to_string());
        table.figure(format!("{name}, crossover with all threads"), least, "signatures, of those measured");
    }
    Ok(())
}

fn on_all_threads(batch: &[SignedMessage], threads: usize) -> Vec<bool> {
    let parts = batch.par_chunks(batch.len().div_ceil(threads));
    let verdicts = parts.flat_map_iter(|part| {
        let mut verdicts = Vec::with_capacity(part.len());
        BatchVerification::new([7; 32], Level::best()).verify(part, &mut verdicts);
        verdicts
    });
    verdicts.collect()
}
