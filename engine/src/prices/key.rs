//! `Key`: what has a price.

use alloy_primitives::{Address, U256};

/// Length of an encoded key in bytes.
pub const KEY_BYTES: usize = 53;

/// An account with everything in it, or one of its slots. Ordered as its bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The account.
    pub address: Address,
    /// The slot; none is the account itself.
    pub slot: Option<U256>,
}

impl Key {
    /// An account with everything in it.
    pub const fn account(address: Address) -> Key {
        Key { address, slot: None }
    }

    /// One slot of an account.
    pub const fn slot(address: Address, slot: U256) -> Key {
        Key { address, slot: Some(slot) }
    }

    /// `address [20] ‖ 0 ‖ zeros [32]`, or `address [20] ‖ 1 ‖ slot [32]`.
    pub fn encode(&self) -> [u8; KEY_BYTES] {
        let mut bytes = [0; KEY_BYTES];
        bytes[..20].copy_from_slice(self.address.as_slice());
        if let Some(slot) = self.slot {
            bytes[20] = 1;
            bytes[21..].copy_from_slice(&slot.to_be_bytes::<32>());
        }
        bytes
    }

    /// What [`Key::encode`] made; none of any other bytes.
    pub fn decode(bytes: &[u8; KEY_BYTES]) -> Option<Key> {
        let address = Address::from_slice(&bytes[..20]);
        let slot = U256::from_be_slice(&bytes[21..]);
        match bytes[20] {
            0 if slot.is_zero() => Some(Key::account(address)),
            1 => Some(Key::slot(address, slot)),
            _ => None,
        }
    }
}
