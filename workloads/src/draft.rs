//! `Draft`: a transaction that is planned, but not yet encoded and signed; `Author`: who plans them.
//!
//! Planning is sequential, since nonces count up, and takes nanoseconds; signing takes microseconds and needs nothing
//! but the draft and the cast, so drafts are signed on all cores and the result does not depend on how many there
//! are.

use alloy_primitives::{Address, Bytes, U256};
use pelton_engine::transaction::{Fields, Kind, Listed};

use crate::cast::Cast;
use crate::contracts::{self, MINT, PAIR, TOKEN};
use crate::dice::Dice;
use crate::encode::Unsigned;
use crate::expectation::Expectation;
use crate::spec::{CHAIN_ID, Scheme, Spec};
use crate::twist::Twist;

const GWEI: u64 = 1_000_000_000;
const FEE_MAX: u64 = 100 * GWEI;
/// Tip of every transaction, in wei per gas, before what a generator adds.
const TIP: u64 = GWEI;

const GAS_PAY: u64 = 21_000;
const GAS_TOKEN: u64 = 100_000;
const GAS_MINT: u64 = 150_000;
const GAS_SWAP: u64 = 200_000;

/// What a transaction does. Accounts are indices into the cast.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Action {
    /// Sends wei.
    Pay { to: u32, value: u64 },
    /// Sends tokens.
    Token { to: u32, amount: u64 },
    /// Mints a collectible.
    Mint,
    /// Swaps in the market.
    Swap { zero_for_one: bool, amount: u64 },
}

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

    /// The fields, with access lists that name exactly the slots that the call touches. A mint names none: its new slot
    /// depends on the counter, and without a list the whole contract is covered, as the recipient.
    fn fields(&self, cast: &Cast) -> Fields {
        let sender = cast.account(self.sender);
        let me = sender.address();
        let (to, value, gas_limit, input, slots) = match self.action {
            Action::Pay { to, value } => {
                (cast.account(to).address(), value, GAS_PAY, Bytes::new(), Vec::new())
            }
            Action::Token { to, amount } => {
                let to = cast.account(to).address();
                let input = contracts::token_transfer(to, U256::from(amount));
                let slots = vec![contracts::token_balance(me), contracts::token_balance(to)];
                (TOKEN, 0, GAS_TOKEN, input, slots)
            }
            Action::Mint => (MINT, 0, GAS_MINT, contracts::mint(), Vec::new()),
            Action::Swap { zero_for_one, amount } => {
                let [first, second] = contracts::pair_balances(me);
                let slots = vec![U256::from(contracts::PAIR_RESERVES), first, second];
                (PAIR, 0, GAS_SWAP, contracts::swap(zero_for_one, U256::from(amount)), slots)
            }
        };
        Fields {
            kind: match sender.scheme() {
                Scheme::Secp256k1 => Kind::DynamicFee,
                Scheme::Ed25519 => Kind::Declared,
            },
            chain_id: Some(CHAIN_ID),
            nonce: self.nonce,
            gas_limit,
            max_fee_per_gas: FEE_MAX.into(),
            max_priority_fee_per_gas: self.tip.into(),
            to: Some(to),
            value: U256::from(value),
            input,
            reads: Vec::new(),
            writes: listed(to, slots),
            authorizations: Vec::new(),
        }
    }
}

/// An access list of one account, in the order that declared access must have.
fn listed(address: Address, mut slots: Vec<U256>) -> Vec<Listed> {
    slots.sort_unstable();
    if slots.is_empty() { Vec::new() } else { vec![Listed { address, slots }] }
}

/// Throws the dice and counts the nonces of all senders of one workload.
pub(crate) struct Author {
    pub(crate) dice: Dice,
    actors: u64,
    nonces: Vec<u64>,
}

impl Author {
    /// An author for this spec, whose senders are so many.
    pub(crate) fn new(spec: &Spec, senders: usize) -> Author {
        let name = blake3::hash(spec.name.as_str().as_bytes());
        let start = u64::from_be_bytes(*name.as_bytes().first_chunk().expect("a hash has 32 bytes"));
        Author { dice: Dice::new(spec.seed ^ start), actors: spec.accounts.into(), nonces: vec![0; senders] }
    }

    /// Any actor.
    pub(crate) fn actor(&mut self) -> u32 {
        self.dice.below(self.actors) as u32
    }

    /// Any actor but this one.
    pub(crate) fn other(&mut self, than: u32) -> u32 {
        let other = self.dice.below(self.actors - 1) as u32;
        if other >= than { other + 1 } else { other }
    }

    /// The sender's next transaction.
    pub(crate) fn draft(&mut self, sender: u32, action: Action) -> Draft {
        let nonce = &mut self.nonces[sender as usize];
        *nonce += 1;
        Draft { sender, nonce: *nonce - 1, tip: TIP, action, twist: Twist::None }
    }

    /// A plain transfer between two random actors.
    pub(crate) fn transfer(&mut self) -> Draft {
        let sender = self.actor();
        let action = Action::Pay { to: self.other(sender), value: self.value() };
        self.draft(sender, action)
    }

    /// A token transfer between two random actors.
    pub(crate) fn token_transfer(&mut self) -> Draft {
        let sender = self.actor();
        let action = Action::Token { to: self.other(sender), amount: self.value() };
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
