//! `Slips`: what a payment takes from one account and gives to another, for those who keep these accounts.

use alloy_primitives::Address;

use super::super::charge::Charge;
use crate::transaction::Verified;

/// Something to take.
#[derive(Debug)]
pub(super) struct Debit {
    pub(super) sender: Address,
    /// The nonce that the sender must have.
    pub(super) nonce: u64,
    /// Wei that the sender must own.
    pub(super) cost_max: u128,
    pub(super) wei: u128,
}

/// Something to give.
#[derive(Debug)]
pub(super) struct Credit {
    pub(super) recipient: Address,
    pub(super) wei: u128,
}

/// What some transactions take and give, in block order, of the accounts of one shard.
#[derive(Debug)]
pub(super) struct Slips {
    pub(super) debits: Vec<Debit>,
    pub(super) credits: Vec<Credit>,
}

impl Slips {
    /// For a part of so many transactions, one among so many.
    pub(super) fn with_capacity(transactions: usize, parts: usize) -> Slips {
        // A third more than it will be where accounts are spread evenly.
        let expected = transactions.div_ceil(parts) * 4 / 3 + 8;
        Slips { debits: Vec::with_capacity(expected), credits: Vec::with_capacity(expected) }
    }

    pub(super) fn len(&self) -> usize {
        self.debits.len() + self.credits.len()
    }
}

/// Writes the slips of a payment to those of all shards. None if they have no room for such amounts.
pub(super) fn write(slips: &mut [Slips], transaction: &Verified, charge: &Charge) -> Option<()> {
    let (fields, sender) = (transaction.fields(), transaction.sender());
    let to = fields.to.expect("a payment has a recipient");
    let cost_max = u128::try_from(fields.cost_max()?).ok()?;
    // It takes no more than that.
    let given = u128::try_from(fields.value).ok()?;
    let wei = u128::try_from(charge.fee).ok()?.checked_add(given)?;
    let debit = Debit { sender, nonce: fields.nonce, cost_max, wei };
    slips[shard_of(&sender, slips.len())].debits.push(debit);
    slips[shard_of(&to, slips.len())].credits.push(Credit { recipient: to, wei: given });
    Some(())
}

/// The shard of an account: those of one have greater addresses than those of the one before.
pub(super) fn shard_of(address: &Address, shards: usize) -> usize {
    let first = u32::from_be_bytes(*address.first_chunk().expect("20 bytes are more than four"));
    ((u64::from(first) * shards as u64) >> 32) as usize
}
