//! `Claim`: an entry of an access set as prices see it, and what a set of them comes to.

use alloy_primitives::{Address, U256};

use super::key::Key;
use crate::access::{Access, AccessSet, Mode};
use crate::checks::GAS_TRANSACTION;
use crate::transaction::{Fields, Verified};

/// The unit in which weights are counted.
pub const WEIGHT_ONE: u64 = 16;
/// Weight of a claim to change a key: all others wait.
pub const WEIGHT_WRITE: u64 = WEIGHT_ONE;
/// Weight of a claim to read a key: those who change it wait.
pub const WEIGHT_READ: u64 = WEIGHT_ONE / 4;
/// Weight of a claim to add to a balance: those who read it wait.
pub const WEIGHT_ADD: u64 = WEIGHT_ONE / 16;

const _: () = {
    assert!(WEIGHT_READ > 0 && WEIGHT_ADD > 0, "nothing is free on a hot key");
    assert!(WEIGHT_ADD < WEIGHT_READ && WEIGHT_READ < WEIGHT_WRITE, "who holds up more pays more");
};

/// One account or some of its slots, and how much of the charge counts for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim<'a> {
    /// The account.
    pub address: Address,
    /// Its slots; none means the account with everything in it.
    pub slots: &'a [U256],
    /// In units of [`WEIGHT_ONE`]. What is only read weighs [`WEIGHT_READ`].
    pub weight: u64,
}

impl<'a> From<&'a Access> for Claim<'a> {
    fn from(access: &'a Access) -> Claim<'a> {
        let weight = match access.mode {
            Mode::Read => WEIGHT_READ,
            Mode::Write => WEIGHT_WRITE,
        };
        Claim { address: access.address, slots: &access.slots, weight }
    }
}

impl<'a> Claim<'a> {
    /// All claims of a transaction.
    pub fn all(transaction: &'a Verified) -> impl Iterator<Item = Claim<'a>> + Clone {
        Claim::of(transaction.fields(), transaction.sender(), transaction.access())
    }

    /// All claims of a transaction that says this, signed or not yet.
    pub fn of(
        fields: &Fields,
        sender: Address,
        access: &'a AccessSet,
    ) -> impl Iterator<Item = Claim<'a>> + Clone + use<'a> {
        let payee = fields.to.filter(|to| is_payment(fields) && *to != sender);
        access.entries.iter().map(move |entry| {
            let claim = Claim::from(entry);
            if payee == Some(claim.address) { Claim { weight: WEIGHT_ADD, ..claim } } else { claim }
        })
    }

    /// Whether it is to change something.
    pub fn changes(&self) -> bool {
        self.weight != WEIGHT_READ
    }
}

/// Whether nothing but a balance can come of this: there is no gas for the recipient's code, if he has any.
fn is_payment(fields: &Fields) -> bool {
    fields.input.is_empty() && fields.gas_limit == GAS_TRANSACTION && fields.authorizations.is_empty()
}

/// All claims of one transaction to one account, each key counted once.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct AccountClaims {
    pub(super) address: Address,
    /// Weight of the strongest claim to anything of the account.
    pub(super) any: u64,
    /// The claims to the account with everything in it; of weight 0 without one.
    pub(super) whole: Share,
    /// The named slots, ascending.
    pub(super) slots: Vec<(U256, Share)>,
}

/// What the claims of a transaction to one key come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Share {
    /// Of the strongest one.
    pub(super) weight: u64,
    /// Whether any of them is to change it.
    pub(super) changes: bool,
}

impl AccountClaims {
    /// The claims to a slot that name it.
    pub(super) fn slot(&self, slot: &U256) -> Option<Share> {
        let at = self.slots.binary_search_by_key(slot, |(slot, _)| *slot).ok()?;
        Some(self.slots[at].1)
    }

    /// The keys that are named, ascending, with the weights that cover them.
    pub(super) fn to_keys(&self) -> Vec<(Key, u64)> {
        let whole = (self.whole.weight > 0).then_some((Key::account(self.address), self.whole.weight));
        let named = self
            .slots
            .iter()
            .map(|(slot, share)| (Key::slot(self.address, *slot), share.weight.max(self.whole.weight)));
        whole.into_iter().chain(named).collect()
    }
}

impl Share {
    fn join(&mut self, claim: &Claim<'_>) {
        self.weight = self.weight.max(claim.weight);
        self.changes |= claim.changes();
    }
}

/// Sorts the claims of a transaction by account. The result does not depend on their order, nor on repeated ones.
pub(super) fn by_account<'a>(claims: impl IntoIterator<Item = Claim<'a>>) -> Vec<AccountClaims> {
    let mut claims: Vec<Claim<'a>> = claims.into_iter().collect();
    claims.sort_unstable_by_key(|claim| claim.address);
    claims.chunk_by(|a, b| a.address == b.address).map(merge).collect()
}

fn merge(claims: &[Claim<'_>]) -> AccountClaims {
    let any = claims.iter().map(|claim| claim.weight).max().expect("a chunk has a first claim");
    let mut whole = Share::default();
    claims.iter().filter(|claim| claim.slots.is_empty()).for_each(|claim| whole.join(claim));
    let mut named: Vec<(U256, &Claim<'_>)> = Vec::new();
    for claim in claims {
        named.extend(claim.slots.iter().map(|slot| (*slot, claim)));
    }
    named.sort_unstable_by_key(|(slot, _)| *slot);
    let slots = named.chunk_by(|a, b| a.0 == b.0).map(|same| {
        let mut share = Share::default();
        same.iter().for_each(|(_, claim)| share.join(claim));
        (same[0].0, share)
    });
    AccountClaims { address: claims[0].address, any, whole, slots: slots.collect() }
}
