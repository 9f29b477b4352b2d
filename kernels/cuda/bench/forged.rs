//! Very many signatures, one in a thousand forged, and each verdict held to what the plain back-end says.

use pelton_kernels::{Signatures, Verdict, Verifier as _, open};
use rayon::prelude::*;

use super::batches::{KINDS, Kind, forged, valid};
use super::ends::{device, next};
use super::sizes::Sizes;
use super::table::Table;

/// Batches that differ in what is forged.
const BATCHES: usize = 4;

/// Sends them, and fails at the first wrong verdict.
pub fn measure(sizes: &Sizes, table: &mut Table) -> Result<(), String> {
    table.heading("one in a thousand forged");
    for kind in &KINDS {
        let Kind { name, scheme, is_known, .. } = *kind;
        let mut device = device(kind.settings())?;
        let plain = valid(scheme, sizes.different, sizes.batch, is_known);
        let mut batches: Vec<_> = (0..BATCHES).map(|index| forged(&plain, 1 + 77 * index)).collect();
        let expected: Vec<_> = batches.iter().map(right).collect();
        let before = right(&plain);
        let changed: usize = expected.iter().map(|verdicts| differing(verdicts, &before)).sum();
        let mut in_flight = Vec::new();
        let mut free: Vec<_> = batches.drain(..).enumerate().collect();
        let (mut sent, mut checked) = (0, 0);
        while checked < sizes.checked {
            while sent < sizes.checked
                && let Some((index, batch)) = free.pop()
            {
                let length = batch.len() as u64;
                match device.submit(batch) {
                    Ok(ticket) => in_flight.push((ticket, index)),
                    Err(batch) => {
                        free.push((index, batch));
                        break;
                    }
                }
                sent += length;
            }
            let completed = next(&mut device);
            let place = in_flight.iter().position(|(ticket, _)| *ticket == completed.ticket);
            let (_, index) = in_flight.swap_remove(place.expect("what comes back was sent"));
            let verdicts = completed.outcome.map_err(|fault| fault.to_string())?;
            if verdicts != expected[index] {
                let wrong = differing(&verdicts, &expected[index]);
                return Err(format!("{name}: {wrong} wrong verdicts in a batch of {}", verdicts.len()));
            }
            checked += verdicts.len() as u64;
            free.insert(0, (index, completed.signatures));
        }
        let note = format!("right; {changed} of {} different ones are forged", BATCHES * sizes.batch);
        table.figure(format!("{name}, verdicts"), checked.to_string(), note);
    }
    Ok(())
}

fn differing(left: &[Verdict], right: &[Verdict]) -> usize {
    left.iter().zip(right).filter(|(left, right)| left != right).count()
}

/// What the plain back-end says.
fn right(batch: &Signatures) -> Vec<Verdict> {
    let reference = open("reference", [0; 32]).expect("it is always there");
    let ranges: Vec<_> =
        (0..batch.len()).step_by(256).map(|first| first..(first + 256).min(batch.len())).collect();
    let verdicts = ranges.into_par_iter().flat_map_iter(|range| {
        let mut verdicts = Vec::new();
        reference.verify(batch, range, &mut verdicts);
        verdicts
    });
    verdicts.collect()
}
