//! `Draft`: a transaction that is planned, but not yet encoded and signed; `Author`: who plans them.
//!
//! Planning is sequential, since nonces count up, and takes nanoseconds; signing takes microseconds and needs nothing
//! but the draft and the cast, so drafts are signed on all cores and the result does not depend on how many there
//! are.

use alloy_primitives::{Bytes, U256};
use pelton_engine::transaction::{Fields, Kind};

use crate::action::Action;
use crate::cast::{Cast, Undeclared};
use crate::dice::Dice;
use crate::encode::Unsigned;
use crate::expectation::Expectation;
use crate::spec::{CHAIN_ID, Scheme, Spec};
use crate::twist::Twist;

const GWEI: u64 = 1_000_000_000;
const FEE_MAX: u64 = 100 * GWEI;
/// Tip of every transaction, in wei per gas, before what a generator adds.
const TIP: u64 = GWEI;

/// One transaction before it is encoded and signed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draft {
    pub(crate) sender: u32,
    pub(crate) nonce: u64,
    /// Wei per gas for the producer.
    pub(crate) tip: u64,
    pub(crate) action: Action,
    pub(crate) twist: Twist,
}

impl Draft {
    /// Encodes and signs, and says what must come of it.
    pub(crate) fn sign(&self, cast: &Cast) -> (Bytes, Expectation) {
        let account = cast.account(self.sender);
        let mut fields = self.fields(cast);
        self.twist.bend_fields(&mut fields);
        let unsigned = Unsigned::new(&fields);
        let mut signature = account.sign(&unsigned.message(account));
        self.twist.bend_signature(&mut signature);
        let wire = self.twist.bend_bytes(unsigned.with(&signature));
        (wire, self.twist.expectation(account.scheme()))
    }

    fn fields(&self, cast: &Cast) -> Fields {
        let sender = cast.account(self.sender);
        let call = self.action.call(cast, sender.address());
        let kind = match sender.scheme() {
            Scheme::Secp256k1 => Kind::DynamicFee,
            Scheme::Ed25519 => Kind::Declared,
        };
        let (reads, writes) = call.lists(kind);
        Fields {
            kind,
            chain_id: Some(CHAIN_ID),
            nonce: self.nonce,
            gas_limit: call.gas_limit,
            max_fee_per_gas: FEE_MAX.into(),
            max_priority_fee_per_gas: self.tip.into(),
            max_contention_fee: if kind == Kind::Declared { contention_max(call.gas_limit) } else { 0 },
            to: Some(call.to),
            value: U256::from(call.value),
            input: call.input,
            reads,
            writes,
            authorizations: Vec::new(),
        }
    }
}

/// As much again for hot keys as for the gas.
fn contention_max(gas_limit: u64) -> u128 {
    u128::from(gas_limit) * u128::from(FEE_MAX)
}

/// Throws the dice and counts the nonces of all senders of one workload.
pub(crate) struct Author {
    pub(crate) dice: Dice,
    actors: u64,
    nonces: Vec<u64>,
    undeclared: Undeclared,
}

impl Author {
    /// An author for this spec, whose senders are so many.
    pub(crate) fn new(spec: &Spec, senders: usize) -> Author {
        let name = blake3::hash(spec.pattern.name().as_str().as_bytes());
        let start = u64::from_be_bytes(*name.as_bytes().first_chunk().expect("a hash has 32 bytes"));
        Author {
            dice: Dice::new(spec.seed ^ start),
            actors: spec.accounts.into(),
            nonces: vec![0; senders],
            undeclared: Undeclared::of(spec),
        }
    }

    /// Any actor.
    pub(crate) fn actor(&mut self) -> u32 {
        self.dice.below(self.actors) as u32
    }

    /// Any actor but this one.
    pub(crate) fn other(&mut self, than: u32) -> u32 {
        self.dice.other(self.actors, than)
    }

    /// The sender's next transaction.
    pub(crate) fn draft(&mut self, sender: u32, action: Action) -> Draft {
        let nonce = &mut self.nonces[sender as usize];
        *nonce += 1;
        let twist = if self.undeclared.has(sender) { Twist::Unlisted } else { Twist::None };
        Draft { sender, nonce: *nonce - 1, tip: TIP, action, twist }
    }

    /// A plain transfer between two random actors.
    pub(crate) fn transfer(&mut self) -> Draft {
        let sender = self.actor();
        let to = self.other(sender);
        self.pay(sender, to)
    }

    /// A plain transfer.
    pub(crate) fn pay(&mut self, sender: u32, to: u32) -> Draft {
        let action = Action::Pay { to, value: self.value() };
        self.draft(sender, action)
    }

    /// A token transfer between two random actors.
    pub(crate) fn token_transfer(&mut self) -> Draft {
        let sender = self.actor();
        let action = Action::Token { to: self.other(sender), amount: self.value(), extra: 0 };
        self.draft(sender, action)
    }

    /// An amount so small that nobody runs out of it.
    pub(crate) fn value(&mut self) -> u64 {
        1 + self.dice.below(1_000)
    }

    /// What one transaction adds to the tip, at most as much again.
    pub(crate) fn extra_tip(&mut self) -> u64 {
        self.dice.below(TIP)
    }
}
