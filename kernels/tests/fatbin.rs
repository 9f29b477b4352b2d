//! The kernels in the program are those of the source beside it, as far as that shows without NVIDIA's compiler.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

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
    let mut names = ["build.sh", "pelton.fatbin", "ceilings.fatbin"].map(str::to_owned).to_vec();
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
