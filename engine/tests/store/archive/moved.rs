//! Segments in an object store: whatever that does, a block is whole or there is an error.

use std::sync::Arc;

use pelton_engine::archive::objects::ObjectFault;
use pelton_engine::archive::remote::Remote;
use pelton_engine::archive::{Mover, Settings, Writer};
use pelton_engine::store::error::StoreError;
use pelton_engine::store::files::{FileError, Operation};
use pelton_engine::store::simulated::SimulatedDisk;

use super::chain::Chain;
use super::shop::Shop;
use super::{kept, open};

const BLOCKS: u64 = 60;

fn settings(shop: &Shop) -> Settings {
    let remote = Some(Arc::new(Remote::new(shop.clone())));
    Settings { blocks_max: 0, remote, ..Settings::tiny() }
}

fn mover(writer: &Writer) -> Mover {
    Mover::new(writer).expect("it has a store")
}

fn move_all(writer: &mut Writer) -> Result<(), StoreError> {
    while writer.step()? {}
    let mut mover = mover(writer);
    while mover.step()? {}
    Ok(())
}

/// A chain all of whose full segments were moved.
fn moved() -> (Shop, Settings, SimulatedDisk, Chain) {
    let shop = Shop::default();
    let settings = settings(&shop);
    let (disk, chain, mut writer) = kept(BLOCKS, &settings);
    move_all(&mut writer).expect("all is well");
    let settings = self::settings(&shop);
    (shop, settings, disk, chain)
}

fn names(disk: &SimulatedDisk, kind: &str) -> Vec<String> {
    let names = disk.files().list().expect("the disk is good");
    names.into_iter().filter(|name| name.starts_with(kind)).collect()
}

#[test]
fn a_chain_is_whole_whose_segments_are_in_a_store_before_and_after_a_start() {
    let (shop, settings, disk, chain) = moved();
    assert_eq!(names(&disk, "blocks-").len(), 1, "the one that grows");
    let segments = names(&disk, "moved-").len();
    assert!(segments > 4, "{segments} were moved");
    let mut writer = open(&disk.files(), &settings, &chain, BLOCKS).expect("it is whole");
    chain.check(&writer.archive()).expect("all is found");
    move_all(&mut writer).expect("all is well");
    let figures = settings.remote.as_ref().expect("it has one").figures();
    assert_eq!((figures.segments, figures.gone), (segments as u64, 0));
    assert_eq!((figures.uploaded_bytes, figures.faults), (0, [0; 4]), "nothing is moved twice");
    assert_eq!(shop.lock().puts, segments as u64);
}

#[test]
fn what_was_read_is_read_again_without_the_store() {
    let (shop, settings, disk, chain) = moved();
    let writer = open(&disk.files(), &settings, &chain, BLOCKS).expect("it is whole");
    let archive = writer.archive();
    let first = archive.block(5).expect("the store is well");
    shop.lock().objects.clear();
    assert_eq!(archive.block(5).expect("it is in the cache"), first);
    let figures = settings.remote.as_ref().expect("it has one").figures();
    assert!(figures.pieces_cached >= figures.pieces_fetched && figures.pieces_fetched > 0, "{figures:?}");
}

#[test]
fn every_fault_of_the_store_is_an_error_that_is_counted_and_never_says_that_there_is_no_block() {
    for fault in ObjectFault::ALL {
        let (shop, settings, disk, chain) = moved();
        let writer = open(&disk.files(), &settings, &chain, BLOCKS).expect("a start asks nothing of it");
        let archive = writer.archive();
        shop.fail(fault, u64::MAX);
        let mut refused = 0;
        for height in 1..=BLOCKS {
            match archive.block(height) {
                Ok(found) => assert_eq!(found, chain.record(height), "{fault:?} at {height}"),
                Err(error) => {
                    assert!(error.is_of_objects() && error.to_string().contains(fault.name()), "{error}");
                    refused += 1;
                }
            }
        }
        assert!(refused > BLOCKS / 2, "{refused} were refused");
        let made = chain.all().next().expect("there is a first block");
        assert!(archive.height_of(&made.id()).is_err(), "a look-up by id says so too");
        let faults = settings.remote.as_ref().expect("it has one").figures().faults;
        let counted = faults[fault as usize];
        assert!(counted > refused && faults.iter().sum::<u64>() == counted, "{faults:?} of {fault:?}");
        shop.be_well();
        chain.check(&archive).expect("all is there when it is well again");
    }
}

#[test]
fn a_fault_that_does_not_last_is_not_noticed_by_who_reads() {
    for fault in ObjectFault::ALL {
        let (shop, settings, disk, chain) = moved();
        let writer = open(&disk.files(), &settings, &chain, BLOCKS).expect("it is whole");
        shop.fail(fault, 1);
        assert_eq!(writer.archive().block(1).expect("it was tried again"), chain.record(1));
        assert_eq!(settings.remote.expect("it has one").figures().faults[fault as usize], 1);
    }
}

#[test]
fn a_segment_stays_where_it_is_until_the_store_has_all_of_it() {
    for fault in ObjectFault::ALL {
        let shop = Shop::default();
        let settings = settings(&shop);
        let (disk, chain, mut writer) = kept(BLOCKS, &settings);
        while writer.step().expect("the disk is good") {}
        let (before, mut mover) = (names(&disk, "blocks-"), mover(&writer));
        // The last time the object is put, other than it was, and read back before and after.
        for times in 1..=4 {
            shop.fail(fault, times);
            match mover.step() {
                Ok(has_moved) => assert!(has_moved),
                Err(error) => assert!(error.is_of_objects(), "{error}"),
            }
            shop.be_well();
            chain.check(&writer.archive()).unwrap_or_else(|what| panic!("{fault:?}, {times}: {what}"));
            assert_eq!(names(&disk, "moved-").len() + names(&disk, "blocks-").len(), before.len());
        }
        shop.fail(fault, u64::MAX);
        assert!(mover.step().expect_err("it fails for good").is_of_objects());
        shop.be_well();
        while mover.step().expect("it is well again") {}
        assert_eq!(names(&disk, "blocks-").len(), 1);
        chain.check(&writer.archive()).expect("all is found");
    }
}

#[test]
fn the_power_may_go_at_any_time_while_segments_are_moved() {
    let (mut at, mut was_put_only) = (Vec::new(), 0);
    for operations in 0..60 {
        let shop = Shop::default();
        let (disk, chain, mut writer) = kept(BLOCKS, &settings(&shop));
        while writer.step().expect("the disk is good") {}
        disk.cut_power_after(operations);
        let ended = move_all(&mut writer);
        if ended.is_ok() {
            break;
        }
        at.extend(disk.last_operation());
        disk.cycle_power();
        let settings = settings(&shop);
        let puts = shop.lock().puts;
        was_put_only += u64::from(puts > names(&disk, "moved-").len() as u64);
        let mut writer = open(&disk.files(), &settings, &chain, BLOCKS).expect("it is whole");
        chain.check(&writer.archive()).unwrap_or_else(|what| panic!("after {operations}: {what}"));
        move_all(&mut writer).expect("all is well");
        chain.check(&writer.archive()).unwrap_or_else(|what| panic!("later, after {operations}: {what}"));
        assert_eq!(names(&disk, "blocks-").len(), 1, "after {operations}");
        let segments = names(&disk, "moved-").len() as u64;
        assert_eq!(shop.lock().puts, segments, "what was put before is not put again");
    }
    assert!(was_put_only > 0, "the power never went between an object and its mark");
    for (operation, kind) in [
        (Operation::Create, "moved.new"),
        (Operation::Sync, "moved.new"),
        (Operation::Rename, "moved-"),
        (Operation::SyncDirectory, ""),
        (Operation::Remove, "blocks-"),
    ] {
        let was_hit = at.iter().any(|(during, name)| *during == operation && name.starts_with(kind));
        assert!(was_hit, "the power never went during {operation:?} of {kind}: {at:?}");
    }
}

#[test]
fn what_was_marked_and_is_gone_is_put_again_if_it_is_here_and_is_a_fault_until_it_comes_back_if_not() {
    let (shop, settings, disk, chain) = moved();
    let gone = shop.lock().objects.pop_first().expect("there is one");
    let writer = open(&disk.files(), &settings, &chain, BLOCKS).expect("a start asks nothing of it");
    let (mut mover, remote) = (mover(&writer), settings.remote.clone().expect("it has one"));
    assert!(!mover.look().expect("the store answers"));
    assert_eq!((remote.figures().gone, remote.figures().faults), (1, [1, 0, 0, 0]));
    shop.fail(ObjectFault::Late, 1);
    assert!(mover.look().expect_err("it does not answer").is_of_objects());
    assert_eq!(remote.figures().gone, 1);
    shop.lock().objects.extend([gone]);
    assert!(mover.look().expect("the store answers"));
    assert_eq!(remote.figures().gone, 0);
    chain.check(&writer.archive()).expect("all is there");

    // The power goes before the first segment, which is marked, has gone from here; then the object is lost.
    let shop = Shop::default();
    let (disk, chain, mut writer) = kept(BLOCKS, &self::settings(&shop));
    while writer.step().expect("the disk is good") {}
    disk.cut_power_after(5);
    move_all(&mut writer).expect_err("the power goes");
    disk.cycle_power();
    assert_eq!(names(&disk, "moved-").len(), 1, "{:?}", disk.last_operation());
    shop.lock().objects.clear();
    let settings = self::settings(&shop);
    let mut writer = open(&disk.files(), &settings, &chain, BLOCKS).expect("it is whole");
    move_all(&mut writer).expect("all is well");
    chain.check(&writer.archive()).expect("all is there");
    assert_eq!(names(&disk, "blocks-").len(), 1);
}

#[test]
fn the_newest_blocks_stay_here_and_nothing_is_removed_that_was_not_moved() {
    let shop = Shop::default();
    let settings = Settings { blocks_max: 20, ..settings(&shop) };
    let (disk, chain, mut writer) = kept(100, &settings);
    while writer.step().expect("the disk is good") {}
    assert_eq!(writer.archive().oldest(), 1);
    shop.fail(ObjectFault::Unreachable, u64::MAX);
    move_all(&mut writer).expect_err("the store is not there");
    chain.check(&writer.archive()).expect("nothing has gone");
    shop.be_well();
    move_all(&mut writer).expect("all is well");
    shop.fail(ObjectFault::Unreachable, u64::MAX);
    for height in 81..=100 {
        assert_eq!(writer.archive().block(height).expect("it is here"), chain.record(height));
    }
    assert!(!names(&disk, "moved-").is_empty() && writer.archive().block(1).is_err());
}

#[test]
fn an_archive_without_the_store_of_its_segments_is_not_opened() {
    let (_, _, disk, chain) = moved();
    let error = open(&disk.files(), &Settings::tiny(), &chain, BLOCKS).err();
    assert!(
        matches!(&error, Some(StoreError::Elsewhere { file }) if file.starts_with("blocks-")),
        "{error:?}"
    );
}

#[test]
fn an_index_that_is_lost_is_made_anew_from_the_store() {
    let (shop, settings, disk, chain) = moved();
    let lost = &names(&disk, "index-")[1];
    disk.files().remove(lost).expect("the disk is good");
    shop.fail(ObjectFault::Unreachable, u64::MAX);
    let error = open(&disk.files(), &settings, &chain, BLOCKS).err();
    assert!(error.is_some_and(|error| error.is_of_objects()), "without the store it cannot be");
    shop.be_well();
    let mut writer = open(&disk.files(), &settings, &chain, BLOCKS).expect("it is whole");
    chain.check(&writer.archive()).expect("all is found");
    while writer.step().expect("the disk is good") {}
    assert!(names(&disk, "index-").contains(lost));
}

#[test]
fn a_mark_or_a_segment_that_is_damaged_is_an_error_that_names_it() {
    let (_, settings, disk, chain) = moved();
    let name = names(&disk, "moved-")[2].clone();
    let good = disk.bytes(&name).expect("it is there");
    let write = |bytes: &[u8]| {
        let files = disk.files();
        files.remove(&name)?;
        files.create(&name)?.write_at(0, bytes)
    };
    for at in (0..good.len()).step_by(3) {
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 8);
        write(&bad).expect("the disk is good");
        let error = open(&disk.files(), &settings, &chain, BLOCKS).err();
        assert!(matches!(&error, Some(StoreError::Damaged { file, .. }) if *file == name), "{at}: {error:?}");
        write(&good[..at]).expect("the disk is good");
        assert!(open(&disk.files(), &settings, &chain, BLOCKS).is_err(), "cut to {at}");
    }

    let shop = Shop::default();
    let (disk, _, mut writer) = kept(BLOCKS, &self::settings(&shop));
    while writer.step().expect("the disk is good") {}
    let first = names(&disk, "blocks-")[0].clone();
    disk.files().open(&first).and_then(|mut file| file.write_at(900, &[0xff])).expect("the disk is good");
    let mut mover = mover(&writer);
    let error = mover.step().expect_err("it is damaged");
    assert!(matches!(&error, StoreError::Damaged { file, .. } if *file == first), "{error}");
    assert_eq!(mover.step(), Err(StoreError::Poisoned));
    assert_eq!((shop.lock().puts, names(&disk, "blocks-")[0].clone()), (0, first), "and stays here");
}

#[test]
fn whoever_reads_while_segments_are_moved_sees_whole_blocks() {
    let settings = settings(&Shop::default());
    let (_disk, chain, mut writer) = kept(BLOCKS, &settings);
    while writer.step().expect("the disk is good") {}
    let (archive, mut mover) = (writer.archive(), mover(&writer));
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            for height in (1..=BLOCKS).cycle().take(2_000) {
                assert_eq!(archive.block(height).expect("what is moved is no error"), chain.record(height));
            }
        });
        while mover.step().expect("all is well") {}
        reader.join().expect("it does not panic");
    });
}

/// A mark, and the object it speaks of, for the test of formats.
pub fn files() -> Vec<(String, Vec<u8>)> {
    let (shop, _, disk, _) = moved();
    let mark = names(&disk, "moved-")[1].clone();
    let bytes = disk.bytes(&mark).expect("it is listed");
    let object = shop.lock().objects.iter().nth(1).map(|(name, bytes)| (name.clone(), bytes.clone()));
    vec![(mark, bytes), object.expect("there are some")]
}

/// What a file says that refuses.
#[test]
fn a_fault_of_the_store_is_told_from_one_of_the_disk() {
    let error = |operation| {
        StoreError::from(FileError::new(operation, "blocks-1", &std::io::ErrorKind::NotFound.into()))
    };
    assert!(error(Operation::Fetch).is_of_objects() && error(Operation::Upload).is_of_objects());
    assert!(!error(Operation::Open).is_of_objects() && !StoreError::Poisoned.is_of_objects());
}
