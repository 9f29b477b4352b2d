//! The `pelton` program.
//!
//! Exit codes: 0 all is well; 1 a check failed; 2 wrong use. Results go to standard output, everything else to standard
//! error.

mod bench;
#[cfg(feature = "node")]
mod cluster;
mod compare;
#[cfg(feature = "node")]
mod devnet;
mod doctor;
#[cfg(feature = "node")]
mod exported;
#[cfg(feature = "node")]
mod genesis;
#[cfg(feature = "node")]
mod import;
#[cfg(feature = "node")]
mod keys;
mod load;
#[cfg(feature = "node")]
mod node;
mod profile;
mod progress;
mod send;
#[cfg(feature = "node")]
mod simulate;
mod top;
mod usage;
mod verify_block;
#[cfg(feature = "node")]
mod verifying;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A transaction processing engine for Ethereum transactions.
#[derive(Parser)]
#[command(name = "pelton", version, after_help = "Example:\n  pelton bench")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run signed transactions through the whole pipeline, and say what it did and what limits it.
    Bench(Box<bench::Arguments>),
    /// Execute a block again from a file with its witness, without any state, and say what it leads to.
    VerifyBlock(verify_block::Arguments),
    /// Serve a network of one to wallets and tools, with ten rich accounts.
    #[cfg(feature = "node")]
    Devnet(devnet::Arguments),
    /// Run the blocks of an Ethereum chain again, check them, and serve them to wallets and tools.
    #[cfg(feature = "node")]
    Import(import::Arguments),
    /// Make the keys of the validators of a chain: all by one who deals them, or together.
    #[cfg(feature = "node")]
    Keys(keys::Arguments),
    /// Make a chain file: who its validators are, its limits, and who owns what at first.
    #[cfg(feature = "node")]
    Genesis(Box<genesis::Arguments>),
    /// Run one of several validators, and serve wallets and tools from it.
    #[cfg(feature = "node")]
    Node(Box<node::Arguments>),
    /// Compare two sets of runs: better, worse, or within noise.
    Compare(compare::Arguments),
    /// Say what this host costs in throughput, and the line that changes it.
    Doctor(doctor::Arguments),
    /// Measure what this machine can do, and fill a folder to send to whoever sells or buys it.
    Profile(profile::Arguments),
    /// Send a workload's signed transactions to a node, and say how many it committed and how soon.
    Load(Box<load::Arguments>),
    /// Sign a transaction with a key file, send it to a node, and wait for its block.
    Send(Box<send::Arguments>),
    /// Run a whole cluster from a seed, with everything going wrong, and say whether it kept its promises.
    #[cfg(feature = "node")]
    Simulate(simulate::Arguments),
    /// Watch what runs, in the terminal.
    Top(top::Arguments),
}

fn main() -> ExitCode {
    match Arguments::try_parse() {
        Ok(Arguments { command: Command::Bench(arguments) }) => bench::main(&arguments),
        Ok(Arguments { command: Command::VerifyBlock(arguments) }) => verify_block::main(&arguments),
        #[cfg(feature = "node")]
        Ok(Arguments { command: Command::Devnet(arguments) }) => devnet::main(&arguments),
        #[cfg(feature = "node")]
        Ok(Arguments { command: Command::Import(arguments) }) => import::main(&arguments),
        #[cfg(feature = "node")]
        Ok(Arguments { command: Command::Keys(arguments) }) => keys::main(&arguments),
        #[cfg(feature = "node")]
        Ok(Arguments { command: Command::Genesis(arguments) }) => genesis::main(&arguments),
        #[cfg(feature = "node")]
        Ok(Arguments { command: Command::Node(arguments) }) => node::main(&arguments),
        Ok(Arguments { command: Command::Compare(arguments) }) => compare::main(&arguments),
        Ok(Arguments { command: Command::Doctor(arguments) }) => doctor::main(&arguments),
        Ok(Arguments { command: Command::Profile(arguments) }) => profile::main(&arguments),
        Ok(Arguments { command: Command::Load(arguments) }) => load::main(&arguments),
        Ok(Arguments { command: Command::Send(arguments) }) => send::main(&arguments),
        #[cfg(feature = "node")]
        Ok(Arguments { command: Command::Simulate(arguments) }) => simulate::main(&arguments),
        Ok(Arguments { command: Command::Top(arguments) }) => top::main(&arguments),
        Err(error) => usage::refuse(&error),
    }
}
