//! Whether a block may follow its parent, as every honest validator must answer alike.

use pelton_engine::block::{Block, Parent};

use crate::chain::Chain;
use crate::draft::Keys;

/// Blocks that say to be from later than this are judged when it is their time.
const AHEAD_MS_MAX: u64 = 1_000;

/// See the head of this file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It may.
    Good,
    /// It never may.
    Bad,
    /// That cannot be said yet.
    Later,
}

/// Judges a block whose transactions are well formed and signed.
pub(super) fn judge(block: &Block, parent: &Parent, chain: &Chain, unix_ms: u64) -> Verdict {
    let (header, limits) = (block.header(), chain.limits());
    let follows = header.parent == parent.id
        && header.height == parent.height + 1
        && header.timestamp_ms > parent.timestamp_ms
        && header.executed.height == header.height.saturating_sub(limits.root_lag);
    if !follows || !is_within_limits(block, chain) {
        return Verdict::Bad;
    }
    let Some(executed) = chain.summary_for(header.height) else { return Verdict::Later };
    if header.executed != executed || header.base_fee != parent.next_base_fee(&executed, limits) {
        return Verdict::Bad;
    }
    if header.timestamp_ms > unix_ms.saturating_add(AHEAD_MS_MAX) { Verdict::Later } else { Verdict::Good }
}

/// Whether gas and keys are within what a block may have. Its bytes and transactions were counted when it was opened.
fn is_within_limits(block: &Block, chain: &Chain) -> bool {
    let limits = chain.limits();
    let gas = block.transactions().iter().map(|transaction| transaction.fields().gas_limit);
    let gas = gas.fold(0_u64, u64::saturating_add);
    if gas > limits.block_gas_max {
        return false;
    }
    let mut keys = Keys::new(limits);
    let mut before = block.transactions().iter().enumerate();
    before.all(|(at, transaction)| keys.admit(transaction, block.transactions()[..at].iter()))
}
