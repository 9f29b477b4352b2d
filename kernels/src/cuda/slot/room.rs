//! Memory that several threads fill at a time, each of them pieces of its own.
//!
//! ```text
//!   Room ── pieces ──> [ piece | piece |   | piece ]   each writes to its own, on any thread
//!     │ whole: not before all of them are gone
//!     └──────────────> [                            ]
//! ```
//!
//! The memory lives as long as the room or any piece of it does: a thread that is late writes to what nobody else has.
#![expect(unsafe_code, reason = "pieces of one memory are lent to threads that may outlive who lends them")]

use std::any::Any;
use std::convert::Infallible;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::Arc;

/// See the module.
pub(in crate::cuda) struct Room(Arc<Memory>);

struct Memory {
    start: NonNull<u8>,
    length: usize,
    _owner: Box<dyn Any + Send + Sync>,
}

// SAFETY: the memory belongs to the owner, which may be sent and shared. Bytes are written through a `Piece`, of which no two
// have one in common, or through the only reference to all of it.
unsafe impl Send for Memory {}
// SAFETY: as above.
unsafe impl Sync for Memory {}

/// A range of a room, for whoever has it alone.
pub(in crate::cuda) struct Piece {
    memory: Arc<Memory>,
    range: Range<usize>,
}

impl Room {
    /// Over memory that `bytes` finds in its owner, and that stays where it is as long as the owner is there.
    ///
    /// # Safety
    /// Nothing else touches these bytes through the owner, and they do not move when the owner does.
    pub unsafe fn new<T, E>(owner: T, bytes: impl FnOnce(&mut T) -> Result<&mut [u8], E>) -> Result<Room, E>
    where
        T: Any + Send + Sync,
    {
        let mut owner = Box::new(owner);
        let memory = bytes(&mut owner)?;
        let (start, length) = (NonNull::from(&mut *memory).cast(), memory.len());
        Ok(Room(Arc::new(Memory { start, length, _owner: owner })))
    }

    /// Over memory of this process.
    pub fn plain(bytes: usize) -> Room {
        // SAFETY: a vector's bytes do not move with it, and nobody else has it.
        let room = unsafe { Room::new(vec![0; bytes], |bytes| Ok::<_, Infallible>(&mut bytes[..])) };
        room.unwrap_or_else(|never| match never {})
    }

    /// Pieces of it.
    ///
    /// # Errors
    /// If some that were lent before are still in use, for people.
    ///
    /// # Panics
    /// If two of them have a byte in common, or one is not within the room.
    pub fn pieces(&mut self, ranges: &[Range<usize>]) -> Result<Vec<Piece>, String> {
        let length = self.whole()?.len();
        let mut rising: Vec<_> = ranges.iter().filter(|range| !range.is_empty()).collect();
        rising.sort_unstable_by_key(|range| range.start);
        assert!(rising.is_sorted_by(|before, behind| before.end <= behind.start), "pieces lie apart");
        assert!(rising.last().is_none_or(|last| last.end <= length), "pieces lie within the room");
        Ok(ranges.iter().map(|range| Piece { memory: self.0.clone(), range: range.clone() }).collect())
    }

    /// All of it.
    ///
    /// # Errors
    /// If pieces of it are still in use, for people.
    pub fn whole(&mut self) -> Result<&mut [u8], String> {
        let memory = Arc::get_mut(&mut self.0).ok_or("a thread still writes to what is to be copied")?;
        // SAFETY: the owner has these bytes, and no piece of them is lent: this is the only reference to the memory.
        Ok(unsafe { std::slice::from_raw_parts_mut(memory.start.as_ptr(), memory.length) })
    }
}

impl Piece {
    pub fn bytes(&mut self) -> &mut [u8] {
        if self.range.is_empty() {
            return &mut [];
        }
        // SAFETY: the range lies within the memory, which lives as long as this. No other piece has a byte of it, as all that
        // are lent were made at once and lie apart, and nobody has the whole while one is lent.
        unsafe {
            let start = self.memory.start.as_ptr().add(self.range.start);
            std::slice::from_raw_parts_mut(start, self.range.len())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Room;

    #[test]
    fn threads_fill_a_room_piece_by_piece_and_who_is_late_writes_to_nothing_else() {
        let mut room = Room::plain(100);
        let pieces = room.pieces(&[50..100, 0..0, 0..50]).expect("nobody uses it");
        assert!(room.whole().is_err() && room.pieces(&[]).is_err());
        std::thread::scope(|threads| {
            for (value, mut piece) in pieces.into_iter().enumerate() {
                threads.spawn(move || piece.bytes().fill(value as u8 + 1));
            }
        });
        assert_eq!(room.whole().expect("all are done"), [[3; 50], [1; 50]].as_flattened());
        let mut late = room.pieces(&[7..9, 0..0]).expect("nobody uses it");
        drop(room);
        assert_eq!(late[0].bytes(), [3, 3]);
    }

    #[test]
    #[should_panic(expected = "apart")]
    fn pieces_with_a_byte_in_common_are_a_bug() {
        Room::plain(9).pieces(&[0..5, 4..9]).expect("nobody uses it");
    }

    #[test]
    #[should_panic(expected = "within")]
    fn a_piece_beyond_the_room_is_a_bug() {
        Room::plain(9).pieces(&[0..5, 5..10]).expect("nobody uses it");
    }
}
