//! `pelton keys`.

pub mod keystore;

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::num::NonZeroU32;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use alloy_primitives::hex;
use clap::Args;
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

Whoever runs this deals the keys of all validators, and knows them until the files are handed out. Each validator has one
file, which is its own: validator-0.json and so on, keystores of EIP-2335, or validator-0.hex with --plain. The file
committee.json is public. docs/consensus.md says what the keys are for.";

/// Arguments of `pelton keys`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// How many validators there are to be.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=256))]
    validators: u32,
    /// The folder for the files. It is made if it is not there; no file in it is ever written over.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
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

/// Runs the command.
pub fn main(arguments: &Arguments) -> ExitCode {
    let password = match arguments.plain {
        true => None,
        false => match new_password(arguments) {
            Ok(password) => Some(password),
            Err(words) => return usage::say_of("keys", &words),
        },
    };
    match make(&arguments.out, arguments.validators, password.as_deref()) {
        Ok(made) => {
            let lines = made["files"].as_array().into_iter().flatten();
            let lines: String = lines.filter_map(Value::as_str).map(|path| format!("{path}\n")).collect();
            let text = if arguments.json { made.to_string() + "\n" } else { lines };
            // Whoever closed the pipe does not want to read it.
            let _ = io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("pelton: {}: {error}", arguments.out.display());
            ExitCode::FAILURE
        }
    }
}

fn new_password(arguments: &Arguments) -> Result<Vec<u8>, String> {
    let ask = || {
        let typed = secret::password(arguments.password_file.as_deref(), &arguments.out);
        keystore::password_of(&typed.map_err(|error| error.to_string())?)
    };
    let password = ask()?;
    if arguments.password_file.is_none() && ask()? != password {
        return Err("the passwords differ".into());
    }
    Ok(password)
}

/// Deals the keys of so many validators and writes them; gives what was made.
pub fn make(folder: &Path, validators: u32, password: Option<&[u8]>) -> io::Result<Value> {
    let size = NonZeroU32::new(validators).expect("there is at least one validator");
    let (committee, secrets) = deal(random()?, b"", size);
    fs::create_dir_all(folder)?;
    let path = folder.join("committee.json");
    let public = json!({
        "version": 1,
        "committee": hex::encode_prefixed(committee.encode()),
        "groupKey": hex::encode_prefixed(committee.group_key()),
        "validators": committee.members().map(hex::encode_prefixed).collect::<Vec<_>>(),
        "quorum": committee.quorum(),
    });
    write(&path, 0o644, &(serde_json::to_string_pretty(&public).expect("it is plain") + "\n"))?;
    let mut files = vec![path.display().to_string()];
    for (index, secret) in secrets.iter().enumerate() {
        let (name, text) = match password {
            None => (format!("validator-{index}.hex"), hex::encode_prefixed(secret.encode()) + "\n"),
            Some(password) => {
                let chance = Chance { salt: random()?, iv: random()?, uuid: random()? };
                let about = format!("Pelton validator {}", hex::encode_prefixed(secret.public_key()));
                let file =
                    keystore::encrypt(&secret.encode(), password, &secret.share_key(), &about, &chance);
                let text = serde_json::to_string_pretty(&file).expect("it is plain") + "\n";
                (format!("validator-{index}.json"), text)
            }
        };
        let path = folder.join(name);
        write(&path, 0o600, &text)?;
        files.push(path.display().to_string());
    }
    Ok(json!({ "groupKey": public["groupKey"], "quorum": public["quorum"], "files": files }))
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
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let bytes = if text.trim_start().starts_with('{') {
        let typed = secret::password(password_file, path).map_err(|error| error.to_string())?;
        keystore::decrypt(&text, &keystore::password_of(&typed)?)?
    } else {
        hex::decode(text.trim()).map_err(|_| "it is neither a keystore nor hexadecimal".to_owned())?
    };
    Secret::decode(&bytes).ok_or_else(|| "it holds no validator's secret".to_owned())
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
