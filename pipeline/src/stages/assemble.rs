//! assemble: the receiving side of multicast. A block goes on once it has been rebuilt, byte for byte, from a random
//! sufficient subset of its shreds as they came off the wire.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use alloy_primitives::Bytes;
use pelton_engine::block::split;

use crate::batch::Load;
use crate::clock::Nanos;
use crate::datagrams::{DATAGRAM_BYTES_MAX, Datagrams};
use crate::metrics::sample::Samples;
use crate::metrics::{BLOCKS_ASSEMBLED, REPAIRS, SHRED_BYTES_HELD, SHREDS_TAKEN};
use crate::shred::{Assembler, AssemblerLimits, Choice, LANES_MAX, ShredReject};
use crate::stage::{Outbox, Stage};
use crate::stages::multicast::{REPAIR, REPAIR_BYTES};
use crate::stages::seal::Sealed;

/// Blocks that are waited for at a time.
const EXPECTED_MAX: usize = 8;

/// What one process chooses.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Packets received in one turn.
    pub burst: usize,
    /// A block that is not rebuilt after this long is asked for again.
    pub repair_after_ns: Nanos,
    /// Key of the shreds' checksums.
    pub key: [u8; 32],
    /// Seed of the random subsets.
    pub seed: u64,
    /// Memory that shreds may take.
    pub limits: AssemblerLimits,
}

/// The stage.
pub struct Assemble {
    settings: Settings,
    datagrams: Box<dyn Datagrams>,
    assembler: Assembler,
    /// For datagrams whose checksums are made together.
    buffers: Box<[[u8; DATAGRAM_BYTES_MAX]]>,
    expected: VecDeque<Sealed>,
    rebuilt: Vec<[u8; 32]>,
    rebuilt_count: Arc<AtomicU64>,
    asked_ns: Nanos,
    repairs: u64,
}

impl Assemble {
    /// A stage that receives this way, and counts the blocks that it rebuilt.
    pub fn new(settings: Settings, datagrams: Box<dyn Datagrams>, rebuilt_count: Arc<AtomicU64>) -> Assemble {
        let assembler = Assembler::new(settings.key, settings.limits, Choice::Random { seed: settings.seed });
        Assemble {
            settings,
            datagrams,
            assembler,
            buffers: vec![[0; DATAGRAM_BYTES_MAX]; LANES_MAX].into_boxed_slice(),
            expected: VecDeque::new(),
            rebuilt: Vec::new(),
            rebuilt_count,
            asked_ns: 0,
            repairs: 0,
        }
    }

    fn receive(&mut self, outbox: &mut Outbox<Sealed>) {
        let mut left = self.settings.burst;
        while left > 0 {
            let room = left.min(self.buffers.len());
            let mut received: [&[u8]; LANES_MAX] = Default::default();
            let mut count = 0;
            for buffer in &mut self.buffers[..room] {
                let Some(length) = self.datagrams.receive(buffer) else { break };
                received[count] = &buffer[..length];
                count += 1;
                outbox.note_work();
            }
            self.assembler.take_many(&received[..count]);
            left = if count < room { 0 } else { left - count };
        }
        while let Some(block) = self.assembler.poll(id_of) {
            self.rebuilt.push(block.id);
            // Whoever has the key can make blocks that fit together and that nobody expects.
            if self.rebuilt.len() > 2 * EXPECTED_MAX {
                self.rebuilt.remove(0);
            }
        }
    }

    fn ask_again(&mut self, now_ns: Nanos) {
        let Some(oldest) = self.expected.front() else {
            self.asked_ns = now_ns;
            return;
        };
        if now_ns.saturating_sub(self.asked_ns) >= self.settings.repair_after_ns {
            self.asked_ns = now_ns;
            let mut request = [REPAIR; REPAIR_BYTES];
            request[1..].copy_from_slice(oldest.block.id().as_slice());
            self.datagrams.send(&request);
            self.repairs += 1;
        }
    }
}

impl Stage for Assemble {
    type Input = Sealed;
    type Output = Sealed;

    fn take(&mut self, input: Sealed, _outbox: &mut Outbox<Sealed>) {
        self.expected.push_back(input);
    }

    fn poll(&mut self, outbox: &mut Outbox<Sealed>) {
        self.receive(outbox);
        while let Some(sealed) = self.expected.front()
            && let Some(at) = self.rebuilt.iter().position(|id| sealed.block.id() == *id)
        {
            self.rebuilt.swap_remove(at);
            self.rebuilt_count.fetch_add(1, Ordering::Relaxed);
            self.assembler.forget_below(sealed.block.header().height + 1);
            self.asked_ns = outbox.now_ns;
            outbox.pass(self.expected.pop_front().expect("it was just looked at"));
        }
        self.ask_again(outbox.now_ns);
    }

    fn held(&self) -> u64 {
        self.expected.iter().map(Load::transactions).sum()
    }

    fn has_room(&self) -> bool {
        self.expected.len() < EXPECTED_MAX
    }

    fn is_working(&self) -> bool {
        !self.expected.is_empty()
    }

    fn observe(&self, samples: &mut Samples) {
        let counts = self.assembler.counts();
        samples.count(&SHREDS_TAKEN, ["filed"], counts.accepted);
        for reason in ShredReject::ALL {
            samples.count(&SHREDS_TAKEN, [reason.name()], counts.rejected_for(reason));
        }
        samples.count(&SHRED_BYTES_HELD, [], self.assembler.bytes() as u64);
        samples.count(&BLOCKS_ASSEMBLED, ["rebuilt"], counts.rebuilt);
        samples.count(&BLOCKS_ASSEMBLED, ["mismatched"], counts.mismatched);
        samples.count(&BLOCKS_ASSEMBLED, ["given_up"], counts.given_up);
        samples.count(&REPAIRS, ["asked"], self.repairs);
    }
}

/// The id that bytes have as a block; zeros if header and body do not fit together.
fn id_of(bytes: &[u8]) -> [u8; 32] {
    split(&Bytes::copy_from_slice(bytes)).map_or([0; 32], |(header, _)| header.id().0)
}
