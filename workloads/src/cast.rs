//! `Cast`: the accounts of a workload, by the part that they play.
//!
//! ```text
//! actors    0 .. accounts          pay, call and are paid; all good transactions are theirs. Where a share of them
//!                                 is to list no access, those sign Ethereum's own transactions, whatever the scheme
//! victims   a sixteenth of that    their keys sign what never gets as far as a nonce
//! elders    the same               have used their first ELDER_NONCE nonces already
//! failing   the same               call and revert
//! breaking  the same, ed25519      touch what they did not declare
//! paupers   one per transaction    own nothing
//! ```
//!
//! Only `hostile` has more than actors. Bad senders are no actors, so that nothing they do disturbs a good nonce.

use std::ops::Range;

use rayon::prelude::*;

use crate::generators::hostile;
use crate::name::Name;
use crate::parameter::{ONE, Parameter};
use crate::spec::{Scheme, Spec};
use crate::wallet::Account;

/// Nonce of an elder at genesis.
pub(crate) const ELDER_NONCE: u64 = 1 << 40;

/// Which actors list no access: so many, evenly spread.
pub(crate) struct Undeclared {
    count: u64,
    of: u64,
}

impl Undeclared {
    /// Those of a workload; none where it has no such parameter.
    pub(crate) fn of(spec: &Spec) -> Undeclared {
        let share = spec.pattern.find(Parameter::Undeclared).unwrap_or(0);
        let of = u64::from(spec.accounts);
        Undeclared { count: (of * u64::from(share)).div_ceil(ONE.into()), of }
    }

    /// Whether this one of all actors is among them.
    pub(crate) fn has(&self, index: u32) -> bool {
        let before = |index: u64| index * self.count / self.of;
        before(u64::from(index) + 1) > before(index.into())
    }
}

/// Accounts by index, and which indices play which part.
pub(crate) struct Cast {
    pub(crate) accounts: Vec<Account>,
    pub(crate) victims: Range<u32>,
    pub(crate) elders: Range<u32>,
    pub(crate) failing: Range<u32>,
    pub(crate) breaking: Range<u32>,
    pub(crate) paupers: Range<u32>,
}

impl Cast {
    /// Derives all accounts that a workload needs, on all cores.
    pub(crate) fn new(spec: &Spec) -> Cast {
        let hostile = spec.pattern.name() == Name::Hostile;
        let group = if hostile { spec.accounts.div_ceil(16) } else { 0 };
        let poor = if hostile { hostile::unaffordable(spec.transactions) } else { 0 };
        let mut end = spec.accounts;
        let mut next = |length: u32| {
            let start = end;
            end = start.checked_add(length).expect("a workload has fewer than 2^32 accounts");
            start..end
        };
        let (victims, elders, failing, breaking) = (next(group), next(group), next(group), next(group));
        let paupers = next(u32::try_from(poor).expect("a workload has fewer than 2^32 accounts"));
        let derive = |scheme, range: Range<u32>| {
            Account::derive_all(spec.seed, scheme, range.start.into()..range.end.into())
        };
        let undeclared = Undeclared::of(spec);
        let scheme = |index| if undeclared.has(index) { Scheme::Secp256k1 } else { spec.scheme };
        let own = |index| Account::derive(spec.seed, scheme(index), index.into());
        let mut accounts: Vec<Account> = (0..failing.end).into_par_iter().map(own).collect();
        accounts.extend(derive(Scheme::Ed25519, breaking.clone()));
        accounts.extend(derive(spec.scheme, paupers.clone()));
        Cast { accounts, victims, elders, failing, breaking, paupers }
    }

    /// The account of an index.
    pub(crate) fn account(&self, index: u32) -> &Account {
        &self.accounts[index as usize]
    }
}
