//! What a signature costs the threads that feed a GPU: for measurements alone, and without one.
//!
//! A batch goes the way of any other, but for the GPU: it is packed by several threads into memory of this process in place of
//! pinned memory, planned, and its answers, which are those of valid signatures, are taken, judged and learned from.

use std::hint::black_box;
use std::sync::Arc;

use super::Settings;
use super::input::Layout;
use super::packing::Packing;
use super::places::Places;
use super::slot::Room;
use crate::device::{Answer, Parts, judge};
use crate::signatures::{Scheme, Signatures};
use crate::verifier::Spawn;

/// What is timed, in this order.
pub const STEPS: [&str; 5] = ["look up and write", "plan", "take answers", "judge", "learn"];

/// Each message is as long as that of a transfer.
const MESSAGE: [u8; 110] = [0; 110];

/// Keys that there is room for.
const KEYS: usize = 1 << 16;

/// A batch, and all that a GPU's host has of it.
pub struct Feed {
    batch: Arc<Signatures>,
    none: Arc<Signatures>,
    answers: Vec<Answer>,
    places: Places,
    room: Room,
    taken: Vec<Answer>,
}

impl Feed {
    /// So many signatures of so many accounts in no order, those of secp256k1 claimed.
    pub fn new(scheme: Scheme, accounts: usize, count: usize) -> Feed {
        let account = |index: usize| crate::keccak256(&(index * 40_503 % accounts).to_le_bytes());
        let (mut batch, mut answers) = (Signatures::new(scheme), Vec::new());
        for key in (0..count).map(account) {
            let address = key.first_chunk().expect("20 of 32 bytes");
            match scheme {
                Scheme::Ed25519 => batch.push_ed25519(&MESSAGE, &[0; 64], &key),
                Scheme::Secp256k1 => batch.push_secp256k1(&MESSAGE, &[0; 64], 0, Some(address)),
            }
            let mut answer = [0; 32];
            answer[0] = 1;
            answer[1..21].copy_from_slice(address);
            answers.push(answer);
        }
        let none = Signatures::new(scheme);
        let room = Room::plain(Layout::of(&none, &batch).total);
        Feed {
            batch: Arc::new(batch),
            none: Arc::new(none),
            answers,
            places: Places::new(scheme, KEYS),
            room,
            taken: Vec::new(),
        }
    }

    /// Sends the batch once, and gives how many of its keys were known, and the time of each of [`STEPS`] by this clock.
    pub fn round(&mut self, spawn: &dyn Spawn, now: &dyn Fn() -> u64) -> (usize, [u64; 5]) {
        let mut ends = [now(); 6];
        let layout = Layout::of(&self.none, &self.batch);
        let look = self.places.look();
        let part_min = Settings::new([0; 32]).part_min;
        let begun = Packing::begin(&mut self.room, layout, &self.none, &self.batch, &look, part_min);
        let (packing, parts) = begun.expect("the last batch is packed");
        let parts = Parts::begin(parts, spawn);
        while !parts.are_done() {
            std::thread::yield_now();
        }
        ends[1] = now();
        let plan = self.places.plan(look.batch, 0, packing.found());
        layout.write_plan(self.room.whole().expect("all parts are done"), &plan, &[0; 32]);
        ends[2] = now();
        self.taken.clear();
        self.taken.extend_from_slice(black_box(&self.answers));
        ends[3] = now();
        black_box(judge(&[], &self.taken, self.batch.len())).expect("all are answers");
        ends[4] = now();
        self.places.learn(&plan, &self.taken);
        ends[5] = now();
        (plan.known, std::array::from_fn(|step| ends[step + 1] - ends[step]))
    }
}
