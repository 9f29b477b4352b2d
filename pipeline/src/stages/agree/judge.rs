//! Whether a block may follow its parent, as every honest validator must answer alike.

use pelton_engine::admission::Admission;
use pelton_engine::block::{Block, Parent};

use super::funds::After;
use crate::chain::Chain;

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

/// Judges a block whose transactions are well formed and signed, on top of the blocks that are on their way.
pub(super) fn judge(
    block: &Block,
    parent: &Parent,
    chain: &Chain,
    unix_ms: u64,
    admission: Option<&Admission>,
) -> Verdict {
    let (header, limits) = (block.header(), chain.limits());
    let follows = header.parent == parent.id
        && header.height == parent.height + 1
        && header.timestamp_ms > parent.timestamp_ms
        && header.executed.height == header.height.saturating_sub(limits.root_lag);
    if !follows {
        return Verdict::Bad;
    }
    let Some(executed) = chain.summary_for(header.height) else { return Verdict::Later };
    if header.executed != executed || header.base_fee != parent.next_base_fee(&executed, limits) {
        return Verdict::Bad;
    }
    let standing = chain.read();
    let ancestor = After::ancestor_of(header.height, &standing, limits);
    // Who was started a moment ago, or is far behind, does not know all that is on its way, and leaves that to others.
    if let (Some(admission), Some(ancestor)) = (admission, ancestor)
        && admission.judge(&ancestor, block.transactions()).is_err()
    {
        return Verdict::Bad;
    }
    if header.timestamp_ms > unix_ms.saturating_add(AHEAD_MS_MAX) { Verdict::Later } else { Verdict::Good }
}
