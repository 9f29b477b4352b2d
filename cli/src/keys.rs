//! `pelton keys`.

mod ceremony;
mod identity;
pub mod keystore;

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::num::NonZeroU32;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use alloy_primitives::hex;
use clap::{Args, Subcommand};
use pelton_node::validator::{Committee, Secret, deal};
use serde_json::{Value, json};

use self::keystore::Chance;
use crate::send::secret;
use crate::usage;

const EXAMPLES: &str = "\
Examples:
  pelton keys --validators 4 --out keys --password-file password
  pelton keys --validators 4 --out keys --plain
  pelton genesis --committee keys/committee.json --member 10.0.0.1:9000,9001 ... --out chain.json

Whoever runs this with --validators deals the keys of all, and knows them until the files are handed out: that is for
networks in which one person is trusted with all of it. Each validator has one file, which is its own: validator-0.json and
so on, keystores of EIP-2335, or validator-0.hex with --plain. The file committee.json is public.

Where nobody is to be trusted, each operator makes an identity and they hold a ceremony:
  pelton keys identity --out identity.json                                               each its own; it prints the public key
  pelton keys ceremony --key identity.json --out keys --member 0x..@10.0.0.1:9000 ...    all of them, at the same time

docs/consensus.md says what the keys are for.";

/// Arguments of `pelton keys`.
#[derive(Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Arguments {
    #[command(subcommand)]
    step: Option<Step>,
    /// How many validators there are to be, whose keys are dealt here.
    #[arg(long, value_name = "N", required = true, value_parser = clap::value_parser!(u32).range(1..=256))]
    validators: Option<u32>,
    /// The folder for the files. It is made if it is not there; no file in it is ever written over.
    #[arg(long, value_name = "DIR", required = true)]
    out: Option<PathBuf>,
    /// Where the password of the new files is; - for standard input. Without it, it is asked for.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Write the keys as they are, for networks in which they are worth nothing.
    #[arg(long, conflicts_with = "password_file")]
    plain: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Steps to keys that nobody deals.
#[derive(Subcommand)]
enum Step {
    /// Make the key by which the others know a validator.
    Identity(identity::Arguments),
    /// Make the group's key together with the other validators, so that nobody ever holds it.
    Ceremony(ceremony::Arguments),
}

/// Runs the command.
pub fn main(arguments: &Arguments) -> ExitCode {
    match &arguments.step {
        Some(Step::Identity(arguments)) => return identity::main(arguments),
        Some(Step::Ceremony(arguments)) => return ceremony::main(arguments),
        None => {}
    }
    let (Some(validators), Some(out)) = (arguments.validators, &arguments.out) else {
        return usage::say_of("keys", "give --validators and --out");
    };
    let password = match new_password(arguments.plain, arguments.password_file.as_deref(), out) {
        Ok(password) => password,
        Err(words) => return usage::say_of("keys", &words),
    };
    end(make(out, validators, password.as_deref()), out, arguments.json)
}

/// Prints what was made, or says why nothing was.
fn end(made: io::Result<Value>, out: &Path, as_json: bool) -> ExitCode {
    match made {
        Ok(made) => {
            let lines = made["files"].as_array().into_iter().flatten();
            let lines: String = lines.filter_map(Value::as_str).map(|path| format!("{path}\n")).collect();
            let text = if as_json { made.to_string() + "\n" } else { lines };
            // Whoever closed the pipe does not want to read it.
            let _ = io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("pelton: {}: {error}", out.display());
            ExitCode::FAILURE
        }
    }
}

/// The password for new files; none if they are to be plain.
fn new_password(is_plain: bool, file: Option<&Path>, of: &Path) -> Result<Option<Vec<u8>>, String> {
    if is_plain {
        return Ok(None);
    }
    let ask = || {
        let typed = secret::password(file, of);
        keystore::password_of(&typed.map_err(|error| error.to_string())?)
    };
    let password = ask()?;
    if file.is_none() && ask()? != password {
        return Err("the passwords differ".into());
    }
    Ok(Some(password))
}

/// Deals the keys of so many validators and writes them; gives what was made.
pub fn make(folder: &Path, validators: u32, password: Option<&[u8]>) -> io::Result<Value> {
    let size = NonZeroU32::new(validators).expect("there is at least one validator");
    let (committee, secrets) = deal(random()?, b"", size);
    fs::create_dir_all(folder)?;
    let mut files = vec![write_committee(folder, &committee)?];
    for (index, secret) in secrets.iter().enumerate() {
        files.push(write_secret(folder, &format!("validator-{index}"), secret, password)?);
    }
    Ok(made(&committee, &files))
}

/// What was made of a committee, in these files.
fn made(committee: &Committee, files: &[String]) -> Value {
    let key = hex::encode_prefixed(committee.group_key());
    json!({ "groupKey": key, "quorum": committee.quorum(), "files": files })
}

/// Writes the file that is public, and gives its path.
fn write_committee(folder: &Path, committee: &Committee) -> io::Result<String> {
    let path = folder.join("committee.json");
    let public = json!({
        "version": 1,
        "committee": hex::encode_prefixed(committee.encode()),
        "groupKey": hex::encode_prefixed(committee.group_key()),
        "validators": committee.members().map(hex::encode_prefixed).collect::<Vec<_>>(),
        "quorum": committee.quorum(),
    });
    write(&path, 0o644, &(serde_json::to_string_pretty(&public).expect("it is plain") + "\n"))?;
    Ok(path.display().to_string())
}

/// Writes the file of a validator, and gives its path.
fn write_secret(folder: &Path, name: &str, secret: &Secret, password: Option<&[u8]>) -> io::Result<String> {
    let about = format!("Pelton validator {}", hex::encode_prefixed(secret.public_key()));
    let path = folder.join(name);
    write_hidden(&path, &secret.encode(), &secret.share_key(), &about, password)
}

/// Writes something secret under a password, or as it is, and gives the path with what belongs to its end.
fn write_hidden(
    path: &Path,
    secret: &[u8],
    public_key: &[u8],
    about: &str,
    password: Option<&[u8]>,
) -> io::Result<String> {
    let (end, text) = match password {
        None => ("hex", hex::encode_prefixed(secret) + "\n"),
        Some(password) => {
            let chance = Chance { salt: random()?, iv: random()?, uuid: random()? };
            let file = keystore::encrypt(secret, password, public_key, about, &chance);
            ("json", serde_json::to_string_pretty(&file).expect("it is plain") + "\n")
        }
    };
    let path = path.with_extension(end);
    write(&path, 0o600, &text)?;
    Ok(path.display().to_string())
}

/// Writes a file that is not there yet, with these rights.
///
/// # Errors
/// What the system says.
pub fn write(path: &Path, mode: u32, text: &str) -> io::Result<()> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all())).map_err(named)
}

/// The committee in a file that [`make`] has written.
///
/// # Errors
/// In words, if there is none.
pub fn read_committee(path: &Path) -> Result<Committee, String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let file: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let bytes = file["committee"].as_str().and_then(|text| hex::decode(text).ok());
    bytes.and_then(|bytes| Committee::decode(&bytes)).ok_or_else(|| "it holds no committee".to_owned())
}

/// The secret in a validator's file.
///
/// # Errors
/// In words, if there is none, or the password is wrong.
pub fn read_secret(path: &Path, password_file: Option<&Path>) -> Result<Secret, String> {
    let (bytes, _) = read_hidden(path, password_file)?;
    Secret::decode(&bytes).ok_or_else(|| "it holds no validator's secret".to_owned())
}

/// What is secret in a file, and the password that it was under.
fn read_hidden(path: &Path, password_file: Option<&Path>) -> Result<(Vec<u8>, Option<Vec<u8>>), String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    if text.trim_start().starts_with('{') {
        let typed = secret::password(password_file, path).map_err(|error| error.to_string())?;
        let password = keystore::password_of(&typed)?;
        return Ok((keystore::decrypt(&text, &password)?, Some(password)));
    }
    let bytes = hex::decode(text.trim());
    Ok((bytes.map_err(|_| "it is neither a keystore nor hexadecimal".to_owned())?, None))
}

/// Bytes that nobody can foretell.
///
/// # Errors
/// What the system says.
pub fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())?;
    Ok(bytes)
}
