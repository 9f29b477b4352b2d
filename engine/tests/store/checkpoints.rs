//! Checkpoints: made in steps while blocks go on, and the same however they came about.

use pelton_engine::store::record::Tip;
use pelton_engine::store::simulated::SimulatedDisk;
use pelton_engine::store::{Settings, StateStore, Step};

use crate::frames::payloads;
use crate::model::{Grown, Model};

fn open(disk: &SimulatedDisk, settings: &Settings, model: &Model) -> StateStore {
    StateStore::create(&disk.files(), settings, model.tip(0), model.state(0).writes()).expect("it is new");
    let opened = StateStore::recover(&disk.files(), settings).expect("it is whole");
    opened.expect("it was made").0
}

fn push_and_sync(store: &mut StateStore, block: &Grown) {
    store.push(block.tip, block.parent, &block.notes(), &block.writes);
    store.sync().expect("the disk is good");
}

fn named(disk: &SimulatedDisk, prefix: &str) -> Vec<String> {
    let names = disk.files().list().expect("the disk is good");
    names.into_iter().filter(|name| name.starts_with(prefix)).collect()
}

#[test]
fn a_checkpoint_is_the_same_file_whatever_came_before_it() {
    for seed in 0..20 {
        let mut model = Model::new(seed);
        let blocks: Vec<Grown> = (0..30).map(|_| model.grow()).collect();
        let file = |interval: usize, step_entries: usize, segment_bytes: u64| {
            let (disk, settings) =
                (SimulatedDisk::new(seed), Settings { step_entries, segment_bytes, ..Settings::tiny() });
            let mut store = open(&disk, &settings, &model);
            for (number, block) in blocks.iter().enumerate() {
                push_and_sync(&mut store, block);
                if number % interval == 0 {
                    store.checkpoint().expect("the disk is good");
                }
            }
            store.checkpoint().expect("the disk is good");
            let name = named(&disk, "checkpoint-").pop().expect("there is one");
            disk.bytes(&name).expect("it is listed")
        };
        let at_once = file(1_000, 100_000, 1 << 20);
        assert_eq!(file(1, 1, 2_500), at_once, "seed {seed}");
        assert_eq!(file(7, 13, 4_000), at_once, "seed {seed}");
    }
}

#[test]
fn a_checkpoint_holds_what_the_state_holds_and_nothing_that_was_deleted() {
    for seed in 0..20 {
        let (disk, settings, mut model) = (SimulatedDisk::new(seed), Settings::tiny(), Model::new(seed));
        let mut store = open(&disk, &settings, &model);
        for _ in 0..40 {
            push_and_sync(&mut store, &model.grow());
            store.checkpoint_step().expect("the disk is good");
        }
        store.checkpoint().expect("the disk is good");
        let merged = disk.bytes(&named(&disk, "checkpoint-")[1]).expect("it is listed");
        // The same state, as the genesis of another chain.
        let (other, genesis) = (SimulatedDisk::new(seed), Tip { height: 0, ..model.tip(40) });
        StateStore::create(&other.files(), &settings, genesis, model.state(40).writes()).expect("it is new");
        let written = other.bytes(&named(&other, "checkpoint-")[0]).expect("it is listed");
        assert_eq!(payloads(&merged)[1..], payloads(&written)[1..], "seed {seed}");
    }
}

#[test]
fn blocks_go_on_while_a_checkpoint_is_made() {
    let (disk, settings, mut model) = (SimulatedDisk::new(5), Settings::tiny(), Model::new(5));
    let mut store = open(&disk, &settings, &model);
    let (mut published, mut worked) = (Vec::new(), 0);
    for _ in 0..300 {
        push_and_sync(&mut store, &model.grow());
        match store.checkpoint_step().expect("the disk is good") {
            Step::Idle => {}
            Step::Worked => worked += 1,
            Step::Published(height) => {
                assert!(height < store.durable_height(), "blocks went on");
                published.push(height);
            }
        }
    }
    assert!(published.len() > 2 && worked > 5 * published.len(), "{worked} steps for {published:?}");
    while store.checkpoint_step().expect("the disk is good") != Step::Idle {}
    assert_eq!(named(&disk, "checkpoint-").len(), 2, "the newest two stay");
}

#[test]
fn the_log_stays_short() {
    let (disk, settings, mut model) = (SimulatedDisk::new(6), Settings::tiny(), Model::new(6));
    let mut store = open(&disk, &settings, &model);
    let (mut most, mut newest) = (0, String::new());
    let mut made = 0;
    for _ in 0..2_000 {
        push_and_sync(&mut store, &model.grow());
        model.forget();
        store.checkpoint_step().expect("the disk is good");
        let segments = named(&disk, "log-");
        most = most.max(segments.len());
        made += u32::from(segments.last() != Some(&newest));
        newest = segments.last().cloned().unwrap_or_default();
    }
    assert!(most < 40 && made > 200, "at most {most} segments of {made} at a time");
}

#[test]
fn an_idle_store_has_nothing_to_checkpoint() {
    let (disk, settings, mut model) = (SimulatedDisk::new(7), Settings::tiny(), Model::new(7));
    let mut store = open(&disk, &settings, &model);
    store.checkpoint().expect("the disk is good");
    assert_eq!(named(&disk, "checkpoint-").len(), 1, "genesis is one already");
    push_and_sync(&mut store, &model.grow());
    store.checkpoint().expect("the disk is good");
    store.checkpoint().expect("the disk is good");
    assert_eq!(named(&disk, "checkpoint-").len(), 2);
    assert_eq!(store.checkpoint_step(), Ok(Step::Idle));
}

#[test]
fn what_a_header_looks_back_on_is_found_again_also_without_a_log() {
    let (disk, settings, mut model) = (SimulatedDisk::new(8), Settings::tiny(), Model::new(8));
    let mut store = open(&disk, &settings, &model);
    for _ in 0..100 {
        push_and_sync(&mut store, &model.grow());
    }
    store.checkpoint().expect("the disk is good");
    let (_, recovered) =
        StateStore::recover(&disk.files(), &settings).expect("it is whole").expect("it is there");
    let wanted: Vec<Tip> = (37..=100).map(|height| model.tip(height)).collect();
    assert_eq!(recovered.tips, wanted);
}

#[test]
fn a_code_is_stored_once() {
    let (disk, settings, mut model) = (SimulatedDisk::new(9), Settings::tiny(), Model::new(9));
    let mut store = open(&disk, &settings, &model);
    for _ in 0..200 {
        push_and_sync(&mut store, &model.grow());
    }
    store.checkpoint().expect("the disk is good");
    let codes = disk.bytes("codes").expect("it is there");
    // Twelve codes of 1 to 78 bytes behind a head, though hundreds of accounts were made with one of them.
    let each = 37 + 32;
    let most: usize = 37 + 48 + (0..12).map(|number| each + 1 + 7 * number).sum::<usize>();
    assert!(codes.len() <= most, "{} bytes of codes", codes.len());
}

#[test]
fn there_is_no_store_where_none_was_made_and_none_is_made_twice() {
    let (disk, settings, model) = (SimulatedDisk::new(10), Settings::tiny(), Model::new(10));
    assert!(StateStore::recover(&disk.files(), &settings).expect("the disk is good").is_none());
    drop(open(&disk, &settings, &model));
    let again = StateStore::create(&disk.files(), &settings, model.tip(0), model.state(0).writes());
    assert_eq!(again, Err(pelton_engine::store::error::StoreError::Exists));
}
