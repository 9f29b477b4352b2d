//! `Fate`: what a transaction does to an account.

use revm::state::Account as Journaled;

use crate::environment::Fork;

/// What a transaction does to an account that it touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Nothing at all.
    Untouched,
    /// Nonce, balance and code stay, slots may have changed.
    Same,
    /// Nonce, balance or code change.
    Changed,
    /// As before, and older slots are void.
    Created,
    /// There is no account any more.
    Gone,
}

impl Fate {
    pub(crate) fn of(account: &Journaled, fork: Fork) -> Fate {
        let is_new = account.is_loaded_as_not_existing();
        let dies_if_empty = fork >= Fork::SpuriousDragon;
        if !account.is_touched() {
            Fate::Untouched
        } else if account.is_selfdestructed() || (dies_if_empty && account.is_empty()) {
            if is_new { Fate::Untouched } else { Fate::Gone }
        } else if account.is_created() {
            Fate::Created
        } else if account.is_changed() || (is_new && account.is_empty()) {
            Fate::Changed
        } else {
            Fate::Same
        }
    }

    /// Whether nonce, balance or code change.
    pub(crate) fn changes_account(self) -> bool {
        !matches!(self, Fate::Untouched | Fate::Same)
    }

    /// Whether the changes of slots count.
    pub(crate) fn keeps_slots(self) -> bool {
        !matches!(self, Fate::Untouched | Fate::Gone)
    }
}
