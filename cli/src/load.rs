//! `pelton load`.

#[cfg(feature = "node")]
mod feed;

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use clap::builder::PossibleValuesParser;
use pelton_bench_harness::drive::{self, Lane, Options, Report};
use pelton_bench_harness::http::Endpoint;
use pelton_bench_harness::workloads::{ACCOUNTS_MIN, Pattern, Scheme, Spec};

use crate::bench::cache_folder;
use crate::progress::Bar;
use crate::usage;

const EXAMPLES: &str = "\
Examples:
  pelton load --write-genesis genesis.json
  pelton devnet --genesis genesis.json --feed-port 8547
  pelton load
  pelton load --feed tcp://127.0.0.1:8547 --rate 5000

A node must begin with the accounts of the workload: the same options with --write-genesis make its genesis file, which
other nodes take as well, as in anvil --init genesis.json. After each run it begins anew.";

/// Arguments of `pelton load`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The node's JSON-RPC: what becomes of the transactions is asked there, and they go there too, in batches of
    /// eth_sendRawTransaction.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8545")]
    rpc_url: String,
    /// Send them there instead, without JSON: tcp://HOST:PORT or quic://HOST:PORT, of pelton devnet --feed-port.
    #[arg(long, value_name = "URL")]
    feed: Option<String>,
    /// What the transactions do, as in pelton bench.
    #[arg(long, value_name = "NAME", default_value = "transfers", value_parser = str::parse::<Pattern>)]
    workload: Pattern,
    /// How they are signed.
    #[arg(long, value_name = "SCHEME", default_value = "secp256k1", value_parser = PossibleValuesParser::new(Scheme::ALL.map(|scheme| scheme.as_str())))]
    scheme: String,
    /// How many are sent.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    transactions: u64,
    /// Accounts that take part.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(i64::from(ACCOUNTS_MIN)..=10_000_000))]
    accounts: u32,
    /// What the workload follows from.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Transactions due a second; as fast as they are taken unless given.
    #[arg(long, value_name = "R", value_parser = rate)]
    rate: Option<f64>,
    /// Most transactions that are handed over together.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    batch: u16,
    /// Connections that they are sent over, each sender's over one.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=256))]
    connections: u16,
    /// Say with each who sent it, which spares the node the recovery of the key. Only over --feed.
    #[arg(long, requires = "feed")]
    claim_senders: bool,
    /// Ask for balances and calls beside that, so many a second, and say how long the answers took.
    #[arg(long, value_name = "R", value_parser = rate)]
    reads: Option<f64>,
    /// Write the genesis file that the node must begin with, and send nothing.
    #[arg(long, value_name = "FILE")]
    write_genesis: Option<PathBuf>,
    /// Seconds after which the rest is given up if nothing has happened.
    #[arg(long, value_name = "S", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    patience: u16,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// Where workload files are kept (the user's cache folder unless given).
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
}

/// Runs the command.
pub fn main(arguments: &Arguments) -> ExitCode {
    let options = match options(arguments) {
        Ok(options) => options,
        Err(what) => return usage::say_of("load", &what),
    };
    let bar = Bar::new();
    let outcome = run(arguments, &options, &bar);
    bar.finish();
    match outcome {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(report)) => finish(arguments, &report),
        Err(words) => {
            eprintln!("pelton: {words}");
            ExitCode::FAILURE
        }
    }
}

fn options(arguments: &Arguments) -> Result<Options, String> {
    let Arguments { workload: pattern, accounts, transactions, seed, .. } = *arguments;
    if accounts < pattern.accounts_min() {
        return Err(format!("--workload {pattern} needs at least {} --accounts", pattern.accounts_min()));
    }
    let scheme = arguments.scheme.parse().map_err(|error| format!("--scheme: {error}"))?;
    let cache = arguments.cache.clone().or_else(cache_folder);
    Ok(Options {
        node: Endpoint::new(&arguments.rpc_url)?,
        spec: Spec { pattern, scheme, accounts, transactions, seed },
        rate: arguments.rate,
        batch: arguments.batch.into(),
        lanes: arguments.connections.into(),
        claim_senders: arguments.claim_senders,
        reads: arguments.reads,
        patience: Duration::from_secs(arguments.patience.into()),
        cache: cache.ok_or("there is no home folder to keep workloads in: give --cache DIR")?,
    })
}

fn run(arguments: &Arguments, options: &Options, bar: &Bar) -> Result<Option<Report>, String> {
    let workload = drive::workload(options, bar)?;
    if let Some(path) = &arguments.write_genesis {
        let text = drive::genesis(&workload).to_string();
        fs::write(path, text).map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
        return Ok(None);
    }
    let open = || match &arguments.feed {
        None => Ok(drive::batches(&options.node)),
        Some(url) => feed_lane(url),
    };
    drive::drive(options, &workload, &open, bar).map(Some)
}

#[cfg(feature = "node")]
fn feed_lane(url: &str) -> Result<Box<dyn Lane>, String> {
    feed::open(url)
}

#[cfg(not(feature = "node"))]
fn feed_lane(_: &str) -> Result<Box<dyn Lane>, String> {
    Err("this program was built without what speaks to a feed".to_owned())
}

fn finish(arguments: &Arguments, report: &Report) -> ExitCode {
    let text = match arguments.json {
        true => serde_json::to_string_pretty(report).expect("a report has only plain fields") + "\n",
        false => report.to_string(),
    };
    // Whoever closes the pipe has read enough; the exit code is the same.
    let _ = std::io::stdout().write_all(text.as_bytes());
    if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if (0.001..=1e9).contains(&rate) => Ok(rate),
        _ => Err("give a number above 0, of so many a second".to_owned()),
    }
}
