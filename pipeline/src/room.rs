//! `Room`: so many transactions and so many bytes of them. What is bounded in number alone takes as much memory as whoever sends
//! the longest transactions likes.

use std::ops::{AddAssign, SubAssign};

use pelton_engine::transaction::Verified;

/// How much there is, or how much there may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Transactions.
    pub transactions: usize,
    /// Bytes of them, as they came over the wire.
    pub bytes: usize,
}

impl Room {
    /// What one transaction takes.
    pub fn of(transaction: &Verified) -> Room {
        Room { transactions: 1, bytes: transaction.transaction().wire().len() }
    }

    /// Whether all of this fits there.
    pub fn fits(&self, most: Room) -> bool {
        self.transactions <= most.transactions && self.bytes <= most.bytes
    }
}

impl AddAssign for Room {
    fn add_assign(&mut self, more: Room) {
        self.transactions += more.transactions;
        self.bytes += more.bytes;
    }
}

impl SubAssign for Room {
    fn sub_assign(&mut self, less: Room) {
        self.transactions -= less.transactions;
        self.bytes -= less.bytes;
    }
}
