//! `pelton keys ceremony`: this operator's part in making a key that nobody ever holds.
//!
//! ```text
//!   identity ──> ceremony over sockets ──> validator.json, its own       committee.json, the same at all
//!                       │
//!                       └── ceremony-N: its seed, and what it has signed, in case it is started again
//! ```

mod kept;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use alloy_primitives::hex;
use clap::Args;
use pelton_node::validator::dkg::ceremony::Terms;
use pelton_node::validator::dkg::{self, Meeting, Outcome};

use self::kept::Kept;
use super::{end, made, read_hidden, write_committee, write_secret};
use crate::usage;

const EXAMPLES: &str = "\
Examples:
  pelton keys ceremony --key identity.json --password-file password --out keys \\
      --member 0x8a..@10.0.0.1:9000 --member 0x3f..@10.0.0.2:9000 --member 0xc1..@10.0.0.3:9000 --member 0x07..@10.0.0.4:9000

All run it at the same time, with the same members. It ends when a quorum has confirmed one key: then committee.json, which
is public, is the same at all, and validator.json is this validator's own, under the password of its identity. One that was
stopped is started again with the same words. Where it comes to nothing, all begin anew with the next --number.
docs/consensus.md says what it promises.";

/// Arguments of `pelton keys ceremony`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The file with this validator's identity, which pelton keys identity has made.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Where its password is; - for standard input. Without it, it is asked for.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// A validator's public key, and where it takes part; itself included. Given once for each.
    #[arg(long, value_name = "KEY@IP:PORT", required = true, value_parser = member)]
    member: Vec<([u8; 32], SocketAddr)>,
    /// Where this one listens, if it is not where the others look for it.
    #[arg(long, value_name = "IP:PORT")]
    listen: Option<SocketAddr>,
    /// The folder for the files. It is made if it is not there; no file in it is ever written over.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Counts the ceremonies of these validators, also those that came to nothing.
    #[arg(long, value_name = "N", default_value_t = 1)]
    number: u64,
    /// How many may be absent, a third at most. Everybody will know the shares of those who are.
    #[arg(long, value_name = "N", default_value_t = 0)]
    absent_max: usize,
    /// How long the rest wait for them each time, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    patience: u64,
    /// How long it is tried, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 3_600)]
    time_max: u64,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn main(arguments: &Arguments) -> ExitCode {
    let key = read_hidden(&arguments.key, arguments.password_file.as_deref());
    let key = key.map_err(|words| format!("--key {}: {words}", arguments.key.display()));
    let (identity, password) = match key {
        Ok((bytes, password)) => match <[u8; 32]>::try_from(bytes) {
            Ok(identity) => (identity, password),
            Err(_) => return usage::say_of("keys", "--key: it holds no identity"),
        },
        Err(words) => return usage::say_of("keys", &words),
    };
    let made = hold(arguments, identity).and_then(|(outcome, kept)| {
        let files = write(arguments, &outcome, password.as_deref())?;
        kept.forget()?;
        Ok(made(&outcome.committee, &files))
    });
    end(made, &arguments.out, arguments.json)
}

fn hold(arguments: &Arguments, identity: [u8; 32]) -> io::Result<(Outcome, Kept)> {
    let (out, number) = (&arguments.out, arguments.number);
    let listen = arguments.member.iter().find(|(key, _)| *key == dkg::public_key(&identity));
    let listen = arguments.listen.or(listen.map(|(_, at)| *at));
    let listen = listen.ok_or_else(|| io::Error::other("this identity is no --member"))?;
    fs::create_dir_all(out)?;
    let mut kept = Kept::open(&out.join(format!("ceremony-{number}")))?;
    let terms = Terms {
        members: arguments.member.iter().map(|(key, _)| *key).collect(),
        number,
        absent_max: arguments.absent_max,
        patience: Duration::from_secs(arguments.patience),
    };
    let meeting = Meeting {
        listen,
        members: arguments.member.iter().copied().collect::<BTreeMap<_, _>>(),
        time_max: Duration::from_secs(arguments.time_max),
        directory: out.join("runtime"),
    };
    let (seed, messages) = (kept.seed(), kept.messages());
    let held = dkg::hold((terms, meeting), (identity, seed), &messages, &mut kept);
    let outcome = held.map_err(io::Error::other)?;
    let nothing =
        || io::Error::other("the members came to no result in time; begin anew with the next --number");
    Ok((outcome.ok_or_else(nothing)?, kept))
}

fn write(arguments: &Arguments, outcome: &Outcome, password: Option<&[u8]>) -> io::Result<Vec<String>> {
    let secret = outcome.secret.as_ref().expect("whoever holds a ceremony gets a share");
    for key in &outcome.revealed {
        eprintln!("pelton: everybody knows the share of {}", hex::encode_prefixed(key));
    }
    let own = write_secret(&arguments.out, "validator", secret, password)?;
    Ok(vec![write_committee(&arguments.out, &outcome.committee)?, own])
}

fn member(text: &str) -> Result<([u8; 32], SocketAddr), String> {
    let words = || "give a public key and an address, as 0x8a..@10.0.0.1:9000".to_owned();
    let (key, at) = text.split_once('@').ok_or_else(words)?;
    let key = hex::decode(key).ok().and_then(|key| key.try_into().ok()).ok_or_else(words)?;
    Ok((key, at.parse().map_err(|_| words())?))
}
