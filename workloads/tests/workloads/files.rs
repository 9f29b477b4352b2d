use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use pelton_workloads::file::{Flaw, read, write};
use pelton_workloads::{Name, Scheme, Spec, generate, load_or_make};
use tempfile::tempdir;

use crate::{all, plain};

fn spec() -> Spec {
    plain(Name::Hostile, Scheme::Ed25519, 5, 60, 2)
}

fn flaw(path: &Path, bytes: &[u8]) -> Flaw {
    fs::write(path, bytes).expect("the temporary folder can be written");
    read(path, &spec()).expect_err("the file is not good").flaw
}

#[test]
fn what_is_written_is_read_again() {
    let directory = tempdir().unwrap();
    for spec in all(5, 40) {
        let made = generate(&spec, &|_| {});
        let path = directory.path().join(spec.file_name());
        write(&path, &made).unwrap();
        assert!(read(&path, &spec).unwrap() == made);
    }
    assert_eq!(
        fs::read_dir(directory.path()).unwrap().count(),
        all(5, 40).count(),
        "one file each, and none left over"
    );
}

#[test]
fn every_damaged_byte_is_noticed() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("one");
    write(&path, &generate(&spec(), &|_| {})).unwrap();
    let good = fs::read(&path).unwrap();
    for at in (0..good.len()).step_by(7).chain(0..100) {
        let mut bytes = good.clone();
        bytes[at] ^= 0x10;
        let flaw = flaw(&path, &bytes);
        let plausible = match at {
            0..8 => matches!(flaw, Flaw::Foreign),
            8..10 => matches!(flaw, Flaw::Version(_)),
            10..56 => matches!(flaw, Flaw::OtherSpec),
            _ => matches!(flaw, Flaw::Damaged | Flaw::Truncated),
        };
        assert!(plausible, "byte {at}: {flaw:?}");
    }
}

#[test]
fn a_file_that_ends_too_early_or_too_late_is_noticed() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("one");
    write(&path, &generate(&spec(), &|_| {})).unwrap();
    let good = fs::read(&path).unwrap();
    for length in (8..good.len()).step_by(11) {
        assert!(matches!(flaw(&path, &good[..length]), Flaw::Truncated), "{length} bytes");
    }
    assert!(matches!(flaw(&path, &[&good[..], &[0]].concat()), Flaw::Damaged));
    assert!(matches!(flaw(&path, b""), Flaw::Foreign));
    assert!(matches!(flaw(&path, b"#!/bin/sh\n"), Flaw::Foreign));
    fs::remove_file(&path).unwrap();
    assert!(matches!(read(&path, &spec()).unwrap_err().flaw, Flaw::Io(_)));
}

#[test]
fn a_workload_is_made_once_and_again_when_its_file_is_bad() {
    let directory = tempdir().unwrap();
    let cache = directory.path().join("not/yet/there");
    let counted = AtomicU64::new(0);
    let progress = |count| {
        counted.fetch_add(count, Ordering::Relaxed);
    };
    let made = load_or_make(&cache, &spec(), &progress).unwrap();
    assert_eq!(counted.load(Ordering::Relaxed), spec().transactions);

    let path = cache.join(spec().file_name());
    let written = fs::metadata(&path).unwrap().modified().unwrap();
    assert!(load_or_make(&cache, &spec(), &progress).unwrap() == made);
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), written, "a good file is left alone");
    assert_eq!(counted.load(Ordering::Relaxed), 2 * spec().transactions);

    fs::write(&path, b"PELTONWL").unwrap();
    assert!(load_or_make(&cache, &spec(), &progress).unwrap() == made);
    assert!(read(&path, &spec()).unwrap() == made, "a good file is there again");
}

#[test]
fn a_place_that_cannot_be_written_is_an_error_that_names_it() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, b"in the way").unwrap();
    let error = load_or_make(&file, &spec(), &|_| {}).unwrap_err();
    assert!(matches!(error.flaw, Flaw::Io(_)));
    assert!(error.to_string().starts_with(&file.display().to_string()), "{error}");
}

#[test]
fn every_parameter_is_in_the_file_name() {
    let other = |change: fn(&mut Spec)| {
        let mut spec = spec();
        change(&mut spec);
        spec.file_name()
    };
    let mut names = vec![
        spec().file_name(),
        other(|spec| spec.pattern = Name::Mix.into()),
        other(|spec| spec.pattern = Name::Transfers.into()),
        other(|spec| spec.pattern = "transfers:zipf=0.9".parse().expect("it is a pattern")),
        other(|spec| spec.pattern = "transfers:zipf=0.8".parse().expect("it is a pattern")),
        other(|spec| spec.scheme = Scheme::Secp256k1),
        other(|spec| spec.accounts += 1),
        other(|spec| spec.transactions += 1),
        other(|spec| spec.seed += 1),
    ];
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 9);
}
