//! Formats that are frozen: validators of one chain must read each other, and what is on their disks.
//!
//! `formats.txt` holds each message in full. The library's are frozen as much as our own: a new version of it that writes
//! one otherwise is a change of the chain. A change that is meant is recorded in `docs/decisions`, and then
//! `cargo test -p pelton-consensus --test formats -- --ignored` writes the file anew.

use std::fmt::Write as _;

use pelton_consensus::formats::{Kind, read, samples};

const FROZEN: &str = include_str!("formats.txt");
const FROZEN_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/formats.txt");

/// One line for each format.
fn found() -> String {
    let mut lines = String::new();
    for (name, _, bytes) in samples() {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        writeln!(lines, "{name}: {hex}").expect("a string takes all");
    }
    lines
}

#[test]
fn no_format_changes_unnoticed() {
    assert_eq!(found(), FROZEN, "see the head of this file");
}

#[test]
#[ignore = "writes formats.txt anew, for a change that is meant"]
fn write_the_formats_anew() {
    std::fs::write(FROZEN_FILE, found()).expect("the tests' folder can be written to");
}

#[test]
fn each_message_is_read_as_it_was_written_and_not_with_a_byte_more_or_less() {
    for (name, kind, bytes) in samples() {
        assert_eq!(read(kind, &bytes).as_ref(), Some(&bytes), "{name}");
        // What is said of a block or a state ends where its message does.
        if !matches!(kind, Kind::Carried | Kind::CatchUp) {
            assert_eq!(read(kind, &[&bytes[..], &[0]].concat()), None, "{name}, longer");
            assert_eq!(read(kind, &bytes[..bytes.len() - 1]), None, "{name}, shorter");
        }
        assert_eq!(read(kind, &[]), None, "{name}, nothing");
    }
}

#[expect(clippy::disallowed_methods, reason = "a test takes no arguments of its own")]
fn from_environment(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().map_or(otherwise, |text| text.parse().expect("a number"))
}

/// Says what to look at when a case panics.
struct Report<'a>(u64, u64, &'a str, &'a [u8]);

impl Drop for Report<'_> {
    fn drop(&mut self) {
        let Report(seed, case, name, bytes) = self;
        if std::thread::panicking() {
            eprintln!("seed {seed}, case {case}, {name}: {}", bytes.escape_ascii());
        }
    }
}

/// `PELTON_FUZZ_SEED` and `PELTON_FUZZ_CASES` make it another campaign, or a longer one.
#[test]
fn no_bytes_make_a_parser_fail_otherwise_than_by_refusing_them() {
    let seed = from_environment("PELTON_FUZZ_SEED", 1);
    let mut state = 0x2545_f491_4f6c_dd1d_u64 ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut noise = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 20) as usize % below
    };
    let samples = samples();
    for case in 0..from_environment("PELTON_FUZZ_CASES", 300) {
        for (name, kind, bytes) in &samples {
            let mut changed = bytes.clone();
            for _ in 0..=noise(3) {
                let at = noise(changed.len());
                match noise(6) {
                    0 => changed.truncate(at + 1),
                    1 => changed[at] = [0, 0x7f, 0x80, 0xff][noise(4)],
                    2 => changed[at] ^= 1 << noise(8),
                    // A part of another message, or of this one once more.
                    3 => {
                        let other = &samples[noise(samples.len())].2;
                        let from = noise(other.len());
                        let to = (from + 1 + noise(40)).min(other.len());
                        drop(changed.splice(at..at, other[from..to].iter().copied()));
                    }
                    4 => drop(changed.drain(at..(at + noise(9)).min(changed.len() - 1).max(at))),
                    _ => changed.extend(std::iter::repeat_n(noise(256) as u8, noise(20))),
                }
            }
            let report = Report(seed, case, name, &changed);
            // Whatever is read is written as it came: nothing has two forms.
            if let Some(written) = read(*kind, &changed) {
                assert_eq!(written, changed, "{name}");
            }
            drop(report);
        }
    }
}
