//! The kernels in the program are those of the source beside it, as far as that shows without NVIDIA's compiler.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

/// Units of which the code, the text and what kernels take are kept, see `cuda/build.sh`; of which the code alone is; and
/// of which the text alone is.
const VERIFYING: [&str; 2] = ["pelton", "bls"];
const MEASURING: [&str; 1] = ["ceilings"];
const TESTED: [&str; 2] = ["fields", "f381"];

/// What a kernel may take at most on sm_90: registers of a thread, which say how many threads there are at a time (65,536 of
/// them are shared), bytes of them that it and what it calls move to memory, and instructions, which all have to be fetched.
type Budget = (&'static str, [u32; 3]);

/// By unit that verifies.
const BUDGETS: [&[Budget]; VERIFYING.len()] = [
    &[
        ("pelton_ed25519", [128, 0, 16_000]),
        ("pelton_ed25519_addresses", [88, 0, 700]),
        ("pelton_ed25519_equations", [128, 0, 8_000]),
        ("pelton_ed25519_groups", [136, 0, 7_500]),
        ("pelton_ed25519_know", [176, 0, 9_500]),
        ("pelton_ed25519_known", [128, 0, 12_500]),
        ("pelton_ed25519_windows", [144, 0, 5_500]),
        ("pelton_keccak256", [96, 0, 1_600]),
        ("pelton_secp256k1", [160, 0, 25_000]),
        ("pelton_secp256k1_begin", [72, 0, 1_500]),
        ("pelton_secp256k1_end", [112, 0, 6_000]),
        ("pelton_secp256k1_know", [152, 0, 10_000]),
        ("pelton_secp256k1_known", [152, 0, 14_500]),
        ("pelton_secp256k1_known_begin", [64, 0, 1_500]),
        ("pelton_secp256k1_known_end", [72, 0, 5_500]),
        ("pelton_tables", [200, 0, 16_000]),
    ],
    // Numbers of 762 bits fill all registers that there are. What is moved is moved once in calls that multiply for long.
    &[
        ("pelton_bls_check", [255, 1_300, 15_000]),
        ("pelton_bls_check_each", [255, 1_300, 15_000]),
        ("pelton_bls_decode", [255, 250, 9_000]),
        ("pelton_bls_hash", [255, 1_600, 14_000]),
        ("pelton_bls_join_keys", [168, 0, 3_000]),
        ("pelton_bls_join_signatures", [255, 300, 6_000]),
        ("pelton_bls_sum_keys", [168, 0, 4_500]),
        ("pelton_bls_sum_signatures", [255, 450, 9_000]),
    ],
];

/// Names of all files that the compiler gives.
fn compiled() -> Vec<String> {
    let with =
        |units: &[&str], end: &str| units.iter().map(|unit| format!("{unit}.{end}")).collect::<Vec<_>>();
    [
        with(&VERIFYING, "fatbin"),
        with(&VERIFYING, "ptx.gz"),
        with(&VERIFYING, "resources"),
        with(&MEASURING, "fatbin"),
        with(&TESTED, "ptx.gz"),
    ]
    .concat()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("cuda")
}

/// All kernel sources below a folder, by their path from `root`.
fn sources(root: &Path, below: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(below).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(root, &path, found);
        } else if path.extension().is_some_and(|end| end == "cu" || end == "cuh") {
            found.push(
                path.strip_prefix(root).expect("it lies below").to_str().expect("plain names").to_owned(),
            );
        }
    }
}

#[test]
fn the_kernels_were_compiled_from_the_sources_as_they_are() {
    let root = folder();
    let mut names = vec!["build.sh".to_owned()];
    names.extend(compiled());
    sources(&root, &root, &mut names);
    let digest = |name: &String| {
        let bytes = fs::read(root.join(name)).expect("the file is there");
        (name.clone(), const_hex::encode(Sha256::digest(bytes)))
    };
    let now: BTreeMap<_, _> = names.iter().map(digest).collect();
    let recorded = fs::read_to_string(root.join("pelton.sources")).expect("it is part of the repository");
    let recorded: BTreeMap<_, _> = recorded
        .lines()
        .map(|line| line.split_once("  ").expect("a digest and a name"))
        .map(|(digest, name)| (name.to_owned(), digest.to_owned()))
        .collect();
    assert_eq!(now, recorded, "run kernels/cuda/build.sh, which compiles the kernels anew");
}

#[test]
fn kernels_stay_within_their_budgets_of_registers_and_instructions() {
    for (unit, budgets) in VERIFYING.iter().zip(BUDGETS) {
        let path = folder().join(format!("{unit}.resources"));
        let recorded = fs::read_to_string(path).expect("it is part of the repository");
        let lines: Vec<Vec<_>> = recorded.lines().map(|line| line.split(' ').collect()).collect();
        assert_eq!(lines[0], ["kernel", "registers", "stack_bytes", "spilled_bytes", "instructions"]);
        assert_eq!(lines.len(), 1 + budgets.len(), "each kernel of {unit} has a budget");
        for (line, (name, most)) in lines[1..].iter().zip(budgets) {
            assert_eq!(line[0], *name);
            let takes = [1, 3, 4].map(|column: usize| line[column].parse::<u32>().expect("a number"));
            assert!(
                takes.iter().zip(most).all(|(takes, most)| takes <= most),
                "{name}: {takes:?} of {most:?}"
            );
        }
    }
}
