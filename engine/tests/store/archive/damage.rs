//! Bits that flip and files that lose their end: all blocks as they were, or an error.

use pelton_engine::archive::Settings;
use pelton_engine::store::error::StoreError;
use pelton_engine::store::simulated::SimulatedDisk;

use super::chain::Chain;
use super::{files, kept, open};
use crate::random::Random;

/// Opens the archive with other bytes in place of one file's, and reads everything; gives whether all was there.
fn check(chain: &Chain, own: &[(String, Vec<u8>)], name: &str, bytes: Option<Vec<u8>>, what: &str) -> bool {
    let disk = SimulatedDisk::new(2);
    for (other, own) in own {
        let bytes = if other == name { bytes.clone() } else { Some(own.clone()) };
        let Some(bytes) = bytes else { continue };
        disk.files().create(other).expect("it is new");
        disk.set_bytes(other, bytes);
    }
    match open(&disk.files(), &Settings::tiny(), chain, chain.height()) {
        Ok(writer) => match chain.check(&writer.archive()) {
            Ok(()) => true,
            Err(error) => {
                assert!(error.contains("is damaged at"), "{name}, {what}: {error}");
                false
            }
        },
        Err(StoreError::Damaged { .. }) => false,
        Err(error) => panic!("{name}, {what}: {error}"),
    }
}

#[test]
fn a_bit_that_flips_is_an_error_or_changes_nothing() {
    let ((_, chain, _), own, mut random) = (kept(12, &Settings::tiny()), files(), Random::new(3));
    let (mut whole, mut refused) = (0, 0);
    for (name, bytes) in &own {
        for _ in 0..80 {
            let (place, mut bytes) = (random.below(bytes.len()), bytes.clone());
            bytes[place] ^= 1 << random.below(8);
            let is_whole = check(&chain, &own, name, Some(bytes), &format!("a bit of byte {place}"));
            assert!(!(is_whole && name.starts_with("blocks-")), "{name}: byte {place} is read by nobody");
            *(if is_whole { &mut whole } else { &mut refused }) += 1;
        }
    }
    assert!(
        whole > 0 && refused > 0,
        "heads of indexes are made anew: {whole}, and blocks are not: {refused}"
    );
}

#[test]
fn an_index_that_is_gone_or_cut_is_made_anew_and_a_segment_is_missed() {
    let ((_, chain, _), own, mut random) = (kept(12, &Settings::tiny()), files(), Random::new(4));
    for (name, bytes) in &own {
        let is_index = name.starts_with("index-");
        // The oldest may have been taken away on purpose.
        if !name.ends_with("-00000000000000000001") {
            assert_eq!(check(&chain, &own, name, None, "gone"), is_index, "{name} is gone");
        }
        for _ in 0..20 {
            let length = random.below(bytes.len());
            let is_whole = check(&chain, &own, name, Some(bytes[..length].to_vec()), "cut");
            assert_eq!(is_whole, is_index, "{name} is cut to {length}");
        }
    }
}
