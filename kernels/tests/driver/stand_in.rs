//! The driver that takes the place of NVIDIA's, and how it is told to fail.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// What the driver does wrong, see `cuda/host/driver.cpp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misdeed {
    None,
    NoDevice,
    OutOfMemory,
    NoImage,
    Refuses,
    Lost,
    Stuck,
    Silent,
    Liar,
    Garbage,
    Forgetful,
    HoldsAll,
    NoCapture,
    NoGraph,
    NoGraphLaunch,
}

/// The folder of the driver, as this process finds its libraries, and of the file that tells it how to fail.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("stand-in")
}

/// Tells the driver what to do wrong from now on.
pub fn tell(misdeed: Misdeed) {
    let word = match misdeed {
        Misdeed::None => "well",
        Misdeed::NoDevice => "no-device",
        Misdeed::OutOfMemory => "out-of-memory",
        Misdeed::NoImage => "no-image",
        Misdeed::Refuses => "refuses",
        Misdeed::Lost => "lost",
        Misdeed::Stuck => "stuck",
        Misdeed::Silent => "silent",
        Misdeed::Liar => "liar",
        Misdeed::Garbage => "garbage",
        Misdeed::Forgetful => "forgetful",
        Misdeed::HoldsAll => "holds-all",
        Misdeed::NoCapture => "no-capture",
        Misdeed::NoGraph => "no-graph",
        Misdeed::NoGraphLaunch => "no-graph-launch",
    };
    std::fs::write(folder().join("misdeed"), word).expect("the folder was just made");
}

/// How many signatures were answered by keys that are known, since this was asked last.
pub fn answered_by_known_keys() -> usize {
    noted("misdeed.known")
}

/// How many random sums held, since this was asked last.
pub fn groups_that_held() -> usize {
    noted("misdeed.held")
}

/// How many graphs were recorded, and how many launched, since this was asked last.
pub fn graphs() -> [usize; 2] {
    [noted("misdeed.recorded"), noted("misdeed.graphs")]
}

fn noted(file: &str) -> usize {
    let path = folder().join(file);
    let noted = std::fs::read_to_string(&path).unwrap_or_default();
    std::fs::write(&path, "").expect("the folder was just made");
    noted.lines().map(|count| count.parse::<usize>().expect("a number")).sum()
}

/// Whether this process is the second one.
pub fn is_loaded() -> bool {
    std::env::var_os("CUDA_STAND_IN").is_some()
}

/// Compiles the driver, and runs this program once more where it finds that and no other.
pub fn run_again() -> ExitCode {
    let folder = folder();
    std::fs::create_dir_all(&folder).expect("the target folder can be written to");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("cuda/host/driver.cpp");
    let made = Command::new("c++")
        .args(["-std=c++17", "-O2", "-Wall", "-Wextra", "-Werror", "-Wno-unknown-pragmas"])
        .args(["-shared", "-fPIC", "-o"])
        .args([&folder.join("libcuda.so"), &source])
        .status()
        .expect("these tests need a C++ compiler, c++");
    assert!(made.success(), "the driver does not compile");
    let status = Command::new(std::env::current_exe().expect("this program has a path"))
        .args(std::env::args_os().skip(1))
        .env("LD_LIBRARY_PATH", &folder)
        .env("CUDA_STAND_IN", folder.join("misdeed"))
        .status()
        .expect("this program can be run");
    if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
