//! A device and the CPU, both of known speed in simulated time, share the load.

mod timed;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use pelton_kernels::crossover::{Crossover, Speed};
use pelton_kernels::device::{OnDevice, Settings};
use pelton_kernels::{Completed, Job, Scheme, Shared, Signatures, Verifier};
use timed::{World, batch, right};

const SETTINGS: Settings = Settings { timeout_ns: 100_000_000, retry_ns: 20_000_000 };
const DEADLINE_NS: u64 = 50_000_000;
const STEP_NS: u64 = 10_000;
const SECOND_NS: u64 = 1_000_000_000;

/// The device needs a millisecond for any batch and then does 20 M/s; the CPU does 5 M/s at once.
const DEVICE: Speed = Speed { fixed_ns: 1_000_000.0, each_ns: 50.0 };
const CPU: Speed = Speed { fixed_ns: 0.0, each_ns: 200.0 };

fn crossover(signatures: Option<usize>) -> Crossover {
    Crossover { device: DEVICE, cpu: CPU, signatures }
}

fn shared(world: &World, measured: Crossover) -> Shared {
    let open = world.open();
    let spawn = Arc::new(|job: Job| job());
    let device = OnDevice::opened("timed", open, spawn, world.now(), SETTINGS);
    Shared::new(device, Box::new(world.cpu()), world.now(), &|_| measured, DEADLINE_NS)
}

/// Offers batches of this length as fast as they are taken, for so long; gives the signatures answered in that time and
/// the longest time that a batch took. Every answer is right, and every batch comes back as it went in.
fn answered(verifier: &mut Shared, world: &World, length: usize, for_ns: u64) -> (u64, u64) {
    let until_ns = world.ns() + for_ns;
    let (mut answered, mut longest_ns) = (0, 0);
    let mut sent = std::collections::HashMap::new();
    let mut number = 0;
    while world.ns() < until_ns || !sent.is_empty() {
        while world.ns() < until_ns
            && let Ok(ticket) = verifier.submit(batch(number, length))
        {
            assert!(sent.insert(ticket, (number, world.ns())).is_none(), "a ticket names one batch");
            number += 1;
        }
        while let Some(Completed { ticket, signatures, outcome }) = verifier.poll() {
            let (number, since_ns) = sent.remove(&ticket).expect("once each");
            assert!(signatures == batch(number, length) && outcome == Ok(right(&signatures)));
            longest_ns = longest_ns.max(world.ns() - since_ns);
            answered += if world.ns() < until_ns { length as u64 } else { 0 };
        }
        world.wait(STEP_NS);
    }
    assert_eq!(verifier.in_flight(), 0);
    (answered, longest_ns)
}

#[test]
fn together_they_are_faster_than_either() {
    let world = World::new(DEVICE, CPU);
    let mut verifier = shared(&world, crossover(Some(6_700)));
    let (count, longest_ns) = answered(&mut verifier, &world, 16_384, SECOND_NS / 40);
    let (device, cpu) = (20e6 / 40.0, 5e6 / 40.0);
    assert!(count as f64 > 0.9 * (device + cpu), "{count} of {}", device + cpu);
    let report = verifier.report();
    assert!(report.answered_by("timed") as f64 > 0.85 * device, "{report:?}");
    assert!(report.answered_by("cpu") as f64 > 0.85 * cpu, "{report:?}");
    assert!(longest_ns < 10_000_000, "{longest_ns}");
}

#[test]
fn one_that_turns_out_slower_than_it_was_measured_gets_less() {
    // Half of the CPU is busy with other things, and nobody said so.
    let world = World::new(DEVICE, Speed { fixed_ns: 0.0, each_ns: 400.0 });
    let mut verifier = shared(&world, crossover(Some(6_700)));
    answered(&mut verifier, &world, 16_384, SECOND_NS / 40);
    let (count, _) = answered(&mut verifier, &world, 16_384, SECOND_NS / 40);
    let together = (20e6 + 2.5e6) / 40.0;
    assert!(count as f64 > 0.9 * together, "{count} of {together}");
}

#[test]
fn below_the_crossover_the_device_is_never_asked() {
    let world = World::new(DEVICE, CPU);
    for measured in [crossover(Some(6_700)), crossover(None)] {
        let mut verifier = shared(&world, measured);
        let length = if measured.signatures.is_some() { 6_699 } else { 10_000 };
        answered(&mut verifier, &world, length, SECOND_NS / 50);
        assert_eq!(verifier.report().answered_by("timed"), 0);
        assert!(verifier.report().answered_by("cpu") > 50_000);
    }
}

#[test]
fn a_single_batch_is_done_sooner_than_by_either_alone() {
    let world = World::new(DEVICE, CPU);
    let (mut verifier, length) = (shared(&world, crossover(Some(6_700))), 40_000);
    verifier.submit(batch(0, length)).expect("there is room");
    while verifier.poll().is_none() {
        world.wait(STEP_NS);
    }
    assert!((world.ns() as f64) < 0.9 * DEVICE.ns(length).min(CPU.ns(length)), "{}", world.ns());
}

#[test]
fn what_a_device_that_fails_had_in_hand_the_cpu_answers_and_it_comes_back() {
    let world = World::new(DEVICE, CPU);
    let mut verifier = shared(&world, crossover(Some(6_700)));
    for is_broken in [false, true, false] {
        world.is_broken().store(is_broken, Ordering::Relaxed);
        let before = verifier.report();
        answered(&mut verifier, &world, 16_384, SECOND_NS / 25);
        let after = verifier.report();
        let of_device = after.answered_by("timed") - before.answered_by("timed");
        assert_eq!(after.faults > before.faults, is_broken, "{after:?}");
        assert_eq!(of_device > 0, !is_broken, "{after:?}");
        assert!(after.answered_by("cpu") > before.answered_by("cpu"));
    }
    assert!(verifier.report().last_fault.is_some_and(|fault| fault.reason == "it is broken"));
}

#[test]
fn a_device_that_is_not_there_at_first_is_used_once_it_is() {
    let world = World::new(DEVICE, CPU);
    world.is_broken().store(true, Ordering::Relaxed);
    let mut verifier = shared(&world, crossover(Some(6_700)));
    assert_eq!(verifier.report().faults, 1);
    answered(&mut verifier, &world, 16_384, SECOND_NS / 50);
    assert_eq!(verifier.report().answered_by("timed"), 0);
    world.is_broken().store(false, Ordering::Relaxed);
    answered(&mut verifier, &world, 16_384, SECOND_NS / 25);
    assert!(verifier.report().answered_by("timed") > 0);
}

#[test]
fn empty_batches_and_batches_of_both_schemes_come_back() {
    let world = World::new(DEVICE, CPU);
    let mut verifier = shared(&world, crossover(Some(1)));
    answered(&mut verifier, &world, 0, 1);
    let ticket = verifier.submit(Signatures::new(Scheme::Ed25519)).expect("there is room");
    world.wait(SECOND_NS);
    let back = verifier.poll().expect("it is back");
    assert_eq!((back.ticket, back.outcome), (ticket, Ok(Vec::new())));
}
