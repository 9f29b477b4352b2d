//! `pelton send`.

pub mod derivation;
mod draft;
pub mod keystore;
pub mod secret;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use alloy_primitives::{Address, Bytes, U256, keccak256};
use clap::Args;
use pelton_bench_harness::http::Endpoint;
use pelton_engine::transaction::Listed;
use pelton_workloads::Scheme;
use pelton_workloads::encode::sign;
use pelton_workloads::wallet::Account;
use serde_json::{Value, json};

use crate::usage;
use draft::Draft;

const EXAMPLES: &str = "\
Examples:
  pelton send --key-file key.json --to 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --value 1ether
  pelton send --key-file key.hex --to 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --declared
  pelton send --key-file key.json --password-file - --data 0x6001600055 < password
  pelton send --key-file key.hex --address

A key file holds a secret of 32 bytes in hexadecimal, or is a keystore of version 3. With --declared it is an ed25519 key,
and the transaction of type 0x65: the node finds out what it touches, and that is what it declares.";

/// Arguments of `pelton send`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The key that signs.
    #[arg(long, value_name = "FILE")]
    key_file: PathBuf,
    /// Where the password of a keystore is; - for standard input. Without it, it is asked for.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// The node.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8545")]
    rpc_url: String,
    /// Whom to pay or call; without it, --data is the code of a new contract.
    #[arg(long, value_name = "ADDRESS")]
    to: Option<Address>,
    /// What is paid: wei, or with a unit, as 2gwei or 0.5ether.
    #[arg(long, value_name = "AMOUNT", default_value = "0", value_parser = amount)]
    value: U256,
    /// Call data.
    #[arg(long, value_name = "HEX", default_value = "0x")]
    data: Bytes,
    /// Sign with ed25519, and declare all that it touches (type 0x65).
    #[arg(long)]
    declared: bool,
    /// An account that it may read besides; may be given several times.
    #[arg(long, value_name = "ADDRESS", requires = "declared")]
    read: Vec<Address>,
    /// Position among the sender's transactions, unless it is the next.
    #[arg(long, value_name = "N")]
    nonce: Option<u64>,
    /// Most gas that it may use, unless the node says.
    #[arg(long, value_name = "GAS")]
    gas: Option<u64>,
    /// Most for each gas, unless the node says.
    #[arg(long, value_name = "AMOUNT", value_parser = price)]
    max_fee: Option<u128>,
    /// For the producer, for each gas, unless the node says.
    #[arg(long, value_name = "AMOUNT", value_parser = price)]
    tip: Option<u128>,
    /// Most for hot keys, unless the node says.
    #[arg(long, value_name = "AMOUNT", value_parser = price, requires = "declared")]
    max_contention_fee: Option<u128>,
    /// How long to wait for its block, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 30_000, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    wait: u64,
    /// Only print the signed transaction.
    #[arg(long)]
    dry_run: bool,
    /// Only print the address of the key.
    #[arg(long, conflicts_with_all = ["to", "dry_run"])]
    address: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn main(arguments: &Arguments) -> ExitCode {
    let account = match account(arguments) {
        Ok(account) => account,
        Err(words) => return usage::say_of("send", &format!("{}: {words}", arguments.key_file.display())),
    };
    if arguments.address {
        say(arguments, &account.address().to_string(), &json!({ "address": account.address() }));
        return ExitCode::SUCCESS;
    }
    match send(arguments, &account) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(words) => {
            eprintln!("pelton: {words}");
            ExitCode::FAILURE
        }
    }
}

/// The account whose key is in the file.
fn account(arguments: &Arguments) -> Result<Account, String> {
    let path: &Path = &arguments.key_file;
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let secret = match keystore::is_keystore(&text) {
        true => {
            let password = secret::password(arguments.password_file.as_deref(), path);
            keystore::decrypt(&text, &password.map_err(|error| error.to_string())?)?
        }
        false => keystore::plain(&text)?,
    };
    let scheme = if arguments.declared { Scheme::Ed25519 } else { Scheme::Secp256k1 };
    Account::of_secret(scheme, secret).ok_or_else(|| "its secret is no key".to_owned())
}

/// Signs and sends; gives whether it did what it was to do.
fn send(arguments: &Arguments, account: &Account) -> Result<bool, String> {
    let node = Endpoint::new(&arguments.rpc_url)?;
    let draft = Draft {
        from: account.address(),
        to: arguments.to,
        value: arguments.value,
        input: arguments.data.clone(),
        is_declared: arguments.declared,
        reads: arguments.read.iter().map(|address| Listed { address: *address, slots: Vec::new() }).collect(),
        nonce: arguments.nonce,
        gas_limit: arguments.gas,
        max_fee_per_gas: arguments.max_fee,
        max_priority_fee_per_gas: arguments.tip,
        max_contention_fee: arguments.max_contention_fee,
    };
    let wire = sign(&draft.complete(&node)?, account);
    let hash = keccak256(&wire);
    if arguments.dry_run {
        say(arguments, &wire.to_string(), &json!({ "raw": wire, "hash": hash, "from": account.address() }));
        return Ok(true);
    }
    let sent = node.call("eth_sendRawTransactionSync", &json!([wire, format!("{:#x}", arguments.wait)]));
    let receipt = sent.map_err(|words| explain(&node, hash.into(), words))?;
    let success = receipt["status"] == "0x1";
    let text = |name: &str| receipt[name].as_str().unwrap_or("none").to_owned();
    let mut words = format!(
        "{} in block {}\nhash     {hash}\ngas used {}\n",
        if success { "Done" } else { "Failed" },
        text("blockNumber"),
        text("gasUsed")
    );
    if !receipt["contractAddress"].is_null() {
        words += &format!("contract {}\n", text("contractAddress"));
    }
    say(arguments, words.trim_end(), &receipt);
    Ok(success)
}

/// What the node says of a transaction that it did not take, with what to do.
fn explain(node: &Endpoint, hash: Bytes, words: String) -> String {
    let status = node.call("pelton_transactionStatus", &json!([hash])).unwrap_or_default();
    match status["advice"].as_str().filter(|_| status["status"] != "unknown") {
        Some(advice) => {
            format!("{words}\n{hash} is {}; {advice}", status["status"].as_str().unwrap_or("somewhere"))
        }
        None => words,
    }
}

fn say(arguments: &Arguments, words: &str, object: &Value) {
    // Whoever closed the pipe does not want to read it.
    let _ = match arguments.json {
        true => writeln!(std::io::stdout(), "{object}"),
        false => writeln!(std::io::stdout(), "{words}"),
    };
}

/// An amount in wei: a whole number, or one with a unit and perhaps a fraction.
/// Wei of an amount with a unit.
///
/// # Errors
/// In words, if it is none.
pub fn amount(text: &str) -> Result<U256, String> {
    let (number, decimals) = match text {
        _ if text.ends_with("gwei") => (&text[..text.len() - 4], 9),
        _ if text.ends_with("ether") => (&text[..text.len() - 5], 18),
        _ => (text.strip_suffix("wei").unwrap_or(text), 0),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(fraction) || fraction.len() > decimals {
        return Err(format!("{text:?} is no amount; write 100, 2gwei or 0.5ether"));
    }
    let digits = format!("{whole}{fraction:0<decimals$}");
    U256::from_str_radix(&digits, 10).map_err(|_| "it is more than there can be".to_owned())
}

fn price(text: &str) -> Result<u128, String> {
    u128::try_from(amount(text)?).map_err(|_| "it is more than there can be".to_owned())
}

#[cfg(test)]
mod tests {
    use super::amount;
    use alloy_primitives::U256;

    #[test]
    fn amounts_have_units_and_fractions() {
        let wei = |text| amount(text).ok();
        assert_eq!(wei("7"), Some(U256::from(7)));
        assert_eq!(wei("7wei"), Some(U256::from(7)));
        assert_eq!(wei("2gwei"), Some(U256::from(2_000_000_000u64)));
        assert_eq!(wei("0.5ether"), Some(U256::from(500_000_000_000_000_000u64)));
        for wrong in ["", "ether", "-1", "1.5", "0.1234567891gwei", "1 ether", "0x5", "1e18"] {
            assert_eq!(wei(wrong), None, "{wrong}");
        }
        assert_eq!(wei(&"9".repeat(80)), None);
    }
}
