//! Admission: what a block may hold, judged before anything of it runs.
//!
//! A block is ordered first and executed later, so nobody can know yet what its senders will own. What everybody knows is the
//! state after an ancestor that all have executed: the block `root_lag` below, of which the header speaks. Against that
//! state stands all that was ordered since:
//!
//! ```text
//!   executed by all              ordered, perhaps not executed         judged
//!   ── h−lag ──────────────┤├── h−lag+1 ── … ── h−1 ──────────┤├── h
//!      nonce 7, 100 wei        nonces 7, 8, at worst 60 wei         nonce 9, at worst 40 wei: admissible
//!                                                                   nonce 9, at worst 41 wei: not
//! ```
//!
//! 1. The nonces of a sender follow each other without a gap, from the one that it has there.
//! 2. What its transactions since then can cost at worst is covered by the balance that it has there. What it was paid since
//!    then counts later.
//! 3. An account that acts as a contract (EIP-7702) can be emptied by others, so one transaction of it is on its way at a time.
//! 4. The block, and each transaction, keep to the chain's [limits](crate::limits), and no key has more than its [cap](Cap).
//!
//! The producer fills a block by the same rules that others judge it by, whatever each of them has executed by then. What
//! is admissible can still be skipped, if a sender was emptied by others on the way; but nobody can fill blocks for nothing.

use std::collections::VecDeque;
use std::fmt;

use alloy_primitives::map::AddressMap;
use alloy_primitives::{Address, B256, U256};

use crate::checks;
use crate::limits::Limits;
use crate::prices::{Cap, Overloaded, Rule};
use crate::reject::Reject;
use crate::state::{Account, State};
use crate::transaction::Verified;

/// The state after the ancestor by which a block is judged.
pub trait Ancestor {
    /// An account; the empty one if there is none.
    fn account(&self, address: &Address) -> Account;

    /// Whether the code with this hash only points to another account's.
    fn is_delegation(&self, code_hash: &B256) -> bool;
}

impl Ancestor for State {
    fn account(&self, address: &Address) -> Account {
        State::account(self, address).unwrap_or_default()
    }

    fn is_delegation(&self, code_hash: &B256) -> bool {
        self.code(code_hash).is_some_and(|code| code.is_delegation())
    }
}

/// Why a block is not admissible: its producer broke the rules, and nobody has to execute it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inadmissible {
    /// More transactions than a block may have.
    TooMany,
    /// More bytes of transactions than a block may have.
    TooLong,
    /// Higher gas limits, all together, than a block may have.
    TooMuchGas,
    /// A transaction, by its position, that should not stand in it.
    Transaction(usize, Refused),
}

/// Why a transaction may not stand in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It breaks a limit of the chain.
    Limits(Reject),
    /// Its nonce is not the next one of its sender.
    OutOfTurn,
    /// With what its sender has on its way, it can cost more than the sender owned.
    CannotPay,
    /// Its sender is a contract.
    Contract,
    /// Its sender acts as a contract, and has one on its way.
    OneAtATime,
    /// One of its keys has as much as a block may hold of it.
    Overloaded,
}

impl fmt::Display for Inadmissible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Inadmissible::TooMany => f.write_str("too many transactions"),
            Inadmissible::TooLong => f.write_str("too many bytes of transactions"),
            Inadmissible::TooMuchGas => f.write_str("gas limits above what a block may have"),
            Inadmissible::Transaction(position, refused) => write!(f, "transaction {position}: {refused}"),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Limits(reject) => write!(f, "{reject}"),
            Refused::OutOfTurn => f.write_str("its nonce is not the next one of its sender"),
            Refused::CannotPay => f.write_str("its sender cannot pay for all that it has on its way"),
            Refused::Contract => f.write_str("its sender is a contract"),
            Refused::OneAtATime => f.write_str("its sender acts as a contract and has another on its way"),
            Refused::Overloaded => f.write_str("it exceeds the cap of a key"),
        }
    }
}

impl std::error::Error for Inadmissible {}

/// What a sender has on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Flight {
    count: u64,
    /// At worst, in wei.
    cost: U256,
}

/// What has been ordered and is not executed by everybody.
#[derive(Debug)]
pub struct Admission {
    limits: Limits,
    /// The blocks above the ancestor of the next one, each by its senders.
    blocks: VecDeque<AddressMap<Flight>>,
    /// All of these together.
    on_the_way: AddressMap<Flight>,
}

impl Admission {
    /// Nothing is on its way.
    pub fn new(limits: Limits) -> Admission {
        Admission { limits, blocks: VecDeque::new(), on_the_way: AddressMap::default() }
    }

    /// Begins a block on top of all that were pushed.
    pub fn open(&self) -> Open<'_> {
        Open { admission: self, senders: AddressMap::default() }
    }

    /// Judges the transactions of a block on top of all that were pushed, given the state after the ancestor that its header
    /// speaks of.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn judge(&self, ancestor: &impl Ancestor, block: &[Verified]) -> Result<(), Inadmissible> {
        let Limits { block_transactions_max, block_bytes_max, block_gas_max, .. } = self.limits;
        if block.len() > block_transactions_max as usize {
            return Err(Inadmissible::TooMany);
        }
        let bytes: usize = block.iter().map(|one| 4 + one.transaction().wire().len()).sum();
        if bytes > block_bytes_max as usize {
            return Err(Inadmissible::TooLong);
        }
        let gas = block.iter().try_fold(0_u64, |sum, one| sum.checked_add(one.fields().gas_limit));
        if gas.is_none_or(|gas| gas > block_gas_max) {
            return Err(Inadmissible::TooMuchGas);
        }
        let mut open = self.open();
        for (position, transaction) in block.iter().enumerate() {
            checks::admit(transaction.transaction(), &self.limits)
                .map_err(Refused::Limits)
                .and_then(|()| open.add(ancestor, transaction))
                .map_err(|refused| Inadmissible::Transaction(position, refused))?;
        }
        Cap::check(&Rule::new(&self.limits), block)
            .map_err(|Overloaded { position }| Inadmissible::Transaction(position, Refused::Overloaded))
    }

    /// Hears that this block, which is admissible, comes next. The ancestor moves up by one.
    pub fn push(&mut self, block: &[Verified]) {
        let mut senders = AddressMap::<Flight>::default();
        for transaction in block {
            senders.entry(transaction.sender()).or_default().add(transaction);
            self.on_the_way.entry(transaction.sender()).or_default().add(transaction);
        }
        self.blocks.push_back(senders);
        if self.blocks.len() as u64 >= self.limits.root_lag {
            let executed = self.blocks.pop_front().expect("one was just pushed");
            for (sender, flight) in executed {
                let left = self.on_the_way.get_mut(&sender).expect("what is on its way was added");
                (left.count, left.cost) = (left.count - flight.count, left.cost - flight.cost);
                if left.count == 0 {
                    self.on_the_way.remove(&sender);
                }
            }
        }
    }
}

impl Flight {
    fn add(&mut self, transaction: &Verified) {
        self.count += 1;
        self.cost = self.cost.saturating_add(cost_max(transaction));
    }
}

fn cost_max(transaction: &Verified) -> U256 {
    transaction.fields().cost_max().unwrap_or(U256::MAX)
}

/// A block that is being filled or judged.
#[derive(Debug)]
pub struct Open<'a> {
    admission: &'a Admission,
    senders: AddressMap<Flight>,
}

impl Open<'_> {
    /// Adds a transaction that keeps to the limits by itself. How full its keys are is another question, for a [`Cap`].
    ///
    /// # Errors
    /// Why it may not stand in this block, which is as it was.
    pub fn add(&mut self, ancestor: &impl Ancestor, transaction: &Verified) -> Result<(), Refused> {
        let sender = transaction.sender();
        let account = ancestor.account(&sender);
        let before = self.admission.on_the_way.get(&sender).copied().unwrap_or_default();
        let here = self.senders.get(&sender).copied().unwrap_or_default();
        let count = before.count + here.count;
        if account.code_hash != Account::default().code_hash {
            if !ancestor.is_delegation(&account.code_hash) {
                return Err(Refused::Contract);
            }
            if count > 0 {
                return Err(Refused::OneAtATime);
            }
        }
        if account.nonce.checked_add(count) != Some(transaction.fields().nonce) {
            return Err(Refused::OutOfTurn);
        }
        let cost = before.cost.saturating_add(here.cost).saturating_add(cost_max(transaction));
        if cost > account.balance {
            return Err(Refused::CannotPay);
        }
        self.senders.entry(sender).or_default().add(transaction);
        Ok(())
    }
}
