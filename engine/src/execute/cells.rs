//! `Cells`: memory that several threads change in place, each cell by one transaction at a time.
//!
//! This is the one file of the engine with `unsafe` in it. It rests on one invariant:
//!
//! > **Of two transactions that touch a cell, and not both only to read it, one is through before the other begins.**
//!
//! Who keeps it: [`Graph`](crate::plan::Graph) has a path between any two such transactions, each transaction is handed
//! out once, when all that it waits for are through, and it says that it is through with a release that the next one
//! acquires. A [`Turn`] is a transaction that was handed out. Nothing here checks that in a release build; a debug build
//! checks at every touch that the cell is free and that those who change it do so in block order, which an ordering that
//! lacked an edge would break even on one thread.

#![expect(
    unsafe_code,
    reason = "cells are shared by threads, and who may touch one is known from the graph alone"
)]

use std::cell::UnsafeCell;
use std::ops::{Deref, DerefMut};

use crate::plan::Plan;
#[cfg(debug_assertions)]
use claims::Claims;

/// A transaction that was handed out, by its position in the block. Whoever makes one says that all it waits for is
/// through, and that no other thread has the same one.
#[derive(Debug)]
pub(crate) struct Turn {
    position: u32,
}

impl Turn {
    pub(super) fn of(position: u32) -> Turn {
        Turn { position }
    }

    /// The turn of whoever puts a block together when all its transactions are through.
    pub(super) fn after(plan: &Plan) -> Turn {
        Turn { position: plan.transactions.len() as u32 }
    }

    /// The turn of nobody, before the first.
    pub(crate) fn none() -> Turn {
        Turn { position: 0 }
    }

    pub(crate) fn position(&self) -> u32 {
        self.position
    }
}

/// Values by number.
#[derive(Debug)]
pub(super) struct Cells<T>(Box<[Cell<T>]>);

#[derive(Debug)]
struct Cell<T> {
    value: UnsafeCell<T>,
    #[cfg(debug_assertions)]
    claims: Claims,
}

// SAFETY: a cell is reached through `read` and `write` alone, and by the invariant above no `write` overlaps another
// touch of its cell; so sharing `Cells` hands out `&T` on several threads, which asks for `Sync`, and `&mut T` on
// any one of them, which asks for `Send`.
unsafe impl<T: Send + Sync> Sync for Cells<T> {}

impl<T: Default> Cells<T> {
    pub(super) fn new(count: usize) -> Cells<T> {
        let cell = || Cell {
            value: UnsafeCell::default(),
            #[cfg(debug_assertions)]
            claims: Claims::default(),
        };
        Cells((0..count).map(|_| cell()).collect())
    }
}

impl<T> Cells<T> {
    /// A cell that the transaction may read.
    pub(super) fn read<'a>(&'a self, turn: &'a Turn, number: u32) -> Shared<'a, T> {
        let cell = &self.0[number as usize];
        #[cfg(not(debug_assertions))]
        let _ = turn;
        Shared {
            #[cfg(debug_assertions)]
            claim: cell.claims.share(turn.position),
            // SAFETY: by the invariant nobody changes the cell during the turn, which outlives the reference.
            value: unsafe { &*cell.value.get() },
        }
    }

    /// A cell that the transaction may change.
    pub(super) fn write<'a>(&'a self, turn: &'a mut Turn, number: u32) -> Exclusive<'a, T> {
        let cell = &self.0[number as usize];
        #[cfg(not(debug_assertions))]
        let _ = turn;
        Exclusive {
            #[cfg(debug_assertions)]
            claim: cell.claims.exclude(turn.position),
            // SAFETY: by the invariant nobody else touches the cell during the turn, which is borrowed as long as the
            // reference lives, so that the same thread cannot make a second one.
            value: unsafe { &mut *cell.value.get() },
        }
    }

    /// A cell, where nobody else can be.
    pub(super) fn get_mut(&mut self, number: u32) -> &mut T {
        self.0[number as usize].value.get_mut()
    }

    /// All values.
    pub(super) fn into_values(self) -> impl Iterator<Item = T> {
        // A vector's own iterator lets whoever collects use its memory again.
        self.0.into_vec().into_iter().map(|cell| cell.value.into_inner())
    }
}

/// A cell to read.
pub(super) struct Shared<'a, T> {
    value: &'a T,
    #[cfg(debug_assertions)]
    #[expect(dead_code, reason = "it is there to be dropped")]
    claim: claims::Claim<'a>,
}

/// A cell to change.
pub(super) struct Exclusive<'a, T> {
    value: &'a mut T,
    #[cfg(debug_assertions)]
    #[expect(dead_code, reason = "it is there to be dropped")]
    claim: claims::Claim<'a>,
}

impl<T> Deref for Shared<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value
    }
}

impl<T> Deref for Exclusive<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value
    }
}

impl<T> DerefMut for Exclusive<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.value
    }
}

/// What a debug build knows of each cell.
#[cfg(debug_assertions)]
mod claims {
    use std::sync::atomic::{AtomicI32, AtomicU32, Ordering::SeqCst};

    /// Who touches a cell now, and who changed it last.
    #[derive(Debug, Default)]
    pub(super) struct Claims {
        /// How many read it; -1 where somebody changes it.
        holders: AtomicI32,
        /// One above the position of the last transaction that might change it.
        changed: AtomicU32,
    }

    /// A touch that is not over.
    pub(super) struct Claim<'a> {
        claims: &'a Claims,
        holders: i32,
    }

    impl Claims {
        pub(super) fn share(&self, position: u32) -> Claim<'_> {
            let before = self.holders.fetch_add(1, SeqCst);
            assert!(before >= 0, "transaction {position} reads a cell that another one changes");
            let changed = self.changed.load(SeqCst);
            assert!(changed <= position + 1, "transaction {position} reads what a later one changed");
            Claim { claims: self, holders: 1 }
        }

        pub(super) fn exclude(&self, position: u32) -> Claim<'_> {
            let before = self.holders.fetch_sub(1, SeqCst);
            assert!(before == 0, "transaction {position} changes a cell that another one touches");
            let changed = self.changed.swap(position + 1, SeqCst);
            assert!(changed <= position + 1, "transaction {position} changes what a later one changed");
            Claim { claims: self, holders: -1 }
        }
    }

    impl Drop for Claim<'_> {
        fn drop(&mut self) {
            self.claims.holders.fetch_sub(self.holders, SeqCst);
        }
    }
}
