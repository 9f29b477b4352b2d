//! `Finals`: what a validator remembers of its newest final blocks, so that it can prove which of them are.

use std::collections::VecDeque;

use parking_lot::Mutex;
use pelton_engine::block::Header;
use pelton_engine::prices::Tables;
use pelton_engine::snapshot::Offer;
use pelton_engine::snapshot::offer::HEADERS_MAX;

use super::EVERY;

/// Heights of which tables are kept.
const TABLES_MAX: usize = 8;

/// See the head of this file.
#[derive(Default)]
pub struct Finals(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    /// Rising, without a gap, with the certificates of those that have one.
    blocks: VecDeque<(Header, Option<Vec<u8>>)>,
    /// Tables of hot keys after blocks of which states are offered, as they are written.
    tables: VecDeque<(u64, Vec<u8>)>,
}

impl Finals {
    /// The next block is final.
    pub fn push(&self, header: Header, certificate: Option<Vec<u8>>) {
        let blocks = &mut self.0.lock().blocks;
        if blocks.back().is_some_and(|(newest, _)| newest.height + 1 != header.height) {
            blocks.clear();
        }
        blocks.push_back((header, certificate));
        if blocks.len() > HEADERS_MAX {
            blocks.pop_front();
        }
    }

    /// A block of this height was executed, after which hot keys are these.
    pub fn executed(&self, height: u64, tables: &Tables) {
        if height.is_multiple_of(EVERY) {
            let kept = &mut self.0.lock().tables;
            kept.push_back((height, tables.encode()));
            if kept.len() > TABLES_MAX {
                kept.pop_front();
            }
        }
    }

    /// Height of the newest.
    pub fn newest(&self) -> u64 {
        self.0.lock().blocks.back().map_or(0, |(header, _)| header.height)
    }

    /// The offer of the newest state that can be proven.
    pub fn newest_offer(&self, root_lag: u64) -> Option<Offer> {
        let kept = self.0.lock();
        kept.tables.iter().rev().find_map(|(height, tables)| kept.offer(*height, tables, root_lag))
    }
}

impl Kept {
    fn offer(&self, height: u64, tables: &[u8], root_lag: u64) -> Option<Offer> {
        let certified = |at: usize| Some((at, self.blocks.get(at)?.1.clone()?));
        let oldest = self.blocks.front()?.0.height;
        let at = |height: u64| usize::try_from(height.checked_sub(oldest)?).ok();
        let (floor, floor_certificate) = (0..=at(height)?).rev().find_map(certified)?;
        let (top, top_certificate) = (at(height + root_lag)?..self.blocks.len()).find_map(certified)?;
        let first = floor.min(at(height.checked_sub(root_lag)?)?);
        let headers = self.blocks.range(first..=top).map(|(header, _)| *header).collect();
        let floor = oldest + floor as u64;
        Some(Offer { floor, height, headers, tables: tables.to_vec(), floor_certificate, top_certificate })
    }
}
