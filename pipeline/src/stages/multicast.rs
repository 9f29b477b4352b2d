//! multicast: sends a block as erasure-coded shreds, any k of which rebuild it, and sends again what is asked for.
//!
//! Packets go out in bursts that a default socket buffer takes, one burst a turn, and data and parity mixed, so that a
//! burst that is lost costs both alike. A request for repair is the id of a
//! block; it is answered with all its shreds while the block is among the newest.

use std::collections::VecDeque;

use crate::datagrams::{DATAGRAM_BYTES_MAX, Datagrams};
use crate::metrics::sample::Samples;
use crate::metrics::{REPAIRS, SHRED_BYTES_SENT, SHREDS_SENT};
use crate::shred::{Encoder, ShreddedBlock};
use crate::stage::{Outbox, Stage};
use crate::stages::seal::Sealed;

/// First byte of a request for repair; the id of a block follows.
pub const REPAIR: u8 = 0xd2;
/// Length of a request for repair.
pub const REPAIR_BYTES: usize = 33;

/// Shreds that are handed over at a time: the kernel takes 64 KiB, and cuts them into packets.
const RUN_MAX: usize = 48;

/// What one process chooses.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Packets sent in one turn.
    pub burst: usize,
    /// Blocks that can be sent again.
    pub kept_blocks: usize,
    /// Key of the shreds' checksums.
    pub key: [u8; 32],
}

/// The stage.
pub struct Multicast {
    settings: Settings,
    datagrams: Box<dyn Datagrams>,
    encoder: Encoder,
    /// The newest blocks, so that they can be sent again.
    kept: VecDeque<ShreddedBlock>,
    /// Id and next shred of what is being sent, oldest first.
    sending: VecDeque<([u8; 32], u16)>,
    /// Shreds that are sent together.
    run: Vec<u8>,
    sent: u64,
    sent_bytes: u64,
    repairs: u64,
}

impl Multicast {
    /// A stage that sends this way.
    pub fn new(settings: Settings, datagrams: Box<dyn Datagrams>) -> Multicast {
        let encoder = Encoder::new(settings.key);
        Multicast {
            settings,
            datagrams,
            encoder,
            kept: VecDeque::new(),
            sending: VecDeque::new(),
            run: Vec::with_capacity(RUN_MAX * DATAGRAM_BYTES_MAX),
            sent: 0,
            sent_bytes: 0,
            repairs: 0,
        }
    }

    fn send_burst(&mut self, outbox: &mut Outbox<Sealed>) {
        let mut left = self.settings.burst;
        while left > 0
            && let Some((id, next)) = self.sending.front_mut()
        {
            let block = self.kept.iter().find(|block| block.id == *id);
            let shreds = block.map_or(0, |block| lay_out(block, *next, left.min(RUN_MAX), &mut self.run));
            if shreds == 0 {
                self.sending.pop_front();
                continue;
            }
            let length = self.run.len() / shreds;
            let sent = self.datagrams.send_many(&self.run, length);
            *next += u16::try_from(sent).expect("shreds are counted in 16 bits");
            left -= sent;
            self.sent += sent as u64;
            self.sent_bytes += (sent * length) as u64;
            if sent > 0 {
                outbox.note_work();
            }
            if sent < shreds {
                return;
            }
        }
    }

    fn answer_repairs(&mut self) {
        let mut buffer = [0; DATAGRAM_BYTES_MAX];
        for _ in 0..self.settings.burst {
            let Some(length) = self.datagrams.receive(&mut buffer) else { return };
            let id: Option<[u8; 32]> = match &buffer[..length] {
                [REPAIR, id @ ..] => id.try_into().ok(),
                _ => None,
            };
            if let Some(id) = id
                && self.kept.iter().any(|block| block.id == id)
                && !self.sending.iter().any(|(sending, _)| *sending == id)
            {
                self.sending.push_back((id, 0));
                self.repairs += 1;
            }
        }
    }
}

impl Stage for Multicast {
    type Input = Sealed;
    type Output = Sealed;

    fn take(&mut self, input: Sealed, outbox: &mut Outbox<Sealed>) {
        let (id, height) = (input.block.id().0, input.block.header().height);
        let shredded = self.encoder.encode(id, height, input.block.bytes());
        self.kept.push_back(shredded.expect("a block's limit is below what can be encoded"));
        while self.kept.len() > self.settings.kept_blocks {
            self.kept.pop_front();
        }
        self.sending.push_back((id, 0));
        outbox.pass(input);
    }

    fn poll(&mut self, outbox: &mut Outbox<Sealed>) {
        self.answer_repairs();
        self.send_burst(outbox);
    }

    /// One block at a time on its way, so that bursts of several do not add up.
    fn has_room(&self) -> bool {
        self.sending.is_empty()
    }

    fn is_working(&self) -> bool {
        !self.sending.is_empty()
    }

    fn observe(&self, samples: &mut Samples) {
        samples.count(&SHREDS_SENT, [], self.sent);
        samples.count(&SHRED_BYTES_SENT, [], self.sent_bytes);
        samples.count(&REPAIRS, ["answered"], self.repairs);
    }
}

/// Lays shreds end to end, from position `next` of the order in which they are sent: up to so many, all of one length.
/// Gives how many.
fn lay_out(block: &ShreddedBlock, next: u16, most: usize, run: &mut Vec<u8>) -> usize {
    run.clear();
    let in_order = (next..).map_while(|next| block.shred(mixed(next, block.shreds().len())));
    let mut length = None;
    let alike = in_order.take(most).take_while(|shred| {
        let own = shred.as_bytes().len();
        *length.get_or_insert(own) == own
    });
    alike.map(|shred| run.extend_from_slice(shred.as_bytes())).count()
}

/// Position `next` of an order that visits every index below `count` once; `count` itself leads out of range.
fn mixed(next: u16, count: usize) -> u16 {
    let next = usize::from(next);
    if next >= count {
        return u16::MAX;
    }
    let mut stride = (count * 5 / 8).max(1);
    while common_divisor(stride, count) != 1 {
        stride += 1;
    }
    u16::try_from(next * stride % count).expect("shreds are counted in 16 bits")
}

fn common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::mixed;

    #[test]
    fn every_shred_is_sent_once() {
        for count in 1..300_u16 {
            let mut order: Vec<u16> = (0..count).map(|next| mixed(next, count.into())).collect();
            assert_eq!(mixed(count, count.into()), u16::MAX);
            order.sort_unstable();
            assert!(order.into_iter().eq(0..count));
        }
    }
}
