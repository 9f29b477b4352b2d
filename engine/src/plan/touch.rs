//! `Touch`: one account or slot that a transaction names, and how; `Rows`: lists of different lengths, end to end.

/// The number of an account or slot within a block.
pub(crate) type Key = u32;

/// How a transaction touches what it names. Of two touches of one key the greater covers the lesser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    /// Reads the nonce, balance and code of an account.
    Read,
    /// Reads an account and any of its slots.
    ReadWhole,
    /// Adds to the balance of an account that has no code.
    Credit,
    /// Takes from the balance of an account and counts up its nonce.
    Debit,
    /// Does anything to an account and its slots.
    Write,
    /// Reads a slot.
    ReadSlot,
    /// Writes a slot.
    WriteSlot,
}

/// A key and a way, in four bytes: key in the upper 28 bits, whether credits are absorbed first, way.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Touch(u32);

const WAYS: [Way; 7] =
    [Way::Read, Way::ReadWhole, Way::Credit, Way::Debit, Way::Write, Way::ReadSlot, Way::WriteSlot];
const ABSORBS: u32 = 8;

impl Touch {
    pub(crate) fn new(key: Key, way: Way) -> Touch {
        debug_assert!(key < 1 << 28, "the keys of a block are bounded");
        Touch(key << 4 | way as u32)
    }

    pub(crate) fn key(self) -> Key {
        self.0 >> 4
    }

    pub(crate) fn way(self) -> Way {
        WAYS[(self.0 & 7) as usize % WAYS.len()]
    }

    pub(crate) fn is_slot(self) -> bool {
        self.way() >= Way::ReadSlot
    }

    /// Whether credits of earlier transactions become part of the balance before this one looks at it.
    pub(crate) fn absorbs(self) -> bool {
        self.0 & ABSORBS != 0
    }

    pub(crate) fn absorbing(self) -> Touch {
        Touch(self.0 | ABSORBS)
    }

    /// Accounts before slots, equal keys together, the greatest way first.
    pub(super) fn order(self) -> (bool, Key, std::cmp::Reverse<Way>) {
        (self.is_slot(), self.key(), std::cmp::Reverse(self.way()))
    }
}

impl std::fmt::Debug for Touch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let absorbs = if self.absorbs() { ", absorbing" } else { "" };
        write!(f, "{:?} {}{absorbs}", self.way(), self.key())
    }
}

/// Lists of different lengths, end to end.
#[derive(Debug)]
pub(crate) struct Rows<T> {
    items: Vec<T>,
    ends: Vec<u32>,
}

impl<T> Default for Rows<T> {
    fn default() -> Rows<T> {
        Rows { items: Vec::new(), ends: Vec::new() }
    }
}

impl<T> Rows<T> {
    pub(crate) fn with_capacity(rows: usize, items: usize) -> Rows<T> {
        Rows { items: Vec::with_capacity(items), ends: Vec::with_capacity(rows) }
    }

    /// Adds to the row that is not ended yet.
    pub(crate) fn push(&mut self, item: T) {
        self.items.push(item);
    }

    /// Ends a row.
    pub(crate) fn end(&mut self) {
        self.ends.push(self.items.len() as u32);
    }

    fn range(&self, row: u32) -> std::ops::Range<usize> {
        let start = if row == 0 { 0 } else { self.ends[row as usize - 1] };
        start as usize..self.ends[row as usize] as usize
    }

    pub(crate) fn row(&self, row: u32) -> &[T] {
        &self.items[self.range(row)]
    }

    pub(crate) fn row_mut(&mut self, row: u32) -> &mut [T] {
        let range = self.range(row);
        &mut self.items[range]
    }
}

impl<T: Copy + Default> Rows<T> {
    /// Sorts pairs of row and item by row; items of one row stay in their order.
    pub(crate) fn of_pairs(rows: usize, pairs: &[(u32, T)]) -> Rows<T> {
        let mut ends = vec![0u32; rows + 1];
        for (row, _) in pairs {
            ends[*row as usize + 1] += 1;
        }
        for row in 0..rows {
            ends[row + 1] += ends[row];
        }
        let mut items = vec![T::default(); pairs.len()];
        for (row, item) in pairs {
            let place = &mut ends[*row as usize];
            items[*place as usize] = *item;
            *place += 1;
        }
        // Each start has moved to its row's end.
        ends.truncate(rows);
        Rows { items, ends }
    }
}
