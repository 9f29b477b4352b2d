//! States for whoever reads all of them while blocks go on: what blocks have changed, and the whole state piece by piece.
//!
//! Whoever writes waits for a reader of [`AT_ONCE`] keys at most. Nothing is kept for readers: where the history has forgotten
//! meanwhile what they need, they are told.

use alloy_primitives::{Address, U256};
use pelton_engine::writes::WriteSet;

use super::states::Slot;
use super::{History, Known};

/// Keys that are read under one lock.
const AT_ONCE: usize = 256;

/// How far a whole state was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Read {
    accounts: usize,
    slots: usize,
}

impl History {
    /// What the blocks above one height and up to another have changed, as it is after the latter; none where that is forgotten,
    /// or not there yet.
    pub fn changes(&self, above: u64, up_to: u64) -> Option<WriteSet> {
        let (mut accounts, mut slots) = {
            let known = self.known.read();
            known.knows(above).then_some(())?;
            known.knows(up_to).then_some(())?;
            known.states.changed(above, up_to)
        };
        accounts.sort_unstable();
        accounts.dedup();
        slots.sort_unstable();
        slots.dedup();
        self.values(up_to, &accounts, &slots)
    }

    /// The next piece of the state after the block at a height, of so many places; none where that is forgotten. A piece without
    /// anything in it may be in the midst, and nothing is left when [`History::is_read`] says so.
    ///
    /// What a later block has removed may be missed, and what one has added may be there: whoever goes on with the
    /// [changes](History::changes) since this height has it right.
    pub fn piece(&self, height: u64, read: &mut Read, places: usize) -> Option<WriteSet> {
        let (mut accounts, mut slots) = (Vec::new(), Vec::new());
        for _ in 0..places.div_ceil(AT_ONCE) {
            let known = self.known.read();
            let state = known.states.newest();
            if read.accounts < state.places().0 {
                accounts.extend(state.addresses_within(read.accounts..read.accounts + AT_ONCE));
                read.accounts += AT_ONCE;
            } else {
                slots.extend(state.slots_within(read.slots..read.slots + AT_ONCE));
                read.slots += AT_ONCE;
            }
        }
        accounts.sort_unstable();
        slots.sort_unstable();
        self.values(height, &accounts, &slots)
    }

    /// Whether all places were read.
    pub fn is_read(&self, read: &Read) -> bool {
        let (accounts, slots) = self.known.read().states.newest().places();
        read.accounts >= accounts && read.slots >= slots
    }

    fn values(&self, height: u64, accounts: &[Address], slots: &[Slot]) -> Option<WriteSet> {
        let mut writes = WriteSet::default();
        for addresses in accounts.chunks(AT_ONCE) {
            let known = self.known.read();
            known.knows(height).then_some(())?;
            let read = |address: &Address| (*address, known.states.account(height, address));
            writes.accounts.extend(addresses.iter().map(read));
        }
        for slots in slots.chunks(AT_ONCE) {
            let known = self.known.read();
            known.knows(height).then_some(())?;
            let read = |slot: &(Address, U256)| (*slot, known.states.slot(height, &slot.0, &slot.1));
            writes.slots.extend(slots.iter().map(read));
        }
        Some(writes)
    }
}

impl Known {
    /// Whether the state after the block at this height is known.
    fn knows(&self, height: u64) -> bool {
        (self.first()..=self.newest().number()).contains(&height)
    }
}
