//! Key files: a secret of 32 bytes in hexadecimal, or encrypted under a password (Web3 Secret Storage, version 3).
//!
//! ```text
//!   key  = scrypt or PBKDF2 (password, salt)                        what it may cost is bounded: derivation.rs
//!   mac  = keccak256(key[16..32] ‖ ciphertext)                      wrong: the password is
//!   secret = AES-128-CTR(key[..16], iv) over the ciphertext
//! ```

use aes::Aes128;
use alloy_primitives::hex;
use alloy_primitives::keccak256;
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit as _, StreamCipher as _};
use serde_json::Value;

use super::derivation::Derivation;

/// Whether a text is a keystore, and so needs a password.
pub fn is_keystore(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

/// The secret in a file of hexadecimal digits.
///
/// # Errors
/// If it is something else, in words.
pub fn plain(text: &str) -> Result<[u8; 32], String> {
    let digits = text.trim();
    let mut secret = [0; 32];
    hex::decode_to_slice(digits.strip_prefix("0x").unwrap_or(digits), &mut secret)
        .map_err(|_| "it holds no secret of 32 bytes in hexadecimal, and no keystore".to_owned())?;
    Ok(secret)
}

/// The secret in a keystore.
///
/// # Errors
/// If it is none, asks for too much work, or the password is wrong, in words.
pub fn decrypt(text: &str, password: &[u8]) -> Result<[u8; 32], String> {
    let file: Value = serde_json::from_str(text).map_err(|error| format!("it is no JSON: {error}"))?;
    if file["version"] != 3 {
        return Err("it is no keystore of version 3".into());
    }
    let crypto = if file["crypto"].is_null() { &file["Crypto"] } else { &file["crypto"] };
    if crypto["cipher"] != "aes-128-ctr" {
        return Err("it is encrypted with something else than aes-128-ctr".into());
    }
    let ciphertext: [u8; 32] = bytes(&crypto["ciphertext"], "ciphertext")?;
    let iv: [u8; 16] = bytes(&crypto["cipherparams"]["iv"], "iv")?;
    let mac: [u8; 32] = bytes(&crypto["mac"], "mac")?;
    let key = Derivation::read(crypto["kdf"].as_str(), &crypto["kdfparams"])?.key(password)?;
    if keccak256([&key[16..], &ciphertext[..]].concat()) != mac {
        return Err("the password is wrong".into());
    }
    let mut secret = ciphertext;
    let first: [u8; 16] = key[..16].try_into().expect("16 bytes");
    Ctr128BE::<Aes128>::new(&first.into(), &iv.into()).apply_keystream(&mut secret);
    Ok(secret)
}

fn bytes<const N: usize>(value: &Value, name: &str) -> Result<[u8; N], String> {
    let mut bytes = [0; N];
    let text = value.as_str().ok_or(format!("{name} is missing"))?;
    hex::decode_to_slice(text, &mut bytes).map_err(|_| format!("{name} is not {N} bytes in hexadecimal"))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::{decrypt, is_keystore, plain};
    use alloy_primitives::hex;
    use serde_json::{Value, json};

    const SECRET: [u8; 32] = hex!("7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d");

    /// The examples of the format's description.
    fn keystore(kdf: &str) -> Value {
        let scrypt = kdf == "scrypt";
        let params = match scrypt {
            true => json!({
                "dklen": 32, "n": 262_144, "p": 8, "r": 1,
                "salt": "ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19"
            }),
            false => json!({
                "c": 262_144, "dklen": 32, "prf": "hmac-sha256",
                "salt": "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"
            }),
        };
        let [iv, ciphertext, mac] = match scrypt {
            true => [
                "83dbcc02d8ccb40e466191a123791e0e",
                "d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c",
                "2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097",
            ],
            false => [
                "6087dab2f9fdbbfaddc31a909735c1e6",
                "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
                "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2",
            ],
        };
        json!({ "version": 3, "crypto": {
            "cipher": "aes-128-ctr", "cipherparams": { "iv": iv }, "ciphertext": ciphertext,
            "kdf": kdf, "kdfparams": params, "mac": mac
        } })
    }

    #[test]
    fn the_examples_of_the_format_open_with_their_password_and_no_other() {
        for kdf in ["scrypt", "pbkdf2"] {
            let text = keystore(kdf).to_string();
            assert!(is_keystore(&text));
            assert_eq!(decrypt(&text, b"testpassword"), Ok(SECRET), "{kdf}");
        }
        let wrong = decrypt(&keystore("pbkdf2").to_string(), b"testpasswore");
        assert_eq!(wrong, Err("the password is wrong".into()));
    }

    #[test]
    fn what_asks_for_too_much_work_or_is_something_else_is_refused() {
        let bent = |name: &str, value: Value| {
            let mut file = keystore(if name == "c" { "pbkdf2" } else { "scrypt" });
            match name {
                "version" => file["version"] = value,
                "mac" | "cipher" | "ciphertext" | "kdf" => file["crypto"][name] = value,
                _ => file["crypto"]["kdfparams"][name] = value,
            }
            decrypt(&file.to_string(), b"testpassword").expect_err("it is bent")
        };
        for (name, value) in [
            ("n", json!(1u64 << 40)),
            ("n", json!(3)),
            ("r", json!(1 << 20)),
            ("p", json!(u64::MAX)),
            ("r", json!(0)),
            ("p", json!(0)),
            ("c", json!(u64::MAX)),
            ("c", json!(0)),
            ("dklen", json!(64)),
            ("salt", json!("no")),
            ("version", json!(4)),
            ("cipher", json!("aes-256-gcm")),
            ("ciphertext", json!("00")),
            ("kdf", json!("none")),
        ] {
            assert!(!bent(name, value.clone()).contains("password"), "{name} = {value}");
        }
        assert!(decrypt("{", b"").is_err() && plain("0x12").is_err() && plain("").is_err());
        assert_eq!(plain(&format!("0x{}\n", hex::encode(SECRET))), Ok(SECRET));
    }
}
