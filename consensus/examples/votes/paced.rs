//! Blocks that hold when they were made, and validators that make them at a pace.
//!
//! ```text
//!   block: height u64 ‖ parent 32 ‖ made, nanoseconds since 1970, u64 ‖ filling        its id is their SHA-256
//! ```

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use commonware_cryptography::{Hasher as _, Sha256};
use parking_lot::Mutex;
use pelton_consensus::{Application, Block, BlockId, Done, Link, Reply};

/// The block below all others.
pub const GENESIS: BlockId = BlockId([0; 32]);
/// Length of a block in bytes.
pub const BLOCK_BYTES: usize = 1_024;
/// Least time between two blocks.
const PACE: Duration = Duration::from_millis(20);
const HEAD_BYTES: usize = 8 + 32 + 8;

/// Nanoseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the time of this machine is what is measured")]
pub fn now_ns() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64)
}

/// A block that a validator was told of.
pub struct Told {
    /// From its making until then.
    pub latency_ns: u64,
    /// Length of its certificate, if it came with one.
    pub certificate_bytes: Option<usize>,
}

type Turn = (Block, Reply<Block>);

/// Makes the blocks of all validators when it is time for them.
#[derive(Clone)]
pub struct Pacer(Sender<Turn>);

impl Pacer {
    /// Starts its thread, which ends when the last clone is gone.
    pub fn start() -> io::Result<Pacer> {
        let (sender, turns) = channel::<Turn>();
        // Turns come one by one: who leads is asked, and nobody else.
        let work = move || {
            for (parent, reply) in turns {
                wait(&parent);
                reply.give(block_above(&parent));
            }
        };
        std::thread::Builder::new().name("pacer".into()).spawn(work)?;
        Ok(Pacer(sender))
    }
}

/// Until the pace allows a block above this one.
#[expect(clippy::disallowed_methods, reason = "that is the pace")]
fn wait(parent: &Block) {
    let due_ns = made_ns(&parent.bytes).unwrap_or_default() + PACE.as_nanos() as u64;
    std::thread::sleep(Duration::from_nanos(due_ns.saturating_sub(now_ns())));
}

fn made_ns(bytes: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(*bytes.get(40..)?.first_chunk()?))
}

fn block_above(parent: &Block) -> Block {
    let height = (parent.link.height + 1).to_be_bytes();
    let head = [&height[..], &parent.link.id.0, &now_ns().to_be_bytes()].concat();
    let bytes = [head, vec![0; BLOCK_BYTES - HEAD_BYTES]].concat();
    Block { link: link_of(&bytes).expect("it was just written"), bytes: bytes.into() }
}

fn link_of(bytes: &[u8]) -> Option<Link> {
    let (height, rest) = bytes.split_first_chunk()?;
    let parent = BlockId(*rest.first_chunk()?);
    let id = BlockId(Sha256::hash(&[bytes]).0);
    (bytes.len() == BLOCK_BYTES).then_some(Link { id, parent, height: u64::from_be_bytes(*height) })
}

/// One validator's application.
pub struct Paced {
    pacer: Pacer,
    told: Arc<Mutex<Vec<Told>>>,
}

impl Paced {
    /// And where it notes what it is told.
    pub fn new(pacer: &Pacer) -> (Paced, Arc<Mutex<Vec<Told>>>) {
        let told = Arc::<Mutex<Vec<Told>>>::default();
        (Paced { pacer: pacer.clone(), told: told.clone() }, told)
    }
}

impl Application for Paced {
    fn read(&self, bytes: &[u8]) -> Option<Link> {
        link_of(bytes)
    }

    fn propose(&self, parent: Block, reply: Reply<Block>) {
        // It ends with all validators.
        let _ = self.pacer.0.send((parent, reply));
    }

    fn verify(&self, _block: Block, _parent: Block, reply: Reply<bool>) {
        reply.give(true);
    }

    fn finalized(&self, block: Block, certificate: Option<Vec<u8>>, done: Done) {
        let latency_ns = now_ns().saturating_sub(made_ns(&block.bytes).unwrap_or_default());
        let certificate_bytes = certificate.map(|certificate| certificate.len());
        self.told.lock().push(Told { latency_ns, certificate_bytes });
        done.tell();
    }
}
