//! Real Ethereum blocks, merged into larger ones.
//!
//! The blocks come from many heights, each with the part of the state that it needs. Here all these parts become one
//! state, where of two values for one key that of the later block counts; nonces are counted on, senders get what they
//! need, and all runs by the rules of today, without a base fee. So what the contracts do is what they did, as far as the state
//! that they find allows it, and who meets whom is as in reality: tokens, pools, exchanges.
//!
//! The data lies beside the project; without it these rows are left out.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::{Path, PathBuf};

use alloy_primitives::{Address, B256, U256};
use flate2::read::GzDecoder;
use pelton_engine::evm::Code;
use pelton_engine::state::{Account, State};
use pelton_engine::transaction::{Fields, Kind, Verified};
use pelton_engine::writes::WriteSet;
use serde_json::Value;

use crate::json::{self, bytes, fixed, get, number, price, small};
use crate::transactions::{CHAIN, verified};
use crate::workload::{Workload, environment};

/// How many blocks become one.
const MERGED: &[(&str, usize)] =
    &[("mainnet, 8 blocks in one", 8), ("mainnet, all blocks in one", usize::MAX)];
/// The most gas that a transaction may ask for today (EIP-7825).
const GAS_MAX: u64 = 1 << 24;

/// The names of all rows; none without data.
pub fn names() -> impl Iterator<Item = &'static str> {
    let is_there = folder().is_dir();
    MERGED.iter().filter(move |_| is_there).map(|(name, _)| *name)
}

/// Makes one of them.
pub fn make(name: &str) -> Workload {
    let mut files: Vec<(u64, PathBuf)> = folder().read_dir().expect("a folder").filter_map(height).collect();
    files.sort_unstable();
    let mut world = World::default();
    // The later block's state counts, so that is read first.
    let given: Vec<Value> = files.iter().rev().map(|(_, path)| read(path)).collect();
    given.iter().for_each(|one| world.add_state(one));
    let blocks: Vec<Vec<Verified>> = given.iter().rev().map(|one| world.transactions(one)).collect();
    let (_, merged) = MERGED.iter().find(|(known, _)| *known == name).expect("it is one of these names");
    let merged = blocks.chunks((*merged).min(blocks.len())).map(<[_]>::concat);
    let blocks = (1..).zip(merged).map(|(height, block)| (environment(CHAIN, height), block));
    let blocks = blocks.map(|(mut environment, block)| {
        environment.base_fee = 0;
        (environment, block)
    });
    let blocks = blocks.collect();
    Workload::new(name, world.state(), blocks).hinted()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/mainnet-blocks")
}

fn height(entry: std::io::Result<std::fs::DirEntry>) -> Option<(u64, PathBuf)> {
    let path = entry.expect("an entry").path();
    let name = path.file_name()?.to_str()?.strip_suffix(".json.gz")?;
    Some((name.parse().ok()?, path))
}

fn read(path: &Path) -> Value {
    let file = GzDecoder::new(File::open(path).expect("a readable file"));
    serde_json::from_reader(file).expect("JSON")
}

/// All states in one, and how far each sender's nonce is.
#[derive(Default)]
struct World {
    accounts: BTreeMap<Address, Account>,
    slots: BTreeMap<(Address, U256), U256>,
    codes: HashMap<B256, Code>,
    nonces: HashMap<Address, u64>,
}

impl World {
    fn add_state(&mut self, given: &Value) {
        let codes = get(given, "codes");
        for (address, account) in get(given, "pre_state").as_object().expect("accounts by address") {
            let address: Address = address.parse().expect("an address");
            let hash = account.get("code_hash").filter(|hash| !hash.is_null());
            let code = Code::new(hash.map(|hash| bytes(get(codes, json::text(hash)))).unwrap_or_default());
            let (nonce, balance) = (small(get(account, "nonce")), number(get(account, "balance")));
            let (code_hash, is_empty) = (code.hash(), code.is_empty());
            self.accounts.entry(address).or_insert(Account { nonce, balance, code_hash });
            if !is_empty {
                self.codes.insert(code_hash, code);
            }
            for (slot, value) in get(account, "storage").as_object().expect("values by slot") {
                let slot = U256::from_str_radix(slot.trim_start_matches("0x"), 16).expect("a slot");
                self.slots.entry((address, slot)).or_insert_with(|| number(value));
            }
        }
    }

    /// The transactions of a block that can run here.
    fn transactions(&mut self, given: &Value) -> Vec<Verified> {
        let all = get(get(given, "block"), "transactions").as_array().expect("a list");
        all.iter().filter_map(|one| self.transaction(one)).collect()
    }

    fn transaction(&mut self, given: &Value) -> Option<Verified> {
        let sender: Address = fixed(get(given, "from"));
        let kind = match small(get(given, "type")) {
            0 => Kind::Legacy,
            1 => Kind::AccessList,
            2 => Kind::DynamicFee,
            _ => return None,
        };
        let gas_limit = small(get(given, "gas"));
        let account = self.accounts.get_mut(&sender).filter(|_| gas_limit <= GAS_MAX)?;
        account.balance += U256::from(10).pow(U256::from(24));
        let nonce = self.nonces.entry(sender).or_insert(account.nonce);
        *nonce += 1;
        let (fee, tip) = match kind {
            Kind::DynamicFee => (get(given, "maxFeePerGas"), get(given, "maxPriorityFeePerGas")),
            _ => (get(given, "gasPrice"), get(given, "gasPrice")),
        };
        let lists = given.get("accessList").map(json::access_list).unwrap_or_default();
        let fields = Fields {
            kind,
            chain_id: Some(CHAIN),
            nonce: *nonce - 1,
            gas_limit,
            max_fee_per_gas: price(fee),
            max_priority_fee_per_gas: price(tip),
            max_contention_fee: 0,
            to: json::recipient(get(given, "to")),
            value: number(get(given, "value")),
            input: bytes(get(given, "input")),
            reads: Vec::new(),
            writes: lists,
            authorizations: Vec::new(),
        };
        Some(verified(&fields, sender))
    }

    fn state(self) -> State {
        let accounts = self.accounts.into_iter().map(|(address, account)| (address, Some(account))).collect();
        let slots = self.slots.into_iter().filter(|(_, value)| !value.is_zero()).collect();
        let mut state = State::default();
        state.apply(&WriteSet { accounts, slots, codes: self.codes.into_iter().collect() });
        state
    }
}
