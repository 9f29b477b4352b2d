//! The archive: blocks are found as they were pushed, and nothing else is, whatever happens to the disk.

mod chain;
mod damage;
pub mod moved;
mod power;
mod shop;

use std::ops::RangeInclusive;
use std::sync::Arc;

use pelton_engine::archive::{self, Archive, Settings, Term, Writer};
use pelton_engine::store::error::StoreError;
use pelton_engine::store::files::Files;
use pelton_engine::store::simulated::SimulatedDisk;

use chain::Chain;

/// Opens the archive of a chain whose state stands at a height.
fn open(
    files: &Arc<dyn Files>,
    settings: &Settings,
    chain: &Chain,
    height: u64,
) -> Result<Writer, StoreError> {
    archive::open(files, settings, chain.tip(0).id, &chain.tip(height))
}

/// A chain of so many blocks, and a disk with an archive of it.
fn kept(blocks: u64, settings: &Settings) -> (SimulatedDisk, Chain, Writer) {
    let (disk, mut chain) = (SimulatedDisk::new(1), Chain::new(1));
    let mut writer = open(&disk.files(), settings, &chain, 0).expect("it is new");
    for height in 1..=blocks {
        chain.grow();
        chain.push(&mut writer, height);
        if height % 3 == 0 || height == blocks {
            writer.sync().expect("the disk is good");
        }
        if height % 7 == 0 {
            writer.step().expect("the disk is good");
        }
    }
    (disk, chain, writer)
}

#[test]
fn a_block_is_found_by_height_and_id_and_its_transactions_by_theirs() {
    let (disk, chain, writer) = kept(60, &Settings::tiny());
    chain.check(&writer.archive()).expect("all is found while it grows");
    let names = disk.files().list().expect("the disk is good");
    assert!(names.iter().filter(|name| name.starts_with("index-")).count() > 4, "{names:?}");
    let opened = open(&disk.files(), &Settings::tiny(), &chain, 60).expect("it is whole");
    chain.check(&opened.archive()).expect("all is found after a start");
}

#[test]
fn what_is_not_durable_is_not_found() {
    let (_, mut chain, mut writer) = kept(5, &Settings::tiny());
    chain.grow();
    chain.push(&mut writer, 6);
    assert_eq!((writer.archive().newest(), writer.archive().block(6)), (5, Ok(None)));
    writer.sync().expect("the disk is good");
    chain.check(&writer.archive()).expect("now it is");
}

#[test]
fn an_archive_that_is_ahead_of_the_state_comes_back_to_it_and_goes_on() {
    for height in [0, 1, 17, 18, 30, 59, 60] {
        let (disk, mut chain, writer) = kept(60, &Settings::tiny());
        drop(writer);
        chain.cut(height);
        for round in 0..2 {
            let mut opened =
                open(&disk.files(), &Settings::tiny(), &chain, chain.height()).expect("it is whole");
            chain.check(&opened.archive()).unwrap_or_else(|what| panic!("cut to {height}: {what}"));
            for _ in 0..1 + 20 * round {
                chain.grow();
                chain.push(&mut opened, chain.height());
                opened.sync().expect("the disk is good");
            }
            chain.check(&opened.archive()).unwrap_or_else(|what| panic!("above {height}: {what}"));
        }
    }
}

#[test]
fn a_state_above_its_blocks_and_blocks_of_another_chain_are_refused() {
    let (disk, mut chain, writer) = kept(9, &Settings::tiny());
    drop(writer);
    let other = archive::open(&disk.files(), &Settings::tiny(), chain.tip(3).id, &chain.tip(9));
    assert!(matches!(other.err(), Some(StoreError::Damaged { .. })), "another genesis");
    chain.cut(8);
    chain.grow();
    let forked = open(&disk.files(), &Settings::tiny(), &chain, 9).err();
    assert!(matches!(forked, Some(StoreError::Damaged { .. })), "another block at the same height");
    chain.grow();
    let short = open(&disk.files(), &Settings::tiny(), &chain, 10).err();
    assert!(matches!(short, Some(StoreError::Damaged { .. })), "a block is missing");
    let none = open(&SimulatedDisk::new(1).files(), &Settings::tiny(), &chain, 10).err();
    assert!(matches!(none, Some(StoreError::Damaged { .. })), "all blocks are missing");
}

#[test]
fn only_so_many_blocks_are_kept_and_no_more_files_than_they_need() {
    let settings = Settings { blocks_max: 20, ..Settings::tiny() };
    let (disk, mut chain, mut writer) = kept(100, &settings);
    while writer.step().expect("the disk is good") {}
    let archive = writer.archive();
    assert!((41..=81).contains(&archive.oldest()), "{}", archive.oldest());
    chain.forget(archive.oldest());
    chain.check(&archive).expect("what is kept is found, and the rest is not");
    let names = disk.files().list().expect("the disk is good");
    assert!(names.len() < 25, "{names:?}");
    drop(writer);
    let opened = open(&disk.files(), &settings, &chain, 100).expect("it is whole");
    chain.check(&opened.archive()).expect("also after a start");
}

#[test]
fn whoever_reads_while_blocks_come_and_segments_go_sees_whole_blocks() {
    let settings = Settings { blocks_max: 12, ..Settings::tiny() };
    let (_disk, mut chain, mut writer) = kept(20, &settings);
    let archive = writer.archive();
    let read = || {
        let mut read = 0;
        loop {
            let newest = archive.newest();
            let found = archive.block(archive.oldest()).expect("what goes is no error");
            read += u64::from(found.is_some());
            let range = archive.oldest()..=newest;
            archive.heights(range, &[vec![Term::Address(chain::contract(1))]]).expect("nor here");
            if newest == 150 {
                return read;
            }
        }
    };
    std::thread::scope(|scope| {
        let reader = scope.spawn(read);
        while chain.height() < 150 {
            chain.grow();
            chain.push(&mut writer, chain.height());
            writer.sync().expect("the disk is good");
            while writer.step().expect("the disk is good") {}
        }
        assert!(reader.join().expect("it does not panic") > 0);
    });
}

/// All files, for the test of formats.
pub fn files() -> Vec<(String, Vec<u8>)> {
    let (disk, _, mut writer) = kept(12, &Settings::tiny());
    while writer.step().expect("the disk is good") {}
    let names = disk.files().list().expect("the disk is good");
    names.into_iter().map(|name| (name.clone(), disk.bytes(&name).expect("it is listed"))).collect()
}

/// What an archive must answer.
fn expect(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

impl Chain {
    /// Whether an archive holds this chain and nothing else.
    fn check(&self, archive: &Archive) -> Result<(), String> {
        let fault = |error: StoreError| error.to_string();
        let (oldest, newest) = (archive.oldest(), archive.newest());
        expect((oldest, newest) == (self.oldest(), self.height()), || {
            format!("it has {oldest} to {newest}")
        })?;
        for height in 1..=self.height() + 2 {
            let (found, made) = (archive.block(height).map_err(fault)?, self.record(height));
            let head = archive.head(height).map_err(fault)?;
            expect(head == made.as_ref().map(|made| (made.header, made.notes.clone())), || {
                format!("another head {height}")
            })?;
            expect(found == made, || format!("another block {height}"))?;
        }
        for made in self.all() {
            let record = self.record(made.height());
            expect(
                archive.height_of(&made.id()).map_err(fault)? == record.as_ref().map(|_| made.height()),
                || format!("block {} is not found by its id", made.height()),
            )?;
            for (index, receipt) in made.receipts().enumerate() {
                let found = archive.transaction(&receipt.id).map_err(fault)?;
                expect(found == record.clone().map(|record| (record, index)), || {
                    format!("a transaction of block {} is not found by its id", made.height())
                })?;
            }
        }
        self.check_logs(archive)
    }

    fn check_logs(&self, archive: &Archive) -> Result<(), String> {
        let address = |number| Term::Address(chain::contract(number));
        let topic = |place, number| Term::Topic(place, chain::topic(number));
        let conditions = [
            vec![],
            vec![vec![address(1)]],
            vec![vec![address(1), address(2)], vec![topic(0, 3)]],
            vec![vec![topic(1, 2)], vec![topic(0, 1), topic(0, 2)]],
            vec![vec![address(99)]],
        ];
        for conditions in conditions {
            for range in [0..=u64::MAX, 5..=11, 20..=10_000, RangeInclusive::new(9, 4)] {
                let found = archive.heights(range.clone(), &conditions).map_err(|error| error.to_string())?;
                expect(found == self.heights(&range, &conditions), || {
                    format!("other heights for {conditions:?} in {range:?}: {found:?}")
                })?;
            }
        }
        Ok(())
    }
}
