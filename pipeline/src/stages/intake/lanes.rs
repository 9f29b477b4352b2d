//! `Lanes`: what waits at the door, a queue for each source, so that none of them can take the room or the turn of others.
//!
//! ```text
//!   source 1 ──> lane ─┐
//!   source 2 ──> lane ─┼─ one from each in turn ──> batch
//!   source 3 ──> lane ─┘
//! ```
//!
//! (1) All lanes together never hold more than there is room for, neither in number nor in bytes. (2) A lane may hold no more
//! than is still free, of either, so that however many sources send however much, there is always some room for one that has
//! little waiting: alone a source gets half of all, beside n others that want everything one part in n + 2. (3) Batches take
//! one transaction from each lane in turn. Sources that are as many apart as there are lanes share one.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crossbeam_queue::SegQueue;

use crate::room::Room;

/// As many peers as a node takes by default have a lane each. A multiple of 64.
const LANES: usize = 256;

/// See the head of this file.
pub(super) struct Lanes<T> {
    lanes: Box<[Lane<T>]>,
    /// A bit for each lane, set if anything may wait there.
    occupied: [AtomicU64; LANES / 64],
    room: Room,
    waiting: AtomicUsize,
    bytes: AtomicUsize,
}

/// What waits of one source, each with its bytes.
struct Lane<T> {
    queue: SegQueue<(T, usize)>,
    bytes: AtomicUsize,
}

/// Where the next batch begins.
#[derive(Debug, Default)]
pub(super) struct Place(usize);

impl<T> Lanes<T> {
    /// Room for so much, of all sources together.
    pub(super) fn new(room: Room) -> Lanes<T> {
        let lane = |_| Lane { queue: SegQueue::new(), bytes: AtomicUsize::new(0) };
        Lanes {
            lanes: (0..LANES).map(lane).collect(),
            occupied: Default::default(),
            room,
            waiting: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
        }
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    /// How many bytes of them.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Acquire)
    }

    /// Lets one of this source and of so many bytes wait; gives it back if there is no room for it.
    pub(super) fn push(&self, source: u32, one: T, bytes: usize) -> Result<(), T> {
        let at = source as usize % LANES;
        let lane = &self.lanes[at];
        let waiting = self.waiting.fetch_add(1, Ordering::AcqRel);
        let waiting_bytes = self.bytes.fetch_add(bytes, Ordering::AcqRel);
        let lane_bytes = lane.bytes.fetch_add(bytes, Ordering::AcqRel) + bytes;
        if lane.queue.len() >= self.room.transactions.saturating_sub(waiting)
            || lane_bytes > self.room.bytes.saturating_sub(waiting_bytes)
        {
            lane.bytes.fetch_sub(bytes, Ordering::AcqRel);
            self.leave(1, bytes);
            return Err(one);
        }
        lane.queue.push((one, bytes));
        self.occupied[at / 64].fetch_or(1 << (at % 64), Ordering::AcqRel);
        Ok(())
    }

    /// Takes no more than this, one from each lane in turn, going on where the last batch ended. The last one taken is taken
    /// whole, so that there is no transaction too long to be taken.
    pub(super) fn take(&self, most: Room, place: &mut Place) -> Vec<T> {
        let (mut taken, mut bytes) = (Vec::new(), 0);
        let mut lanes: Vec<usize> =
            (0..LANES).map(|step| (place.0 + step) % LANES).filter(|lane| self.is_occupied(*lane)).collect();
        let is_full = |count: usize, bytes: usize| count >= most.transactions || bytes >= most.bytes;
        while !is_full(taken.len(), bytes) && !lanes.is_empty() {
            lanes.retain(|at| {
                if is_full(taken.len(), bytes) {
                    return true;
                }
                let Some((one, length)) = self.lanes[*at].queue.pop() else {
                    self.vacate(*at);
                    return false;
                };
                self.lanes[*at].bytes.fetch_sub(length, Ordering::AcqRel);
                bytes += length;
                taken.push(one);
                place.0 = (at + 1) % LANES;
                true
            });
        }
        self.leave(taken.len(), bytes);
        taken
    }

    /// So much does not wait any more.
    fn leave(&self, count: usize, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::AcqRel);
        self.waiting.fetch_sub(count, Ordering::AcqRel);
    }

    fn is_occupied(&self, lane: usize) -> bool {
        self.occupied[lane / 64].load(Ordering::Acquire) >> (lane % 64) & 1 == 1
    }

    /// Notes that nothing waits in a lane. What came in meanwhile is seen by one of the two who look.
    fn vacate(&self, lane: usize) {
        let bit = 1 << (lane % 64);
        self.occupied[lane / 64].fetch_and(!bit, Ordering::AcqRel);
        if !self.lanes[lane].queue.is_empty() {
            self.occupied[lane / 64].fetch_or(bit, Ordering::AcqRel);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LANES, Lanes, Place};
    use crate::room::Room;

    /// Room for so many of any length.
    fn many(transactions: usize) -> Room {
        Room { transactions, bytes: usize::MAX }
    }

    #[test]
    fn however_much_some_send_there_is_room_for_one_more_source_until_all_of_it_is_shared() {
        let lanes = Lanes::new(many(1_000));
        let fill =
            |source| (0..).take_while(|number| lanes.push(source, (source, *number), 1).is_ok()).count();
        let filled: Vec<usize> = (0..5).map(fill).collect();
        assert_eq!(filled, [500, 250, 125, 63, 31], "each gets half of what is free");
        assert_eq!(lanes.waiting(), filled.iter().sum());
        let rest: usize = (5..LANES as u32).map(fill).sum();
        assert_eq!((rest, lanes.waiting()), (31, 1_000), "and all together what there is");
    }

    #[test]
    fn few_that_are_long_fill_the_room_as_many_that_are_short() {
        let lanes = Lanes::new(Room { transactions: 1_000, bytes: 1_000 });
        let fill = |source, length| (0..).take_while(|_| lanes.push(source, length, length).is_ok()).count();
        assert_eq!([fill(0, 100), fill(1, 100), fill(2, 100)], [5, 3, 1], "each gets half of what is free");
        assert_eq!((fill(3, 60), fill(4, 60)), (1, 0), "what is longer than what is free waits outside");
        assert_eq!((fill(4, 10), fill(5, 10)), (2, 1), "and what is shorter does not");
        assert_eq!((lanes.waiting(), lanes.bytes()), (13, 990));
        let (mut place, mut came) = (Place::default(), 0);
        while lanes.waiting() > 0 {
            let batch = lanes.take(Room { transactions: 1_000, bytes: 150 }, &mut place);
            let bytes: usize = batch.iter().sum();
            assert!(bytes > 0 && bytes - batch.last().expect("it is not empty") < 150, "{batch:?}");
            came += bytes;
        }
        assert_eq!((came, lanes.bytes()), (990, 0));
    }

    #[test]
    fn batches_take_from_every_source_in_turn_and_keep_the_order_of_each() {
        let lanes = Lanes::new(many(10_000));
        (0..1_000).for_each(|number| lanes.push(7, (7, number), 1).expect("there is room"));
        (0..10).for_each(|number| lanes.push(8, (8, number), 1).expect("there is room"));
        let (mut place, mut taken) = (Place::default(), Vec::new());
        while lanes.waiting() > 0 {
            let batch = lanes.take(many(6), &mut place);
            assert!(!batch.is_empty() && batch.len() <= 6);
            taken.extend(batch);
        }
        let of = |source| taken.iter().filter(move |one| one.0 == source).map(|one| one.1);
        assert!(of(7).eq(0..1_000) && of(8).eq(0..10), "nothing is lost or overtaken within a source");
        let last = taken.iter().rposition(|one| one.0 == 8).expect("it was there");
        assert!(last < 20, "the few come out among the first, not behind the many: {last}");
    }

    #[test]
    fn nothing_is_lost_between_threads_that_push_and_one_that_takes() {
        let lanes = &Lanes::new(many(64));
        let count = 2_000_u32;
        let taken = std::thread::scope(|scope| {
            for source in 0..3 {
                scope.spawn(move || {
                    (0..count).for_each(|number| {
                        while lanes.push(source, (source, number), number as usize).is_err() {
                            std::thread::yield_now();
                        }
                    });
                });
            }
            let (mut place, mut taken) = (Place::default(), Vec::new());
            while taken.len() < 3 * count as usize {
                assert!(lanes.waiting() <= 64 + 3, "no more wait than there is room for, and those who ask");
                taken.extend(lanes.take(many(5), &mut place));
            }
            taken
        });
        for source in 0..3 {
            assert!(taken.iter().filter(|one| one.0 == source).map(|one| one.1).eq(0..count));
        }
        assert_eq!((lanes.waiting(), lanes.bytes()), (0, 0));
    }
}
