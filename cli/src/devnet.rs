//! `pelton devnet`.

use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use clap::builder::PossibleValuesParser;
use pelton_bench_harness::kernels::CHOICES;
use pelton_node::accounts::WELL_KNOWN;
use pelton_node::depot::Place;
use pelton_node::devnet::{Options, folder};
use pelton_node::genesis::{self, DEVNET_CHAIN_ID, DEVNET_ETHER};
use pelton_node::history::Keep;
use pelton_node::rpc::limits::Limits;
use pelton_node::serve::Addresses;
use serde_json::{Value, json};

use crate::cluster::devnet::listed;
use crate::cluster::{self, Cluster, Setup};
use crate::node::BLOCK_TIME_MS;
use crate::{exported, usage, verifying};

const EXAMPLES: &str = "\
Examples:
  pelton devnet
  pelton devnet --block-time 1000
  pelton devnet --metrics 127.0.0.1:9464
  pelton devnet --genesis genesis.json --port 0 --json
  pelton devnet --data-dir /var/tmp/devnet
  pelton devnet --validators 4
  cast send --rpc-url http://127.0.0.1:8545 --private-key KEY ADDRESS --value 1ether

What is served is described in docs/rpc.md.";

/// Arguments of `pelton devnet`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Where clients connect, by HTTP and WebSocket.
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    host: IpAddr,
    /// Its port; 0 for any that is free.
    #[arg(long, value_name = "PORT", default_value_t = 8545)]
    port: u16,
    /// Take raw transactions at this port, over TCP and QUIC, as docs/rpc.md describes; 0 for any that is free.
    #[arg(long, value_name = "PORT")]
    feed_port: Option<u16>,
    /// Milliseconds between blocks; 0 for a block as soon as a transaction is there. There are no empty ones.
    #[arg(long, value_name = "MS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=600_000))]
    block_time: u64,
    /// The state to begin with, in geth's format, in place of ten rich accounts; of the rest, only the chain id counts.
    #[arg(long, value_name = "FILE")]
    genesis: Option<PathBuf>,
    /// Chain id (31337 unless given, or the genesis file's).
    #[arg(long, value_name = "ID", value_parser = clap::value_parser!(u64).range(1..))]
    chain_id: Option<u64>,
    /// Keep the chain in this folder, and go on with the one that is there. Nobody is told of a block before it is on the disk.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Of the blocks in that folder keep this many of the newest, and a few more; all of them unless given. Older ones go, to
    /// the object store if there is one.
    #[arg(long, value_name = "N", requires = "data_dir", value_parser = clap::value_parser!(u64).range(1..))]
    keep_blocks: Option<u64>,
    /// Keep so many of the newest transactions in memory, with their blocks and the states after these; a plain one takes some
    /// 1.5 kilobytes.
    #[arg(long, value_name = "N", conflicts_with = "validators", value_parser = clap::value_parser!(u32).range(1..))]
    keep_transactions: Option<u32>,
    /// Move old blocks to this object store and read them from there: a folder that is there already, file:///FOLDER. It
    /// happens in segments of 32 MiB, when one is full and --keep-blocks asks for none of it.
    #[arg(long, value_name = "URL", requires = "data_dir", value_parser = Place::parse)]
    archive: Option<Place>,
    /// Threads of the pipeline, all cores unless given.
    #[arg(long, value_name = "T", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// What verifies signatures: the CPU; whatever is there, which takes longer to start where there is a GPU; a GPU, without
    /// which this is an error; or plain code that decides what is right.
    #[arg(long, value_name = "NAME", default_value = "cpu", value_parser = PossibleValuesParser::new(CHOICES))]
    backend: String,
    /// Run so many validators, each a process of its own that agrees with the others over loopback; clients connect to the
    /// first. The others, their addresses and processes are named when all are ready. Blocks without transactions come too.
    #[arg(long, value_name = "N", conflicts_with = "data_dir", value_parser = clap::value_parser!(u16).range(1..=64))]
    validators: Option<u16>,
    /// Give metrics out under /metrics at this address, for Prometheus and `pelton top`; port 0 is any free one.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "validators")]
    metrics: Option<SocketAddr>,
    /// Keep Ethereum's Merkle-Patricia tree beside the state, so that `eth_getProof` has proofs of states of any size. It takes
    /// some 300 bytes of memory for each account and slot, and one thread, for which nothing waits.
    #[arg(long, conflicts_with = "validators")]
    merkle: bool,
    /// Print the ready line as one JSON object.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn main(arguments: &Arguments) -> ExitCode {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = arguments.threads.map_or(cores, usize::from);
    let choice = match verifying::chosen("devnet", &arguments.backend, threads) {
        Ok(choice) => choice,
        Err(code) => return code,
    };
    let mut options = Options {
        chain_id: DEVNET_CHAIN_ID,
        genesis: genesis::devnet(),
        block_time: Duration::from_millis(arguments.block_time),
        threads,
        choice,
        keep: arguments
            .keep_transactions
            .map_or(Keep::STANDARD, |count| Keep { transactions: count as usize, ..Keep::STANDARD }),
        folder: arguments.data_dir.clone().map(|path| chosen(arguments, path)),
        membership: None,
        merkle: arguments.merkle,
    };
    if let Some(path) = &arguments.genesis {
        match genesis::read(path) {
            Ok(file) => {
                options.chain_id = file.config.chain_id;
                options.genesis = genesis::state_of(&file);
            }
            Err(error) => return usage::say_of("devnet", &format!("--genesis {}: {error}", path.display())),
        }
    }
    options.chain_id = arguments.chain_id.unwrap_or(options.chain_id);
    let address = |port: u16| SocketAddr::from((arguments.host, port));
    let addresses = Addresses { rpc: address(arguments.port), feed: arguments.feed_port.map(address) };
    let (chain_id, is_own) = (options.chain_id, arguments.genesis.is_none());
    if let Some(count) = arguments.validators {
        return validators(arguments, options, addresses, count);
    }
    let ready = |addresses: Addresses| {
        let text = if arguments.json {
            line(addresses, chain_id, is_own).to_string() + "\n"
        } else {
            table(addresses, chain_id, is_own)
        };
        // Whoever closed the pipe does not want to read it.
        let _ = std::io::stdout().write_all(text.as_bytes());
    };
    let exported = match exported::begin(arguments.metrics, options.threads, options.choice.clone()) {
        Ok(exported) => exported,
        Err(code) => return code,
    };
    let show = |board: &_| exported.show(board);
    let limits = Limits::standard(cores);
    match pelton_node::serve::until(&options, limits, addresses, show, ready, None) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pelton: {}: {error}", addresses.rpc);
            ExitCode::FAILURE
        }
    }
}

/// How blocks are kept.
fn chosen(arguments: &Arguments, path: PathBuf) -> folder::Settings {
    let place = arguments.archive.clone();
    let all = if place.is_some() { 0 } else { u64::MAX };
    let blocks_max = arguments.keep_blocks.unwrap_or(all);
    folder::Settings { blocks_max, place, ..folder::Settings::whole(path) }
}

/// Runs several validators, with clients at the first.
fn validators(arguments: &Arguments, options: Options, addresses: Addresses, count: u16) -> ExitCode {
    let (chain_id, is_own) = (options.chain_id, arguments.genesis.is_none());
    let setup = Setup {
        validators: count,
        chain_id,
        genesis: options.genesis,
        block_time_ms: if arguments.block_time == 0 {
            BLOCK_TIME_MS
        } else {
            arguments.block_time.min(10_000)
        },
        threads: arguments.threads.unwrap_or(1),
        backend: arguments.backend.clone(),
        rpc: addresses.rpc,
        feed_port: arguments.feed_port,
        tell_blocks: false,
    };
    let ready = |cluster: &Cluster| {
        let first = &cluster.validators[0];
        let parsed = |text: &str, or: SocketAddr| text.parse().unwrap_or(or);
        let addresses = Addresses {
            rpc: parsed(first.said("http").trim_start_matches("http://"), addresses.rpc),
            feed: addresses.feed.map(|feed| parsed(first.said("feed"), feed)),
        };
        let listed = listed(cluster);
        let text = if arguments.json {
            let mut ready: Value = line(addresses, chain_id, is_own);
            ready["validators"] = json!(listed);
            ready.to_string() + "\n"
        } else {
            let lines = listed.iter().enumerate();
            let lines = lines.map(|(index, one)| {
                format!(
                    "Validator {index}: process {}, {}\n",
                    one["pid"],
                    one["http"].as_str().unwrap_or_default()
                )
            });
            lines.collect::<String>() + &table(addresses, chain_id, is_own)
        };
        // Whoever closed the pipe does not want to read it.
        let _ = std::io::stdout().write_all(text.as_bytes());
    };
    cluster::devnet::run(&setup, ready).unwrap_or_else(|error| {
        eprintln!("pelton: {}: {error}", addresses.rpc);
        ExitCode::FAILURE
    })
}

fn table(addresses: Addresses, chain_id: u64, is_own: bool) -> String {
    let mut text = String::new();
    if is_own {
        text += &format!(
            "Accounts, {DEVNET_ETHER} ether each, of the mnemonic that everybody knows: never use them elsewhere.\n\n"
        );
        for (index, (address, key)) in WELL_KNOWN.iter().enumerate() {
            text += &format!("({index}) {address}  {key}\n");
        }
        text += "\n";
    }
    if let Some(feed) = addresses.feed {
        text += &format!("Raw transactions on {feed}\n");
    }
    text + &format!("Chain id {chain_id}\nListening on {}\n", addresses.rpc)
}

fn line(addresses: Addresses, chain_id: u64, is_own: bool) -> Value {
    let accounts = WELL_KNOWN.iter().filter(|_| is_own);
    let accounts: Vec<_> = accounts.map(|(address, key)| json!({ "address": address, "key": key })).collect();
    let (http, ws) = (format!("http://{}", addresses.rpc), format!("ws://{}", addresses.rpc));
    let mut line = json!({ "chainId": chain_id, "http": http, "ws": ws, "accounts": accounts });
    if let Some(feed) = addresses.feed {
        line["feed"] = json!(feed.to_string());
    }
    line
}
