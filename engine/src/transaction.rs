//! `Transaction`: bytes that decode, and what they say; `Verified`: one whose sender is known.

use std::hint::black_box;
use std::ops::Range;
use std::sync::Arc;

use alloy_primitives::{Address, B256, Bytes, U256};

use crate::access::AccessSet;
use crate::checks::IntrinsicGas;

/// The kinds of transaction, by their type byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// Before EIP-2718, with or without a chain id.
    Legacy = 0x00,
    /// EIP-2930.
    AccessList = 0x01,
    /// EIP-1559.
    DynamicFee = 0x02,
    /// EIP-7702.
    SetCode = 0x04,
    /// Declared access, signed with ed25519.
    Declared = 0x65,
}

/// An account and some of its slots, as an access list names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The account.
    pub address: Address,
    /// Its slots, possibly none.
    pub slots: Vec<U256>,
}

/// A signed delegation of an account to code (EIP-7702).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// Chain that it is for; 0 for any.
    pub chain_id: U256,
    /// Whose code the account takes on.
    pub address: Address,
    /// Nonce that the account must have.
    pub nonce: u64,
    /// Parity of the signature's point.
    pub y_parity: u8,
    /// Signature, first half.
    pub r: U256,
    /// Signature, second half.
    pub s: U256,
}

/// What a transaction says, whatever its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    /// Type byte.
    pub kind: Kind,
    /// None only for legacy transactions before EIP-155.
    pub chain_id: Option<u64>,
    /// Position among the sender's transactions.
    pub nonce: u64,
    /// Most gas that it may use.
    pub gas_limit: u64,
    /// Wei per gas, all told.
    pub max_fee_per_gas: u128,
    /// Wei per gas for the block's producer; for legacy and 2930 the same as the maximum.
    pub max_priority_fee_per_gas: u128,
    /// Wei for all hot keys together (`0x65` only); the other kinds pay for them within the maximum fee.
    pub max_contention_fee: u128,
    /// None creates a contract.
    pub to: Option<Address>,
    /// Wei sent along.
    pub value: U256,
    /// Call data or creation code.
    pub input: Bytes,
    /// Declared reads (`0x65` only).
    pub reads: Vec<Listed>,
    /// Declared writes (`0x65`), or the access list.
    pub writes: Vec<Listed>,
    /// Delegations (7702 only).
    pub authorizations: Vec<Authorization>,
}

impl Fields {
    /// Whether the lists name single slots of this account.
    pub fn lists_slots_of(&self, address: Address) -> bool {
        self.reads.iter().chain(&self.writes).any(|item| item.address == address && !item.slots.is_empty())
    }

    /// Wei per gas for the producer when the base fee is this; none if the base fee is not covered.
    pub fn tip(&self, base_fee: u64) -> Option<u128> {
        let left = self.max_fee_per_gas.checked_sub(base_fee.into())?;
        Some(left.min(self.max_priority_fee_per_gas))
    }

    /// Wei that the sender must hold: value plus the whole gas limit at the maximum fee plus the maximum contention fee; none
    /// if that overflows.
    pub fn cost_max(&self) -> Option<U256> {
        let gas = match u128::from(self.gas_limit).checked_mul(self.max_fee_per_gas) {
            Some(gas) => U256::from(gas),
            None => U256::from(self.gas_limit) * U256::from(self.max_fee_per_gas),
        };
        gas.checked_add(U256::from(self.max_contention_fee))?.checked_add(self.value)
    }
}

/// The signature of a transaction, as found in its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signature {
    /// Ethereum's own.
    Secp256k1 {
        /// r then s, big-endian.
        rs: [u8; 64],
        /// Parity of the point R.
        y_parity: u8,
    },
    /// Of declared transactions.
    Ed25519 {
        /// R then s.
        rs: [u8; 64],
        /// The sender's public key.
        key: [u8; 32],
    },
}

/// Canonical bytes of a transaction and what they say. Only `codec::decode` makes one.
#[derive(Debug, PartialEq, Eq)]
pub struct Transaction {
    pub(crate) wire: Bytes,
    pub(crate) id: B256,
    pub(crate) fields: Fields,
    pub(crate) signature: Signature,
    /// Where in `wire` the signed fields stand.
    pub(crate) signed: Range<usize>,
}

impl Transaction {
    /// The canonical bytes.
    pub fn wire(&self) -> &Bytes {
        &self.wire
    }

    /// Keccak-256 of the bytes.
    pub fn id(&self) -> B256 {
        self.id
    }

    /// What it says.
    pub fn fields(&self) -> &Fields {
        &self.fields
    }

    /// Its signature, not checked.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }
}

/// A transaction whose signature was checked, with its sender and what it will touch. A clone shares all of it.
#[derive(Clone, Debug)]
pub struct Verified(Arc<Known>);

#[derive(Debug)]
struct Known {
    transaction: Transaction,
    sender: Address,
    gas: IntrinsicGas,
    access: AccessSet,
}

impl Verified {
    /// Joins a transaction and the sender that its signature proves. The verify stage calls this, with a verdict in
    /// hand; tests may.
    pub fn new(transaction: Transaction, sender: Address) -> Verified {
        let access = AccessSet::new(&transaction, sender);
        let gas = IntrinsicGas::of(transaction.fields());
        Verified(Arc::new(Known { transaction, sender, gas, access }))
    }

    /// The transaction.
    pub fn transaction(&self) -> &Transaction {
        &self.0.transaction
    }

    /// Who signed it.
    pub fn sender(&self) -> Address {
        self.0.sender
    }

    /// What it will touch.
    pub fn access(&self) -> &AccessSet {
        &self.0.access
    }

    /// What it costs before anything runs.
    pub(crate) fn intrinsic_gas(&self) -> IntrinsicGas {
        self.0.gas
    }

    /// Keccak-256 of the bytes.
    pub fn id(&self) -> B256 {
        self.0.transaction.id
    }

    /// What it says.
    pub fn fields(&self) -> &Fields {
        &self.0.transaction.fields
    }

    /// Looks at each part of some transactions that running them looks at, so that they are near: the waits for memory
    /// overlap here.
    pub(crate) fn approach<'a>(transactions: impl Iterator<Item = &'a Verified>) {
        black_box(transactions.fold(0, |sum, transaction| {
            let Fields { nonce, value, input, .. } = transaction.fields();
            let first = input.first().copied().unwrap_or_default();
            sum ^ nonce
                ^ value.as_limbs()[3]
                ^ u64::from(first ^ transaction.sender()[0] ^ transaction.id()[0])
        }));
    }
}
