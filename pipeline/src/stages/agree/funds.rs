//! Who can pay, by what all validators have executed: the state after the block that a header speaks of, and all that was
//! ordered since.

use std::sync::Arc;

use alloy_primitives::{Address, B256};
use pelton_engine::admission::{Admission, Ancestor};
use pelton_engine::block::Block;
use pelton_engine::limits::Limits;
use pelton_engine::state::Account;

use super::branch::Branch;
use crate::chain::Standing;

/// The state after an executed block.
pub(super) struct After<'a> {
    standing: &'a Standing,
    height: u64,
}

impl<'a> After<'a> {
    /// After the block of which the header at this height speaks, if that state is still known.
    pub(super) fn ancestor_of(height: u64, standing: &'a Standing, limits: &Limits) -> Option<After<'a>> {
        let height = height.saturating_sub(limits.root_lag);
        let views = &standing.views;
        (views.lowest()..=views.highest()).contains(&height).then_some(After { standing, height })
    }
}

impl Ancestor for After<'_> {
    fn account(&self, address: &Address) -> Account {
        let Standing { state, views } = self.standing;
        let account = views.account(state, self.height, address);
        account.expect("the height is known, and the state does not change meanwhile").unwrap_or_default()
    }

    fn is_delegation(&self, code_hash: &B256) -> bool {
        self.standing.state.is_delegation(code_hash)
    }
}

/// What is on its way when a block stands on top of this path; none where this validator was started too late to know.
pub(super) fn on_the_way(branch: &Branch, path: &[Arc<Block>], limits: &Limits) -> Option<Admission> {
    let count = usize::try_from(limits.root_lag.saturating_sub(1)).unwrap_or(usize::MAX);
    let mut admission = Admission::new(limits.clone());
    branch.newest(path, count)?.for_each(|block| admission.push(block.transactions()));
    Some(admission)
}
