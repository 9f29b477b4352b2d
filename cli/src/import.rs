//! `pelton import`.

use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use pelton_node::import::Chain;
use pelton_node::rpc::limits::Limits;
use serde_json::json;

const EXAMPLES: &str = "\
Examples:
  pelton import --genesis genesis.json chain.rlp
  pelton import --genesis genesis.json chain.rlp --check
  cast block --rpc-url http://127.0.0.1:8545 latest

Every block runs again, and what comes out must be what its header says. See docs/rpc.md.";

/// Arguments of `pelton import`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Blocks of a chain of Ethereum's, as `geth export` writes them.
    #[arg(value_name = "FILE")]
    blocks: PathBuf,
    /// The chain's genesis file, in geth's format.
    #[arg(long, value_name = "FILE")]
    genesis: PathBuf,
    /// Only check the blocks; serve nothing.
    #[arg(long)]
    check: bool,
    /// Where clients connect, by HTTP and WebSocket.
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    host: IpAddr,
    /// Its port; 0 for any that is free.
    #[arg(long, value_name = "PORT", default_value_t = 8545)]
    port: u16,
    /// Print what was imported, and the ready line, as JSON objects.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn main(arguments: &Arguments) -> ExitCode {
    let chain = match Chain::read(&arguments.genesis, &arguments.blocks) {
        Ok(chain) => chain,
        Err(error) => {
            eprintln!("pelton: {} on {}: {error}", arguments.blocks.display(), arguments.genesis.display());
            return ExitCode::FAILURE;
        }
    };
    let (newest, chain_id) = (chain.history.newest(), chain.schedule.config.chain_id);
    let (number, hash, root) = (newest.number(), newest.hash, newest.header().state_root);
    say(&match arguments.json {
        true => json!({ "blocks": number, "hash": hash, "stateRoot": root, "chainId": chain_id }).to_string(),
        false => format!(
            "Chain id {chain_id}\nBlocks   {number}, all as their headers say\nNewest   {hash}\nState    {root}"
        ),
    });
    if arguments.check {
        return ExitCode::SUCCESS;
    }
    let address = SocketAddr::from((arguments.host, arguments.port));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let ready = |address: SocketAddr| {
        say(&match arguments.json {
            true => {
                json!({ "http": format!("http://{address}"), "ws": format!("ws://{address}") }).to_string()
            }
            false => format!("Listening on {address}"),
        });
    };
    match pelton_node::serve::chain(chain, Limits::standard(cores), address, ready) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pelton: {address}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn say(line: &str) {
    // Whoever closed the pipe does not want to read it.
    let _ = writeln!(std::io::stdout(), "{line}");
}
