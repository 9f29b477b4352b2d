//! `draft`: which of the transactions that wait go into the next block, and in which order.

use alloy_primitives::Address;
use foldhash::{HashMap, HashMapExt};
use pelton_engine::access::Bound;
use pelton_engine::limits::Limits;
use pelton_engine::prices::{Cap, Claim, Rule};
use pelton_engine::transaction::Verified;

use crate::pool::{Accounts, Pool, Waiting};

/// So many blocks' worth of transactions are looked at in vain, at most, for those that a full key does not keep out.
const ASIDE_MAX: usize = 4;

/// Takes what fits a block, best first, and orders it. What a full key keeps out, or what may not stand in this block, waits
/// for the next one and stands in nobody's way.
pub fn fill(
    pool: &mut Pool,
    limits: &Limits,
    accounts: &impl Accounts,
    mut may: impl FnMut(&Verified) -> bool,
) -> Vec<Waiting> {
    let (mut gas, mut bytes) = (limits.block_gas_max, limits.block_bytes_max as usize);
    let transactions_max = limits.block_transactions_max as usize;
    let mut keys = Keys::new(limits);
    let mut block: Vec<Waiting> = Vec::new();
    while block.len() < transactions_max
        && pool.aside() < ASIDE_MAX * transactions_max
        && let Some(best) = pool.peek()
    {
        let gas_limit = best.transaction.fields().gas_limit;
        let size = 4 + best.transaction.transaction().wire().len();
        if gas_limit > gas || size > bytes {
            break;
        }
        let fits = keys.admit(&best.transaction, block.iter().map(|before| &before.transaction));
        if !fits || !may(&best.transaction) {
            pool.set_aside();
            continue;
        }
        gas -= gas_limit;
        bytes -= size;
        block.push(pool.take(accounts).expect("it was just shown"));
    }
    pool.take_back(accounts);
    by_class(block)
}

/// Watches that no key of a block exceeds its cap.
pub struct Keys {
    rule: Rule,
    /// Gas of the block so far.
    gas: u64,
    /// None as long as the whole block has less gas than one key may.
    cap: Option<Cap>,
}

impl Keys {
    /// Of an empty block.
    pub fn new(limits: &Limits) -> Keys {
        Keys { rule: Rule::new(limits), gas: 0, cap: None }
    }

    /// Whether this one may follow these.
    pub fn admit<'a>(&mut self, new: &Verified, block: impl Iterator<Item = &'a Verified>) -> bool {
        let gas_limit = new.fields().gas_limit;
        if self.cap.is_none() && self.gas + gas_limit > self.rule.load_max {
            let mut cap = Cap::new(&self.rule);
            let mut block = block;
            let fits = block.all(|before| cap.add(Claim::all(before), before.fields().gas_limit));
            assert!(fits, "no key has more gas than all of the block");
            self.cap = Some(cap);
        }
        let fits = self.cap.as_mut().is_none_or(|cap| cap.add(Claim::all(new), gas_limit));
        if fits {
            self.gas += gas_limit;
        }
        fits
    }
}

/// The class that a transaction runs in: the lower, the more surely beside others.
fn class(transaction: &Verified) -> u8 {
    let fields = transaction.fields();
    match transaction.access().bound {
        Bound::Enforced => 0,
        Bound::Hint if fields.input.is_empty() => 1,
        Bound::Hint if !fields.writes.is_empty() => 2,
        Bound::Hint => 3,
        Bound::Open => 4,
    }
}

/// Orders by class, but none before an earlier one of the same sender.
fn by_class(block: Vec<Waiting>) -> Vec<Waiting> {
    let mut of_sender: HashMap<Address, u8> = HashMap::with_capacity(block.len());
    let mut classed = Vec::with_capacity(block.len());
    for waiting in block {
        let highest = of_sender.entry(waiting.transaction.sender()).or_default();
        *highest = class(&waiting.transaction).max(*highest);
        classed.push((*highest, waiting));
    }
    classed.sort_by_key(|(class, _)| *class);
    classed.into_iter().map(|(_, waiting)| waiting).collect()
}
