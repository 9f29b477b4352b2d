//! A state in pieces: whoever has the root alone gets the very state, and nobody else's.

use std::sync::Arc;

use alloy_primitives::B256;
use pelton_engine::snapshot::assembly::{Assembly, Verdict};
use pelton_engine::snapshot::{Chunk, Refusal, Snapshot};
use pelton_engine::state::State;
use pelton_engine::store::error::StoreError;
use pelton_engine::store::files::Files;
use pelton_engine::store::simulated::SimulatedDisk;
use pelton_engine::store::{Base, Settings, StateStore};
use pelton_engine::trie::Trie;
use pelton_engine::writes::WriteSet;

use crate::model::Model;
use crate::random::Random;

const ENTRIES_MAX: usize = 8;

fn snapshot(state: &State) -> Snapshot {
    let (writes, mut trie) = (state.writes(), Trie::new());
    trie.apply(&writes.trie_updates());
    Snapshot::new(writes, trie, ENTRIES_MAX)
}

/// A chain after some blocks.
fn model(seed: u64) -> Model {
    let mut model = Model::new(seed);
    (0..20).for_each(|_| drop(model.grow()));
    model
}

fn newest(model: &Model) -> &State {
    model.state(model.height())
}

fn open(files: &Arc<dyn Files>, snapshot: &Snapshot) -> Assembly {
    Assembly::open(files, snapshot.root(), ENTRIES_MAX).expect("the disk is good")
}

/// Asks one who is honest for what is missing, so many times at most.
fn fetch(assembly: &mut Assembly, snapshot: &Snapshot, gaps: usize, rounds: usize) {
    for _ in 0..rounds {
        for first in assembly.missing(gaps) {
            let chunk = snapshot.chunk_at(&first);
            let taken = assembly.take(1, &chunk).expect("the disk is good");
            assert!(matches!(taken, Verdict::Kept | Verdict::Needless), "{taken:?}");
        }
        for hash in assembly.missing_codes(2) {
            let code = snapshot.code(&hash).expect("who has the state has its codes");
            assert_eq!(assembly.take_code(&code.bytes()), Ok(Verdict::Kept));
        }
    }
}

/// Whether a complete assembly is this state, but for codes that no account has any more.
fn check_state(assembly: &Assembly, state: &State) {
    let (found, own) = (assembly.state().expect("the disk is good"), state.writes());
    assert!((&found.accounts, &found.slots) == (&own.accounts, &own.slots), "another state");
    assert!(found.codes.iter().all(|code| own.codes.contains(code)), "codes of nobody");
    let mut gathered = State::default();
    gathered.apply(&found);
    assert_eq!(gathered.len(), own.accounts.len(), "each account has its code");
}

#[test]
fn all_chunks_together_are_the_state() {
    for seed in 0..20 {
        let (model, disk) = (model(seed), SimulatedDisk::new(seed));
        let snapshot = snapshot(newest(&model));
        let mut assembly = open(&disk.files(), &snapshot);
        fetch(&mut assembly, &snapshot, 1 + seed as usize % 3, 2_000);
        assert!(assembly.is_complete(), "seed {seed}");
        check_state(&assembly, newest(&model));
        assembly.remove().expect("the disk is good");
        assert_eq!(disk.files().list(), Ok(vec![]));
    }
}

#[test]
fn many_chunks_are_asked_for_at_a_time_and_few_of_them_for_nothing() {
    for seed in 0..20 {
        let (model, disk) = (model(seed), SimulatedDisk::new(seed));
        let snapshot = snapshot(newest(&model));
        let mut assembly = open(&disk.files(), &snapshot);
        let (mut rounds, mut kept, mut needless) = (0, 0, 0);
        while !assembly.missing(1).is_empty() {
            let starts = assembly.starts(16);
            assert!(starts.is_sorted() && starts.iter().all(|start| !assembly.has(start)));
            for (peer, first) in (0..).zip(starts) {
                match assembly.take(peer, &snapshot.chunk_at(&first)).expect("the disk is good") {
                    Verdict::Kept => kept += 1,
                    verdict => needless += u64::from(verdict == Verdict::Needless),
                }
                assert!(assembly.has(&first), "what was asked for is there");
            }
            rounds += 1;
        }
        assert!(rounds * 2 < kept && needless * 2 <= kept, "{rounds} rounds, {kept}, {needless}");
        fetch(&mut assembly, &snapshot, 1, 100);
        check_state(&assembly, newest(&model));
    }
}

#[test]
fn the_empty_state_and_one_of_a_single_account_are_one_chunk() {
    let single =
        WriteSet { accounts: model(1).state(0).writes().accounts[..1].to_vec(), ..WriteSet::default() };
    for writes in [WriteSet::default(), single] {
        let mut state = State::default();
        state.apply(&WriteSet { codes: model(1).state(0).writes().codes, ..WriteSet::default() });
        state.apply(&writes);
        let snapshot = snapshot(&state);
        let chunk = Chunk::open(&snapshot.root(), &snapshot.chunk_at(&[0; 32])).expect("it is good");
        assert_eq!((chunk.writes, chunk.range.last()), (writes, [0xff; 32]));
    }
}

#[test]
fn a_chunk_has_no_more_entries_than_it_may_and_an_empty_range_proves_that_it_is_empty() {
    let snapshot = snapshot(newest(&model(3)));
    let (mut first, mut entries, mut empty) = (Some([0; 32]), 0, 0);
    while let Some(at) = first {
        let chunk = Chunk::open(&snapshot.root(), &snapshot.chunk_at(&at)).expect("it is good");
        assert!(chunk.writes.len() <= ENTRIES_MAX && *chunk.range.first() == at);
        entries += chunk.writes.len();
        empty += usize::from(chunk.writes.is_empty());
        first = after(&chunk.range.last());
    }
    assert_eq!(entries, newest(&model(3)).writes().len());
    // Ranges of a single key, next to keys that are there.
    for key in newest(&model(3)).writes().trie_updates().iter().filter_map(|(key, _)| after(key)) {
        let chunk = Chunk::open(&snapshot.root(), &snapshot.chunk_at(&key)).expect("it is good");
        empty += usize::from(chunk.writes.is_empty());
    }
    assert!(empty > 10);
}

fn after(key: &[u8; 32]) -> Option<[u8; 32]> {
    let next = alloy_primitives::U256::from_be_bytes(*key).checked_add(alloy_primitives::U256::ONE)?;
    Some(next.to_be_bytes())
}

#[test]
fn whatever_is_changed_in_a_chunk_it_is_refused_and_its_sender_counted() {
    let (model, disk, mut random) = (model(5), SimulatedDisk::new(5), Random::new(5));
    let snapshot = snapshot(newest(&model));
    let mut assembly = open(&disk.files(), &snapshot);
    let mut refused = 0;
    for first in [[0; 32], {
        let mut key = [0; 32];
        key[0] = 0xa0;
        key
    }] {
        let good = snapshot.chunk_at(&first);
        for place in 0..good.len() {
            let mut bad = good.clone();
            bad[place] ^= 1 << random.below(8);
            let taken = assembly.take(7, &bad).expect("the disk is good");
            assert!(matches!(taken, Verdict::Refused(_)), "byte {place} of {}", good.len());
            refused += 1;
        }
        for length in 0..good.len() {
            let taken = assembly.take(7, &good[..length]).expect("the disk is good");
            assert!(matches!(taken, Verdict::Refused(_)), "cut to {length}");
            refused += 1;
        }
        assert_eq!(assembly.take(8, &good), Ok(Verdict::Kept));
        assert_eq!(assembly.take(8, &good), Ok(Verdict::Needless));
    }
    assert_eq!((assembly.refused(7), assembly.refused(8)), (refused, 0));
    assert_eq!(assembly.take_code(b"of nobody"), Ok(Verdict::Needless));
}

#[test]
fn an_entry_left_out_or_added_is_refused() {
    let mut state = newest(&model(6)).clone();
    let before = snapshot(&state);
    let all = state.writes().accounts;
    for (address, _) in all {
        state.apply(&WriteSet { accounts: vec![(address, None)], ..WriteSet::default() });
        let after = snapshot(&state);
        for first in [[0; 32], pelton_engine::writes::account_key(&address)] {
            let (old, new) = (before.chunk_at(&first), after.chunk_at(&first));
            assert_eq!(Chunk::open(&after.root(), &old).err(), Some(Refusal::Unproven));
            assert_eq!(Chunk::open(&before.root(), &new).err(), Some(Refusal::Unproven));
        }
    }
}

#[test]
fn nobody_fills_the_folder_with_proofs_of_nothing() {
    let snapshot = snapshot(newest(&model(7)));
    let disk = SimulatedDisk::new(7);
    let mut assembly = open(&disk.files(), &snapshot);
    let mut kept = 0;
    for number in 0..500_u64 {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&(number << 50).to_be_bytes());
        key[31] = 1;
        match assembly.take(1, &snapshot.chunk_at(&key)).expect("the disk is good") {
            Verdict::Kept => kept += 1,
            refused => assert_eq!(refused, Verdict::Refused(Refusal::Small)),
        }
    }
    assert_eq!(kept, 64, "ranges of one key, that nobody has");
    fetch_by(&mut assembly, &snapshot);
    assert!(assembly.is_complete(), "who is honest is not hindered");
}

/// As [`fetch`], by another peer.
fn fetch_by(assembly: &mut Assembly, snapshot: &Snapshot) {
    while !assembly.missing(1).is_empty() {
        for (peer, first) in (2..).zip(assembly.missing(3)) {
            assembly.take(peer, &snapshot.chunk_at(&first)).expect("the disk is good");
        }
    }
    fetch(assembly, snapshot, 1, 100);
}

#[test]
fn an_assembly_goes_on_after_any_power_cut_and_never_with_what_is_not_proven() {
    for seed in 0..40 {
        let (model, disk, mut random) = (model(seed), SimulatedDisk::new(seed), Random::new(seed));
        let snapshot = snapshot(newest(&model));
        let mut lives = 0;
        loop {
            lives += 1;
            disk.set_faults(random.pick(&[0, 0, 50]));
            disk.cut_power_after(random.below(30) as u64);
            let ended = live(&disk, &snapshot);
            disk.set_faults(0);
            match random.below(2) {
                0 => disk.cycle_power(),
                _ => disk.restart(),
            }
            if ended.is_ok() || lives == 60 {
                break;
            }
        }
        let mut assembly = open(&disk.files(), &snapshot);
        fetch(&mut assembly, &snapshot, 2, 2_000);
        check_state(&assembly, newest(&model));
    }
}

fn live(disk: &SimulatedDisk, snapshot: &Snapshot) -> Result<(), StoreError> {
    let mut assembly = Assembly::open(&disk.files(), snapshot.root(), ENTRIES_MAX)?;
    while !assembly.is_complete() {
        for first in assembly.missing(2) {
            assembly.take(1, &snapshot.chunk_at(&first))?;
        }
        for hash in assembly.missing_codes(2) {
            assembly.take_code(&snapshot.code(&hash).expect("it is there").bytes())?;
        }
    }
    Ok(())
}

#[test]
fn parts_of_another_root_are_thrown_away() {
    let (one, other, disk) =
        (snapshot(newest(&model(8))), snapshot(newest(&model(9))), SimulatedDisk::new(8));
    let mut assembly = open(&disk.files(), &one);
    fetch(&mut assembly, &one, 3, 5);
    assert!(disk.files().list().expect("the disk is good").len() > 2);
    let mut assembly = open(&disk.files(), &other);
    assert_eq!((assembly.missing(5), disk.files().list()), (vec![[0; 32]], Ok(vec![])));
    fetch(&mut assembly, &other, 3, 2_000);
    assert!(assembly.is_complete());
}

#[test]
fn a_store_begins_at_the_height_of_the_state_that_was_gathered_and_goes_on() {
    for seed in 0..20 {
        let (mut model, disk, settings) = (model(seed), SimulatedDisk::new(seed), Settings::tiny());
        while model.tip(model.height()).root.is_none() {
            model.grow();
        }
        let height = model.height();
        let base = Base {
            genesis: model.tip(0).id,
            tips: model.tips()[height as usize - 3..].to_vec(),
            notes: vec![7; 5],
        };
        // However often the power goes.
        for operations in 0..40 {
            disk.cut_power_after(operations);
            let made = StateStore::create_at(&disk.files(), &settings, &base, newest(&model).writes());
            disk.cycle_power();
            if made.is_ok() {
                break;
            }
        }
        let made = StateStore::create_at(&disk.files(), &settings, &base, newest(&model).writes());
        assert!(matches!(made, Ok(()) | Err(StoreError::Exists)), "{made:?}");
        let (mut store, recovered) =
            StateStore::recover(&disk.files(), &settings).expect("it is whole").expect("it was made");
        assert_eq!((recovered.tip, &recovered.notes), (model.tip(height), &base.notes));
        assert_eq!((recovered.genesis, &recovered.tips), (base.genesis, &base.tips));
        assert_eq!(
            (&recovered.state, B256::from(recovered.trie.root())),
            (newest(&model), model.root(height))
        );
        for _ in 0..30 {
            let block = model.grow();
            store.push(block.tip, block.parent, &block.notes(), &block.writes);
            store.sync().expect("the disk is good");
            store.checkpoint_step().expect("the disk is good");
        }
        disk.cycle_power();
        let (_, recovered) =
            StateStore::recover(&disk.files(), &settings).expect("it is whole").expect("it was made");
        assert_eq!(recovered.tip, model.tip(model.height()));
        assert!(recovered.state == *newest(&model), "another state");
    }
}

#[test]
fn a_store_that_began_above_genesis_misses_a_log_that_is_gone() {
    let (model, disk, settings) = (model(2), SimulatedDisk::new(2), Settings::tiny());
    let height = (0..=model.height()).rev().find(|height| model.tip(*height).root.is_some());
    let height = height.expect("the root of genesis is known");
    let base = Base { genesis: model.tip(0).id, tips: vec![model.tip(height)], notes: vec![] };
    StateStore::create_at(&disk.files(), &settings, &base, model.state(height).writes()).expect("it is new");
    disk.files().remove(&format!("log-{:020}", height + 1)).expect("it is there");
    let found = StateStore::recover(&disk.files(), &settings).err();
    assert!(height == 0 || matches!(found, Some(StoreError::Damaged { .. })), "{found:?}");
}

/// Some chunks, for the test of formats.
pub fn chunks() -> Vec<Vec<u8>> {
    let snapshot = snapshot(newest(&model(1)));
    [0, 0x10, 0xff].map(|byte| snapshot.chunk_at(&[byte; 32])).to_vec()
}
