//! `Arguments`: what a request brings, read one by one, with geth's words for what is wrong.

use alloy_primitives::{B256, U64, U256, hex};
use serde::Deserialize as _;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::failure::Failure;

/// The parameters of a request.
#[derive(Clone, Debug, Default)]
pub struct Arguments(Vec<Value>);

/// A block, as a request names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockName {
    /// By height.
    Height(u64),
    /// By hash.
    Hash(B256),
    /// The newest; here also "safe", "finalized" and "pending".
    Newest,
    /// The oldest that there is.
    Earliest,
}

impl Arguments {
    /// Reads the parameters of a method that takes so many at most.
    ///
    /// # Errors
    /// If they are no list, or too long a one.
    pub fn parse(text: Option<&str>, count_max: usize) -> Result<Arguments, Failure> {
        let parsed = text.map(serde_json::from_str).transpose();
        match parsed.map_err(|error| Failure::params(format!("invalid params: {error}")))? {
            None | Some(Value::Null) => Ok(Arguments::default()),
            Some(Value::Array(values)) if values.len() <= count_max => Ok(Arguments(values)),
            Some(Value::Array(_)) => {
                Err(Failure::params(format!("too many arguments, want at most {count_max}")))
            }
            Some(_) => Err(Failure::params("non-array args")),
        }
    }

    /// The first parameter alone.
    pub fn first(&self) -> Arguments {
        Arguments(self.0.iter().take(1).cloned().collect())
    }

    /// A parameter that must be there.
    ///
    /// # Errors
    /// If it is missing, or something else.
    pub fn required<T: DeserializeOwned>(&self, index: usize) -> Result<T, Failure> {
        self.optional(index)?
            .ok_or_else(|| Failure::params(format!("missing value for required argument {index}")))
    }

    /// A parameter that may be missing or null.
    ///
    /// # Errors
    /// If it is something else.
    pub fn optional<T: DeserializeOwned>(&self, index: usize) -> Result<Option<T>, Failure> {
        match self.value(index) {
            None => Ok(None),
            Some(value) => {
                T::deserialize(value).map(Some).map_err(|error| invalid(index, &error.to_string()))
            }
        }
    }

    /// A hash of 32 bytes.
    ///
    /// # Errors
    /// If it is missing, or something else.
    pub fn hash(&self, index: usize) -> Result<B256, Failure> {
        let text: String = self.required(index)?;
        let mut hash = B256::ZERO;
        match text.strip_prefix("0x") {
            None => Err(invalid(index, "hex string without 0x prefix")),
            Some(digits) => hex::decode_to_slice(digits, hash.as_mut())
                .map(|()| hash)
                .map_err(|_| invalid(index, "hex string is no hash of 32 bytes")),
        }
    }

    /// A parameter as it stands, unless it is missing or null.
    pub fn value(&self, index: usize) -> Option<&Value> {
        self.0.get(index).filter(|value| !value.is_null())
    }

    /// All parameters that could name a block or a transaction, as the name of a block.
    pub fn names(&self) -> impl Iterator<Item = BlockName> {
        self.0.iter().filter_map(|value| block_name(value).ok())
    }

    /// A quantity, in hexadecimal or as a number.
    ///
    /// # Errors
    /// If it is something else.
    pub fn quantity(&self, index: usize) -> Result<Option<u64>, Failure> {
        match self.value(index) {
            None => Ok(None),
            Some(Value::Number(number)) if number.is_u64() => Ok(number.as_u64()),
            Some(value) => hex_quantity(value).map(Some).map_err(|what| invalid(index, &what)),
        }
    }

    /// A block; the newest if none is given.
    ///
    /// # Errors
    /// If it is something else.
    pub fn block(&self, index: usize) -> Result<BlockName, Failure> {
        self.value(index)
            .map_or(Ok(BlockName::Newest), |value| block_name(value).map_err(|what| invalid(index, &what)))
    }

    /// The key of a slot: any hexadecimal number of up to 32 bytes.
    ///
    /// # Errors
    /// If it is something else.
    pub fn slot(&self, index: usize) -> Result<U256, Failure> {
        let text: String = self.required(index)?;
        slot(&text)
    }
}

/// The key of a slot from its text.
pub fn slot(text: &str) -> Result<U256, Failure> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    if digits.len() > 64 {
        return Err(Failure::params(format!("storage key too long (want at most 32 bytes): {text:?}")));
    }
    U256::from_str_radix(if digits.is_empty() { "0" } else { digits }, 16)
        .ok()
        .filter(|_| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .ok_or_else(|| Failure::params(format!("invalid hex in storage key: {text:?}")))
}

/// A block from how a request names it.
pub fn block_name(value: &Value) -> Result<BlockName, String> {
    if let Value::Object(fields) = value {
        return match (fields.get("blockHash"), fields.get("blockNumber")) {
            (Some(_), Some(_)) => {
                Err("cannot specify both BlockHash and BlockNumber, choose one or the other".into())
            }
            (Some(hash), None) => {
                B256::deserialize(hash).map(BlockName::Hash).map_err(|error| error.to_string())
            }
            (None, Some(number)) => block_name(number),
            (None, None) => Err("invalid block number or hash".into()),
        };
    }
    match value.as_str() {
        Some("latest" | "pending" | "safe" | "finalized") => Ok(BlockName::Newest),
        Some("earliest") => Ok(BlockName::Earliest),
        Some(text) if text.len() == 66 && text.starts_with("0x") => {
            let mut hash = B256::ZERO;
            hex::decode_to_slice(text, hash.as_mut()).map_err(|error| error.to_string())?;
            Ok(BlockName::Hash(hash))
        }
        _ => hex_quantity(value).map(BlockName::Height),
    }
}

fn hex_quantity(value: &Value) -> Result<u64, String> {
    let text =
        value.as_str().ok_or("json: cannot unmarshal non-string into Go value of type hexutil.Uint64")?;
    let digits = text.strip_prefix("0x").ok_or("hex string without 0x prefix")?;
    if digits.is_empty() {
        return Err("hex string \"0x\"".into());
    }
    if digits.len() > 1 && digits.starts_with('0') {
        return Err("hex number with leading zero digits".into());
    }
    if digits.len() > 16 {
        return Err("hex number > 64 bits".into());
    }
    let parsed = U64::from_str_radix(digits, 16).map_err(|_| "invalid hex string".to_owned())?;
    Ok(parsed.to())
}

fn invalid(index: usize, what: &str) -> Failure {
    Failure::params(format!("invalid argument {index}: {what}"))
}

#[cfg(test)]
mod tests {
    use super::{Arguments, BlockName, slot};
    use alloy_primitives::{B256, U256};

    #[test]
    fn blocks_are_named_by_tag_height_or_hash() {
        let hash = format!("\"0x{}\"", "ab".repeat(32));
        let cases = [
            ("\"latest\"", Some(BlockName::Newest)),
            ("\"finalized\"", Some(BlockName::Newest)),
            ("\"earliest\"", Some(BlockName::Earliest)),
            ("\"0x0\"", Some(BlockName::Height(0))),
            ("\"0x1f\"", Some(BlockName::Height(31))),
            (&hash, Some(BlockName::Hash(B256::repeat_byte(0xab)))),
            ("{\"blockNumber\":\"0x2\"}", Some(BlockName::Height(2))),
            ("null", Some(BlockName::Newest)),
            ("\"0x01\"", None),
            ("\"0x\"", None),
            ("\"12\"", None),
            ("7", None),
            ("\"newest\"", None),
            ("\"0x10000000000000000\"", None),
            ("{}", None),
            ("\"0xé\"", None),
        ];
        for (text, expected) in cases {
            let arguments = Arguments::parse(Some(&format!("[{text}]")), 1).expect("a list");
            assert_eq!(arguments.block(0).ok(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_missing_or_too_much_is_said_in_the_usual_words() {
        let none = Arguments::parse(None, 0).expect("nothing");
        let missing = none.required::<B256>(1).expect_err("missing");
        assert_eq!(
            (missing.code, missing.message.as_str()),
            (-32_602, "missing value for required argument 1")
        );
        let many = Arguments::parse(Some("[1,2]"), 1).expect_err("too many");
        assert_eq!(many.message, "too many arguments, want at most 1");
        let bare = Arguments::parse(Some(&format!("[\"{}\"]", "ab".repeat(32))), 1).expect("a list");
        assert_eq!(
            bare.hash(0).expect_err("no 0x").message,
            "invalid argument 0: hex string without 0x prefix"
        );
        assert_eq!(Arguments::parse(Some("{}"), 1).expect_err("no list").message, "non-array args");
    }

    #[test]
    fn slots_have_up_to_32_bytes() {
        assert_eq!(slot("0x"), Ok(U256::ZERO));
        assert_eq!(slot("0x1"), Ok(U256::from(1)));
        assert_eq!(slot(&format!("0x{}", "f".repeat(64))), Ok(U256::MAX));
        assert!(
            slot(&format!("0x{}", "0".repeat(65))).is_err() && slot("0x_1").is_err() && slot("0xg").is_err()
        );
    }
}
