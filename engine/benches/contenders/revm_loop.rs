//! The usual way: one revm instance, `transact_commit` for each transaction, a hash map below.
//!
//! It is given what makes it quick: transactions in its own form beforehand, code analysed once, one map look-up for
//! an account and one for a slot, no allocation in the map but for growth.

use alloy_primitives::map::{AddressMap, HashMap};
use alloy_primitives::{Address, B256, Log, TxKind, U256};
use pelton_engine::environment::Environment;
use pelton_engine::state::{Account, State};
use pelton_engine::transaction::{Kind, Verified};
use revm::bytecode::Bytecode;
use revm::context::transaction::{AccessList, AccessListItem};
use revm::context::{BlockEnv, Context, TxEnv};
use revm::context_interface::block::BlobExcessGasAndPrice;
use revm::database_interface::{Database, DatabaseCommit};
use revm::handler::{MainnetContext, MainnetEvm};
use revm::primitives::hardfork::SpecId;
use revm::state::{Account as Journaled, AccountInfo, EvmStorageSlot};
use revm::{ExecuteCommitEvm, ExecuteEvm, MainBuilder, MainContext};

use crate::contest::{Ended, Trace};
use crate::model::{Key, Mode, Model};
use crate::workload::Workload;

#[derive(Clone, Default)]
pub struct Map {
    accounts: AddressMap<AccountInfo>,
    slots: HashMap<(Address, U256), U256>,
}

impl Map {
    /// The same state.
    pub fn of(state: &State) -> Map {
        let writes = state.writes();
        let codes: HashMap<B256, Bytecode> =
            writes.codes.iter().map(|(hash, code)| (*hash, Bytecode::new_raw(code.bytes()))).collect();
        let account = |(address, account): &(Address, Option<Account>)| {
            let Account { nonce, balance, code_hash } = account.expect("a state has no account that is gone");
            let code = Some(codes.get(&code_hash).cloned().unwrap_or_default());
            (*address, AccountInfo { nonce, balance, code_hash, code, ..AccountInfo::default() })
        };
        Map {
            accounts: writes.accounts.iter().map(account).collect(),
            slots: writes.slots.into_iter().collect(),
        }
    }

    fn trace(self, receipts: &[Vec<Receipt>]) -> Trace {
        let account = |(address, info): (Address, AccountInfo)| {
            (address, Account { nonce: info.nonce, balance: info.balance, code_hash: info.code_hash })
        };
        let there = self.accounts.into_iter().filter(|(_, info)| !info.is_empty());
        let slots = self.slots.into_iter().filter(|(_, value)| !value.is_zero());
        let ran = receipts.iter().flatten().map(|receipt| (receipt.success, receipt.gas_used));
        Trace::of(ran, there.map(account).collect(), slots.collect())
    }
}

impl Database for Map {
    type Error = std::convert::Infallible;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Self::Error> {
        Ok(self.accounts.get(&address).cloned())
    }

    fn code_by_hash(&mut self, _hash: B256) -> Result<Bytecode, Self::Error> {
        unreachable!("accounts carry their code")
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, Self::Error> {
        Ok(self.slots.get(&(address, slot)).copied().unwrap_or_default())
    }

    fn block_hash(&mut self, _number: u64) -> Result<B256, Self::Error> {
        Ok(B256::ZERO)
    }
}

impl DatabaseCommit for Map {
    fn commit(&mut self, changes: AddressMap<Journaled>) {
        for (address, account) in changes {
            if account.is_selfdestructed() {
                self.accounts.remove(&address);
            } else if account.is_touched() {
                for (slot, value) in account.changed_storage_slots() {
                    self.slots.insert((address, *slot), value.present_value());
                }
                self.accounts.insert(address, account.info);
            }
        }
    }
}

/// How blocks could run in parallel, by what each transaction really touches.
pub fn models(workload: &Workload) -> Vec<Model> {
    let mut evm = evm(workload.map(), workload.blocks[0].0.chain_id);
    let mut models = Vec::new();
    for (environment, block) in &workload.blocks {
        let Prepared { block, transactions } = of(environment, block);
        evm.ctx.block = block;
        let mut model = Model::default();
        for (transaction, ..) in transactions {
            let sender = transaction.caller;
            let Ok(ran) = evm.transact(transaction) else { continue };
            let state = ran.state.iter().filter(|(address, _)| **address != environment.beneficiary);
            model.add(
                ran.result.tx_gas_used(),
                &state.flat_map(|(at, one)| touches(&sender, at, one)).collect::<Vec<_>>(),
            );
            evm.commit(ran.state);
        }
        models.push(model);
    }
    models
}

fn touches(sender: &Address, address: &Address, account: &Journaled) -> Vec<(Key, Mode)> {
    let (before, after) = (account.original_info(), &account.info);
    let is_paid =
        after.nonce == before.nonce && after.code_hash == before.code_hash && after.balance > before.balance;
    let basics = match () {
        _ if is_paid && address != sender => Some(Mode::Add),
        _ if account.is_touched() && *after != before => Some(Mode::Write),
        _ => None,
    };
    let slot = |(slot, value): (&U256, &EvmStorageSlot)| {
        let mode = if value.is_changed() { Mode::Write } else { Mode::Read };
        ((*address, Some(*slot)), mode)
    };
    basics.map(|mode| ((*address, None), mode)).into_iter().chain(account.storage.iter().map(slot)).collect()
}

/// What the engine's receipts hold.
#[expect(dead_code, reason = "a receipt is made, and not read")]
struct Receipt {
    id: B256,
    success: bool,
    gas_used: u64,
    fee: U256,
    logs: Vec<Log>,
}

struct Prepared {
    block: BlockEnv,
    transactions: Vec<(TxEnv, B256, u128)>,
}

pub fn prepare(workload: &Workload, _threads: usize) -> Box<dyn FnOnce() -> Ended + Send> {
    let map = workload.map();
    let blocks: Vec<Prepared> =
        workload.blocks.iter().map(|(environment, block)| of(environment, block)).collect();
    let chain_id = workload.blocks[0].0.chain_id;
    Box::new(move || {
        let mut evm = evm(map, chain_id);
        let mut receipts = Vec::new();
        for Prepared { block, transactions } in blocks {
            evm.ctx.block = block;
            let mut done = Vec::with_capacity(transactions.len());
            for (transaction, id, price) in transactions {
                // What cannot run is skipped, as in a block of ours.
                let Ok(result) = evm.transact_commit(transaction) else { continue };
                let (success, gas_used) = (result.is_success(), result.tx_gas_used());
                let fee = U256::from(u128::from(gas_used) * price);
                done.push(Receipt { id, success, gas_used, fee, logs: result.into_logs() });
            }
            receipts.push(done);
        }
        let map = evm.ctx.journaled_state.database;
        Box::new(move || map.trace(&receipts))
    })
}

fn evm(map: Map, chain_id: u64) -> MainnetEvm<MainnetContext<Map>> {
    let context = Context::mainnet().with_db(map).modify_cfg_chained(|cfg| {
        cfg.set_spec_and_mainnet_gas_params(SpecId::OSAKA);
        cfg.chain_id = chain_id;
    });
    context.build_mainnet()
}

fn of(environment: &Environment, block: &[Verified]) -> Prepared {
    let transactions = block.iter().map(|transaction| {
        let tip = transaction.fields().tip(environment.base_fee).expect("the base fee is covered");
        let price = u128::from(environment.base_fee) + tip;
        (transaction_of(transaction), transaction.id(), price)
    });
    let block = BlockEnv {
        number: U256::from(environment.number),
        beneficiary: environment.beneficiary,
        timestamp: U256::from(environment.timestamp),
        gas_limit: environment.gas_limit,
        basefee: environment.base_fee,
        prevrandao: Some(environment.prev_randao),
        blob_excess_gas_and_price: Some(BlobExcessGasAndPrice::new_with_spec(0, SpecId::OSAKA)),
        ..BlockEnv::default()
    };
    Prepared { block, transactions: transactions.collect() }
}

fn transaction_of(transaction: &Verified) -> TxEnv {
    let fields = transaction.fields();
    let listed = fields.reads.iter().chain(&fields.writes).map(|item| AccessListItem {
        address: item.address,
        storage_keys: item.slots.iter().map(|slot| B256::from(*slot)).collect(),
    });
    let one_price = matches!(fields.kind, Kind::Legacy | Kind::AccessList);
    let kind = if fields.kind == Kind::Declared { Kind::DynamicFee } else { fields.kind };
    TxEnv {
        tx_type: kind as u8,
        caller: transaction.sender(),
        gas_limit: fields.gas_limit,
        gas_price: fields.max_fee_per_gas,
        gas_priority_fee: (!one_price).then_some(fields.max_priority_fee_per_gas),
        kind: fields.to.map_or(TxKind::Create, TxKind::Call),
        value: fields.value,
        data: fields.input.clone(),
        nonce: fields.nonce,
        chain_id: fields.chain_id,
        access_list: AccessList(listed.collect()),
        ..TxEnv::default()
    }
}
