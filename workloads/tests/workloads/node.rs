//! `Node`: the plainest thing that can judge a workload. One transaction after the other, one block, no pool; and then the
//! same block in parallel, which must end the same.

use std::collections::HashSet;

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use pelton_engine::checks;
use pelton_engine::codec;
use pelton_engine::environment::{Environment, Fork};
use pelton_engine::execute::execute;
use pelton_engine::executed::Outcome;
use pelton_engine::genesis::Genesis;
use pelton_engine::limits::Limits;
use pelton_engine::plan::Plan;
use pelton_engine::reject::Reject;
use pelton_engine::serial::serial;
use pelton_engine::state::State;
use pelton_engine::transaction::{Signature, Transaction, Verified};
use pelton_workloads::CHAIN_ID;
use secp256k1::Message;
use secp256k1::ecdsa::{RecoverableSignature, RecoveryId};

/// What became of one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Commit,
    Fail,
    Reject(Reject),
}

/// Who signed a transaction, by the libraries that all verifiers are judged by.
pub fn sender(transaction: &Transaction) -> Option<Address> {
    let mut message = Vec::new();
    transaction.signing_payload(&mut message);
    match transaction.signature() {
        Signature::Secp256k1 { rs, y_parity } => {
            let id = RecoveryId::from_u8_masked(*y_parity);
            let signature = RecoverableSignature::from_compact(rs, id).ok()?;
            let mut low = signature.to_standard();
            low.normalize_s();
            let key = signature.recover_ecdsa(Message::from_digest(keccak256(&message).0)).ok()?;
            let point = key.serialize_uncompressed();
            (low == signature.to_standard()).then(|| Address::from_word(keccak256(&point[1..])))
        }
        Signature::Ed25519 { rs, key } => {
            let verifier = ed25519_zebra::VerificationKey::try_from(*key).ok()?;
            verifier.verify(&ed25519_zebra::Signature::from(*rs), &message).ok()?;
            Some(Address::from_word(keccak256([&[0x65], &key[..]].concat())))
        }
    }
}

/// What stands before execution.
struct Door {
    limits: Limits,
    state: State,
    bytes: HashSet<B256>,
    waiting: HashSet<(Address, u64)>,
}

impl Door {
    fn admit(&mut self, wire: &Bytes) -> Result<Verified, Reject> {
        ensure(wire.len() <= self.limits.transaction_bytes_max as usize, Reject::Oversized)?;
        ensure(self.bytes.insert(keccak256(wire)), Reject::Repeat)?;
        let transaction = codec::decode(wire.clone())?;
        checks::admit(&transaction, &self.limits)?;
        let sender = sender(&transaction).ok_or(Reject::BadSignature)?;
        let nonce = transaction.fields().nonce;
        let account = self.state.account(&sender).unwrap_or_default();
        ensure(nonce >= account.nonce, Reject::StaleNonce)?;
        let cost = transaction.fields().cost_max().unwrap_or(U256::MAX);
        ensure(account.balance >= cost, Reject::InsufficientFunds)?;
        ensure(self.waiting.insert((sender, nonce)), Reject::ReplacementUnderpriced)?;
        Ok(Verified::new(transaction, sender))
    }
}

fn ensure(holds: bool, reject: Reject) -> Result<(), Reject> {
    if holds { Ok(()) } else { Err(reject) }
}

/// Takes all transactions in order and tells the fate of each.
pub fn run<'a>(genesis: &Genesis, wires: impl Iterator<Item = &'a Bytes>) -> Vec<Fate> {
    let mut state = genesis.state();
    let limits = Limits::standard(CHAIN_ID);
    let mut door = Door { limits, state: state.clone(), bytes: HashSet::new(), waiting: HashSet::new() };
    let admitted: Vec<Result<Verified, Reject>> = wires.map(|wire| door.admit(wire)).collect();
    let block: Vec<Verified> = admitted.iter().filter_map(|one| one.as_ref().ok().cloned()).collect();
    let executed = serial(&mut state, &environment(), &block);
    for threads in [1, 3] {
        let mut parallel = door.state.clone();
        let plan = Plan::new(&parallel, environment().fork, environment().beneficiary, block.clone());
        assert_eq!(execute(&mut parallel, &environment(), plan, threads), executed, "{threads} threads");
        assert_eq!(parallel, state, "{threads} threads");
    }
    let mut outcomes = executed.outcomes.iter();
    let fate = |one: &Result<Verified, Reject>| match one {
        Err(reject) => Fate::Reject(*reject),
        Ok(_) => match outcomes.next().expect("each admitted transaction has an outcome") {
            Outcome::Executed(receipt) if receipt.success => Fate::Commit,
            Outcome::Executed(_) => Fate::Fail,
            Outcome::Skipped(reject) => Fate::Reject(*reject),
        },
    };
    admitted.iter().map(fate).collect()
}

pub fn environment() -> Environment {
    Environment {
        fork: Fork::Osaka,
        chain_id: CHAIN_ID,
        number: 1,
        timestamp: 1,
        beneficiary: Address::repeat_byte(0xbe),
        gas_limit: u64::MAX,
        base_fee: 7,
        prev_randao: B256::ZERO,
        difficulty: U256::ZERO,
        blob_excess_gas: 0,
        prices: Default::default(),
        block_hashes: Vec::new(),
    }
}
