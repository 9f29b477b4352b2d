//! `Inside`: what a contract finds when it asks for its own slots and for its surroundings, and for nothing else.

use alloy_primitives::{Address, B256, Log, U256};
use revm::context::{Block, BlockEnv};
use revm::context_interface::cfg::GasParams;
use revm::context_interface::context::{SStoreResult, SelfDestructResult, StateLoad};
use revm::context_interface::host::LoadError;
use revm::context_interface::journaled_state::AccountInfoLoad;
use revm::interpreter::Host;
use revm::primitives::hardfork::SpecId;

use crate::evm::row::Row;
use crate::evm::settings;
use crate::execute::{Run, Turn};
use crate::plan::{Key, Touch, Way};
use crate::state::State;
use crate::transaction::Verified;

/// So many slots are told apart by looking at one after the other; who touches more is run in another way.
const SLOTS_MAX: usize = 32;

/// A running contract's surroundings.
pub(super) struct Inside<'a> {
    run: &'a Run,
    state: &'a State,
    block: BlockEnv,
    gas_params: GasParams,
    turn: Turn,
    row: Row<'a>,
    transaction: Option<&'a Verified>,
    price: u128,
    contract: Key,
    /// Its row names more slots than its own lists do.
    is_predicted: bool,
    /// It may read, and change, slots that it does not name.
    reads_whole: bool,
    writes_whole: bool,
    slots: Vec<Slot>,
    transient: Vec<(U256, U256)>,
    logs: Vec<Log>,
    /// It wanted what is not here.
    has_left: bool,
}

/// A slot that the call has touched.
struct Slot {
    slot: U256,
    named: Option<Touch>,
    original: U256,
    present: U256,
}

impl<'a> Inside<'a> {
    pub(super) fn new(run: &'a Run, state: &'a State, spec: SpecId) -> Inside<'a> {
        Inside {
            run,
            state,
            block: settings::block(&run.environment),
            gas_params: GasParams::new_spec(spec),
            turn: Turn::none(),
            row: Row::none(&run.plan),
            transaction: None,
            price: 0,
            contract: 0,
            is_predicted: false,
            reads_whole: false,
            writes_whole: false,
            slots: Vec::with_capacity(SLOTS_MAX),
            transient: Vec::new(),
            logs: Vec::new(),
            has_left: false,
        }
    }

    /// Makes ready for a transaction at this price, for a contract that its row, made by a prediction or by the
    /// transaction itself, names like this.
    pub(super) fn begin(
        &mut self,
        transaction: &'a Verified,
        price: u128,
        (row, is_predicted): (Row<'a>, bool),
        contract: Touch,
    ) {
        (self.transaction, self.price, self.row) = (Some(transaction), price, row);
        self.contract = contract.key();
        self.is_predicted = is_predicted;
        self.writes_whole = contract.way() == Way::Write;
        self.reads_whole = row.has_whole(contract.key());
        self.slots.clear();
        self.transient.clear();
        self.logs.clear();
        self.has_left = false;
    }

    /// The turn of the running transaction, to be put here and taken back.
    pub(super) fn turn(&mut self) -> &mut Turn {
        &mut self.turn
    }

    /// Whether the call wanted anything that is not here. Then all that it saw and did is void.
    pub(super) fn has_left(&self) -> bool {
        self.has_left
    }

    /// Whether the transaction may change all that it changed.
    pub(super) fn may_keep(&self) -> bool {
        let may_change =
            |slot: &Slot| self.writes_whole || slot.named.is_some_and(|touch| touch.way() == Way::WriteSlot);
        self.slots.iter().all(|slot| slot.present == slot.original || may_change(slot))
    }

    /// Writes all that it changed.
    pub(super) fn keep(&mut self, turn: &mut Turn) {
        for slot in self.slots.iter().filter(|slot| slot.present != slot.original) {
            match slot.named {
                Some(touch) => self.run.set_named_slot(turn, touch.key(), slot.present),
                None => self.run.set_slot(turn, self.contract, &slot.slot, slot.present),
            }
        }
    }

    pub(super) fn take_logs(&mut self) -> Vec<Log> {
        std::mem::take(&mut self.logs)
    }

    fn transaction(&self) -> &'a Verified {
        self.transaction.expect("a transaction began before its code ran")
    }

    fn leave(&mut self) -> LoadError {
        self.has_left = true;
        LoadError::DBError
    }

    /// Where a slot stands in the list, and whether it was cold.
    fn touch(&mut self, slot: U256, skip_cold_load: bool) -> Result<(usize, bool), LoadError> {
        if let Some(at) = self.slots.iter().position(|touched| touched.slot == slot) {
            return Ok((at, false));
        }
        let named = self.row.slot(self.contract, &slot);
        let is_cold = if self.is_predicted { !self.is_listed(&slot) } else { named.is_none() };
        if is_cold && skip_cold_load {
            return Err(LoadError::ColdLoadSkipped);
        }
        let original = match named {
            _ if self.slots.len() == SLOTS_MAX => return Err(self.leave()),
            Some(touch) => self.run.named_slot(self.state, &self.turn, touch.key()),
            None if self.reads_whole => self.run.slot(self.state, &self.turn, self.contract, &slot),
            None => return Err(self.leave()),
        };
        self.slots.push(Slot { slot, named, original, present: original });
        Ok((self.slots.len() - 1, is_cold))
    }

    /// Whether the transaction's own lists make a slot of the contract warm (EIP-2930).
    fn is_listed(&self, slot: &U256) -> bool {
        let fields = self.transaction().fields();
        let lists = fields.reads.iter().chain(&fields.writes);
        lists.filter(|item| Some(item.address) == fields.to).any(|item| item.slots.contains(slot))
    }
}

impl Host for Inside<'_> {
    fn basefee(&self) -> U256 {
        U256::from(self.block.basefee)
    }

    fn blob_gasprice(&self) -> U256 {
        U256::from(self.block.blob_gasprice().unwrap_or(0))
    }

    fn gas_limit(&self) -> U256 {
        U256::from(self.block.gas_limit)
    }

    fn difficulty(&self) -> U256 {
        self.block.difficulty
    }

    fn prevrandao(&self) -> Option<U256> {
        self.block.prevrandao.map(Into::into)
    }

    fn block_number(&self) -> U256 {
        self.block.number
    }

    fn timestamp(&self) -> U256 {
        self.block.timestamp
    }

    fn beneficiary(&self) -> Address {
        self.block.beneficiary
    }

    fn slot_num(&self) -> U256 {
        U256::from(self.block.slot_num)
    }

    fn chain_id(&self) -> U256 {
        U256::from(self.run.environment.chain_id)
    }

    fn effective_gas_price(&self) -> U256 {
        U256::from(self.price)
    }

    fn caller(&self) -> Address {
        self.transaction().sender()
    }

    fn blob_hash(&self, _number: usize) -> Option<U256> {
        None
    }

    /// Nothing that stays inside creates.
    fn max_initcode_size(&self) -> usize {
        0
    }

    fn gas_params(&self) -> &GasParams {
        &self.gas_params
    }

    fn is_amsterdam_eip8037_enabled(&self) -> bool {
        false
    }

    fn block_hash(&mut self, number: u64) -> Option<B256> {
        Some(self.run.environment.block_hash(number))
    }

    fn selfdestruct(
        &mut self,
        _address: Address,
        _target: Address,
        _skip_cold_load: bool,
    ) -> Result<StateLoad<SelfDestructResult>, LoadError> {
        Err(self.leave())
    }

    fn log(&mut self, log: Log) {
        self.logs.push(log);
    }

    fn sstore_skip_cold_load(
        &mut self,
        _address: Address,
        key: U256,
        value: U256,
        skip_cold_load: bool,
    ) -> Result<StateLoad<SStoreResult>, LoadError> {
        let (at, is_cold) = self.touch(key, skip_cold_load)?;
        let Slot { original, present, .. } = &mut self.slots[at];
        let present_value = std::mem::replace(present, value);
        let stored = SStoreResult { original_value: *original, present_value, new_value: value };
        Ok(StateLoad::new(stored, is_cold))
    }

    fn sload_skip_cold_load(
        &mut self,
        _address: Address,
        key: U256,
        skip_cold_load: bool,
    ) -> Result<StateLoad<U256>, LoadError> {
        let (at, is_cold) = self.touch(key, skip_cold_load)?;
        Ok(StateLoad::new(self.slots[at].present, is_cold))
    }

    fn tstore(&mut self, _address: Address, key: U256, value: U256) {
        match self.transient.iter().position(|(known, _)| *known == key) {
            Some(at) => self.transient[at].1 = value,
            None if self.transient.len() == SLOTS_MAX => self.has_left = true,
            None => self.transient.push((key, value)),
        }
    }

    fn tload(&mut self, _address: Address, key: U256) -> U256 {
        let known = self.transient.iter().find(|(known, _)| *known == key);
        known.map_or(U256::ZERO, |(_, value)| *value)
    }

    fn load_account_info_skip_cold_load(
        &mut self,
        _address: Address,
        _load_code: bool,
        _skip_cold_load: bool,
    ) -> Result<AccountInfoLoad<'_>, LoadError> {
        Err(self.leave())
    }
}
