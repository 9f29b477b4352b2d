//! `pelton devnet --validators N`.

use std::io;
use std::process::ExitCode;

use serde_json::{Value, json};

use super::folder::Folder;
use super::{Cluster, Event, Setup};

/// Runs a cluster until it is stopped or has failed; says where, once it is ready.
///
/// # Errors
/// What the system says, or that so many validators have ended that the others cannot go on.
pub fn run(setup: &Setup, ready: impl FnOnce(&Cluster)) -> io::Result<ExitCode> {
    let folder = Folder::new("pelton-devnet-")?;
    let cluster = Cluster::start(setup, &folder)?;
    ready(&cluster);
    let faults_max = (cluster.validators.len() - 1) / 3;
    let mut ended = 0;
    while let Ok((index, event)) = cluster.events.recv() {
        if let Event::Ended = event {
            ended += 1;
            eprintln!("pelton: validator {index} has ended");
            if index == 0 || ended > faults_max {
                return Err(io::Error::other("too few validators are left"));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The validators for a ready line.
pub fn listed(cluster: &Cluster) -> Vec<Value> {
    let line = |one: &super::Validator| json!({ "key": one.said("validator"), "http": one.said("http"), "pid": one.pid() });
    cluster.validators.iter().map(line).collect()
}
