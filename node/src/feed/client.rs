//! `Client`: the other end, for whoever has many transactions to send.

mod over_quic;
mod over_tcp;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use alloy_primitives::Address;

use super::frame::{self, End, Word};

/// What frames and words go over.
trait Wire: Send {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<()>;
    /// Says that nothing more will be written.
    fn end(&mut self) -> io::Result<()>;
}

/// Bytes that are gathered before they are sent.
const GATHER_BYTES: usize = 32 << 10;

/// A connection that transactions are sent over.
pub struct Client {
    wire: Box<dyn Wire>,
    gathered: Vec<u8>,
    sent: u64,
    word: Word,
}

/// Why a connection is of no use any more.
#[derive(Debug)]
pub enum Lost {
    /// The system says so.
    Io(io::Error),
    /// The node has ended it.
    Ended(Word),
}

impl From<io::Error> for Lost {
    fn from(error: io::Error) -> Lost {
        Lost::Io(error)
    }
}

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Lost::Io(error) => write!(f, "{error}"),
            Lost::Ended(word) => {
                write!(f, "the node ended it after {} transactions: {:?}", word.taken, word.end)
            }
        }
    }
}

impl std::error::Error for Lost {}

impl Client {
    /// Connects over TCP, and waits for the first word; for nothing longer than this.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn connect(address: SocketAddr, patience: Duration) -> Result<Client, Lost> {
        Client::over(Box::new(over_tcp::connect(address, patience)?))
    }

    /// The same over QUIC.
    ///
    /// # Errors
    /// Whatever the system says, or QUIC.
    pub fn connect_quic(address: SocketAddr, patience: Duration) -> Result<Client, Lost> {
        Client::over(Box::new(over_quic::Quic::connect(address, patience)?))
    }

    fn over(wire: Box<dyn Wire>) -> Result<Client, Lost> {
        let word = Word { end: End::Open, may_send: 0, taken: 0 };
        let mut client = Client { wire, gathered: Vec::new(), sent: 0, word };
        client.listen()?;
        Ok(client)
    }

    /// Sends a transaction, with who is said to have signed it. Waits while the node takes no more.
    ///
    /// # Errors
    /// [`Lost`], also if the node takes nothing for too long.
    pub fn send(&mut self, wire: &[u8], claimed_sender: Option<&Address>) -> Result<(), Lost> {
        while self.sent >= self.word.may_send {
            self.flush()?;
            self.listen()?;
        }
        frame::put(wire, claimed_sender, &mut self.gathered);
        self.sent += 1;
        if self.gathered.len() >= GATHER_BYTES { self.flush() } else { Ok(()) }
    }

    /// Sends what was gathered.
    ///
    /// # Errors
    /// [`Lost`].
    pub fn flush(&mut self) -> Result<(), Lost> {
        self.wire.write(&self.gathered)?;
        self.gathered.clear();
        Ok(())
    }

    /// How many more the node takes now without having said another word.
    pub fn credit(&self) -> u64 {
        self.word.may_send.saturating_sub(self.sent)
    }

    /// Says that this is all, and waits for the last word: how many were taken.
    ///
    /// # Errors
    /// [`Lost`], unless all were taken.
    pub fn finish(mut self) -> Result<u64, Lost> {
        self.flush()?;
        self.wire.end()?;
        loop {
            match self.listen() {
                Err(Lost::Ended(word)) if word.end == End::Done && word.taken == self.sent => {
                    return Ok(word.taken);
                }
                other => other?,
            }
        }
    }

    /// Waits for a word.
    fn listen(&mut self) -> Result<(), Lost> {
        let mut bytes = [0; Word::BYTES];
        self.wire.read(&mut bytes)?;
        let word = Word::decode(&bytes);
        self.word = word.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no word of a node"))?;
        if self.word.end == End::Open { Ok(()) } else { Err(Lost::Ended(self.word)) }
    }
}
