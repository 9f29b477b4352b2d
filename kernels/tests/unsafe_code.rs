//! Which files of the project may contain `unsafe`. The compiler denies it everywhere else; whoever adds a file has to
//! do so here too, where it is seen.

use std::path::{Path, PathBuf};

/// Below the root of the repository.
const FILES: [&str; 24] = [
    "bench-harness/examples/datagrams/ring.rs",
    "engine/src/execute/cells.rs",
    "kernels/src/bls12381/lanes.rs",
    "kernels/src/bls12381/lanes/memory.rs",
    "kernels/src/bls12381/lanes/tests.rs",
    "kernels/src/bls12381/points.rs",
    "kernels/src/bls12381/tests/sums.rs",
    "kernels/src/cuda/bls/slot.rs",
    "kernels/src/cuda/ceilings.rs",
    "kernels/src/cuda/ranges.rs",
    "kernels/src/cuda/slot.rs",
    "kernels/src/cuda/slot/graphs.rs",
    "kernels/src/cuda/slot/room.rs",
    "kernels/src/erasure/avx2.rs",
    "kernels/src/erasure/avx512.rs",
    "kernels/src/erasure/gfni256.rs",
    "kernels/src/erasure/gfni512.rs",
    "kernels/src/keccak/avx2.rs",
    "kernels/src/keccak/avx512.rs",
    "kernels/src/vector/avx2.rs",
    "kernels/src/vector/avx512.rs",
    "kernels/src/vector/fused.rs",
    "kernels/src/vector/ifma.rs",
    "kernels/tests/unsafe_code.rs",
];

#[test]
fn only_the_listed_files_relax_the_lint_that_denies_unsafe_code() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let mut found = Vec::new();
    let members = std::fs::read_dir(root).expect("the root of the workspace");
    for member in members.map(|entry| entry.expect("an entry").path()) {
        if member.join("Cargo.toml").is_file() {
            ["src", "tests", "benches", "examples"]
                .iter()
                .for_each(|part| walk(&member.join(part), &mut found));
        }
    }
    let mut found: Vec<_> = found
        .iter()
        .filter(|path| std::fs::read_to_string(path).expect("text").contains("unsafe_code"))
        .map(|path| path.strip_prefix(root).expect("below it").to_str().expect("plain names"))
        .collect();
    found.sort_unstable();
    assert_eq!(found, FILES);
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}
