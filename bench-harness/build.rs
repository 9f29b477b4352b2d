//! Tells the program which commit it was built from.

use std::path::Path;
use std::process::Command;

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script of the build in this way")]
fn main() {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "--short=12", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=PELTON_COMMIT={commit}");
    let rustc = std::env::var("RUSTC").ok();
    let version = rustc.and_then(|rustc| Command::new(rustc).arg("--version").output().ok());
    let version =
        version.map_or_else(String::new, |output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    println!("cargo::rustc-env=PELTON_RUSTC={version}");
    let of = |name: &str| std::env::var(name).unwrap_or_default();
    let build = format!(
        "{}, opt-level {}, {}, flags {:?}",
        of("PROFILE"),
        of("OPT_LEVEL"),
        of("TARGET"),
        of("CARGO_ENCODED_RUSTFLAGS").replace('\u{1f}', " ")
    );
    println!("cargo::rustc-env=PELTON_BUILD={build}");
    // The file that changes with each commit, wherever this checkout keeps it.
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"])
        && Path::new(&log).exists()
    {
        println!("cargo::rerun-if-changed={log}");
    } else {
        println!("cargo::rerun-if-changed=build.rs");
    }
}
