//! `Derivation`: how the key of a keystore follows from a password, and what that costs. The file says both, and anybody may have
//! written it: so the cost is known, and bounded, before any of it is spent.

use alloy_primitives::hex;
use serde_json::Value;
use sha2::Sha256;

/// Memory that a derivation may take.
pub const MEMORY_BYTES_MAX: u64 = 1 << 30;
/// Work that scrypt may do, in blocks of 128 bytes that it fills: eight times what is usual.
pub const SCRYPT_WORK_MAX: u64 = 1 << 24;
/// Rounds of PBKDF2: 38 times what is usual.
pub const ROUNDS_MAX: u64 = 10_000_000;
/// Longest salt.
const SALT_BYTES_MAX: usize = 1 << 10;

/// See the head of this file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derivation {
    salt: Vec<u8>,
    function: Function,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Function {
    Scrypt { n: u64, r: u64, p: u64 },
    Pbkdf2 { rounds: u64 },
}

impl Function {
    /// Bytes, and blocks or rounds.
    fn cost(self) -> (u64, u64) {
        match self {
            Function::Scrypt { n, r, p } => {
                let block = r.saturating_mul(128);
                // As many blocks as there are rounds, one for each lane, and two to work in.
                let blocks = n.saturating_add(p).saturating_add(2);
                (block.saturating_mul(blocks), n.saturating_mul(r).saturating_mul(p))
            }
            Function::Pbkdf2 { rounds } => (0, rounds),
        }
    }

    fn is_bounded(self) -> bool {
        let (memory_bytes, work) = self.cost();
        let work_max = match self {
            Function::Scrypt { .. } => SCRYPT_WORK_MAX,
            Function::Pbkdf2 { .. } => ROUNDS_MAX,
        };
        memory_bytes <= MEMORY_BYTES_MAX && (1..=work_max).contains(&work)
    }
}

impl Derivation {
    /// By this function, with these parameters. Takes no memory and does no work.
    ///
    /// # Errors
    /// If there is no such function, or it asks for too much, in words.
    pub fn read(function: Option<&str>, given: &Value) -> Result<Derivation, String> {
        let number = |name: &str| given[name].as_u64().ok_or(format!("{name} is no number"));
        let salt = given["salt"].as_str().filter(|salt| salt.len() <= 2 * SALT_BYTES_MAX);
        let salt = salt.and_then(|salt| hex::decode(salt).ok()).ok_or("salt is not hexadecimal")?;
        if number("dklen")? != 32 {
            return Err("dklen is not 32".into());
        }
        let function = match function {
            Some("scrypt") => {
                let (n, r, p) = (number("n")?, number("r")?, number("p")?);
                let function = Function::Scrypt { n, r, p };
                if !n.is_power_of_two() || n < 2 || !function.is_bounded() {
                    return Err(format!("scrypt with n = {n}, r = {r}, p = {p} is too much, or none"));
                }
                function
            }
            Some("pbkdf2") if given["prf"] == "hmac-sha256" => {
                let rounds = number("c")?;
                let function = Function::Pbkdf2 { rounds };
                if !function.is_bounded() {
                    return Err(format!("PBKDF2 with {rounds} rounds is too much, or none"));
                }
                function
            }
            _ => return Err("its key is derived neither by scrypt nor by PBKDF2 with hmac-sha256".into()),
        };
        Ok(Derivation { salt, function })
    }

    /// Bytes of memory that it takes, and its work: blocks that scrypt fills, or rounds of PBKDF2.
    #[cfg(test)]
    pub fn cost(&self) -> (u64, u64) {
        self.function.cost()
    }

    /// The key that follows from this password.
    ///
    /// # Errors
    /// If scrypt does not know such parameters, in words.
    pub fn key(&self, password: &[u8]) -> Result<[u8; 32], String> {
        let mut key = [0; 32];
        match self.function {
            Function::Scrypt { n, r, p } => {
                let params = scrypt::Params::new(n.trailing_zeros() as u8, r as u32, p as u32);
                let params = params.map_err(|error| format!("scrypt: {error}"))?;
                let derived = scrypt::scrypt(password, &self.salt, &params, &mut key);
                derived.map_err(|error| format!("scrypt: {error}"))?;
            }
            Function::Pbkdf2 { rounds } => {
                pbkdf2::pbkdf2_hmac::<Sha256>(password, &self.salt, rounds as u32, &mut key);
            }
        }
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Derivation, MEMORY_BYTES_MAX, SCRYPT_WORK_MAX};

    #[test]
    fn what_costs_too_much_is_refused_before_any_of_it_is_spent() {
        for (function, name, value) in [
            ("scrypt", "n", 1_u64 << 40),
            ("scrypt", "n", 1 << 63),
            ("scrypt", "r", 1 << 40),
            ("scrypt", "p", 1 << 40),
            ("scrypt", "p", u64::MAX),
            ("pbkdf2", "c", 1 << 40),
            ("pbkdf2", "c", u64::MAX),
        ] {
            let mut given =
                json!({ "dklen": 32, "n": 2, "r": 1, "p": 1, "c": 2, "prf": "hmac-sha256", "salt": "00" });
            assert!(Derivation::read(Some(function), &given).is_ok());
            given[name] = json!(value);
            Derivation::read(Some(function), &given).expect_err("it is too much");
        }
        // Little of each, and much together: memory for lanes is memory too.
        let given = json!({ "dklen": 32, "n": 2, "r": 1 << 22, "p": 2, "salt": "00" });
        Derivation::read(Some("scrypt"), &given).expect_err("it is too much");
        let usual = json!({ "dklen": 32, "n": 1 << 18, "r": 8, "p": 1, "salt": "00" });
        let (memory_bytes, work) = Derivation::read(Some("scrypt"), &usual).expect("it is usual").cost();
        assert!(memory_bytes < MEMORY_BYTES_MAX && work == SCRYPT_WORK_MAX / 8);
    }
}
