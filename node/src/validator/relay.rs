//! `Relay`: what clients hand to one validator reaches the others, since any of them may lead next.
//!
//! ```text
//!   clients ──> pipeline ──waits──> Mempool ──news──> Relay ──frames──> feeds of the other validators
//!      others' frames ──> feed, which marks them ──> pipeline ──news──> Relay: marked, and goes no further
//! ```
//!
//! 1. Only what the pool has taken is passed on: verified, and affordable. Nobody can have garbage multiplied.
//! 2. What came from another validator is not passed on. Whoever says that it is one only keeps its own transactions from
//!    being passed on: they are known by nothing but where they came in.
//! 3. A validator that takes no more holds nobody up. It misses what there is no room for; that stays here, and is in a block
//!    when this validator leads. What was passed on and missed is counted.
//! 4. Who is sent to says how much it takes, as in every feed, and can claim senders to it: it is spared the recovery of keys.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use alloy_primitives::B256;
use parking_lot::Mutex;
use pelton_engine::transaction::Verified;
use pelton_pipeline::seen::Seen;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::sync::{broadcast, watch};
use tokio::time::{sleep, timeout};

use crate::feed::frame::{End, Word, put};

/// How soon somebody who cannot be reached is tried again.
const AGAIN: Duration = Duration::from_millis(500);
/// How long it may take to be reached, and to read what was sent.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes that are gathered before they are sent, if so many are there.
const GATHER_BYTES: usize = 32 << 10;
/// Ids of others' transactions that are remembered, at least.
const MARKED: usize = 1 << 16;

/// See the head of this file.
pub struct Relay {
    marked: Mutex<Seen<B256, ()>>,
    sent: AtomicU64,
    bytes: AtomicU64,
    missed: AtomicU64,
}

/// What a relay has done, summed over those whom it sends to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// Transactions that were passed on.
    pub sent: u64,
    /// Bytes of their frames.
    pub bytes: u64,
    /// Transactions for which there was no room.
    pub missed: u64,
}

impl Default for Relay {
    fn default() -> Relay {
        let marked = Mutex::new(Seen::new(MARKED));
        Relay { marked, sent: AtomicU64::new(0), bytes: AtomicU64::new(0), missed: AtomicU64::new(0) }
    }
}

impl Relay {
    /// Begins to pass on to these what is told, until the runtime ends.
    pub fn start(self: &Arc<Relay>, to: Vec<SocketAddr>, news: impl Fn() -> broadcast::Receiver<Verified>) {
        for address in to {
            let (relay, news) = (self.clone(), news());
            tokio::spawn(async move { relay.tell(address, news).await });
        }
    }

    /// Says that a transaction came from another validator.
    pub fn mark(&self, id: B256) {
        self.marked.lock().insert(id, ());
    }

    /// What it has done.
    pub fn passed(&self) -> Passed {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Passed { sent: of(&self.sent), bytes: of(&self.bytes), missed: of(&self.missed) }
    }

    async fn tell(&self, address: SocketAddr, mut news: broadcast::Receiver<Verified>) {
        loop {
            if let Ok(Ok(stream)) = timeout(PATIENCE, TcpStream::connect(address)).await {
                // Where that cannot be had, small frames wait for company.
                let _ = stream.set_nodelay(true);
                if self.send(stream, &mut news).await.is_none() {
                    return;
                }
            }
            sleep(AGAIN).await;
        }
    }

    /// Sends over one connection until it ends; gives nothing if there will be no more news.
    async fn send(&self, stream: TcpStream, news: &mut broadcast::Receiver<Verified>) -> Option<()> {
        let (reader, mut writer) = stream.into_split();
        let (told, mut may_send) = watch::channel(0);
        // It ends with the connection, which ends with the writer.
        tokio::spawn(listen(reader, told));
        let (mut sent, mut gathered) = (0, Vec::new());
        loop {
            if sent >= *may_send.borrow_and_update() {
                if may_send.changed().await.is_err() {
                    return Some(());
                }
                continue;
            }
            let first = tokio::select! {
                first = news.recv() => first,
                changed = may_send.changed() => match changed {
                    Ok(()) => continue,
                    Err(_) => return Some(()),
                },
            };
            // Whoever takes a word back is sent one more, and no longer listened to.
            let room = may_send.borrow().saturating_sub(sent).max(1);
            let taken = match first {
                Ok(first) => self.gather(first, room, news, &mut gathered),
                Err(broadcast::error::RecvError::Lagged(count)) => {
                    self.missed.fetch_add(count, Ordering::Relaxed);
                    continue;
                }
                Err(broadcast::error::RecvError::Closed) => return None,
            };
            if taken == 0 {
                continue;
            }
            if !matches!(timeout(PATIENCE, writer.write_all(&gathered)).await, Ok(Ok(()))) {
                return Some(());
            }
            sent += taken;
            self.bytes.fetch_add(gathered.len() as u64, Ordering::Relaxed);
            gathered.clear();
            self.sent.fetch_add(taken, Ordering::Relaxed);
        }
    }

    /// Frames what is there, no more than there is room for; gives how many those are.
    fn gather(
        &self,
        first: Verified,
        room: u64,
        news: &mut broadcast::Receiver<Verified>,
        out: &mut Vec<u8>,
    ) -> u64 {
        let (mut next, mut count) = (Some(first), 0);
        while let Some(transaction) = next {
            if self.marked.lock().get(&transaction.id()).is_none() {
                put(transaction.transaction().wire(), Some(&transaction.sender()), out);
                count += 1;
            }
            next = if count < room && out.len() < GATHER_BYTES { news.try_recv().ok() } else { None };
        }
        count
    }
}

/// Hears how many transactions may be sent in all.
async fn listen(mut reader: OwnedReadHalf, told: watch::Sender<u64>) {
    let mut bytes = [0; Word::BYTES];
    while reader.read_exact(&mut bytes).await.is_ok() {
        match Word::decode(&bytes) {
            Some(word) if word.end == End::Open => told.send_replace(word.may_send),
            _ => return,
        };
    }
}
