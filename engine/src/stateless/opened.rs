//! `Opened`: a block with its witness, of which everything was checked but its signatures and what it leads to.

use std::sync::Arc;

use alloy_primitives::{B256, Bytes};

use super::file::File;
use super::known::Known;
use super::{Claim, Refusal};
use crate::block::{Header, Parent, split};
use crate::checks::admit;
use crate::codec;
use crate::commitment::rules::Key32;
use crate::commitment::verifier::Verifier;
use crate::environment::Environment;
use crate::executed::Executed;
use crate::limits::Limits;
use crate::prices::{PriceList, Rule, Table};
use crate::reject::Reject;
use crate::serial::serial_on;
use crate::transaction::{Transaction, Verified};
use crate::writes::WriteSet;

/// See the head of this file.
pub struct Opened {
    header: Header,
    newest: Header,
    root_before: B256,
    claim: Claim,
    /// Which of both roots the headers above the block speak of.
    is_shown: Shown,
    environment: Environment,
    transactions: Vec<Transaction>,
    ids: Vec<B256>,
    touched: usize,
    known: Known,
    verifier: Verifier,
}

/// What headers say of the roots.
#[derive(Clone, Copy, Default)]
struct Shown {
    before: bool,
    after: bool,
}

/// What execution without a state has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// Header of the block.
    pub header: Header,
    /// The highest header that was given, on whose id all of this hangs: the block's own, or one above it.
    pub newest: Header,
    /// Root of the state before the block.
    pub root_before: B256,
    /// Whether a header up to the newest speaks of that root, else it is just said.
    pub root_before_is_in_headers: bool,
    /// What the block leads to.
    pub claim: Claim,
    /// Whether a header up to the newest speaks of the root after the block too.
    pub root_after_is_in_headers: bool,
    /// Accounts and slots that it has touched.
    pub touched: usize,
    /// What became of it. Codes that the chain had before may stand among the new ones.
    pub executed: Executed,
}

impl Opened {
    /// Reads and checks everything but signatures and the execution.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn open(bytes: &Bytes, limits: &Limits) -> Result<Opened, Refusal> {
        let file = File::decode(bytes, limits)?;
        let (header, wires) = split(&file.block).map_err(Refusal::Block)?;
        let is_shown = check_headers(&file, &header, limits)?;
        let transactions = transactions(&header, wires, limits)?;
        let rule = Rule::new(limits);
        let hot_keys = Table::from_ascending(file.hot_keys, &rule).ok_or(Refusal::Prices)?;
        if hot_keys.digest() != header.executed.prices {
            return Err(Refusal::Prices);
        }
        let prices = Arc::new(PriceList::new(&hot_keys, header.base_fee, &rule));
        let verifier = Verifier::open(&file.root_before, &file.witness).map_err(Refusal::Witness)?;
        check_values(&file.touched, &verifier)?;
        Ok(Opened {
            header,
            newest: file.above.last().copied().unwrap_or(header),
            root_before: file.root_before,
            claim: file.claim,
            is_shown,
            environment: Environment::of(&header, prices, limits),
            ids: transactions.iter().map(Transaction::id).collect(),
            transactions,
            touched: file.touched.len(),
            known: Known::new(file.touched),
            verifier,
        })
    }

    /// Header of the block.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Its transactions, whose signatures are to be checked. To be taken once.
    pub fn take_transactions(&mut self) -> Vec<Transaction> {
        std::mem::take(&mut self.transactions)
    }

    /// Executes the block. All signatures were good.
    ///
    /// # Errors
    /// [`Refusal::NotCovered`], [`Refusal::Unused`], [`Refusal::Outcome`].
    ///
    /// # Panics
    /// If these are not the transactions that were taken: a bug of the caller.
    pub fn execute(self, transactions: &[Verified]) -> Result<Proven, Refusal> {
        assert!(self.ids.iter().eq(transactions.iter().map(Verified::id).collect::<Vec<_>>().iter()));
        let missed = || Refusal::NotCovered(self.known.missed().expect("what is missed is noted"));
        let executed = serial_on(&self.known, &self.environment, transactions).map_err(|_| missed())?;
        if let Some(unused) = self.known.unused() {
            return Err(Refusal::Unused(unused));
        }
        let root = self.verifier.post_root(&executed.writes.trie_updates());
        let root = root.expect("what is written was read, and all that can be read is covered");
        let (outcomes, gas_used) = (executed.digest(), executed.gas_used);
        let found = Claim { state_root: root.into(), outcomes, gas_used };
        if found != self.claim {
            return Err(Refusal::Outcome(found));
        }
        Ok(Proven {
            header: self.header,
            newest: self.newest,
            root_before: self.root_before,
            root_before_is_in_headers: self.is_shown.before,
            claim: found,
            root_after_is_in_headers: self.is_shown.after,
            touched: self.touched,
            executed,
        })
    }
}

/// Whether all headers follow from each other and speak of the roots that are given, where they do.
fn check_headers(file: &File, header: &Header, limits: &Limits) -> Result<Shown, Refusal> {
    let mut below = match &file.parent {
        None => Parent::genesis(file.root_before, limits),
        Some(parent) => parent.as_parent(),
    };
    let is_first = header.height == 1;
    if is_first != file.parent.is_none() {
        return Err(Refusal::Header(header.height, "has a parent that is no header"));
    }
    // The root of genesis is in its id.
    let mut is_shown = Shown { before: is_first, after: false };
    let before = header.height.checked_sub(1).ok_or(Refusal::Header(0, "is that of no block"))?;
    for next in [header].into_iter().chain(&file.above) {
        check_follows(&below, next, limits)?;
        if next.executed.height == before {
            is_shown.before = true;
            check(
                next.executed.state_root == file.root_before,
                next,
                "has another state root before the block",
            )?;
        }
        if next.executed.height == header.height {
            is_shown.after = true;
            let said = (next.executed.state_root, next.executed.gas_used);
            let is_said = said == (file.claim.state_root, file.claim.gas_used);
            check(is_said, next, "has another state root or other gas after the block")?;
        }
        below = next.as_parent();
    }
    let newest = file.above.last().unwrap_or(header);
    check(below.id == file.newest, newest, "is not the one that is named")?;
    Ok(is_shown)
}

fn check_follows(parent: &Parent, header: &Header, limits: &Limits) -> Result<(), Refusal> {
    let stands = header.parent == parent.id && header.height.checked_sub(1) == Some(parent.height);
    check(stands, header, "does not stand on the one below")?;
    check(header.timestamp_ms > parent.timestamp_ms, header, "is not later than the one below")?;
    let spoken_of = header.height.saturating_sub(limits.root_lag);
    check(header.executed.height == spoken_of, header, "speaks of another height than it has to")?;
    let base_fee = parent.next_base_fee(&header.executed, limits);
    check(header.base_fee == base_fee, header, "has another base fee than follows from the one below")
}

fn check(holds: bool, header: &Header, what: &'static str) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(Refusal::Header(header.height, what)) }
}

/// The transactions of a block within its limits, each of which could be in one.
fn transactions(header: &Header, wires: Vec<Bytes>, limits: &Limits) -> Result<Vec<Transaction>, Refusal> {
    if header.transactions > limits.block_transactions_max || header.body_bytes > limits.block_bytes_max {
        return Err(Refusal::Block(Reject::Oversized));
    }
    let mut gas = 0_u64;
    let mut transactions = Vec::with_capacity(wires.len());
    for (at, wire) in (0..).zip(wires) {
        let refused = |reject| Refusal::Transaction(at, reject);
        let transaction = codec::decode(wire).map_err(refused)?;
        admit(&transaction, limits).map_err(refused)?;
        gas = gas.saturating_add(transaction.fields().gas_limit);
        transactions.push(transaction);
    }
    if gas > limits.block_gas_max {
        return Err(Refusal::Block(Reject::GasLimitTooHigh));
    }
    Ok(transactions)
}

/// Whether the witness is of these accounts and slots, and the state holds there what is said.
fn check_values(touched: &WriteSet, verifier: &Verifier) -> Result<(), Refusal> {
    let updates = touched.trie_updates();
    let keys: Vec<Key32> = updates.iter().map(|(key, _)| *key).collect();
    let holds = |(key, value): &_| verifier.get(key) == Ok(*value);
    if verifier.is_for(&keys) && updates.iter().all(holds) { Ok(()) } else { Err(Refusal::Values) }
}
