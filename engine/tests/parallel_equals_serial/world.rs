//! A small world in which everything conflicts: a few senders, contracts for each kind of touch, and blocks at random.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use pelton_engine::environment::{Environment, Fork};
use pelton_engine::genesis::{Genesis, GenesisAccount};
use pelton_engine::limits::Limits;
use pelton_engine::prices::{Claim, PriceList, Tables, Usage, WEIGHT_WRITE};
use pelton_engine::state::State;
use pelton_engine::transaction::{Fields, Kind, Listed, Verified};

use super::parts::{authority, authorization, listed};
use super::transactions::{CHAIN, fields, verified};

pub const SENDERS: u64 = 200;
/// Has little.
pub const POOR: u64 = 10;
/// Has code, so it can send nothing.
pub const CODED: u64 = 11;
/// Of each contract there are so many.
const COPIES: u64 = 8;
pub const BENEFICIARY: Address = Address::repeat_byte(0xbe);

/// Adds one to slot 0, and logs.
pub const COUNTER: Address = Address::repeat_byte(0xc0);
/// Moves the amount in the second word from the caller's slot to that of the account in the first word.
pub const TOKEN: Address = Address::repeat_byte(0xc1);
/// Stores the balance of the account in the first word in slot 0.
pub const BALANCE_READER: Address = Address::repeat_byte(0xc2);
/// Stores the beneficiary's balance in slot 0.
pub const FEE_READER: Address = Address::repeat_byte(0xc3);
/// Calls the account in the first word with the value in the second, and stores in slot 0 whether that went well.
pub const CALLER: Address = Address::repeat_byte(0xc4);
/// Creates a contract that sets its slot 0, and stores its address in its own slot 0.
pub const CREATOR: Address = Address::repeat_byte(0xc5);
/// Destroys itself in favour of the account in the first word; without one, sets its slot 0.
pub const DESTRUCTIBLE: Address = Address::repeat_byte(0xc6);
/// Creates a contract that destroys itself at once, in favour of the counter.
pub const BUBBLE: Address = Address::repeat_byte(0xc7);
/// Uses up all its gas.
pub const BURNER: Address = Address::repeat_byte(0xc8);

const CONTRACTS: [Address; 9] =
    [COUNTER, TOKEN, BALANCE_READER, FEE_READER, CALLER, CREATOR, DESTRUCTIBLE, BUBBLE, BURNER];

fn code_of(contract: Address) -> Vec<u8> {
    let hex = match contract {
        // PUSH0 SLOAD PUSH1 1 ADD DUP1 PUSH0 SSTORE PUSH0 PUSH0 LOG1
        COUNTER => "5f54600101805f555f5fa100".to_string(),
        // with slot(owner) = owner << 224:
        // if sload(slot(caller)) < amount: revert
        // sstore(slot(caller), sload(slot(caller)) - amount); sstore(slot(to), sload(slot(to)) + amount)
        TOKEN => {
            "602035 CALLER 54 10 15 601057 5f5ffd 5b 602035 CALLER 54 03 CALLER 55 602035 TO 54 01 TO 55 00"
                .replace("CALLER", "3360e01b")
                .replace("TO", "5f3560e01b")
                .replace(' ', "")
        }
        // CALLDATALOAD(0) BALANCE PUSH0 SSTORE
        BALANCE_READER => "5f35315f5500".to_string(),
        // COINBASE BALANCE PUSH0 SSTORE
        FEE_READER => "41315f5500".to_string(),
        // CALL(gas, word 0, word 1, 0, 0, 0, 0) PUSH0 SSTORE
        CALLER => "5f5f5f5f6020355f355af15f5500".to_string(),
        // MSTORE(0, init); CREATE(0, 26, 6) PUSH0 SSTORE; init = sstore(0, 5) and return nothing
        CREATOR => "6560055f5500005f526006601a5ff05f5500".to_string(),
        // if no call data: sstore(0, 7); else CALLDATALOAD(0) SELFDESTRUCT
        DESTRUCTIBLE => "36600957 60075f5500 5b5f35ff".replace(' ', ""),
        // MSTORE(0, init); CREATE(callvalue, 10, 22); init = selfdestruct(COUNTER)
        BUBBLE => format!("7573{}ff5f526016600a34f000", "c0".repeat(20)),
        // JUMPDEST PUSH0 JUMP
        BURNER => "5b5f56".to_string(),
        _ => unreachable!("not a contract of this world"),
    };
    hex.as_bytes()
        .chunks(2)
        .map(|two| u8::from_str_radix(std::str::from_utf8(two).expect("it is ASCII"), 16).expect("it is hex"))
        .collect()
}

pub fn sender(index: u64) -> Address {
    Address::from_slice(&keccak256(index.to_be_bytes())[12..])
}

pub fn word(address: Address) -> U256 {
    U256::from_be_slice(address.as_slice())
}

/// Where a token keeps what an account owns: these slots differ in their highest limb alone.
fn token_slot(owner: Address) -> U256 {
    word(owner) << 224
}

pub fn words(words: &[U256]) -> Bytes {
    words.iter().flat_map(|word| word.to_be_bytes::<32>()).collect::<Vec<u8>>().into()
}

fn storage_of(contract: Address) -> BTreeMap<U256, U256> {
    match contract {
        TOKEN => (0..SENDERS).map(|index| (token_slot(sender(index)), U256::from(1_000))).collect(),
        DESTRUCTIBLE => (1..50u64).map(|slot| (U256::from(slot), U256::from(slot))).collect(),
        _ => BTreeMap::new(),
    }
}

/// One of the equal contracts.
fn copy(contract: Address, number: u64) -> Address {
    let mut address = contract;
    address.0[19] += number as u8;
    address
}

/// Senders, the authority of delegations, and contracts.
pub fn genesis() -> Genesis {
    let mut genesis = Genesis::default();
    for index in 0..SENDERS {
        let balance = U256::from(if index == POOR { 500_000_000u64 } else { 1_000_000_000_000_000 });
        let code = if index == CODED { vec![0x00].into() } else { Bytes::new() };
        let account = GenesisAccount { balance, code, ..GenesisAccount::default() };
        genesis.accounts.insert(sender(index), account);
    }
    let rich = GenesisAccount { balance: U256::from(1_000_000_000u64), ..GenesisAccount::default() };
    genesis.accounts.insert(authority(), rich);
    for contract in CONTRACTS {
        for number in 0..COPIES {
            let account = GenesisAccount {
                nonce: 1,
                balance: U256::from(1_000),
                code: code_of(contract).into(),
                storage: storage_of(contract),
            };
            genesis.accounts.insert(copy(contract, number), account);
        }
    }
    genesis
}

pub fn environment(fork: Fork) -> Environment {
    Environment {
        fork,
        chain_id: CHAIN,
        number: 9,
        timestamp: 1_000,
        beneficiary: BENEFICIARY,
        gas_limit: 4_000_000_000,
        base_fee: if fork < Fork::London { 0 } else { 7 },
        prev_randao: B256::repeat_byte(0x11),
        difficulty: U256::from(3),
        blob_excess_gas: 0,
        prices: Default::default(),
        block_hashes: vec![B256::repeat_byte(0x22)],
    }
}

/// Prices of senders, contracts and slots of tokens at random, up to some hundred wei.
pub fn prices(dice: &mut Dice, base_fee: u64) -> PriceList {
    let limits = Limits::standard(CHAIN);
    let (mut tables, mut usage) = (Tables::new(&limits), Usage::default());
    for _ in 0..30 {
        let (address, slots) = match dice.roll(4) {
            0 => (sender(dice.roll(SENDERS)), vec![]),
            1 => (copy(TOKEN, dice.roll(COPIES)), vec![token_slot(sender(dice.roll(SENDERS)))]),
            2 => (copy(dice.one_of(&CONTRACTS), dice.roll(COPIES)), vec![U256::ZERO]),
            _ => (copy(dice.one_of(&CONTRACTS), dice.roll(COPIES)), vec![]),
        };
        usage.add([Claim { address, slots: &slots, weight: WEIGHT_WRITE }], dice.roll(4_000_000_000));
    }
    let blocks = 1 + dice.roll(20);
    (0..blocks).for_each(|_| {
        tables.push_usage(&usage);
    });
    tables.list(blocks, base_fee).expect("it was just added")
}

/// SplitMix64: small, and the same everywhere.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }

    fn one_in(&mut self, chances: u64) -> bool {
        self.roll(chances) == 0
    }

    fn one_of<T: Clone>(&mut self, things: &[T]) -> T {
        things[self.roll(things.len() as u64) as usize].clone()
    }

    fn account(&mut self, mix: Mix) -> Address {
        match self.roll(6) {
            0 => copy(self.one_of(&CONTRACTS), self.roll(mix.copies)),
            1 => Address::from_slice(&keccak256([self.roll(40) as u8])[12..]),
            2 => self.one_of(&[BENEFICIARY, authority(), Address::with_last_byte(2), TOKEN.create(1)]),
            _ => sender(self.roll(mix.senders)),
        }
    }
}

/// How blocks are made.
#[derive(Clone, Copy)]
pub struct Mix {
    pub transactions: u64,
    pub senders: u64,
    pub copies: u64,
    /// One in so many transactions has wild lists, nonces or kinds.
    pub wild: u64,
    pub fork: Fork,
}

/// A block on top of this state.
pub fn block(dice: &mut Dice, state: &State, mix: Mix) -> Vec<Verified> {
    let nonce_of = |index| state.account(&sender(index)).map_or(0, |account| account.nonce);
    let mut nonces: Vec<u64> = (0..SENDERS).map(nonce_of).collect();
    let count = 1 + dice.roll(mix.transactions);
    (0..count)
        .map(|_| {
            let index = someone(dice, mix);
            let mut fields = action(dice, sender(index), mix);
            fields.nonce = nonces[index as usize];
            match dice.roll(8 * mix.wild) {
                0 => fields.nonce = fields.nonce.saturating_sub(1),
                1 => fields.nonce += 1,
                2 => fields.value = U256::MAX >> 1,
                3 => fields.max_fee_per_gas = 5,
                4 => fields.gas_limit = 21_000,
                _ => nonces[index as usize] += 1,
            }
            fields.max_priority_fee_per_gas = fields.max_priority_fee_per_gas.min(fields.max_fee_per_gas);
            verified(&fields, sender(index))
        })
        .collect()
}

/// A block of nothing but payments, one in so many of which is odd.
pub fn payments(dice: &mut Dice, state: &State, wild: u64) -> Vec<Verified> {
    let mut nonces = BTreeMap::new();
    let count = 1 + dice.roll(60);
    (0..count)
        .map(|_| {
            let from = match dice.roll(4 * wild) {
                0 => BENEFICIARY,
                1 => sender(POOR),
                2 => sender(CODED),
                _ => sender(dice.roll(POOR)),
            };
            let to = match dice.roll(12) {
                0 if dice.one_in(wild) => copy(dice.one_of(&CONTRACTS), 0),
                1 => BENEFICIARY,
                2 => from,
                3 => sender(POOR),
                4 | 5 => Address::from_slice(&keccak256([dice.roll(40) as u8])[12..]),
                _ => match dice.roll(SENDERS / 4) {
                    CODED if !dice.one_in(wild) => sender(0),
                    index => sender(index),
                },
            };
            let owned = state.account(&from).map_or(0, |account| account.nonce);
            let nonce = nonces.entry(from).or_insert(owned);
            let kind = dice.one_of(&[Kind::Legacy, Kind::AccessList, Kind::DynamicFee, Kind::Declared]);
            let value = U256::from(dice.roll(3) * dice.roll(1_000_000));
            let mut made = Fields { kind, nonce: *nonce, gas_limit: 21_000, to: Some(to), value, ..fields() };
            made.max_contention_fee = if kind == Kind::Declared { 100_000_000 } else { 0 };
            let is_odd = dice.one_in(wild);
            match dice.roll(9) {
                0 if is_odd => made.nonce += 1,
                1 if is_odd => made.nonce = made.nonce.wrapping_sub(1),
                2 if is_odd => made.value = U256::MAX >> 1,
                3 if is_odd => made.value = U256::from(1u64) << 130,
                4 if is_odd => made.max_fee_per_gas = 5,
                5 if is_odd => made.gas_limit -= 1,
                6 if is_odd => made.value = U256::from(900_000_000_000_000u64),
                7 => (made.gas_limit, made.max_fee_per_gas) = (100_000, 8),
                _ => {}
            }
            *nonce += u64::from(!is_odd);
            made.max_priority_fee_per_gas = match kind {
                Kind::Legacy | Kind::AccessList => made.max_fee_per_gas,
                _ => u128::from(dice.roll(5)).min(made.max_fee_per_gas),
            };
            verified(&made, from)
        })
        .collect()
}

/// A block whose transactions look independent and are not: each names something, and never all that it touches.
pub fn hidden_conflicts(dice: &mut Dice, state: &State) -> Vec<Verified> {
    let mut nonces = BTreeMap::new();
    let count = 2 + dice.roll(10);
    (0..count)
        .map(|_| {
            let index = dice.roll(POOR);
            let other = sender(dice.roll(POOR));
            let fresh = Address::with_last_byte(0x80 + dice.roll(3) as u8);
            let number = dice.roll(COPIES);
            let (to, input) = match dice.roll(4) {
                0 | 1 => (TOKEN, words(&[word(other), U256::from(dice.roll(2_000))])),
                2 => (copy(CALLER, number), words(&[word(fresh), U256::from(1)])),
                _ => (copy(BALANCE_READER, number), words(&[word(fresh)])),
            };
            let slots = vec![token_slot(if dice.one_in(2) { sender(index) } else { other })];
            let writes = if to == TOKEN { vec![Listed { address: TOKEN, slots }] } else { vec![] };
            let from = sender(index);
            let nonce =
                nonces.entry(index).or_insert(state.account(&from).map_or(0, |account| account.nonce));
            let made = Fields { nonce: *nonce, to: Some(to), input, writes, ..fields() };
            *nonce += 1;
            verified(&made, from)
        })
        .collect()
}

/// A sender that is able to send, unless it is wild.
fn someone(dice: &mut Dice, mix: Mix) -> u64 {
    match dice.roll(mix.senders) {
        index @ (POOR | CODED) if !dice.one_in(mix.wild) => index - POOR,
        index => index,
    }
}

/// Something to do, with lists that are right unless it is wild, and a kind that the fork has.
fn action(dice: &mut Dice, from: Address, mix: Mix) -> Fields {
    let other = if dice.one_in(mix.wild) { dice.account(mix) } else { sender(someone(dice, mix)) };
    let amount = U256::from(dice.roll(100));
    let call = |to: Address, input: Bytes| Fields { to: Some(to), input, ..fields() };
    let account = |address| listed(address, &[]);
    let choices = if dice.one_in(mix.wild) { 11 } else { 6 };
    let number = dice.roll(mix.copies);
    let at = |contract| copy(contract, number);
    let (mut made, reads, writes) = match dice.roll(choices) {
        0 | 1 => (Fields { value: amount, ..call(other, Bytes::new()) }, vec![], vec![]),
        2 => (call(at(COUNTER), Bytes::new()), vec![], vec![listed(at(COUNTER), &[0])]),
        3 | 4 => {
            let owners = if from == other { vec![from] } else { vec![from, other] };
            let slots = owners.into_iter().map(token_slot).collect();
            let writes = vec![Listed { address: at(TOKEN), slots }];
            (call(at(TOKEN), words(&[word(other), amount])), vec![], writes)
        }
        5 => {
            let input = words(&[word(other)]);
            (call(at(BALANCE_READER), input), vec![account(other)], vec![listed(at(BALANCE_READER), &[0])])
        }
        6 => (call(at(FEE_READER), Bytes::new()), vec![], vec![listed(at(FEE_READER), &[0])]),
        7 => {
            let to = dice.one_of(&[at(COUNTER), Address::with_last_byte(2), other, at(BURNER)]);
            let input = words(&[word(to), U256::from(dice.roll(2))]);
            (call(at(CALLER), input), vec![], vec![account(at(CALLER)), account(to)])
        }
        8 => (call(at(CREATOR), Bytes::new()), vec![], vec![account(at(CREATOR))]),
        9 => {
            let to = dice.one_of(&[at(DESTRUCTIBLE), at(BUBBLE)]);
            (Fields { value: amount, ..call(to, words(&[word(from)])) }, vec![], vec![account(COUNTER)])
        }
        // Creates a contract with the counter's code that ran once.
        _ => (Fields { to: None, input: code_of(COUNTER).into(), ..fields() }, vec![], vec![]),
    };
    made.max_priority_fee_per_gas = u128::from(dice.roll(5));
    made.kind = kind(dice, mix);
    match made.kind {
        Kind::Declared => {
            (made.reads, made.writes) = (reads, writes);
            made.max_contention_fee = if dice.one_in(8) { 0 } else { 100_000_000 };
        }
        Kind::Legacy => made.max_priority_fee_per_gas = made.max_fee_per_gas,
        Kind::SetCode if made.to.is_none() => made.kind = Kind::DynamicFee,
        _ if dice.one_in(2) => made.writes = [reads, writes].concat(),
        _ => {}
    }
    if made.kind == Kind::AccessList {
        made.max_priority_fee_per_gas = made.max_fee_per_gas;
    }
    if made.kind == Kind::SetCode {
        let delegate = dice.one_of(&[COUNTER, CALLER, Address::ZERO]);
        made.authorizations = vec![authorization(delegate, dice.roll(6))];
    }
    if dice.one_in(mix.wild) && made.kind != Kind::Legacy {
        let wrong = dice.account(mix);
        match dice.roll(4) {
            0 => made.writes.clear(),
            1 => made.writes.push(listed(wrong, &[0])),
            2 => made.reads = std::mem::take(&mut made.writes),
            _ => made.writes.iter_mut().for_each(|item| item.slots.truncate(1)),
        }
        if made.kind != Kind::Declared {
            made.reads.clear();
        }
    }
    made
}

fn kind(dice: &mut Dice, mix: Mix) -> Kind {
    if mix.fork < Fork::Berlin {
        return Kind::Legacy;
    }
    if mix.fork < Fork::London {
        return dice.one_of(&[Kind::Legacy, Kind::AccessList]);
    }
    if mix.fork >= Fork::Prague && dice.one_in(16 * mix.wild) {
        return Kind::SetCode;
    }
    dice.one_of(&[Kind::Legacy, Kind::AccessList, Kind::DynamicFee, Kind::Declared, Kind::Declared])
}
