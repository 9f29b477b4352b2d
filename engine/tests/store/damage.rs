//! Bits that flip and files that lose their end, everywhere.
//!
//! The answer must be the whole chain, or an error that names the file: what was acknowledged is never left out in silence.

use alloy_primitives::B256;
use pelton_engine::store::error::StoreError;
use pelton_engine::store::recovery::Recovered;
use pelton_engine::store::simulated::SimulatedDisk;
use pelton_engine::store::{Settings, StateStore};

use crate::frames::frames;
use crate::model::Model;
use crate::random::Random;

/// A store with two checkpoints, several segments, codes, and blocks that no checkpoint holds.
struct Stored {
    files: Vec<(String, Vec<u8>)>,
    model: Model,
}

impl Stored {
    fn new() -> Stored {
        let (disk, mut model) = (SimulatedDisk::new(1), Model::new(1));
        let settings = Settings { segment_bytes: 3_000, ..Settings::tiny() };
        StateStore::create(&disk.files(), &settings, model.tip(0), model.state(0).writes())
            .expect("it is new");
        let opened = StateStore::recover(&disk.files(), &settings).expect("it is whole");
        let (mut store, _) = opened.expect("it was made");
        for number in 0..24 {
            let block = model.grow();
            store.push(block.tip, block.parent, &block.notes(), &block.writes);
            if number % 3 == 0 {
                store.sync().expect("the disk is good");
            }
            if number == 8 || number == 16 {
                store.sync().expect("the disk is good");
                store.checkpoint().expect("the disk is good");
            }
        }
        // The mark that vouches for what this syncs is written, and not waited for.
        assert_eq!(store.sync(), Ok(24));
        let names = disk.files().list().expect("the disk is good");
        let files = names.into_iter().map(|name| (name.clone(), disk.bytes(&name).expect("it is listed")));
        Stored { files: files.collect(), model }
    }

    /// Recovers with other bytes in place of one file's.
    fn recover_with(&self, name: &str, bytes: Option<Vec<u8>>) -> Result<Option<Recovered>, StoreError> {
        let disk = SimulatedDisk::new(2);
        for (other, own) in &self.files {
            let bytes = if other == name { bytes.clone() } else { Some(own.clone()) };
            let Some(bytes) = bytes else { continue };
            disk.files().create(other)?;
            disk.set_bytes(other, bytes);
        }
        let found = StateStore::recover(&disk.files(), &Settings::tiny())?;
        Ok(found.map(|(_, recovered)| recovered))
    }

    /// Checks that the whole chain is found, or the file that was damaged is blamed. Gives which.
    fn check(&self, name: &str, bytes: Option<Vec<u8>>, what: &str) -> bool {
        match self.recover_with(name, bytes) {
            Ok(Some(recovered)) => {
                let height = self.model.height();
                assert_eq!(recovered.tip, self.model.tip(height), "{name}, {what}: blocks are missing");
                assert_eq!(recovered.state, *self.model.state(height), "{name}, {what}: another state");
                assert_eq!(B256::from(recovered.trie.root()), self.model.root(height), "{name}, {what}");
                true
            }
            Ok(None) => panic!("{name}, {what}: the store is gone"),
            Err(StoreError::Damaged { file, .. }) => {
                let kind = |name: &str| name[..4].to_owned();
                assert_eq!(kind(&file), kind(name), "{name}, {what}: another file is blamed");
                false
            }
            Err(error) => panic!("{name}, {what}: {error}"),
        }
    }
}

/// All places of a file, or every fourth of those beyond its head and few of those in long runs of zeros.
fn places(bytes: &[u8], all: bool, random: &mut Random) -> Vec<usize> {
    let is_dull = |at: usize| bytes[at..bytes.len().min(at + 64)].iter().all(|byte| *byte == 0);
    let mut is_taken = |at: usize| match at {
        _ if is_dull(at) => random.below(100) == 0,
        0..300 => true,
        _ => random.below(4) == 0,
    };
    (0..bytes.len()).filter(|at| all || is_taken(*at)).collect()
}

#[test]
fn the_store_of_these_tests_has_every_kind_of_file() {
    let stored = Stored::new();
    let count = |prefix: &str| stored.files.iter().filter(|(name, _)| name.starts_with(prefix)).count();
    assert_eq!((count("codes"), count("checkpoint-")), (1, 2));
    assert!(count("log-") > 3, "{} segments", count("log-"));
    assert!(stored.check("codes", Some(stored.files[2].1.clone()), "nothing was changed"));
}

fn flip_bits(all: bool) {
    let (stored, mut random) = (Stored::new(), Random::new(3));
    let (mut whole, mut refused) = (0, 0);
    for (name, bytes) in &stored.files {
        for at in places(bytes, all, &mut random) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << random.below(8);
            let is_whole = stored.check(name, Some(flipped), &format!("a bit of byte {at}"));
            *(if is_whole { &mut whole } else { &mut refused }) += 1;
        }
    }
    assert!(whole > 500 && refused > 500, "{whole} recovered, {refused} refused");
}

fn cut_ends(all: bool) {
    let (stored, mut random) = (Stored::new(), Random::new(4));
    for (name, bytes) in &stored.files {
        for length in places(bytes, all, &mut random) {
            stored.check(name, Some(bytes[..length].to_vec()), &format!("cut to {length} bytes"));
        }
    }
}

#[test]
fn no_flipped_bit_loses_a_block_in_silence() {
    flip_bits(false);
}

#[test]
fn no_file_that_lost_its_end_loses_a_block_in_silence() {
    cut_ends(false);
}

#[test]
#[ignore = "takes a minute: every single byte"]
fn no_flipped_bit_and_no_lost_end_anywhere_loses_a_block_in_silence() {
    flip_bits(true);
    cut_ends(true);
}

#[test]
fn no_overwritten_sector_loses_a_block_in_silence() {
    let (stored, mut random) = (Stored::new(), Random::new(5));
    for (name, bytes) in &stored.files {
        for start in (0..bytes.len()).step_by(512) {
            for fill in [0, random.next() as u8 | 1] {
                let mut overwritten = bytes.clone();
                let end = bytes.len().min(start + 512);
                overwritten[start..end].fill(fill);
                stored.check(name, Some(overwritten), &format!("{fill} from byte {start} on"));
            }
        }
    }
}

#[test]
fn no_frames_that_changed_places_lose_or_change_anything() {
    let (stored, mut swaps) = (Stored::new(), 0);
    for (name, bytes) in &stored.files {
        let frames = frames(bytes);
        for (first, second) in frames.iter().zip(&frames[1..]) {
            let mut swapped = bytes.clone();
            let (a, b) = (&bytes[first.clone()], &bytes[second.clone()]);
            swapped[first.start..second.end].copy_from_slice(&[b, a].concat());
            stored.check(name, Some(swapped), &format!("swapped at byte {}", second.start));
            swaps += 1;
        }
    }
    assert!(swaps > 20, "{swaps} swaps");
}

#[test]
fn no_file_under_the_name_of_another_is_taken_for_it() {
    let stored = Stored::new();
    let logs: Vec<_> = stored.files.iter().filter(|(name, _)| name.starts_with("log-")).collect();
    for (at, (name, _)) in logs.iter().enumerate() {
        let (_, other) = logs[(at + 1) % logs.len()];
        stored.check(name, Some(other.clone()), "another segment");
    }
}

#[test]
fn no_missing_file_loses_a_block_in_silence() {
    let stored = Stored::new();
    for (name, _) in &stored.files {
        match stored.recover_with(name, None) {
            Ok(Some(recovered)) => {
                let height = stored.model.height();
                assert_eq!(recovered.tip, stored.model.tip(height), "without {name} blocks are missing");
                assert_eq!(recovered.state, *stored.model.state(height), "without {name}");
            }
            Ok(None) => panic!("without {name} the store is gone"),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

#[test]
fn a_damaged_checkpoint_is_made_up_for_by_the_one_before_and_removed_after_the_next() {
    let stored = Stored::new();
    let newest = stored.files.iter().rev().find(|(name, _)| name.starts_with("checkpoint-"));
    let (name, bytes) = newest.expect("there is one");
    let (disk, settings) = (SimulatedDisk::new(3), Settings::tiny());
    for (other, own) in &stored.files {
        disk.files().create(other).expect("the disk is good");
        let bytes = if other == name { &bytes[..bytes.len() - 1] } else { own };
        disk.set_bytes(other, bytes.to_vec());
    }
    let found = StateStore::recover(&disk.files(), &settings).expect("the older one is good");
    let (mut store, recovered) = found.expect("there is a store");
    assert_eq!(recovered.tip, stored.model.tip(stored.model.height()));
    assert!(matches!(&recovered.skipped[..], [StoreError::Damaged { file, .. }] if file == name));
    store.checkpoint().expect("the disk is good");
    assert_eq!(disk.bytes(name), None, "it is removed");
    let (_, recovered) =
        StateStore::recover(&disk.files(), &settings).expect("all is good").expect("it is there");
    assert!(recovered.skipped.is_empty());
}

#[test]
fn what_a_start_has_found_does_not_rot_in_silence_though_nothing_was_written_since() {
    for seed in 0..40 {
        let (disk, settings, mut model) = (SimulatedDisk::new(seed), Settings::tiny(), Model::new(seed));
        StateStore::create(&disk.files(), &settings, model.tip(0), model.state(0).writes())
            .expect("it is new");
        let recover = || StateStore::recover(&disk.files(), &settings);
        let (mut store, _) = recover().expect("it is whole").expect("it is there");
        for _ in 0..2 {
            let block = model.grow();
            store.push(block.tip, block.parent, &block.notes(), &block.writes);
            store.sync().expect("the disk is good");
        }
        // The mark that vouches for the last record may be lost, and the record is not.
        disk.cycle_power();
        let (_, recovered) = recover().expect("it is whole").expect("it is there");
        assert_eq!(recovered.tip, model.tip(2));
        let names = disk.files().list().expect("the disk is good");
        let name = names.iter().rfind(|name| name.starts_with("log-")).expect("there is a log");
        let mut bytes = disk.bytes(name).expect("it is listed");
        let last = frames(&bytes).pop().expect("it has records");
        bytes[last.start + seed as usize % last.len()] ^= 1 << (seed % 8);
        disk.set_bytes(name, bytes);
        let error = recover().err();
        let is_blamed = matches!(&error, Some(StoreError::Damaged { file, .. }) if file == name);
        assert!(is_blamed, "seed {seed}: {error:?}");
    }
}

#[test]
fn a_state_with_another_root_than_was_recorded_is_refused() {
    let (disk, settings, mut model) = (SimulatedDisk::new(1), Settings::tiny(), Model::new(1));
    StateStore::create(&disk.files(), &settings, model.tip(0), model.state(0).writes()).expect("it is new");
    let (mut store, _) =
        StateStore::recover(&disk.files(), &settings).expect("it is whole").expect("it is there");
    let mut block = model.grow();
    let wrong = B256::repeat_byte(7);
    block.tip.root = Some(wrong);
    store.push(block.tip, block.parent, &block.notes(), &block.writes);
    store.sync().expect("the disk is good");
    let error = StateStore::recover(&disk.files(), &settings).err();
    assert_eq!(error, Some(StoreError::Root { height: 1, recorded: wrong, found: model.root(1) }));
}
