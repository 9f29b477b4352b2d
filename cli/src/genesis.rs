//! `pelton genesis`.

use std::fs;
use std::io::{self, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use alloy_primitives::{Address, U256};
use clap::Args;
use pelton_engine::genesis::{Genesis, GenesisAccount};
use pelton_engine::limits::Limits;
use pelton_node::genesis::{self, DEVNET_CHAIN_ID};
use pelton_node::validator::chain_file::{ChainFile, Reach, set_limit};
use serde_json::json;

use crate::send::amount;
use crate::{keys, usage};

const EXAMPLES: &str = "\
Examples:
  pelton genesis --committee keys/committee.json --well-known --out chain.json \\
      --member 10.0.0.1:9000,9001 --member 10.0.0.2:9000,9001 --member 10.0.0.3:9000,9001 --member 10.0.0.4:9000,9001
  pelton genesis --committee keys/committee.json --genesis geth.json --member 127.0.0.1:9000,9001 --out chain.json
  pelton genesis --committee keys/committee.json --chain-id 77 --fund 0x70997970C51812dc3A010C7d01b50e0d17dc79C8=5ether \\
      --limit blockGasTarget=500000000 --member 127.0.0.1:9000,9001
  pelton node --chain chain.json --key keys/validator-0.json --data-dir data

All validators of a chain run from the same file. docs/consensus.md describes it.";

/// Arguments of `pelton genesis`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The validators' public keys, as `pelton keys` has written them.
    #[arg(long, value_name = "FILE")]
    committee: PathBuf,
    /// Where a validator is, in the order of their keys: its address, its port for consensus and that for transactions.
    #[arg(long, value_name = "IP:PORT,PORT", required = true, value_parser = reach)]
    member: Vec<Reach>,
    /// The state to begin with, in geth's format; of the rest, only the chain id counts.
    #[arg(long, value_name = "FILE")]
    genesis: Option<PathBuf>,
    /// An account that owns something from the beginning, and how much: wei, or with a unit. May be given several times.
    #[arg(long, value_name = "ADDRESS=AMOUNT", value_parser = fund)]
    fund: Vec<(Address, U256)>,
    /// Make the ten accounts rich whose keys everybody knows.
    #[arg(long)]
    well_known: bool,
    /// Chain id (31337 unless given, or the genesis file's).
    #[arg(long, value_name = "ID", value_parser = clap::value_parser!(u64).range(1..))]
    chain_id: Option<u64>,
    /// A limit that is to be another than usual, by its name in the chain file. May be given several times.
    #[arg(long, value_name = "NAME=N", value_parser = limit)]
    limit: Vec<(String, u64)>,
    /// Where the chain file is written (standard output unless given); one that is there is not written over.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print what was made as one JSON object; it takes --out.
    #[arg(long, requires = "out")]
    json: bool,
}

/// Runs the command.
pub fn main(arguments: &Arguments) -> ExitCode {
    let chain = match chain(arguments) {
        Ok(chain) => chain,
        Err(words) => return usage::say_of("genesis", &words),
    };
    let text = chain.to_text();
    let Some(path) = &arguments.out else {
        // Whoever closed the pipe does not want to read it.
        let _ = io::stdout().write_all(text.as_bytes());
        return ExitCode::SUCCESS;
    };
    let file = fs::OpenOptions::new().write(true).create_new(true).open(path);
    if let Err(error) = file.and_then(|mut file| file.write_all(text.as_bytes())) {
        eprintln!("pelton: {}: {error}", path.display());
        return ExitCode::FAILURE;
    }
    let (id, size) = (chain.below().id, chain.committee.size());
    let line = match arguments.json {
        true => json!({ "chainId": chain.limits.chain_id, "genesis": id, "validators": size }).to_string(),
        false => format!("Chain id {}, genesis {id}, {size} validators", chain.limits.chain_id),
    };
    let _ = writeln!(io::stdout(), "{line}");
    ExitCode::SUCCESS
}

/// The chain of these arguments.
fn chain(arguments: &Arguments) -> Result<ChainFile, String> {
    let committee = keys::read_committee(&arguments.committee)
        .map_err(|words| format!("--committee {}: {words}", arguments.committee.display()))?;
    let mut chain_id = DEVNET_CHAIN_ID;
    let mut state = Genesis::default();
    if let Some(path) = &arguments.genesis {
        let file = genesis::read(path).map_err(|error| format!("--genesis {}: {error}", path.display()))?;
        (chain_id, state) = (file.config.chain_id, genesis::state_of(&file));
    }
    if arguments.well_known {
        state.accounts.extend(genesis::devnet().accounts);
    }
    for (address, amount) in &arguments.fund {
        let account: &mut GenesisAccount = state.accounts.entry(*address).or_default();
        account.balance =
            account.balance.checked_add(*amount).ok_or(format!("--fund {address}: too much"))?;
    }
    if state.accounts.is_empty() {
        return Err("nobody would own anything: give --genesis, --fund or --well-known".into());
    }
    let mut limits = Limits::standard(arguments.chain_id.unwrap_or(chain_id));
    for (name, value) in &arguments.limit {
        set_limit(&mut limits, name, *value)?;
    }
    ChainFile::new(limits, committee, arguments.member.clone(), state)
}

fn reach(text: &str) -> Result<Reach, String> {
    let words = || "give an address and two ports, as 10.0.0.1:9000,9001".to_owned();
    let (consensus, port) = text.rsplit_once(',').ok_or_else(words)?;
    let consensus: SocketAddr = consensus.parse().map_err(|_| words())?;
    let ip: IpAddr = consensus.ip();
    let transactions = SocketAddr::from((ip, port.parse::<u16>().map_err(|_| words())?));
    if consensus.port() == 0 || transactions.port() == 0 || consensus == transactions {
        return Err(words());
    }
    Ok(Reach { consensus, transactions })
}

fn fund(text: &str) -> Result<(Address, U256), String> {
    let (address, sum) = text.split_once('=').ok_or("give an address and an amount, as 0x..=5ether")?;
    Ok((address.parse().map_err(|_| format!("{address} is no address"))?, amount(sum)?))
}

fn limit(text: &str) -> Result<(String, u64), String> {
    let (name, value) = text.split_once('=').ok_or("give a name and a number, as rootLag=8")?;
    Ok((name.to_owned(), value.parse().map_err(|_| format!("{value} is no whole number"))?))
}
