//! `Peer`: one connection, from its first frame to its last word.

use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::keccak256;
use pelton_pipeline::origin::Origin;
use pelton_pipeline::stages::intake::Submitter;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::frame::{self, BUFFER_BYTES, End, Frame, Word};
use super::quota::Quota;
use crate::rpc::Node;
use crate::rpc::limits::Limit;
use crate::validator::relay::Relay;

/// How soon a full door is tried again.
const AGAIN: Duration = Duration::from_millis(1);
/// How long a connection that has ended is read on.
const LINGER: Duration = Duration::from_secs(1);
/// Bytes that are read at a time.
const READ_BYTES: usize = 64 << 10;

/// A peer.
pub(super) struct Peer {
    node: Arc<Node>,
    submitter: Submitter,
    source: u32,
    quota: Quota,
    began: Instant,
    sent: u64,
    word: Word,
    relay: Option<Arc<Relay>>,
}

impl Peer {
    pub(super) fn new(node: Arc<Node>, submitter: Submitter, source: u32, relay: Option<Arc<Relay>>) -> Peer {
        let (window, per_second) = (node.limits().feed_window, node.limits().feed_per_second_max);
        let word = Word { end: End::Open, may_send: window, taken: 0 };
        Peer {
            node,
            submitter,
            source,
            quota: Quota::new(per_second),
            began: Instant::now(),
            sent: 0,
            word,
            relay,
        }
    }

    /// Takes what it sends, until it ends.
    pub(super) async fn serve<R, W>(mut self, mut reader: R, writer: W)
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin + Send + 'static,
    {
        let (told, news) = watch::channel(self.word);
        let patience = self.node.limits().patience;
        let teller = tokio::spawn(tell(writer, news, patience));
        let end = self.read(&mut reader, &told).await;
        match end {
            End::Malformed => self.node.count(Limit::FeedMalformed),
            End::Overrun => self.node.count(Limit::FeedOverrun),
            End::Slow => self.node.count(Limit::FeedPatience),
            End::Open | End::Done => {}
        }
        told.send_replace(Word { end, ..self.word });
        drop(told);
        if end != End::Done {
            drain(&mut reader, patience.min(LINGER)).await;
        }
        // It ends by itself once the last word is out, or when nobody reads it in time.
        let _ = teller.await;
    }

    async fn read<R: AsyncRead + Unpin>(&mut self, reader: &mut R, told: &watch::Sender<Word>) -> End {
        let (idle, patience) = (self.node.limits().feed_idle, self.node.limits().patience);
        let mut buffer: Vec<u8> = Vec::new();
        let mut deadline = Instant::now() + idle;
        let mut chunk = vec![0; READ_BYTES];
        loop {
            let room = READ_BYTES.min(BUFFER_BYTES - buffer.len());
            let read = tokio::select! {
                read = timeout_at(deadline, reader.read(&mut chunk[..room])) => read,
                // Whoever does not read its words has none left to tell it.
                () = told.closed() => return End::Slow,
            };
            let was_partial = !buffer.is_empty();
            match read {
                Err(_) | Ok(Err(_)) => return End::Slow,
                Ok(Ok(0)) if buffer.is_empty() => return End::Done,
                Ok(Ok(0)) => return End::Malformed,
                Ok(Ok(length)) => buffer.extend_from_slice(&chunk[..length]),
            }
            match self.take_all(&mut buffer, told).await {
                // The frame that has begun is not given more time for each of its bytes.
                Ok(0) if was_partial => {}
                Ok(_) => deadline = Instant::now() + if buffer.is_empty() { idle } else { patience },
                Err(end) => return end,
            }
        }
    }

    /// Takes all whole frames; gives how many.
    async fn take_all(&mut self, buffer: &mut Vec<u8>, told: &watch::Sender<Word>) -> Result<u64, End> {
        let bytes_max = self.node.transaction_bytes_max();
        let (mut at, mut taken) = (0, 0);
        while let Some((frame, length)) = frame::next(&buffer[at..], bytes_max).map_err(|_| End::Malformed)? {
            self.sent += 1;
            if self.sent > self.word.may_send {
                return Err(End::Overrun);
            }
            self.take(frame, told).await;
            (at, taken) = (at + length, taken + 1);
        }
        buffer.drain(..at);
        if taken > 0 {
            self.tell(told);
        }
        Ok(taken)
    }

    /// Hands in a transaction, however long that takes.
    async fn take(&mut self, frame: Frame, told: &watch::Sender<Word>) {
        let mut limit = None;
        while let Err(wait) = self.quota.take(self.began.elapsed()) {
            limit = Some(Limit::FeedQuota);
            self.tell(told);
            sleep(wait.max(AGAIN)).await;
        }
        if let Some(relay) = &self.relay {
            relay.mark(keccak256(&frame.wire));
        }
        let origin = Origin { source: self.source, claimed_sender: frame.claimed_sender };
        while self.submitter.submit(frame.wire.clone(), origin).is_err() {
            limit = Some(Limit::FeedDoor);
            self.tell(told);
            sleep(AGAIN).await;
        }
        if let Some(limit) = limit {
            self.node.count(limit);
        }
        self.word.taken += 1;
    }

    fn tell(&mut self, told: &watch::Sender<Word>) {
        self.word.may_send = self.word.taken + self.node.limits().feed_window;
        told.send_if_modified(|word| {
            let is_new = *word != self.word;
            *word = self.word;
            is_new
        });
    }
}

/// Reads on for a moment what nobody wants any more: a connection that is closed with bytes unread loses its last word.
async fn drain(reader: &mut (impl AsyncRead + Unpin), patience: Duration) {
    let deadline = Instant::now() + patience;
    let mut chunk = vec![0; READ_BYTES];
    while let Ok(Ok(1..)) = timeout_at(deadline, reader.read(&mut chunk)).await {}
}

/// Tells the newest word, and then the last one.
async fn tell(mut writer: impl AsyncWrite + Unpin, mut news: watch::Receiver<Word>, patience: Duration) {
    loop {
        let word = *news.borrow_and_update();
        match timeout(patience, writer.write_all(&word.encode())).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return,
        }
        if word.end != End::Open || news.changed().await.is_err() {
            // What was told is on its way; whether the other side still listens is its affair.
            let _ = writer.shutdown().await;
            return;
        }
    }
}
