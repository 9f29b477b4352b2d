//! The contracts themselves, executed by the serial executor: balances, slots and events.

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use pelton_engine::codec;
use pelton_engine::executed::{Outcome, Receipt};
use pelton_engine::genesis::{Genesis, GenesisAccount};
use pelton_engine::serial::serial;
use pelton_engine::state::State;
use pelton_engine::transaction::{Fields, Kind, Verified};
use pelton_workloads::contracts::{exchange, game, loans, mint, token};
use pelton_workloads::encode::sign;
use pelton_workloads::wallet::Account;
use pelton_workloads::{CHAIN_ID, Scheme};

use crate::node::environment;

/// A chain with one contract, and accounts that call it.
struct World {
    state: State,
    contract: Address,
    nonces: [u64; 3],
}

fn user(index: usize) -> Account {
    Account::derive(1, Scheme::Secp256k1, index as u64)
}

fn me(index: usize) -> Address {
    user(index).address()
}

impl World {
    fn new(contract: Address, code: &Bytes, storage: &[(U256, U256)]) -> World {
        let mut genesis = Genesis::default();
        for index in 0..3 {
            let rich = GenesisAccount { balance: U256::MAX >> 8, ..GenesisAccount::default() };
            genesis.accounts.insert(me(index), rich);
        }
        let storage = storage.iter().copied().collect();
        let account = GenesisAccount { code: code.clone(), storage, ..GenesisAccount::default() };
        genesis.accounts.insert(contract, account);
        World { state: genesis.state(), contract, nonces: [0; 3] }
    }

    /// Calls the contract as this user.
    fn call(&mut self, index: usize, input: Bytes) -> Receipt {
        let fields = Fields {
            kind: Kind::DynamicFee,
            chain_id: Some(CHAIN_ID),
            nonce: self.nonces[index],
            gas_limit: 1_000_000,
            max_fee_per_gas: 100,
            max_priority_fee_per_gas: 1,
            max_contention_fee: 0,
            to: Some(self.contract),
            value: U256::ZERO,
            input,
            reads: Vec::new(),
            writes: Vec::new(),
            authorizations: Vec::new(),
        };
        self.nonces[index] += 1;
        let transaction = codec::decode(sign(&fields, &user(index))).expect("it is encoded well");
        let executed = serial(&mut self.state, &environment(), &[Verified::new(transaction, me(index))]);
        match executed.outcomes.into_iter().next().expect("one transaction has one outcome") {
            Outcome::Executed(receipt) => receipt,
            Outcome::Skipped(reject) => panic!("{reject}"),
        }
    }

    /// Makes a call that succeeds with one event: its topics but the first, and its data, word by word.
    fn succeed(&mut self, index: usize, input: Bytes, event: &str) -> (Vec<U256>, Vec<U256>) {
        let receipt = self.call(index, input);
        assert!(receipt.success, "{event}");
        let [log] = &receipt.logs[..] else { panic!("one event, not {}", receipt.logs.len()) };
        assert_eq!((log.address, log.topics()[0]), (self.contract, keccak256(event)));
        let topics = log.topics()[1..].iter().map(|topic| U256::from_be_bytes(topic.0)).collect();
        let words = log.data.data.chunks(32).map(U256::from_be_slice).collect();
        (topics, words)
    }

    /// Makes a call that reverts and leaves every slot as it was.
    fn revert(&mut self, index: usize, input: Bytes) {
        let before = self.state.writes().slots;
        let receipt = self.call(index, input);
        assert!(!receipt.success && receipt.logs.is_empty());
        assert_eq!(self.state.writes().slots, before);
        assert!(receipt.gas_used < 1_000_000, "it reverts, it does not run out of gas");
    }

    fn slot(&self, slot: U256) -> U256 {
        self.state.slot(&self.contract, &slot)
    }

    /// Both halves of a slot, the lower one first.
    fn halves(&self, slot: U256) -> (u128, u128) {
        let value: U256 = self.slot(slot);
        ((value & U256::from(u128::MAX)).to(), (value >> 128usize).to())
    }
}

fn word(address: Address) -> U256 {
    U256::from_be_bytes(B256::left_padding_from(address.as_slice()).0)
}

fn number(value: u64) -> U256 {
    U256::from(value)
}

#[test]
fn a_token_moves_from_one_balance_to_another_and_no_further_than_there_is() {
    let funded = [(token::balance(me(0)), number(10)), (token::SUPPLY, number(10))];
    let mut world = World::new(token::ADDRESS, &token::CODE, &funded);
    let (topics, data) =
        world.succeed(0, token::transfer(me(1), number(4)), "Transfer(address,address,uint256)");
    assert_eq!((topics, data), (vec![word(me(0)), word(me(1))], vec![number(4)]));
    world.revert(0, token::transfer(me(1), number(7)));
    world.succeed(1, token::transfer(me(1), number(4)), "Transfer(address,address,uint256)");
    let balances = [0, 1].map(|index| world.slot(token::balance(me(index))));
    assert_eq!(balances, [number(6), number(4)]);
    assert_eq!(world.slot(token::SUPPLY), number(10));
}

#[test]
fn collectibles_are_numbered_and_end() {
    let mut world = World::new(mint::ADDRESS, &mint::CODE, &[(mint::EDITION, mint::edition(0, 3))]);
    for (id, index) in [1, 0, 1].into_iter().enumerate() {
        let (topics, data) = world.succeed(index, mint::mint(), "Transfer(address,address,uint256)");
        assert_eq!(topics, [U256::ZERO, word(me(index)), U256::from(id)]);
        assert!(data.is_empty());
        assert_eq!(world.slot(mint::owner(U256::from(id))), word(me(index)));
    }
    world.revert(0, mint::mint());
    world.revert(2, mint::mint());
    assert_eq!(world.slot(mint::EDITION), mint::edition(3, 3));
    assert_eq!(
        [0, 1, 2].map(|index| world.slot(mint::balance(me(index)))),
        [number(1), number(2), number(0)]
    );
}

/// What the exchange must give, by the formula of a constant product with a fee of 0.3 %.
fn quote(given: u128, reserve_in: u128, reserve_out: u128) -> u128 {
    given * 997 * reserve_out / (reserve_in * 1000 + given * 997)
}

#[test]
fn a_swap_keeps_the_product_and_gives_what_the_formula_says() {
    let [first, second] = exchange::balances(me(0));
    let storage = [
        (exchange::pool(5), exchange::reserves(10_000, 40_000)),
        (exchange::pool(6), exchange::reserves(7, 7)),
        (first, number(5_000)),
        (second, number(9_000)),
    ];
    let mut world = World::new(exchange::ADDRESS, &exchange::CODE, &storage);
    let swap =
        |forth, given: u128, least: u128| exchange::swap(5, forth, U256::from(given), U256::from(least));
    let event = "Swap(uint256,address,bool,uint256,uint256)";
    let mut reserves = (10_000, 40_000);
    let mut balances = (5_000, 9_000);
    for (forth, given) in [(true, 1_000), (true, 37), (false, 8_000), (false, 1), (true, 2_500)] {
        let product = reserves.0 * reserves.1;
        let out = match forth {
            true => quote(given, reserves.0, reserves.1),
            false => quote(given, reserves.1, reserves.0),
        };
        if out == 0 {
            world.revert(0, swap(forth, given, 0));
            continue;
        }
        world.revert(0, swap(forth, given, out + 1));
        let (topics, data) = world.succeed(0, swap(forth, given, out), event);
        assert_eq!(topics, [number(5), word(me(0))]);
        assert_eq!(data, [U256::from(forth), U256::from(given), U256::from(out)]);
        match forth {
            true => {
                reserves = (reserves.0 + given, reserves.1 - out);
                balances = (balances.0 - given, balances.1 + out);
            }
            false => {
                reserves = (reserves.0 - out, reserves.1 + given);
                balances = (balances.0 + out, balances.1 - given);
            }
        }
        assert!(reserves.0 * reserves.1 > product, "the fee stays in the pool");
        assert_eq!(world.halves(exchange::pool(5)), reserves);
        assert_eq!((world.slot(first), world.slot(second)), (U256::from(balances.0), U256::from(balances.1)));
    }
    assert_eq!(world.halves(exchange::pool(6)), (7, 7), "another pool is another pool");
    world.revert(0, swap(true, balances.0 + 1, 0));
    world.revert(1, swap(true, 100, 0));
    world.revert(0, exchange::swap(4, true, number(100), U256::ZERO));
}

#[test]
fn the_first_one_closes_a_bad_loan_and_the_rest_come_too_late() {
    let storage = [
        (loans::PRICE, number(1_000)),
        (loans::loan(1), loans::terms(1_300, 1_000)),
        (loans::loan(2), loans::terms(1_500, 1_000)),
        (loans::loan(3), loans::terms(400, 500)),
        (loans::cash(me(0)), number(1_600)),
        (loans::cash(me(1)), number(999)),
    ];
    let mut world = World::new(loans::ADDRESS, &loans::CODE, &storage);
    let event = "Liquidation(uint256,address,uint256,uint256)";
    world.revert(1, loans::liquidate(1));
    let (topics, data) = world.succeed(0, loans::liquidate(1), event);
    assert_eq!((topics, data), (vec![number(1), word(me(0))], vec![number(1_000), number(1_100)]));
    assert_eq!(world.halves(loans::loan(1)), (200, 0));
    world.revert(0, loans::liquidate(1));
    world.revert(1, loans::liquidate(1));
    // This one is worth enough, and there is no fourth.
    world.revert(0, loans::liquidate(2));
    world.revert(0, loans::liquidate(4));
    // Of the third there is less collateral than the debt is worth.
    let (_, data) = world.succeed(0, loans::liquidate(3), event);
    assert_eq!(data, [number(500), number(400)]);
    assert_eq!(world.slot(loans::cash(me(0))), number(100));
    assert_eq!(world.slot(loans::collateral(me(0))), number(1_500));
    assert_eq!(world.slot(loans::cash(me(1))), number(999));
}

#[test]
fn players_write_their_own_slots_and_a_tick_sees_whom_it_looks_at() {
    let mut world = World::new(game::ADDRESS, &game::CODE, &[]);
    let moved = "Moved(address,uint256)";
    let ticked = "Ticked(uint256,uint256)";
    world.succeed(0, game::go(3, false), moved);
    let (topics, data) = world.succeed(0, game::go(4, false), moved);
    assert_eq!((topics, data), (vec![word(me(0))], vec![number(7)]));
    world.succeed(1, game::go(5, false), moved);
    let (topics, data) = world.succeed(2, game::tick(&[me(1), me(2)]), ticked);
    assert_eq!((topics, data), (vec![number(1)], vec![number(5)]));
    world.succeed(2, game::tick(&[me(0), me(1), me(2)]), ticked);
    assert_eq!(world.slot(game::CLOCK), game::clock(2, 7));
    world.succeed(2, game::tick(&[]), ticked);
    assert_eq!(world.slot(game::CLOCK), game::clock(3, 7), "what was seen stays seen");
    world.succeed(1, game::go(1, true), moved);
    world.succeed(0, game::go(1, false), moved);
    assert_eq!(world.slot(game::player(me(0))), game::standing(8, 0));
    assert_eq!(world.slot(game::player(me(1))), game::standing(6, 3));
    assert_eq!(world.slot(game::player(me(2))), U256::ZERO);
}
