//! Real stores of the library: objects come back as they were, and each way to fail has its name.

use std::sync::Arc;
use std::time::Duration;

use object_store::memory::InMemory;
use object_store::throttle::{ThrottleConfig, ThrottledStore};
use pelton_engine::archive::objects::{ObjectError, ObjectFault, Objects};
use pelton_node::depot::{Depot, Patience, Place};

fn places() -> (tempfile::TempDir, [Place; 2]) {
    let folder = tempfile::tempdir().expect("a folder");
    let on_disk = Place::folder(folder.path()).expect("it is there");
    let in_memory = Place { store: Arc::new(InMemory::new()), patience: Patience::STANDARD };
    (folder, [on_disk, in_memory])
}

fn fault_of<T>(result: Result<T, ObjectError>) -> Option<ObjectFault> {
    result.err().map(|error| error.fault)
}

#[test]
fn an_object_comes_back_as_it_was_put_whole_and_in_ranges() {
    let (_folder, places) = places();
    for place in places {
        let depot = Depot::open(place).expect("a thread");
        let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
        assert_eq!(fault_of(depot.length("chain/blocks-1")), Some(ObjectFault::Missing));
        assert_eq!(fault_of(depot.read("chain/blocks-1", 0..5)), Some(ObjectFault::Missing));
        depot.put("chain/blocks-1", bytes[..9].to_vec()).expect("it is kept");
        depot.put("chain/blocks-1", bytes.clone()).expect("it is replaced");
        assert_eq!(depot.length("chain/blocks-1"), Ok(300_000));
        for range in [0..300_000, 0..1, 70_000..140_001, 299_999..300_000] {
            let wanted = &bytes[range.start as usize..range.end as usize];
            assert_eq!(depot.read("chain/blocks-1", range).as_deref(), Ok(wanted));
        }
        let beyond = depot.read("chain/blocks-1", 299_990..300_010);
        assert_ne!(beyond.map(|bytes| bytes.len()), Ok(20), "there are no more bytes");
    }
}

#[test]
fn a_store_that_is_slow_is_given_up_in_time() {
    let wait = ThrottleConfig { wait_get_per_call: Duration::from_secs(60), ..ThrottleConfig::default() };
    let store = Arc::new(ThrottledStore::new(InMemory::new(), wait));
    let patience = Patience { read: Duration::from_millis(30), put: Duration::from_secs(60) };
    let depot = Depot::open(Place { store, patience }).expect("a thread");
    depot.put("one", vec![1; 10]).expect("only reads are slow");
    assert_eq!(fault_of(depot.read("one", 0..10)), Some(ObjectFault::Late));
}

#[test]
fn a_folder_that_has_gone_is_no_missing_object_where_something_is_put() {
    let folder = tempfile::tempdir().expect("a folder");
    let depot = Depot::open(Place::folder(folder.path()).expect("it is there")).expect("a thread");
    std::fs::remove_dir(folder.path()).expect("it is empty");
    std::fs::write(folder.path(), "a file in its place").expect("it can be written");
    let put = depot.put("one", vec![1]);
    std::fs::remove_file(folder.path()).expect("it is there");
    assert_eq!(fault_of(put), Some(ObjectFault::Unreachable));
}

#[test]
fn only_folders_that_are_there_are_places() {
    let folder = tempfile::tempdir().expect("a folder");
    let named = |name: &str| Place::parse(&format!("file://{name}"));
    assert!(named(folder.path().to_str().expect("a name")).is_ok());
    for bad in ["/nowhere/at/all", "relative", ""] {
        assert!(named(bad).is_err(), "{bad}");
    }
    assert!(Place::parse("memory:///").is_err_and(|words| words.contains("file:///")));
}
