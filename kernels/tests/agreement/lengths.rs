//! Batches of every length, on every level.

use pelton_kernels::backend::Cpu;

use crate::agree::answers;
use crate::case::{Case, batch};
use crate::levels::levels;

#[test]
fn every_level_finds_the_spoilt_signature_of_every_length_up_to_300() {
    let good: Vec<Case> = (0..300).map(Case::signed).collect();
    for level in levels() {
        let backend = Cpu::with([7; 32], level, 64);
        for len in 1..=good.len() {
            let spoilt = 31 * len % (2 * len);
            let mut cases = good[..len].to_vec();
            if let Some(case) = cases.get_mut(spoilt) {
                case.message.push(1);
            }
            let verdicts: Vec<_> =
                cases.iter().enumerate().map(|(index, case)| case.verdict(index != spoilt)).collect();
            assert_eq!(answers(&backend, &batch(&cases), len), verdicts, "{level}, {len} signatures");
        }
    }
}
