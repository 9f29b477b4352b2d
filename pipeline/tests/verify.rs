//! The verify stage's batches: by load, by deadline, and by who sent what.

use std::collections::VecDeque;
use std::sync::Arc;

use alloy_primitives::{Bytes, U256};
use parking_lot::Mutex;
use pelton_engine::codec;
use pelton_engine::transaction::{Fields, Kind, Signature, Transaction};
use pelton_kernels::{Completed, Report, Signatures, Ticket, Verdict, Verifier};
use pelton_pipeline::batch::{Batch, Load as _};
use pelton_pipeline::clock::SimulatedClock;
use pelton_pipeline::jobs::{Jobs, Pools};
use pelton_pipeline::origin::Origin;
use pelton_pipeline::stage::{Outbox, Stage};
use pelton_pipeline::stages::verify::{Settings, Verify};
use pelton_workloads::encode::Unsigned;

/// Who signed whatever is valid.
const SIGNER: [u8; 20] = [7; 20];

/// A verifier that answers when it is told to. A signature whose first byte is odd is valid.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Desk>>);

#[derive(Default)]
struct Desk {
    waiting: VecDeque<(Ticket, Signatures)>,
    answered: VecDeque<Completed>,
    sizes: Vec<usize>,
    claims: Vec<[u8; 20]>,
}

impl Told {
    /// Sizes of the batches that came since it was last asked.
    fn sizes(&self) -> Vec<usize> {
        std::mem::take(&mut self.0.lock().sizes)
    }

    /// Answers so many batches, oldest first.
    fn answer(&self, batches: usize) {
        let mut desk = self.0.lock();
        for _ in 0..batches {
            let Some((ticket, signatures)) = desk.waiting.pop_front() else { return };
            let verdict = |signature: &[u8; 64]| match signature[0] % 2 {
                1 => Verdict::Valid { address: SIGNER },
                _ => Verdict::Invalid,
            };
            let outcome = Ok(signatures.signatures().iter().map(verdict).collect());
            desk.answered.push_back(Completed { ticket, signatures, outcome });
        }
    }
}

impl Verifier for Told {
    fn submit(&mut self, batch: Signatures) -> Result<Ticket, Signatures> {
        let mut desk = self.0.lock();
        desk.sizes.push(batch.len());
        desk.claims.extend_from_slice(batch.claims());
        let ticket = Ticket(desk.sizes.len() as u64 + 1_000 * desk.waiting.len() as u64);
        desk.waiting.push_back((ticket, batch));
        Ok(ticket)
    }

    fn poll(&mut self) -> Option<Completed> {
        self.0.lock().answered.pop_front()
    }

    fn in_flight(&self) -> usize {
        self.0.lock().waiting.len()
    }

    fn report(&self) -> Report {
        Report::default()
    }
}

const SETTINGS: Settings =
    Settings { batch_max: 10, wait_ns: 3, wait_ns_max: 1_000, enough: 12, in_flight_max: 100, sources: 4 };

fn stage() -> (Verify, Told) {
    let told = Told::default();
    let pool = Pools::one(Arc::new(|job: pelton_kernels::Job| job()));
    let jobs = Jobs::new(pool.bulk, Arc::new(SimulatedClock::default()));
    (Verify::new(SETTINGS, Box::new(told.clone()), jobs), told)
}

/// So many transactions of one source, signed well or not.
fn sent(count: u64, source: u32, is_good: bool) -> Batch<(Transaction, Origin)> {
    let one = |nonce| {
        let fields = Fields {
            kind: Kind::DynamicFee,
            chain_id: Some(1),
            nonce,
            gas_limit: 21_000,
            max_fee_per_gas: 1,
            max_priority_fee_per_gas: 1,
            max_contention_fee: 0,
            to: None,
            value: U256::ZERO,
            input: Bytes::new(),
            reads: Vec::new(),
            writes: Vec::new(),
            authorizations: Vec::new(),
        };
        let signature = Signature::Secp256k1 { rs: [2 + u8::from(is_good); 64], y_parity: 0 };
        let transaction =
            codec::decode(Unsigned::new(&fields).with(&signature)).expect("it was just encoded");
        ((transaction, Origin { source, claimed_sender: None }), 0)
    };
    (0..count).map(one).collect()
}

/// Gives a batch to the stage at this time, or none; gives how many were passed and rejected.
fn turn(stage: &mut Verify, now_ns: u64, batch: Option<Batch<(Transaction, Origin)>>) -> u64 {
    let mut outbox = Outbox::at(now_ns, 0);
    stage.poll(&mut outbox);
    if let Some(batch) = batch {
        stage.take(batch, &mut outbox);
    }
    outbox.into_passed().iter().map(|batch| batch.transactions()).sum()
}

#[test]
fn at_light_load_batches_are_small_and_under_pressure_they_are_full() {
    let (mut stage, told) = stage();
    for now_ns in 0..9 {
        turn(&mut stage, now_ns, Some(sent(1, 0, true)));
    }
    assert_eq!(told.sizes(), [3, 3], "a verifier with little to do gets what came in a moment");
    turn(&mut stage, 9, Some(sent(4, 0, true)));
    assert_eq!(told.sizes(), [3]);
    turn(&mut stage, 13, Some(sent(4, 0, true)));
    turn(&mut stage, 17, Some(sent(29, 0, true)));
    assert_eq!(told.sizes(), [4, 10, 10, 10], "one with enough to do gets full batches");
    assert_eq!(stage.held(), 46, "and three wait");
    told.answer(6);
    assert_eq!(turn(&mut stage, 18, None), 33);
    assert_eq!(told.sizes(), [0; 0]);
    turn(&mut stage, 20, None);
    assert_eq!(told.sizes(), [3], "until it has less to do");
    assert_eq!(stage.held(), 13);
}

#[test]
fn nothing_waits_longer_than_the_deadline() {
    let (mut stage, told) = stage();
    turn(&mut stage, 5, Some(sent(20, 0, true)));
    turn(&mut stage, 10, Some(sent(3, 0, true)));
    turn(&mut stage, 900, Some(sent(3, 0, true)));
    assert_eq!(told.sizes(), [10, 10]);
    turn(&mut stage, 1_009, None);
    assert!(told.sizes().is_empty());
    turn(&mut stage, 1_010, None);
    assert_eq!(told.sizes(), [6], "since the first of them came, 1,000 ns have gone by");
    turn(&mut stage, 1_010, Some(sent(80, 0, true)));
    assert!(!stage.has_room(), "what the verifier holds is bounded");
}

#[test]
fn a_source_that_forges_is_verified_apart_until_it_has_been_right_for_a_while() {
    let (mut stage, told) = stage();
    turn(&mut stage, 0, Some(sent(2, 66, false)));
    turn(&mut stage, 3, None);
    told.answer(1);
    assert_eq!(turn(&mut stage, 4, None), 0, "both were forged");
    assert_eq!((told.sizes(), stage.held()), (vec![2], 0));
    turn(&mut stage, 5, Some(sent(20, 1, true)));
    let mixed = sent(3, 66, false).into_iter().chain(sent(4, 1, true)).collect();
    turn(&mut stage, 6, Some(mixed));
    turn(&mut stage, 2_000, None);
    assert_eq!(told.sizes(), [10, 10, 4, 3], "honest ones and the forger's go in batches of their own");
    // As many right answers as make up for five forgeries.
    turn(&mut stage, 2_000, Some(sent(400, 66, true)));
    told.answer(100);
    turn(&mut stage, 2_001, None);
    told.answer(100);
    turn(&mut stage, 2_002, None);
    told.sizes();
    turn(&mut stage, 3_000, Some(sent(20, 1, true)));
    let mixed = sent(3, 66, true).into_iter().chain(sent(4, 1, true)).collect();
    turn(&mut stage, 3_000, Some(mixed));
    turn(&mut stage, 5_000, None);
    assert_eq!(told.sizes(), [10, 10, 7], "it is trusted again");
}

#[test]
fn a_claimed_sender_is_passed_on_until_the_source_has_claimed_another() {
    let (mut stage, told) = stage();
    let claims = |claimed: [u8; 20]| {
        let origin = Origin { source: 5, claimed_sender: Some(claimed.into()) };
        sent(3, 5, true).into_iter().map(|((transaction, _), at)| ((transaction, origin), at)).collect()
    };
    let mut heard = |claimed| {
        turn(&mut stage, 0, Some(claims(claimed)));
        turn(&mut stage, 1_000, None);
        told.answer(1);
        let passed = turn(&mut stage, 1_001, None);
        assert_eq!(passed, 3, "whatever is claimed, the signature says who signed");
        std::mem::take(&mut told.0.lock().claims)
    };
    assert_eq!(heard(SIGNER), [SIGNER; 3]);
    assert_eq!(heard([8; 20]), [[8; 20]; 3]);
    assert_eq!(heard(SIGNER), [[0; 20]; 3], "it is not believed any more");
}
