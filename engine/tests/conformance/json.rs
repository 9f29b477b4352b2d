//! Numbers and bytes as Ethereum's JSON writes them: `0x` and hexadecimal digits.

use std::str::FromStr;

use alloy_primitives::{Address, Bytes, U256, hex};
use pelton_engine::evm::Code;
use pelton_engine::state::{Account, State};
use pelton_engine::transaction::Listed;
use pelton_engine::writes::WriteSet;
use serde_json::Value;

/// A member of an object, which must be there.
pub fn get<'a>(object: &'a Value, name: &str) -> &'a Value {
    object.get(name).unwrap_or_else(|| panic!("no {name:?} in {object}"))
}

/// A string.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a string: {value}"))
}

/// A number of up to 256 bits, with any number of leading zeros; `0x` alone is zero.
pub fn number(value: &Value) -> U256 {
    value.as_u64().map_or_else(|| from_digits(text(value)), U256::from)
}

/// A number of up to 64 bits.
pub fn small(value: &Value) -> u64 {
    number(value).try_into().unwrap_or_else(|_| panic!("more than 64 bits: {value}"))
}

/// A number of up to 128 bits.
pub fn price(value: &Value) -> u128 {
    number(value).try_into().unwrap_or_else(|_| panic!("more than 128 bits: {value}"))
}

/// Bytes of any length.
pub fn bytes(value: &Value) -> Bytes {
    hex::decode(text(value)).unwrap_or_else(|_| panic!("not bytes: {value}")).into()
}

/// An address or hash, at its full length.
pub fn fixed<T: FromStr>(value: &Value) -> T {
    text(value).parse().unwrap_or_else(|_| panic!("not of this length: {value}"))
}

/// The recipient of a transaction: none, as null or nothing at all, creates a contract.
pub fn recipient(value: &Value) -> Option<Address> {
    value.as_str().filter(|digits| !digits.is_empty()).map(|_| fixed(value))
}

/// An access list; null is an empty one.
pub fn access_list(value: &Value) -> Vec<Listed> {
    let items = value.as_array().into_iter().flatten();
    let slots = |item| get(item, "storageKeys").as_array().into_iter().flatten().map(number).collect();
    items.map(|item| Listed { address: fixed(get(item, "address")), slots: slots(item) }).collect()
}

/// A state from accounts by address. `code_of` finds the code of an account, and may find none.
pub fn state(accounts: &Value, code_of: impl Fn(&Value) -> Bytes) -> State {
    let mut writes = WriteSet::default();
    for (address, given) in accounts.as_object().expect("accounts by address") {
        let address: Address = address.parse().expect("an address");
        let code = Code::new(code_of(given));
        let account = Account {
            nonce: small(get(given, "nonce")),
            balance: number(get(given, "balance")),
            code_hash: code.hash(),
        };
        writes.accounts.push((address, Some(account)));
        if !code.is_empty() {
            writes.codes.push((account.code_hash, code));
        }
        for (slot, value) in get(given, "storage").as_object().expect("values by slot") {
            writes.slots.push(((address, from_digits(slot)), number(value)));
        }
    }
    let mut state = State::default();
    state.apply(&writes);
    state
}

fn from_digits(digits: &str) -> U256 {
    let hexadecimal = digits.strip_prefix("0x").expect("0x, and then digits");
    U256::from_str_radix(hexadecimal, 16).unwrap_or_else(|_| panic!("more than 256 bits: {digits}"))
}
