//! `pelton node`.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use clap::Args;
use clap::builder::PossibleValuesParser;
use pelton_bench_harness::kernels::CHOICES;
use pelton_node::catch_up::BEHIND_MIN;
use pelton_node::depot::Place;
use pelton_node::devnet::{Options, folder};
use pelton_node::history::Keep;
use pelton_node::rpc::limits::Limits;
use pelton_node::serve::{self, Addresses, Totals, Wait};
use pelton_node::validator::chain_file::ChainFile;
use pelton_node::validator::{Membership, News, Observer};
use serde_json::{Value, json};

use crate::{exported, keys, usage, verifying};

const EXAMPLES: &str = "\
Examples:
  pelton node --chain chain.json --key keys/validator-0.json --password-file password --data-dir data-0
  pelton node --chain chain.json --key keys/validator-0.hex --data-dir data-0 --port 0 --json
  pelton node --chain chain.json --key keys/validator-0.hex --data-dir data-0 --listen 0.0.0.0

It runs until it is stopped, by whatever means: what it has promised to others is on the disk. On an empty folder it takes
the state from the others, and votes in no view in which it may have voted before. docs/consensus.md tells more.";

/// Lines about blocks that may wait to be printed.
const LINES_MAX: usize = 1 << 14;

/// Arguments of `pelton node`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// What all validators of the chain hold in common, as `pelton genesis` has written it.
    #[arg(long, value_name = "FILE")]
    chain: PathBuf,
    /// The validator's own file, as `pelton keys` has written it.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Where the password of a keystore is; - for standard input. Without it, it is asked for.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// The folder for its votes, blocks and state. It is made if it is not there, and belongs to one process at a time.
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
    /// Move old blocks to this object store as soon as a segment of 32 MiB is full, and read them from there: a folder that is
    /// there already, file:///FOLDER.
    #[arg(long, value_name = "URL", value_parser = Place::parse)]
    archive: Option<Place>,
    /// The address at which it listens to other validators, if it is another than the one in the chain file.
    #[arg(long, value_name = "IP")]
    listen: Option<IpAddr>,
    /// Where clients connect, by HTTP and WebSocket.
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    host: IpAddr,
    /// Its port; 0 for any that is free.
    #[arg(long, value_name = "PORT", default_value_t = 8545)]
    port: u16,
    /// Take raw transactions of clients at this port, over TCP and QUIC, as docs/rpc.md describes; 0 for any that is free.
    #[arg(long, value_name = "PORT")]
    feed_port: Option<u16>,
    /// Milliseconds between blocks, at least. Blocks without transactions come at longer intervals.
    #[arg(long, value_name = "MS", default_value_t = BLOCK_TIME_MS, value_parser = clap::value_parser!(u64).range(..=10_000))]
    block_time: u64,
    /// At the start, take the state from the other validators if they are so many blocks ahead or more; blocks that are fewer are
    /// fetched and executed one by one.
    #[arg(long, value_name = "BLOCKS", default_value_t = BEHIND_MIN, value_parser = clap::value_parser!(u64).range(1..))]
    snapshot_after: u64,
    /// Threads of the pipeline, all cores unless given.
    #[arg(long, value_name = "T", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// What verifies signatures: whatever is there, each part of it as much as it can do in the same time; the CPU; a
    /// GPU, without which this is an error; or plain code that decides what is right.
    #[arg(long, value_name = "NAME", default_value = "auto", value_parser = PossibleValuesParser::new(CHOICES))]
    backend: String,
    /// Give metrics out under /metrics at this address, for Prometheus and `pelton top`; port 0 is any free one.
    #[arg(long, value_name = "ADDRESS")]
    metrics: Option<SocketAddr>,
    /// Keep Ethereum's Merkle-Patricia tree beside the state, so that `eth_getProof` has proofs of states of any size. It takes
    /// some 300 bytes of memory for each account and slot, and one thread, for which nothing waits.
    #[arg(long)]
    merkle: bool,
    /// Print a JSON object for each block when it is committed.
    #[arg(long)]
    blocks: bool,
    /// Stop when standard input ends, and print last what was done, as a JSON object.
    #[arg(long)]
    attached: bool,
    /// Print the ready line as one JSON object.
    #[arg(long)]
    json: bool,
}

/// Time between blocks unless another is asked for.
pub const BLOCK_TIME_MS: u64 = 20;

/// Runs the command.
pub fn main(arguments: &Arguments) -> ExitCode {
    let mut membership = match membership(arguments) {
        Ok(found) => found,
        Err(words) => return usage::say_of("node", &words),
    };
    let owner = format!("{} {}\n", membership.0.below().id, membership.1.public_key());
    let _lock = match take(&arguments.data_dir, &owner) {
        Ok(lock) => lock,
        Err(error) => {
            eprintln!("pelton: {}: {error}", arguments.data_dir.display());
            return ExitCode::FAILURE;
        }
    };
    if arguments.blocks {
        membership.1.observer = Some(printer());
    }
    run(arguments, membership.0, membership.1)
}

fn run(arguments: &Arguments, chain: ChainFile, membership: Membership) -> ExitCode {
    let mut folder = folder::Settings::whole(arguments.data_dir.join("chain"));
    if let Some(place) = &arguments.archive {
        (folder.blocks_max, folder.place) = (0, Some(place.clone()));
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = arguments.threads.map_or(cores, usize::from);
    let choice = match verifying::chosen("node", &arguments.backend, threads) {
        Ok(choice) => choice,
        Err(code) => return code,
    };
    let options = Options {
        chain_id: chain.limits.chain_id,
        genesis: chain.genesis,
        block_time: Duration::from_millis(arguments.block_time),
        threads,
        choice,
        keep: Keep::STANDARD,
        folder: Some(folder),
        membership: Some(membership),
        merkle: arguments.merkle,
    };
    let address = |port: u16| SocketAddr::from((arguments.host, port));
    let addresses = Addresses { rpc: address(arguments.port), feed: arguments.feed_port.map(address) };
    let (chain_id, own) = (options.chain_id, options.membership.as_ref().map(Membership::public_key));
    let ready = |addresses: Addresses| {
        let http = format!("http://{}", addresses.rpc);
        say(&match arguments.json {
            true => {
                let feed = addresses.feed.map(|feed| feed.to_string());
                json!({ "chainId": chain_id, "validator": own, "http": http, "feed": feed }).to_string()
            }
            false => {
                format!("Chain id {chain_id}\nValidator {}\nListening on {http}", own.unwrap_or_default())
            }
        });
    };
    let wait = arguments.attached.then(|| Box::new(end_of_input) as Wait);
    let exported = match exported::begin(arguments.metrics, options.threads, options.choice.clone()) {
        Ok(exported) => exported,
        Err(code) => return code,
    };
    let show = |board: &_| exported.show(board);
    match serve::until(&options, Limits::standard(cores), addresses, show, ready, wait) {
        Ok(totals) => {
            say(&figures(&totals).to_string());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("pelton: {}: {error}", addresses.rpc);
            ExitCode::FAILURE
        }
    }
}

/// The chain, and who this validator is in it.
fn membership(arguments: &Arguments) -> Result<(ChainFile, Membership), String> {
    if arguments.attached && arguments.password_file.as_deref() == Some(Path::new("-")) {
        return Err("--attached and --password-file - both want standard input".into());
    }
    let chain = ChainFile::read(&arguments.chain)
        .map_err(|words| format!("--chain {}: {words}", arguments.chain.display()))?;
    let named = |words| format!("--key {}: {words}", arguments.key.display());
    let secret = keys::read_secret(&arguments.key, arguments.password_file.as_deref()).map_err(named)?;
    let membership = Membership::of(&chain, secret, arguments.data_dir.clone());
    let mut membership = membership.ok_or_else(|| named("it is no validator's of this chain".into()))?;
    membership.behind_min = arguments.snapshot_after;
    if let Some(ip) = arguments.listen {
        membership.place.listen.set_ip(ip);
        membership.listen.set_ip(ip);
    }
    Ok((chain, membership))
}

/// Takes the folder for this process. Two that vote with the same key would be two voters; and the votes in the folder are
/// those of one key on one chain.
fn take(folder: &Path, owner: &str) -> io::Result<File> {
    fs::create_dir_all(folder)?;
    let path = folder.join("owner");
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(io::Error::other("another process works in this folder"));
        }
        Err(TryLockError::Error(error)) => return Err(error),
    }
    let mut found = String::new();
    file.read_to_string(&mut found)?;
    if found.is_empty() {
        file.write_all(owner.as_bytes())?;
        file.sync_all()?;
    } else if found != owner {
        return Err(io::Error::other("this folder is another validator's, or another chain's"));
    }
    Ok(file)
}

/// Prints a line for each block on a thread of its own: the pipeline must not wait for whoever reads. Where nobody reads for
/// long, lines are left out.
fn printer() -> Observer {
    let (sender, lines): (SyncSender<News>, _) = sync_channel(LINES_MAX);
    let print = move || lines.into_iter().for_each(|news| say(&line(&news).to_string()));
    let thread = std::thread::Builder::new().name("pelton-lines".into()).spawn(print);
    drop(thread.expect("a thread for what is printed"));
    let tell = move |news: News| {
        // Where there is no room, whoever reads sees that a height is missing.
        let _ = sender.try_send(news);
    };
    Observer(Arc::new(tell))
}

fn line(news: &News) -> Value {
    json!({
        "height": news.height,
        "hash": news.id,
        "stateRoot": news.state_root,
        "succeeded": news.succeeded,
        "failed": news.failed,
        "skipped": news.skipped,
        "bytes": news.bytes,
        "timestampMs": news.timestamp_ms,
        "committedNs": news.committed_ns,
    })
}

fn figures(totals: &Totals) -> Value {
    json!({ "totals": {
        "stages": totals.stages,
        "consensusBytesSent": totals.traffic.sent,
        "consensusBytesReceived": totals.traffic.received,
        "passedOn": totals.passed.sent,
        "passedOnBytes": totals.passed.bytes,
        "notPassedOn": totals.passed.missed,
    } })
}

fn end_of_input() {
    let mut bytes = [0; 4_096];
    // What comes is of no interest, and an error is an end too.
    while matches!(io::stdin().read(&mut bytes), Ok(1..)) {}
}

fn say(line: &str) {
    // Whoever closed the pipe does not want to read it.
    let _ = writeln!(io::stdout(), "{line}");
}
