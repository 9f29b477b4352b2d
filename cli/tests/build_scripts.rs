//! What is built is what the lock file names: no build script fetches anything.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// What fetches, as a package that a build script uses or as a word in it.
const FETCHERS: [&str; 12] = [
    "attohttpc",
    "curl",
    "download",
    "git2",
    "hyper",
    "isahc",
    "minreq",
    "reqwest",
    "rustls",
    "TcpStream",
    "ureq",
    "wget",
];

/// Every package that the workspace is built from, dependencies of tests and of other platforms included.
fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("cargo runs, as it runs this test");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut metadata: Value = serde_json::from_slice(&output.stdout).expect("metadata is JSON");
    let packages = metadata["packages"].take();
    packages.as_array().expect("a list").clone()
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value[name].as_array().into_iter().flatten()
}

fn script(package: &Value) -> Option<PathBuf> {
    let is_script = |target: &&Value| list(target, "kind").any(|kind| kind == "custom-build");
    list(package, "targets").find(is_script)?["src_path"].as_str().map(PathBuf::from)
}

/// What of this package fetches while it is built.
fn fetches(package: &Value) -> Vec<String> {
    let used = list(package, "dependencies").filter(|one| one["kind"] == "build");
    let used = used.filter_map(|one| one["name"].as_str()).filter(|name| FETCHERS.contains(name));
    let text = script(package).map(|path| read(&path)).unwrap_or_default();
    let said = FETCHERS.into_iter().filter(|word| text.contains(word));
    used.chain(said).map(str::to_owned).collect()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn no_build_script_fetches_anything() {
    let packages = packages();
    let scripts = packages.iter().filter(|package| script(package).is_some()).count();
    assert!(scripts > 20, "only {scripts} build scripts were found");
    let found: Vec<_> = packages.iter().map(|one| (&one["name"], fetches(one))).collect();
    let found: Vec<_> = found.iter().filter(|(_, fetches)| !fetches.is_empty()).collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn everything_comes_from_one_registry_with_its_hash_or_from_here() {
    let lock = read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock")));
    let mut foreign = 0;
    for package in lock.split("[[package]]").skip(1) {
        let field = |name: &str| package.lines().find(|line| line.starts_with(name));
        let (name, source) = (field("name = ").expect("a name"), field("source = "));
        let Some(source) = source else {
            assert!(name.contains("pelton"), "{name} comes from nowhere, and is not ours");
            continue;
        };
        foreign += 1;
        let of_registry = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
        assert_eq!(source, of_registry, "{name}");
        assert!(field("checksum = ").is_some(), "{name} has no hash");
    }
    assert!(foreign > 200, "only {foreign} packages were listed");
}

/// Packages of which more than one version is built. To raise it is a decision; to lower it is not.
const IN_SEVERAL_VERSIONS_MAX: usize = 69;

#[test]
fn no_more_packages_are_there_in_several_versions_than_there_were() {
    let packages = packages();
    let mut names: Vec<&str> = packages.iter().filter_map(|one| one["name"].as_str()).collect();
    names.sort_unstable();
    let mut several: Vec<&str> = names.windows(2).filter(|two| two[0] == two[1]).map(|two| two[0]).collect();
    several.dedup();
    assert!(several.len() <= IN_SEVERAL_VERSIONS_MAX, "{} of them: {several:?}", several.len());
}
