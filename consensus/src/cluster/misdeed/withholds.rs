//! Keeps its blocks to itself, and all that it is asked for. It votes like everybody.

use super::{Parcel, Villain};
use crate::core::Channel;

#[derive(Default)]
pub(super) struct Withholds {
    deeds: u64,
}

impl Villain for Withholds {
    fn send(&mut self, parcel: Parcel, out: &mut Vec<Parcel>) {
        match parcel.channel {
            Channel::Blocks | Channel::Backfill | Channel::Asked | Channel::CatchUp => self.deeds += 1,
            Channel::Votes | Channel::Certificates => out.push(parcel),
        }
    }

    fn deeds(&self) -> u64 {
        self.deeds
    }
}
