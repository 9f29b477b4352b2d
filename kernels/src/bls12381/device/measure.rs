//! From how many signatures on a device is sooner done than the CPU that asks it: measured, not assumed.

use blst::min_pk::SecretKey;

use super::DeviceVerification;
use crate::bls12381::{KnownKey, SIGNATURE_TAG, SignedMessage};
use crate::crossover::Crossover;
use crate::verifier::Fault;

/// Lengths of the batches that are measured, in signatures. The longest takes a CPU a quarter of a second.
const LENGTHS: [usize; 4] = [16, 64, 256, 1_024];

/// Keys that differ.
const KEYS: usize = 16;

/// Measures a device and the CPU, each alone, on batches of one message and on those of different ones. The device is asked
/// whatever its limits are.
///
/// # Errors
/// The fault of a device that did not answer.
pub fn measure(device: &mut DeviceVerification, now: &dyn Fn() -> u64) -> Result<[Crossover; 2], Fault> {
    let secrets: Vec<_> = (0..KEYS)
        .map(|index| SecretKey::key_gen(&[index as u8 + 1; 32], &[]).expect("32 bytes are enough"))
        .collect();
    let known = |secret: &SecretKey| KnownKey::from_genesis_without_proof(&secret.sk_to_pk().to_bytes());
    let keys: Vec<_> = secrets.iter().map(|secret| known(secret).expect("it is not infinity")).collect();
    let limits = device.limit([Some(0); 2]);
    let mut measure = |different: usize| {
        let messages: Vec<_> = (0..different as u64).map(u64::to_be_bytes).collect();
        let most = different.max(KEYS);
        let signed: Vec<_> = (0..most)
            .map(|index| {
                let message = &messages[index % different];
                (index % KEYS, message, secrets[index % KEYS].sign(message, SIGNATURE_TAG, &[]).to_bytes())
            })
            .collect();
        let longest: Vec<_> = (0..LENGTHS[LENGTHS.len() - 1])
            .map(|index| {
                let (key, message, signature) = &signed[index % most];
                SignedMessage { key: &keys[*key], message: *message, signature }
            })
            .collect();
        let (mut device_ns, mut cpu_ns) = (Vec::new(), Vec::new());
        for length in LENGTHS {
            let batch = &longest[..length];
            device_ns.push(time(now, |verdicts| device.verify(batch, verdicts)));
            cpu_ns.push(time(now, |verdicts| device.verify_on_cpu(batch, verdicts)));
        }
        Crossover::of(&LENGTHS, &device_ns, &cpu_ns)
    };
    let measured = [measure(1), measure(LENGTHS[LENGTHS.len() - 1])];
    device.limit(limits);
    match device.report().last_fault {
        Some(fault) if !device.is_here() => Err(fault),
        _ => Ok(measured),
    }
}

/// How long it takes, all being valid.
fn time(now: &dyn Fn() -> u64, verify: impl FnOnce(&mut Vec<bool>)) -> f64 {
    let (started_ns, mut verdicts) = (now(), Vec::new());
    verify(&mut verdicts);
    assert!(verdicts.iter().all(|valid| *valid), "all are valid");
    now().saturating_sub(started_ns) as f64
}
