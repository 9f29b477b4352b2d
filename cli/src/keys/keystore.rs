//! Key files of validators: keystores of EIP-2335 (version 4).
//!
//! ```text
//!   key      = scrypt or PBKDF2 (password, salt)                   what it may cost is bounded
//!   checksum = SHA-256(key[16..32] ‖ message)                      wrong: the password is
//!   secret   = AES-128-CTR(key[..16], iv) over the message
//! ```
//!
//! The standard takes any secret. That of a validator is its ed25519 key and its share of the group's BLS12-381 key,
//! as `Secret` writes them; `pubkey` is the public key of the share. Passwords are of ASCII characters: of others the
//! standard wants normal forms, and two programs that do not agree on them lock each other's files.

use aes::Aes128;
use alloy_primitives::hex;
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit as _, StreamCipher as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::send::derivation::Derivation;

/// Rounds of PBKDF2 for a new file, as in the standard.
const ROUNDS: u32 = 262_144;
/// Longest secret that is read, in bytes.
const SECRET_BYTES_MAX: usize = 256;

/// What a new file needs of chance.
pub struct Chance {
    /// For the key.
    pub salt: [u8; 32],
    /// For the cipher.
    pub iv: [u8; 16],
    /// The file's name among all files.
    pub uuid: [u8; 16],
}

/// What is typed, as the standard takes it: without control characters.
///
/// # Errors
/// In words, if there are other characters than those of ASCII, or none.
pub fn password_of(typed: &[u8]) -> Result<Vec<u8>, String> {
    let password: Vec<u8> = typed.iter().copied().filter(|byte| !byte.is_ascii_control()).collect();
    match password.is_ascii() {
        true if password.is_empty() => Err("the password is empty".into()),
        true => Ok(password),
        false => Err("the password has characters that are not ASCII's".into()),
    }
}

/// A file that holds this secret under this password.
pub fn encrypt(secret: &[u8], password: &[u8], public_key: &[u8], about: &str, chance: &Chance) -> Value {
    let Chance { salt, iv, uuid } = chance;
    let mut key = [0; 32];
    pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, ROUNDS, &mut key);
    let mut message = secret.to_vec();
    apply(&key, iv, &mut message);
    let id = hex::encode(uuid);
    json!({
        "crypto": {
            "kdf": {
                "function": "pbkdf2",
                "params": { "dklen": 32, "c": ROUNDS, "prf": "hmac-sha256", "salt": hex::encode(salt) },
                "message": "",
            },
            "checksum": { "function": "sha256", "params": {}, "message": hex::encode(checksum(&key, &message)) },
            "cipher": { "function": "aes-128-ctr", "params": { "iv": hex::encode(iv) }, "message": hex::encode(&message) },
        },
        "description": about,
        "pubkey": hex::encode(public_key),
        "path": "",
        "uuid": format!("{}-{}-{}-{}-{}", &id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]),
        "version": 4,
    })
}

/// The secret in a file.
///
/// # Errors
/// If it is none, asks for too much work, or the password is wrong, in words.
pub fn decrypt(text: &str, password: &[u8]) -> Result<Vec<u8>, String> {
    let file: Value = serde_json::from_str(text).map_err(|error| format!("it is no JSON: {error}"))?;
    if file["version"] != 4 {
        return Err("it is no keystore of version 4".into());
    }
    let (kdf, sum, cipher) = (&file["crypto"]["kdf"], &file["crypto"]["checksum"], &file["crypto"]["cipher"]);
    if cipher["function"] != "aes-128-ctr" || sum["function"] != "sha256" {
        return Err("it is encrypted with something else than aes-128-ctr and sha256".into());
    }
    let mut message = bytes(&cipher["message"], "its message")?;
    if message.len() > SECRET_BYTES_MAX {
        return Err(format!(
            "its secret has {} bytes, and {SECRET_BYTES_MAX} are read at most",
            message.len()
        ));
    }
    let iv: [u8; 16] = bytes(&cipher["params"]["iv"], "iv")?.try_into().map_err(|_| "iv has not 16 bytes")?;
    let key = Derivation::read(kdf["function"].as_str(), &kdf["params"])?.key(password)?;
    if checksum(&key, &message)[..] != bytes(&sum["message"], "its checksum")? {
        return Err("the password is wrong".into());
    }
    apply(&key, &iv, &mut message);
    Ok(message)
}

fn checksum(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    Sha256::digest([&key[16..], message].concat()).into()
}

fn apply(key: &[u8; 32], iv: &[u8; 16], message: &mut [u8]) {
    let first: [u8; 16] = key[..16].try_into().expect("16 bytes");
    Ctr128BE::<Aes128>::new(&first.into(), &(*iv).into()).apply_keystream(message);
}

fn bytes(value: &Value, name: &str) -> Result<Vec<u8>, String> {
    let text = value.as_str().ok_or(format!("{name} is missing"))?;
    hex::decode(text).map_err(|_| format!("{name} is not hexadecimal"))
}

#[cfg(test)]
mod tests {
    use super::{Chance, decrypt, encrypt, password_of};
    use alloy_primitives::hex;
    use serde_json::{Value, json};

    /// The password of the standard's examples, in the normal form that it asks for.
    const PASSWORD: [u8; 16] = hex!("7465737470617373776f7264f09f9491");
    const SECRET: [u8; 32] = hex!("000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f");

    /// The examples of the standard.
    fn example(function: &str) -> Value {
        let salt = "d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3";
        let (params, checksum, message) = match function {
            "scrypt" => (
                json!({ "dklen": 32, "n": 262_144, "p": 1, "r": 8, "salt": salt }),
                "d2217fe5f3e9a1e34581ef8a78f7c9928e436d36dacc5e846690a5581e8ea484",
                "06ae90d55fe0a6e9c5c3bc5b170827b2e5cce3929ed3f116c2811e6366dfe20f",
            ),
            _ => (
                json!({ "dklen": 32, "c": 262_144, "prf": "hmac-sha256", "salt": salt }),
                "8a9f5d9912ed7e75ea794bc5a89bca5f193721d30868ade6f73043c6ea6febf1",
                "cee03fde2af33149775b7223e7845e4fb2c8ae1792e5f99fe9ecf474cc8c16ad",
            ),
        };
        json!({ "version": 4, "crypto": {
            "kdf": { "function": function, "params": params, "message": "" },
            "checksum": { "function": "sha256", "params": {}, "message": checksum },
            "cipher": { "function": "aes-128-ctr",
                "params": { "iv": "264daa3f303d7259501c93d997d84fe6" }, "message": message }
        } })
    }

    #[test]
    fn the_examples_of_the_standard_open_with_their_password_and_no_other() {
        for function in ["scrypt", "pbkdf2"] {
            assert_eq!(decrypt(&example(function).to_string(), &PASSWORD), Ok(SECRET.to_vec()), "{function}");
        }
        let wrong = decrypt(&example("pbkdf2").to_string(), b"testpassword");
        assert_eq!(wrong, Err("the password is wrong".into()));
    }

    #[test]
    fn a_new_file_opens_with_its_password_and_whatever_is_bent_does_not() {
        let chance = Chance { salt: [1; 32], iv: [2; 16], uuid: [3; 16] };
        let file = encrypt(&[7; 65], b"a password", &[9; 96], "a test", &chance);
        assert_eq!(decrypt(&file.to_string(), b"a password"), Ok(vec![7; 65]));
        for (at, value) in [
            ("/version", json!(3)),
            ("/crypto/kdf/params/c", json!(u64::MAX)),
            ("/crypto/kdf/function", json!("none")),
            ("/crypto/checksum/message", json!("00")),
            ("/crypto/cipher/function", json!("aes-256-gcm")),
            ("/crypto/cipher/message", json!("00".repeat(257))),
            ("/crypto/cipher/params/iv", json!("00")),
        ] {
            let mut bent = file.clone();
            *bent.pointer_mut(at).expect(at) = value;
            assert!(decrypt(&bent.to_string(), b"a password").is_err(), "{at}");
        }
    }

    #[test]
    fn a_password_is_ascii_without_what_no_key_types() {
        assert_eq!(password_of(b"pass\x7fword\r\n"), Ok(b"password".to_vec()));
        assert!(password_of("pässword".as_bytes()).is_err() && password_of(b"\n").is_err());
    }
}
