//! `pelton keys identity`.

use std::path::PathBuf;
use std::process::ExitCode;

use alloy_primitives::hex;
use clap::Args;
use pelton_node::validator::dkg;
use serde_json::json;

use super::{end, new_password, random, write_hidden};
use crate::usage;

const EXAMPLES: &str = "\
Examples:
  pelton keys identity --out identity --password-file password
  pelton keys identity --out identity --plain --json

The file is its validator's own: identity.json, a keystore of EIP-2335, or identity.hex with --plain. What is printed is the
public key, which all who hold a ceremony have to know.";

/// Arguments of `pelton keys identity`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The file to write; what belongs to its end is put there. One that is there is not written over.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Where the password of the new file is; - for standard input. Without it, it is asked for.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Write the key as it is, for networks in which it is worth nothing.
    #[arg(long, conflicts_with = "password_file")]
    plain: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn main(arguments: &Arguments) -> ExitCode {
    let out = &arguments.out;
    let password = match new_password(arguments.plain, arguments.password_file.as_deref(), out) {
        Ok(password) => password,
        Err(words) => return usage::say_of("keys", &words),
    };
    let made = random().and_then(|identity: [u8; 32]| {
        let key = dkg::public_key(&identity);
        let about = format!("Pelton identity {}", hex::encode_prefixed(key));
        let path = write_hidden(out, &identity, &key, &about, password.as_deref())?;
        let key = hex::encode_prefixed(key);
        eprintln!("pelton: wrote {path}");
        // Without --json it is the key that is printed.
        let shown = if arguments.json { &path } else { &key };
        Ok(json!({ "publicKey": key, "files": [shown] }))
    });
    end(made, out, arguments.json)
}
