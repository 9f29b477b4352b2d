//! The real disk, and one that is full.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use pelton_engine::store::disk::Disk;
use pelton_engine::store::error::StoreError;
use pelton_engine::store::files::{Files, Operation};
use pelton_engine::store::simulated::SimulatedDisk;
use pelton_engine::store::{Settings, StateStore};

use crate::model::Model;

fn open(folder: &Path) -> Arc<dyn Files> {
    Arc::new(Disk::open(folder).expect("the folder is free"))
}

/// What any implementation of `Files` must do.
fn check(files: &dyn Files) {
    assert_eq!(files.list().expect("it can be listed"), [""; 0]);
    let mut file = files.create("b").expect("it is new");
    assert!(files.create("b").is_err(), "it is there");
    file.write_at(3, b"xyz").expect("there is room");
    assert_eq!(file.length(), Ok(6));
    file.preallocate(600_000).expect("there is room");
    file.preallocate(5).expect("it is long enough");
    assert_eq!(file.length(), Ok(600_000));
    file.rewrite(2, 600_000).expect("there is room");
    file.sync().expect("the disk is good");
    let mut read = [1; 8];
    file.read_at(0, &mut read).expect("it is that long");
    assert_eq!(read, *b"\0\0\0xyz\0\0");
    assert!(file.read_at(599_999, &mut read).is_err(), "it ends before");
    drop(files.create("a").expect("it is new"));
    files.rename("b", "a").expect("what is there is replaced");
    files.sync_directory().expect("the disk is good");
    assert_eq!(files.list().expect("it can be listed"), ["a"]);
    assert_eq!(files.open("a").expect("it is there").length(), Ok(600_000));
    let error = files.open("b").err().expect("it is gone");
    assert_eq!((error.operation, error.kind), (Operation::Open, std::io::ErrorKind::NotFound));
    files.remove("a").expect("it is there");
    assert!(files.remove("a").is_err(), "it is gone");
    assert_eq!(files.list().expect("it can be listed"), [""; 0]);
}

#[test]
fn a_real_disk_and_a_simulated_one_do_the_same() {
    let folder = tempfile::tempdir().expect("there is a place for temporary files");
    check(open(folder.path()).as_ref());
    check(&SimulatedDisk::new(1));
}

#[test]
fn a_folder_has_one_owner_at_a_time() {
    let folder = tempfile::tempdir().expect("there is a place for temporary files");
    let first = Disk::open(folder.path()).expect("the folder is free");
    let second = Disk::open(folder.path()).expect_err("it is taken");
    assert_eq!(second.kind, std::io::ErrorKind::WouldBlock);
    assert!(second.to_string().contains("another process has it"));
    drop(first);
    assert!(Disk::open(folder.path()).is_ok());
}

#[test]
fn a_store_on_a_real_disk_is_found_again() {
    let folder = tempfile::tempdir().expect("there is a place for temporary files");
    let (settings, mut model) = (Settings::tiny(), Model::new(1));
    let files = open(folder.path());
    StateStore::create(&files, &settings, model.tip(0), model.state(0).writes()).expect("it is new");
    drop(files);
    for _ in 0..4 {
        let (mut store, recovered) =
            StateStore::recover(&open(folder.path()), &settings).expect("it is whole").expect("it was made");
        assert_eq!(recovered.state, *model.state(model.height()));
        for _ in 0..20 {
            let block = model.grow();
            store.push(block.tip, block.parent, &block.notes(), &block.writes);
            assert_eq!(store.sync(), Ok(block.tip.height));
            store.checkpoint_step().expect("the disk is good");
        }
    }
    fs::write(folder.path().join("notes"), "of somebody else").expect("the folder can be written to");
    assert!(StateStore::recover(&open(folder.path()), &settings).expect("it is whole").is_some());
}

/// Fills a disk up to its brim again and again, with more space each time.
#[test]
fn a_full_disk_is_a_clear_error_that_leaves_what_was_acknowledged() {
    let settings = Settings::tiny();
    for seed in 0..40 {
        let (disk, mut model) = (SimulatedDisk::new(seed), Model::new(seed));
        StateStore::create(&disk.files(), &settings, model.tip(0), model.state(0).writes())
            .expect("it is new");
        let (mut store, _) =
            StateStore::recover(&disk.files(), &settings).expect("it is whole").expect("it was made");
        disk.set_capacity(20_000 + 1_000 * seed);
        let mut acknowledged = 0;
        let error = loop {
            let block = model.grow();
            store.push(block.tip, block.parent, &block.notes(), &block.writes);
            match store.sync().and_then(|height| {
                acknowledged = height;
                store.checkpoint_step()
            }) {
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        let StoreError::File(full) = &error else { panic!("{error}") };
        assert!(full.is_full() && error.to_string().contains("the disk is full"), "{error}");
        assert_eq!(store.sync(), Err(StoreError::Poisoned));
        disk.cycle_power();
        disk.set_capacity(u64::MAX);
        let (mut store, recovered) =
            StateStore::recover(&disk.files(), &settings).expect("it is whole").expect("it was made");
        assert!(recovered.tip.height >= acknowledged, "seed {seed}");
        assert_eq!(recovered.state, *model.state(recovered.tip.height), "seed {seed}");
        assert_eq!(store.sync(), Ok(recovered.tip.height), "with space it goes on");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_system_s_word_for_a_full_disk_is_understood() {
    let folder = tempfile::tempdir().expect("there is a place for temporary files");
    std::os::unix::fs::symlink("/dev/full", folder.path().join("full")).expect("links can be made");
    let mut file = open(folder.path()).open("full").expect("every system has it");
    let error = file.write_at(0, b"x").expect_err("it is always full");
    assert!(error.is_full());
    assert!(error.to_string().starts_with("cannot write full: the disk is full"), "{error}");
}
