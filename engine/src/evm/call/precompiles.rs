//! `Precompiles`: mainnet's, of which a question may move some elsewhere or put code in their place.

use alloy_primitives::Address;
use alloy_primitives::map::{AddressMap, AddressSet};
use revm::context::ContextTr;
use revm::context_interface::Cfg;
use revm::handler::{EthPrecompiles, PrecompileProvider};
use revm::interpreter::{CallInputs, InterpreterResult};
use revm::primitives::hardfork::SpecId;

/// Precompiles by where they are now.
pub(super) struct Precompiles {
    mainnet: EthPrecompiles,
    /// Which one is here now, where it is another than mainnet's; none where there is none any more.
    changed: AddressMap<Option<Address>>,
}

impl Precompiles {
    pub(super) fn new(spec: SpecId) -> Precompiles {
        Precompiles { mainnet: EthPrecompiles::new(spec), changed: AddressMap::default() }
    }

    /// Which of mainnet's precompiles is here.
    pub(super) fn at(&self, address: &Address) -> Option<Address> {
        let changed = self.changed.get(address).copied();
        changed.unwrap_or_else(|| self.mainnet.contains(address).then_some(*address))
    }

    /// Moves what is here to another place; whether there was something.
    pub(super) fn move_to(&mut self, from: Address, to: Address) -> bool {
        let Some(moved) = self.at(&from) else { return false };
        self.changed.insert(from, None);
        self.changed.insert(to, Some(moved));
        true
    }

    /// Takes away what is here.
    pub(super) fn remove(&mut self, address: Address) {
        if self.at(&address).is_some() {
            self.changed.insert(address, None);
        }
    }
}

impl<C: ContextTr<Cfg: Cfg<Spec = SpecId>>> PrecompileProvider<C> for Precompiles {
    type Output = InterpreterResult;

    fn set_spec(&mut self, spec: SpecId) -> bool {
        PrecompileProvider::<C>::set_spec(&mut self.mainnet, spec)
    }

    fn run(&mut self, context: &mut C, inputs: &CallInputs) -> Result<Option<InterpreterResult>, String> {
        match self.changed.get(&inputs.bytecode_address) {
            None => self.mainnet.run(context, inputs),
            Some(None) => Ok(None),
            Some(Some(moved)) => {
                let inputs = CallInputs { bytecode_address: *moved, ..inputs.clone() };
                self.mainnet.run(context, &inputs)
            }
        }
    }

    fn warm_addresses(&self) -> &AddressSet {
        self.mainnet.warm_addresses()
    }

    fn contains(&self, address: &Address) -> bool {
        self.at(address).is_some()
    }
}
