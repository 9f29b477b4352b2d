//! `Trail`: when each stage was done with a transaction, for as long as there is room to remember.
//!
//! ```text
//!   a stage passes a batch ── (when, arrivals of what is in it) ──> its track
//!
//!   ingest, verify, dedup     the batch with a transaction is found by when it arrived
//!   all that come after       the n-th batch is the n-th block
//! ```
//!
//! No transaction carries a clock: a batch is noted once in each stage, and what is told of a transaction is what is known of
//! its batches. Where nothing is known any more, or never was, nothing is told. What was rejected has no place here.

use std::collections::VecDeque;
use std::sync::Arc;

use alloy_primitives::B256;
use parking_lot::Mutex;
use pelton_engine::reject::Reject;
use pelton_engine::transaction::Verified;
use pelton_pipeline::clock::Nanos;
use pelton_pipeline::watch::Watch;

use crate::history::Keep;
use crate::mempool::Mempool;

/// Before these are done, transactions travel in batches that change; after them, in blocks.
const BEFORE_BLOCKS: [&str; 3] = ["ingest", "verify", "dedup"];
/// At the end of these the arrivals say when a transaction of a block came in.
const ENDS: [&str; 2] = ["commit", "persist"];
/// How much is remembered: some 15 megabytes.
pub const KEEP: Keep = Keep { blocks: 1 << 15, transactions: 1 << 18 };
/// Batches among which a transaction is looked for, from the first that passed after it came in.
const SEARCH_MAX: usize = 4_096;
/// How far back latency is told, and of how many transactions.
const LATENCY_NS: Nanos = 10_000_000_000;
const LATENCY_TRANSACTIONS: usize = 16_384;

/// When a stage was done with something, if that is known.
pub type Passage = (&'static str, Option<Nanos>);

/// When a transaction came in, and when each stage was done with it, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// When it came in.
    pub arrival_ns: Nanos,
    /// Stages that it has passed.
    pub passages: Vec<Passage>,
}

/// What a stage has passed, and hands on all that is told to the mempool.
pub struct Trail {
    mempool: Arc<Mempool>,
    keep: Keep,
    tracks: Mutex<Tracks>,
}

#[derive(Default)]
struct Tracks {
    /// In the order of the pipeline, which is that of their first batches.
    of_stages: Vec<Track>,
    /// The height of the first block that came along here.
    first_height: u64,
}

/// What one stage has passed.
struct Track {
    stage: &'static str,
    batches: VecDeque<Batch>,
    transactions: usize,
    forgotten: u64,
}

struct Batch {
    done_ns: Nanos,
    /// None where a batch is a block that goes on.
    arrivals: Box<[Nanos]>,
}

impl Trail {
    /// Remembers so much, and hands on to this one.
    pub fn new(mempool: Arc<Mempool>, keep: Keep) -> Trail {
        Trail { mempool, keep, tracks: Mutex::default() }
    }

    /// Says, before any stage turns, which height the first block will have.
    pub fn begin(&self, first_height: u64) {
        self.tracks.lock().first_height = first_height;
    }

    /// Of the transaction with this index among the so many that ran in a block.
    pub fn of_included(&self, height: u64, index: usize, count: usize) -> Option<Timeline> {
        let tracks = self.tracks.lock();
        let at = height.checked_sub(tracks.first_height)?;
        let end = tracks.end()?.block(at).filter(|batch| batch.arrivals.len() == count)?;
        let arrival_ns = *end.arrivals.get(index)?;
        let passages = tracks.of_stages.iter().map(|track| {
            let found = if track.is_of_blocks() { track.block(at) } else { track.search(arrival_ns) };
            (track.stage, found.map(|batch| batch.done_ns))
        });
        Some(Timeline { arrival_ns, passages: passages.collect() })
    }

    /// Of a transaction that waits and came in then.
    pub fn of_waiting(&self, arrival_ns: Nanos) -> Timeline {
        let tracks = self.tracks.lock();
        let before = tracks.of_stages.iter().filter(|track| !track.is_of_blocks());
        let passages = before.map(|track| (track.stage, track.search(arrival_ns).map(|batch| batch.done_ns)));
        Timeline { arrival_ns, passages: passages.collect() }
    }

    /// From coming in to the end, of the newest transactions that came there in the last ten seconds, ascending.
    pub fn latencies(&self, now_ns: Nanos) -> Vec<Nanos> {
        let since_ns = now_ns.saturating_sub(LATENCY_NS);
        let mut latencies = Vec::new();
        if let Some(end) = self.tracks.lock().end() {
            let newest = end.batches.iter().rev().take_while(|batch| batch.done_ns >= since_ns);
            let each = newest.flat_map(|batch| {
                batch.arrivals.iter().map(|arrival_ns| batch.done_ns.saturating_sub(*arrival_ns))
            });
            latencies.extend(each.take(LATENCY_TRANSACTIONS));
        }
        latencies.sort_unstable();
        latencies
    }
}

impl Tracks {
    /// The track at whose end a transaction is through.
    fn end(&self) -> Option<&Track> {
        self.of_stages.iter().rev().find(|track| ENDS.contains(&track.stage))
    }
}

impl Track {
    fn is_of_blocks(&self) -> bool {
        !BEFORE_BLOCKS.contains(&self.stage)
    }

    /// The n-th batch of all.
    fn block(&self, at: u64) -> Option<&Batch> {
        self.batches.get(usize::try_from(at.checked_sub(self.forgotten)?).ok()?)
    }

    /// The first batch that holds what came in then. Batches are in the order in which they passed, and nothing passes
    /// before it came.
    fn search(&self, arrival_ns: Nanos) -> Option<&Batch> {
        let first = self.batches.partition_point(|batch| batch.done_ns < arrival_ns);
        let mut after = self.batches.range(first..).take(SEARCH_MAX);
        after.find(|batch| batch.arrivals.contains(&arrival_ns))
    }

    fn note(&mut self, arrivals: &[Nanos], done_ns: Nanos, keep: Keep) {
        let is_known_by_arrival = !self.is_of_blocks() || ENDS.contains(&self.stage);
        let arrivals: Box<[Nanos]> = if is_known_by_arrival { arrivals.into() } else { Box::default() };
        self.transactions += arrivals.len();
        self.batches.push_back(Batch { done_ns, arrivals });
        let blocks_max = if self.is_of_blocks() { keep.blocks } else { keep.transactions };
        while self.batches.len() > 1
            && (self.transactions > keep.transactions || self.batches.len() > blocks_max)
        {
            let oldest = self.batches.pop_front();
            self.transactions -= oldest.map_or(0, |batch| batch.arrivals.len());
            self.forgotten += 1;
        }
    }
}

impl Watch for Trail {
    fn waits(&self, transaction: &Verified, arrival_ns: Nanos) {
        self.mempool.waits(transaction, arrival_ns);
    }

    fn passed(&self, stage: &'static str, arrivals: &[Nanos], now_ns: Nanos) {
        let mut tracks = self.tracks.lock();
        let known = tracks.of_stages.iter().position(|track| track.stage == stage);
        let at = known.unwrap_or_else(|| {
            let (batches, transactions, forgotten) = (VecDeque::new(), 0, 0);
            tracks.of_stages.push(Track { stage, batches, transactions, forgotten });
            tracks.of_stages.len() - 1
        });
        tracks.of_stages[at].note(arrivals, now_ns, self.keep);
    }

    fn rejected(&self, stage: &'static str, id: &B256, reason: Reject) {
        self.mempool.rejected(stage, id, reason);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use pelton_pipeline::watch::Watch;

    use super::{Timeline, Trail};
    use crate::history::Keep;
    use crate::mempool::Mempool;

    fn trail(transactions: usize, blocks: usize) -> Trail {
        let trail = Trail::new(Arc::new(Mempool::default()), Keep { blocks, transactions });
        trail.begin(5);
        trail
    }

    /// Two batches of two become a block of three, height 5; the second of them waits.
    fn travelled(trail: &Trail) {
        trail.passed("ingest", &[10, 11], 20);
        trail.passed("ingest", &[12, 21], 25);
        trail.passed("verify", &[12, 21], 30);
        trail.passed("verify", &[10, 11], 31);
        for (stage, done_ns) in [("schedule", 40), ("seal", 41), ("commit", 50)] {
            trail.passed(stage, &[21, 10, 12], done_ns);
        }
    }

    #[test]
    fn a_transaction_is_followed_through_its_batches_and_its_block() {
        let trail = trail(100, 100);
        travelled(&trail);
        let passages = |ingest, verify| {
            let (ingest, verify) = (("ingest", ingest), ("verify", verify));
            vec![ingest, verify, ("schedule", Some(40)), ("seal", Some(41)), ("commit", Some(50))]
        };
        let expected = Timeline { arrival_ns: 10, passages: passages(Some(20), Some(31)) };
        assert_eq!(trail.of_included(5, 1, 3), Some(expected));
        let expected = Timeline { arrival_ns: 21, passages: passages(Some(25), Some(30)) };
        assert_eq!(trail.of_included(5, 0, 3), Some(expected));
        let waiting = trail.of_waiting(11);
        assert_eq!(waiting.passages, [("ingest", Some(20)), ("verify", Some(31))]);
    }

    #[test]
    fn what_is_not_known_is_not_told() {
        let trail = trail(100, 100);
        travelled(&trail);
        assert_eq!(trail.of_included(4, 0, 3), None, "below the first block");
        assert_eq!(trail.of_included(6, 0, 3), None, "not there yet");
        assert_eq!(trail.of_included(5, 3, 3), None, "no such index");
        assert_eq!(trail.of_included(5, 0, 2), None, "another block than the one that came along");
        assert_eq!(trail.of_waiting(13).passages, [("ingest", None), ("verify", None)]);
    }

    #[test]
    fn the_oldest_is_forgotten_and_the_rest_keeps_its_place() {
        let trail = trail(4, 2);
        for height in 5..100_u64 {
            trail.passed("ingest", &[height, 1_000 + height], 2_000 + height);
            trail.passed("schedule", &[height, 1_000 + height], 3_000 + height);
            trail.passed("commit", &[height, 1_000 + height], 4_000 + height);
        }
        assert_eq!(trail.of_included(97, 0, 2), None);
        for height in [98, 99] {
            let known = trail.of_included(height, 1, 2).expect("it is kept");
            assert_eq!(known.arrival_ns, 1_000 + height);
            let done = [("ingest", 2_000), ("schedule", 3_000), ("commit", 4_000)];
            assert_eq!(known.passages, done.map(|(stage, since)| (stage, Some(since + height))));
        }
        let (batches, transactions) = {
            let tracks = trail.tracks.lock();
            let count = |of: fn(&super::Track) -> usize| tracks.of_stages.iter().map(of).collect::<Vec<_>>();
            (count(|track| track.batches.len()), count(|track| track.transactions))
        };
        assert_eq!((batches, transactions), (vec![2, 2, 2], vec![4, 0, 4]));
    }

    #[test]
    fn latency_is_that_of_what_came_through_of_late() {
        let trail = trail(100, 100);
        assert!(trail.latencies(50).is_empty(), "nothing came yet");
        travelled(&trail);
        assert_eq!(trail.latencies(60), [29, 38, 40]);
        assert!(trail.latencies(60_000_000_000).is_empty(), "that was a minute ago");
    }
}
