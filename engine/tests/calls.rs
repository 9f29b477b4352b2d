//! Calls, compared with what the serial executor does with the same transactions.

use alloy_consensus::{SignableTransaction, TxEnvelope, TxLegacy};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, Bytes, Signature, TxKind, U256};
use pelton_engine::codec::decode;
use pelton_engine::environment::{Environment, Fork};
use pelton_engine::evm::call::watch::{Entered, Left, Machine, Watch, name_of};
use pelton_engine::evm::call::{Call, Calls, Ended, Refused, Rules};
use pelton_engine::genesis::{Genesis, GenesisAccount};
use pelton_engine::serial::serial;
use pelton_engine::state::State;
use pelton_engine::transaction::Verified;

const SENDER: Address = Address::repeat_byte(0x11);
const COUNTER: Address = Address::repeat_byte(0xcc);
const REFUSER: Address = Address::repeat_byte(0xdd);
/// Adds one to slot 0, logs it, and returns it.
const COUNT: &[u8] = &[
    0x5f, 0x54, 0x60, 0x01, 0x01, 0x80, 0x5f, 0x55, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xa0, 0x60, 0x20, 0x5f,
    0xf3,
];
/// Reads slot 7 and reverts with one byte.
const REFUSE: &[u8] = &[0x60, 0x07, 0x54, 0x50, 0x60, 0xaa, 0x5f, 0x53, 0x60, 0x01, 0x5f, 0xfd];

fn state() -> State {
    let contract = |code: &[u8]| GenesisAccount { code: Bytes::copy_from_slice(code), ..Default::default() };
    let rich = GenesisAccount { balance: U256::from(10).pow(U256::from(20)), ..Default::default() };
    let accounts = [(SENDER, rich), (COUNTER, contract(COUNT)), (REFUSER, contract(REFUSE))];
    Genesis { accounts: accounts.into() }.state()
}

fn environment() -> Environment {
    Environment {
        fork: Fork::OWN,
        chain_id: 1337,
        number: 5,
        timestamp: 1_000,
        beneficiary: Address::repeat_byte(0xbe),
        gas_limit: 30_000_000,
        base_fee: 7,
        prev_randao: Default::default(),
        difficulty: U256::ZERO,
        blob_excess_gas: 0,
        prices: Default::default(),
        block_hashes: Vec::new(),
    }
}

fn legacy(nonce: u64, to: TxKind, value: u64, input: &[u8]) -> TxLegacy {
    let input = Bytes::copy_from_slice(input);
    let value = U256::from(value);
    TxLegacy { chain_id: Some(1337), nonce, gas_price: 9, gas_limit: 200_000, to, value, input }
}

fn verified(transaction: TxLegacy) -> Verified {
    let signature = Signature::new(U256::from(1), U256::from(1), false);
    let envelope = TxEnvelope::from(transaction.into_signed(signature));
    Verified::new(decode(envelope.encoded_2718().into()).expect("canonical bytes"), SENDER)
}

fn call(transaction: &TxLegacy) -> Call {
    Call {
        from: SENDER,
        to: transaction.to.to().copied(),
        gas_limit: transaction.gas_limit,
        max_fee_per_gas: transaction.gas_price,
        value: transaction.value,
        input: transaction.input.clone(),
        nonce: transaction.nonce,
        chain_id: transaction.chain_id,
        ..Call::default()
    }
}

#[test]
fn calls_under_the_rules_of_transactions_leave_what_serial_execution_leaves() {
    let transactions = [
        legacy(0, TxKind::Call(Address::repeat_byte(0x22)), 5, &[]),
        legacy(1, TxKind::Call(COUNTER), 0, &[]),
        legacy(2, TxKind::Call(REFUSER), 3, &[1]),
        legacy(3, TxKind::Create, 1, &[0x60, 0x01, 0x5f, 0x55, 0x60, 0x05, 0x5f, 0xf3]),
        legacy(4, TxKind::Call(COUNTER), 0, &[]),
        // Neither of these can run.
        legacy(9, TxKind::Call(COUNTER), 0, &[]),
        legacy(5, TxKind::Call(COUNTER), u64::MAX, &[0; 60_000]),
    ];
    let before = state();
    let mut after = before.clone();
    let block: Vec<Verified> = transactions.iter().cloned().map(verified).collect();
    let expected = serial(&mut after, &environment(), &block);

    let mut calls = Calls::new(&before, &environment());
    for (transaction, outcome) in transactions.iter().zip(&expected.outcomes) {
        match (calls.run(&call(transaction), Rules::Transaction), outcome.receipt()) {
            (Ok(ran), Some(receipt)) => {
                assert_eq!(ran.gas_used, receipt.gas_used);
                assert_eq!(ran.logs, receipt.logs);
                assert_eq!(ran.created, receipt.created);
                assert_eq!(ran.ended == Ended::Success, receipt.success);
            }
            (Err(_), None) => {}
            (ran, receipt) => panic!("{ran:?} where serial execution has {receipt:?}"),
        }
    }
    assert_eq!(calls.writes(), expected.writes);
}

#[test]
fn a_question_changes_nothing_and_needs_no_nonce_and_no_sender_without_code() {
    let before = state();
    let mut calls = Calls::new(&before, &environment());
    let ask = Call { from: REFUSER, to: Some(COUNTER), gas_limit: 100_000, nonce: 77, ..Call::default() };
    assert_eq!(
        calls.ask(&Call { max_fee_per_gas: 1, ..ask.clone() }),
        Err(Refused::FeeBelowBase),
        "a price that is given is judged"
    );
    let mut calls = Calls::new(&before, &Environment { base_fee: 0, ..environment() });
    for _ in 0..2 {
        let ran = calls.ask(&ask).expect("it runs");
        assert_eq!(
            ran.output.as_ref(),
            U256::from(1).to_be_bytes::<32>(),
            "the counter was not counted before"
        );
        assert_eq!(ran.touched.iter().find(|one| one.address == COUNTER).map(|one| one.slots.len()), Some(1));
    }
    let refused = calls.ask(&Call { to: Some(REFUSER), ..ask }).expect("it runs");
    assert_eq!((refused.ended, refused.output.as_ref()), (Ended::Revert, &[0xaa][..]));
    assert!(refused.touched.iter().any(|one| one.slots == [U256::from(7)]), "what was undone is told too");
    assert!(calls.writes().is_empty());
}

#[test]
fn a_call_that_nobody_can_pay_for_says_what_is_missing() {
    let before = state();
    let mut calls = Calls::new(&before, &environment());
    let poor = Address::repeat_byte(0x99);
    let call = Call { from: poor, gas_limit: 21_000, value: U256::from(3), ..Call::default() };
    let broke = Call { max_fee_per_gas: 10, ..call.clone() };
    let want = U256::from(3 + 210_000);
    assert_eq!(calls.ask(&broke), Err(Refused::Funds { have: U256::ZERO, want }));
    let short = Call { from: SENDER, gas_limit: 20_999, max_fee_per_gas: 10, ..call };
    assert_eq!(calls.ask(&short), Err(Refused::IntrinsicGas { have: 20_999, want: 21_000 }));
    let stale = Call { gas_limit: 21_000, nonce: 1, ..short };
    assert_eq!(
        calls.run(&stale, Rules::Transaction),
        Err(Refused::NonceTooHigh { next: 0, given: 1 }),
        "a transaction is held to its nonce"
    );
}

/// Writes down what it is told.
#[derive(Default)]
struct Notes {
    instructions: Vec<&'static str>,
    spent: u64,
    gas: u64,
    entered: Vec<Entered>,
    left: Vec<Left>,
    logs: usize,
}

impl Watch for Notes {
    fn wants_instructions(&self) -> bool {
        true
    }

    fn enter(&mut self, frame: Entered) {
        self.entered.push(frame);
    }

    fn leave(&mut self, left: Left) {
        self.left.push(left);
    }

    fn log(&mut self, _log: &alloy_primitives::Log) {
        self.logs += 1;
    }

    fn before(&mut self, machine: &Machine<'_>) {
        self.gas = machine.gas;
        self.instructions.push(name_of(machine.opcode).expect("there is such an instruction"));
    }

    fn after(&mut self, machine: &Machine<'_>) {
        self.spent += self.gas - machine.gas;
    }
}

#[test]
fn whoever_looks_on_sees_all_and_changes_nothing() {
    let state = state();
    for to in [COUNTER, REFUSER] {
        let call = Call { from: SENDER, to: Some(to), gas_limit: 100_000, ..Call::default() };
        let (mut plain, mut watched) =
            (Calls::new(&state, &environment()), Calls::new(&state, &environment()));
        for calls in [&mut plain, &mut watched] {
            calls.set_base_fee(0);
        }
        let expected = plain.run(&call, Rules::Question);
        let (ran, notes) = watched.run_watched(&call, Rules::Question, Notes::default());
        assert_eq!(ran, expected);
        assert_eq!(watched.writes(), plain.writes());
        let ran = ran.expect("it runs");
        assert_eq!((notes.entered.len(), notes.left.len()), (1, 1));
        assert_eq!((notes.left[0].ended.clone(), notes.left[0].output.clone()), (ran.ended, ran.output));
        assert_eq!(notes.spent + 21_000, ran.gas_used, "{:?}", notes.instructions);
        assert_eq!(notes.logs, usize::from(to == COUNTER));
    }
}

#[test]
fn a_precompile_answers_where_it_was_moved_and_nowhere_else() {
    let (state, identity, moved) = (state(), Address::with_last_byte(4), Address::repeat_byte(0x44));
    let mut calls = Calls::new(&state, &environment());
    calls.set_base_fee(0);
    let ask = |to| Call {
        from: SENDER,
        to: Some(to),
        input: Bytes::from_static(b"echo"),
        gas_limit: 100_000,
        ..Call::default()
    };
    let output = |calls: &mut Calls<&State>, to| calls.ask(&ask(to)).expect("it runs").output;
    assert_eq!(output(&mut calls, identity), b"echo"[..]);
    assert!(calls.move_precompile(identity, moved) && !calls.move_precompile(COUNTER, moved));
    assert_eq!((output(&mut calls, moved), output(&mut calls, identity)), (b"echo"[..].into(), Bytes::new()));
    assert!(calls.is_precompile(&moved) && !calls.is_precompile(&identity));
    calls.remove_precompile(moved);
    assert_eq!(output(&mut calls, moved), Bytes::new());
    let mut next = calls.in_block(&environment());
    next.set_base_fee(0);
    assert_eq!(output(&mut next, identity), b"echo"[..], "in the next block all are where they belong");
}
