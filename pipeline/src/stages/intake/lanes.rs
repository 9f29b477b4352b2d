//! `Lanes`: what waits at the door, a queue for each source, so that none of them can take the room or the turn of others.
//!
//! ```text
//!   source 1 ──> lane ─┐
//!   source 2 ──> lane ─┼─ one from each in turn ──> batch
//!   source 3 ──> lane ─┘
//! ```
//!
//! (1) All lanes together never hold more than there is room for. (2) A lane may hold no more than is still free, so that
//! however many sources send however much, there is always some room for one that has little waiting: alone a source gets
//! half of all, beside n others that want everything one part in n + 2. (3) Batches take one transaction from each
//! lane in turn. Sources that are as many apart as there are lanes share one.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crossbeam_queue::SegQueue;

/// As many peers as a node takes by default have a lane each. A multiple of 64.
const LANES: usize = 256;

/// See the head of this file.
pub(super) struct Lanes<T> {
    lanes: Box<[SegQueue<T>]>,
    /// A bit for each lane, set if anything may wait there.
    occupied: [AtomicU64; LANES / 64],
    room: usize,
    waiting: AtomicUsize,
}

/// Where the next batch begins.
#[derive(Debug, Default)]
pub(super) struct Place(usize);

impl<T> Lanes<T> {
    /// Room for so many, of all sources together.
    pub(super) fn new(room: usize) -> Lanes<T> {
        let lanes = (0..LANES).map(|_| SegQueue::new()).collect();
        Lanes { lanes, occupied: Default::default(), room, waiting: AtomicUsize::new(0) }
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    /// Lets one of this source wait; gives it back if there is no room for it.
    pub(super) fn push(&self, source: u32, one: T) -> Result<(), T> {
        let lane = source as usize % LANES;
        let before = self.waiting.fetch_add(1, Ordering::AcqRel);
        if self.lanes[lane].len() >= self.room.saturating_sub(before) {
            self.waiting.fetch_sub(1, Ordering::AcqRel);
            return Err(one);
        }
        self.lanes[lane].push(one);
        self.occupied[lane / 64].fetch_or(1 << (lane % 64), Ordering::AcqRel);
        Ok(())
    }

    /// Takes so many at most, one from each lane in turn, going on where the last batch ended.
    pub(super) fn take(&self, count: usize, place: &mut Place) -> Vec<T> {
        let mut taken = Vec::new();
        let mut lanes: Vec<usize> =
            (0..LANES).map(|step| (place.0 + step) % LANES).filter(|lane| self.is_occupied(*lane)).collect();
        while taken.len() < count && !lanes.is_empty() {
            lanes.retain(|lane| {
                if taken.len() == count {
                    return true;
                }
                let one = self.lanes[*lane].pop();
                let is_empty = one.is_none();
                if is_empty {
                    self.vacate(*lane);
                } else {
                    place.0 = (lane + 1) % LANES;
                }
                taken.extend(one);
                !is_empty
            });
        }
        self.waiting.fetch_sub(taken.len(), Ordering::AcqRel);
        taken
    }

    fn is_occupied(&self, lane: usize) -> bool {
        self.occupied[lane / 64].load(Ordering::Acquire) >> (lane % 64) & 1 == 1
    }

    /// Notes that nothing waits in a lane. What came in meanwhile is seen by one of the two who look.
    fn vacate(&self, lane: usize) {
        let bit = 1 << (lane % 64);
        self.occupied[lane / 64].fetch_and(!bit, Ordering::AcqRel);
        if !self.lanes[lane].is_empty() {
            self.occupied[lane / 64].fetch_or(bit, Ordering::AcqRel);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LANES, Lanes, Place};

    #[test]
    fn however_much_some_send_there_is_room_for_one_more_source_until_all_of_it_is_shared() {
        let lanes = Lanes::new(1_000);
        let fill = |source| (0..).take_while(|number| lanes.push(source, (source, *number)).is_ok()).count();
        let filled: Vec<usize> = (0..5).map(fill).collect();
        assert_eq!(filled, [500, 250, 125, 63, 31], "each gets half of what is free");
        assert_eq!(lanes.waiting(), filled.iter().sum());
        let rest: usize = (5..LANES as u32).map(fill).sum();
        assert_eq!((rest, lanes.waiting()), (31, 1_000), "and all together what there is");
    }

    #[test]
    fn batches_take_from_every_source_in_turn_and_keep_the_order_of_each() {
        let lanes = Lanes::new(10_000);
        (0..1_000).for_each(|number| lanes.push(7, (7, number)).expect("there is room"));
        (0..10).for_each(|number| lanes.push(8, (8, number)).expect("there is room"));
        let (mut place, mut taken) = (Place::default(), Vec::new());
        while lanes.waiting() > 0 {
            let batch = lanes.take(6, &mut place);
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
        let lanes = &Lanes::new(64);
        let count = 2_000_u32;
        let taken = std::thread::scope(|scope| {
            for source in 0..3 {
                scope.spawn(move || {
                    (0..count).for_each(|number| {
                        while lanes.push(source, (source, number)).is_err() {
                            std::thread::yield_now();
                        }
                    });
                });
            }
            let (mut place, mut taken) = (Place::default(), Vec::new());
            while taken.len() < 3 * count as usize {
                assert!(lanes.waiting() <= 64 + 3, "no more wait than there is room for, and those who ask");
                taken.extend(lanes.take(5, &mut place));
            }
            taken
        });
        for source in 0..3 {
            assert!(taken.iter().filter(|one| one.0 == source).map(|one| one.1).eq(0..count));
        }
        assert_eq!(lanes.waiting(), 0);
    }
}
