//! intake: brings in transactions from outside, as long as somebody may submit any.
//!
//! ```text
//!   Submitter ─┐
//!   Submitter ─┼─> a lane for each source (bounded) ──> intake, in turn ──> batches
//!   Submitter ─┘   full: refused
//! ```
//!
//! Sources do not wait for each other: a flood fills its own lanes (`lanes.rs`). Whoever submits hears at once whether there is
//! room, and never waits. The end of input is when the last [`Submitter`] is gone.

mod lanes;

use std::sync::Arc;

use alloy_primitives::Bytes;

use crate::batch::Batch;
use crate::clock::{Clock, Nanos};
use crate::driver::bell::Bell;
use crate::link::Link;
use crate::meter::{Meter, Regime};
use crate::origin::Origin;
use crate::room::Room;
use crate::turn::Turnable;
use lanes::{Lanes, Place};

/// Bytes after which a batch takes no further transaction, so that the link behind it is bounded in bytes as well. Ordinary
/// transactions, of some hundred bytes, never come to that.
const BATCH_BYTES: usize = 1 << 20;

type Queue = Lanes<(Bytes, Origin, Nanos)>;

/// A way into a running pipeline, for any thread. A clone is another one.
#[derive(Clone)]
pub struct Submitter {
    queue: Arc<Queue>,
    clock: Arc<dyn Clock>,
    bell: Option<Arc<Bell>>,
}

/// As many transactions wait for the pipeline as may, or as many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl Submitter {
    /// Hands in the bytes of a transaction.
    ///
    /// # Errors
    /// [`Full`]: nothing was taken, and it may be offered again a moment later. Other sources may find room meanwhile.
    pub fn submit(&self, wire: Bytes, origin: Origin) -> Result<(), Full> {
        let bytes = wire.len();
        let submitted = self.queue.push(origin.source, (wire, origin, self.clock.now_ns()), bytes);
        if let Some(bell) = &self.bell {
            bell.ring();
        }
        submitted.map_err(|_| Full)
    }

    /// The same, which rings for each transaction.
    pub fn ringing(self, bell: Arc<Bell>) -> Submitter {
        Submitter { bell: Some(bell), ..self }
    }

    /// How many transactions wait for the pipeline.
    pub fn waiting(&self) -> usize {
        self.queue.waiting()
    }
}

/// The beginning of a pipeline that runs until nobody can submit any more.
pub struct Intake {
    queue: Arc<Queue>,
    place: Place,
    batch_max: usize,
    output: Arc<Link<Batch<(Bytes, Origin)>>>,
    undelivered: Option<Batch<(Bytes, Origin)>>,
    meter: Meter,
    regime: Regime,
    since_ns: Nanos,
    finished: bool,
}

/// What an [`Intake`] will be made of once its pipeline is built.
pub struct Door(Arc<Queue>);

/// A way in and where it leads, with room for so much of all sources, and for half as much of one.
pub fn door(room: Room, clock: Arc<dyn Clock>) -> (Submitter, Door) {
    let queue = Arc::new(Queue::new(room));
    (Submitter { queue: queue.clone(), clock, bell: None }, Door(queue))
}

impl Intake {
    /// Sends what comes through the door in batches of so many at most.
    pub fn new(Door(queue): Door, batch_max: usize, output: Arc<Link<Batch<(Bytes, Origin)>>>) -> Intake {
        Intake {
            queue,
            place: Place::default(),
            batch_max,
            output,
            undelivered: None,
            meter: Meter::default(),
            regime: Regime::Idle,
            since_ns: 0,
            finished: false,
        }
    }

    /// Sends what waits; gives whether anything was sent.
    fn bring(&mut self) -> bool {
        let mut sent = false;
        self.regime = Regime::Idle;
        // Seen before the queue, so that nothing can come in behind an end that was seen.
        let is_last = Arc::get_mut(&mut self.queue).is_some();
        while let Some(batch) = self.undelivered.take().or_else(|| self.next_batch()) {
            let count = batch.len() as u64;
            if let Err(batch) = self.output.push(batch) {
                self.undelivered = Some(batch);
                self.regime = Regime::Blocked;
                return sent;
            }
            self.meter.taken += count;
            self.meter.passed += count;
            sent = true;
        }
        if is_last && !self.finished {
            self.output.close();
            self.finished = true;
        }
        sent
    }

    fn next_batch(&mut self) -> Option<Batch<(Bytes, Origin)>> {
        if self.queue.waiting() == 0 {
            return None;
        }
        let most = Room { transactions: self.batch_max, bytes: BATCH_BYTES };
        let waiting = self.queue.take(most, &mut self.place).into_iter();
        let batch: Batch<_> = waiting.map(|(wire, origin, at_ns)| ((wire, origin), at_ns)).collect();
        (!batch.is_empty()).then_some(batch)
    }
}

impl Turnable for Intake {
    fn name(&self) -> &'static str {
        "intake"
    }

    fn turn(&mut self, clock: &dyn Clock) -> bool {
        let now_ns = clock.now_ns();
        self.meter.regime_ns[self.regime as usize] += now_ns - self.since_ns;
        let is_quiet = self.queue.waiting() == 0 && self.undelivered.is_none();
        let cpu_ns = if is_quiet { 0 } else { clock.thread_cpu_ns() };
        let sent = self.bring();
        if sent && !is_quiet {
            self.meter.cpu_ns += clock.thread_cpu_ns() - cpu_ns;
        }
        self.meter.turns += u64::from(sent);
        self.since_ns = clock.now_ns();
        self.meter.regime_ns[Regime::Busy as usize] += self.since_ns - now_ns;
        sent
    }

    fn is_finished(&self) -> bool {
        self.finished
    }

    fn meter(&self) -> &Meter {
        &self.meter
    }

    fn queue_max(&self) -> usize {
        0
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use alloy_primitives::Bytes;

    use super::{BATCH_BYTES, Full, Intake, door};
    use crate::batch::Batch;
    use crate::clock::SimulatedClock;
    use crate::link::Link;
    use crate::origin::Origin;
    use crate::room::Room;
    use crate::turn::Turnable;

    fn from(byte: u8) -> Origin {
        Origin { source: byte.into(), claimed_sender: None }
    }

    #[test]
    fn what_is_submitted_comes_in_order_and_the_end_is_when_the_last_submitter_is_gone() {
        let clock = Arc::new(SimulatedClock::default());
        let (submitter, entrance) = door(Room { transactions: 10, bytes: 100 }, clock.clone());
        let link = Arc::new(Link::new(2));
        let mut intake = Intake::new(entrance, 3, link.clone());
        let other = submitter.clone();
        for byte in 0..10 {
            clock.advance(1);
            assert_eq!(submitter.submit(Bytes::from(vec![byte]), from(byte)), Ok(()));
        }
        assert_eq!(other.submit(Bytes::new(), Origin::default()), Err(Full));
        drop((submitter, other));
        let mut came = Vec::new();
        for _ in 0..10 {
            intake.turn(&*clock);
            assert!(link.depth() <= 2);
            came.extend(link.pop().into_iter().flatten());
        }
        let expected = (0..10).map(|byte| ((Bytes::from(vec![byte]), from(byte)), 1 + u64::from(byte)));
        assert_eq!(came, expected.collect::<Vec<_>>());
        assert!(intake.is_finished() && link.is_exhausted());
    }

    #[test]
    fn a_door_that_stands_open_does_not_end_the_pipeline() {
        let clock = Arc::new(SimulatedClock::default());
        let (submitter, entrance) = door(Room { transactions: 1, bytes: 100 }, clock.clone());
        let link = Arc::new(Link::new(2));
        let mut intake = Intake::new(entrance, 3, link.clone());
        assert!(!intake.turn(&*clock) && !intake.is_finished() && !link.is_closed());
        drop(submitter);
        assert!(!intake.turn(&*clock) && intake.is_finished() && link.is_closed());
    }
    #[test]
    fn a_flood_of_the_longest_transactions_is_held_to_the_bytes_that_there_is_room_for() {
        let clock = Arc::new(SimulatedClock::default());
        let room = Room { transactions: 1 << 14, bytes: (8 << 20) + 100 };
        let (submitter, entrance) = door(room, clock.clone());
        let link = Arc::new(Link::new(4));
        let mut intake = Intake::new(entrance, 256, link.clone());
        let longest = Bytes::from(vec![7; 128 << 10]);
        let flood = |from_source: u8| {
            let taken = |_: &i32| submitter.submit(longest.clone(), from(from_source)).is_ok();
            (0..).take_while(taken).count() * longest.len()
        };
        let taken: usize = (0..100).map(flood).sum();
        assert!(taken > room.bytes / 2 && taken <= room.bytes, "{taken} bytes wait");
        assert_eq!(submitter.submit(Bytes::from_static(b"short"), from(200)), Ok(()), "others find room");
        while intake.turn(&*clock) && link.depth() < link.capacity() {}
        let bytes = |batch: &Batch<(Bytes, Origin)>| batch.items().iter().map(|(wire, _)| wire.len()).sum();
        let sizes: Vec<usize> = std::iter::from_fn(|| link.pop()).map(|batch| bytes(&batch)).collect();
        let bound = BATCH_BYTES + longest.len();
        assert!(sizes.len() == 4 && sizes.iter().all(|bytes| *bytes < bound), "{sizes:?}");
    }
}
