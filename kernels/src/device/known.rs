//! Signatures whose answers are known, and what a device has to say of them (rules 1 and 4).

use std::sync::Arc;

use super::life::answered;
use super::{Answer, Device, Now, begin};
use crate::backend::Verdict;
use crate::self_test;
use crate::signatures::{Scheme, Signatures};

/// Signatures of one scheme, and their answers.
pub struct Known {
    pub signatures: Arc<Signatures>,
    pub answers: Vec<Answer>,
}

impl Known {
    pub fn of(scheme: Scheme) -> Known {
        let (signatures, verdicts) = self_test::known(scheme);
        Known { signatures: Arc::new(signatures), answers: verdicts.into_iter().map(answer).collect() }
    }
}

/// A verdict as a device gives it.
fn answer(verdict: Verdict) -> Answer {
    let mut answer = [0; 32];
    if let Verdict::Valid { address } = verdict {
        answer[0] = 1;
        answer[1..21].copy_from_slice(&address);
    }
    answer
}

/// The verdict that a device gives, if it is one.
fn verdict(answer: &Answer) -> Option<Verdict> {
    let address = answer[1..].first_chunk().expect("20 of 31 bytes");
    let verdict = Verdict::from((answer[0] == 1).then_some(*address));
    (answer[0] <= 1 && answer[21..] == [0; 11]).then_some(verdict)
}

/// The verdicts on a batch of so many, if the device knew the known ones before it.
pub fn judge(known: &[Answer], answers: &[Answer], count: usize) -> Result<Vec<Verdict>, String> {
    if answers.len() != known.len() + count {
        return Err("it gave another number of answers than it was asked for".to_owned());
    }
    let (first, rest) = answers.split_at(known.len());
    if first != known {
        return Err("it gave a wrong answer to a known signature".to_owned());
    }
    let verdicts: Option<Vec<_>> = rest.iter().map(verdict).collect();
    verdicts.ok_or_else(|| "it gave an answer that is neither yes nor no".to_owned())
}

/// A device that knows the known answers. Another one is given up like any that fails: it may never be done with them.
pub fn tested(mut device: Box<dyn Device>, now: &Now, timeout_ns: u64) -> Result<Box<dyn Device>, String> {
    match test(&mut *device, now, timeout_ns) {
        Ok(()) => Ok(device),
        Err(reason) => {
            device.abandon();
            Err(reason)
        }
    }
}

/// Asks a device about the known signatures of both schemes, and waits for its answers.
fn test(device: &mut dyn Device, now: &Now, timeout_ns: u64) -> Result<(), String> {
    for scheme in [Scheme::Secp256k1, Scheme::Ed25519] {
        let known = Known::of(scheme);
        begin(device, 0, &known.signatures, &Arc::new(Signatures::new(scheme)))?;
        let answers = answered(now, timeout_ns, || device.finish(0))?;
        judge(&known.answers, &answers, 0)?;
    }
    Ok(())
}
