//! Receiving through io_uring: one request that stands, and takes a buffer from those that are provided for each datagram that
//! comes.
//!
//! ```text
//!   entries ──> kernel ── head, name, control, packets that it put together ──> buffer ──> completion ──> heard
//!      ^                                                                                                 │
//!      └───────────────────────────────────── provided again ────────────────────────────────────────────┘
//! ```
//!
//! The kernel's part runs only when this thread asks for it (`DEFER_TASKRUN`), and a flag in shared memory says whether there is
//! any (`TASKRUN_FLAG`), so that looking in vain costs no call.

#![expect(unsafe_code, reason = "the kernel reads and writes memory that it was told of by address")]

use std::io;
use std::mem;
use std::net::UdpSocket;
use std::os::fd::AsRawFd as _;
use std::sync::atomic::{AtomicU16, Ordering};

use io_uring::types::{BufRingEntry, Fd, RecvMsgOut};
use io_uring::{IoUring, cqueue, opcode, squeue};

use super::{Senders, Way, open};

/// Buffers, a power of two: as many datagrams as come in a round of 64 senders; of one, whose packets come together, so few that
/// they stay in the cache.
const BUFFERS: [u16; 2] = [64, 4];
/// What the kernel puts together, and what it says of it.
const BUFFER_BYTES: usize = (1 << 16) + 512;
/// Room for the sender's address, and for what the options of the socket ask for.
const NAME_BYTES: u32 = 16;
const CONTROL_BYTES: usize = 128;
/// The group that the buffers are of.
const GROUP: u16 = 0;
/// `SOL_UDP` and `UDP_GRO`: into packets of which length the kernel's is to be cut.
const STRIDE: (i32, i32) = (17, 104);

/// Memory that begins a page.
#[repr(align(4096))]
struct Page([u8; 4096]);

/// A receive that stands.
pub struct Ring {
    senders: Senders,
    ring: IoUring,
    socket: UdpSocket,
    /// As many as there are buffers.
    entries: *mut BufRingEntry,
    count: u16,
    /// As many were provided so far, but for whole turns.
    provided: u16,
    /// `count` times `BUFFER_BYTES`.
    buffers: *mut u8,
    message: &'static libc::msghdr,
}

impl Ring {
    /// The kernel may write into its memory for as long as the ring is open, and a moment longer. It is never given back: the
    /// process ends soon.
    pub fn new(senders: usize) -> io::Result<Ring> {
        let (socket, _) = open()?;
        let count = BUFFERS[usize::from(senders == 1)];
        let ring = IoUring::builder()
            .setup_single_issuer()
            .setup_defer_taskrun()
            .setup_taskrun_flag()
            .setup_cqsize(2 * u32::from(count))
            .build(8)?;
        let entries: *mut BufRingEntry = Box::leak(Box::new(Page([0; 4096]))).0.as_mut_ptr().cast();
        let buffers = vec![0_u8; usize::from(count) * BUFFER_BYTES].leak().as_mut_ptr();
        // SAFETY: a message without pointers is one of no parts, and all zeros is that.
        let mut message: libc::msghdr = unsafe { mem::zeroed() };
        (message.msg_namelen, message.msg_controllen) = (NAME_BYTES, CONTROL_BYTES);
        // SAFETY: the page holds 256 entries, more than are named here, and is never given back.
        unsafe { ring.submitter().register_buf_ring_with_flags(entries as u64, count, GROUP, 0)? };
        let senders = Senders::new(senders, socket.local_addr()?)?;
        let message = Box::leak(Box::new(message));
        let mut ring = Ring { senders, ring, socket, entries, count, provided: 0, buffers, message };
        (0..count).for_each(|buffer| ring.provide(buffer));
        ring.stand()?;
        Ok(ring)
    }

    /// Gives a buffer to the kernel.
    fn provide(&mut self, buffer: u16) {
        let at = usize::from(self.provided % self.count);
        // SAFETY: both places are within their memory, which is never given back, and the kernel reads an entry only once
        // the tail is past it.
        let (entry, place) =
            unsafe { (&mut *self.entries.add(at), self.buffers.add(usize::from(buffer) * BUFFER_BYTES)) };
        entry.set_addr(place as u64);
        entry.set_len(BUFFER_BYTES as u32);
        entry.set_bid(buffer);
        self.provided = self.provided.wrapping_add(1);
        // SAFETY: the tail lies in what the first entry leaves unused, is aligned, and is written by this thread alone.
        let tail = unsafe { AtomicU16::from_ptr(BufRingEntry::tail(self.entries).cast_mut()) };
        tail.store(self.provided, Ordering::Release);
    }

    /// Asks for all that comes.
    fn stand(&mut self) -> io::Result<()> {
        let receive = opcode::RecvMsgMulti::new(Fd(self.socket.as_raw_fd()), self.message, GROUP).build();
        // SAFETY: the message is never given back, and the socket is closed after the ring.
        let pushed: Result<(), squeue::PushError> = unsafe { self.ring.submission().push(&receive) };
        pushed.map_err(io::Error::other)?;
        self.ring.submit().map(drop)
    }

    /// Hands out what one completion brought.
    fn hear(&self, buffer: u16, length: usize, hear: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        // SAFETY: the kernel has written so much of this buffer, and does not touch it until it is provided again.
        let bytes = unsafe {
            let place = self.buffers.add(usize::from(buffer) * BUFFER_BYTES);
            std::slice::from_raw_parts(place, length.min(BUFFER_BYTES))
        };
        let out = RecvMsgOut::parse(bytes, self.message).map_err(|()| io::ErrorKind::InvalidData)?;
        let packets = out.payload_data();
        packets.chunks(stride(out.control_data()).unwrap_or(packets.len()).max(1)).for_each(hear);
        Ok(())
    }
}

impl Way for Ring {
    fn send(&mut self, packets: &[u8], length: usize) -> io::Result<()> {
        self.senders.send(packets, length)
    }

    fn receive(&mut self, hear: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        let mut is_due = self.ring.submission().taskrun();
        while is_due {
            self.ring.submit()?;
            let mut has_ended = false;
            loop {
                // Not in the condition, where the queue would stay borrowed.
                let next = self.ring.completion().next();
                let Some(completion) = next else { break };
                has_ended |= !cqueue::more(completion.flags());
                let Some(buffer) = cqueue::buffer_select(completion.flags()) else { continue };
                if let Ok(length) = usize::try_from(completion.result()) {
                    self.hear(buffer, length, hear)?;
                }
                self.provide(buffer);
            }
            // It ran out of buffers.
            if has_ended {
                self.stand()?;
            }
            is_due = has_ended || self.ring.submission().taskrun();
        }
        Ok(())
    }
}

/// Length of the packets that were put together, if they were: control messages are a length of eight bytes, a level and a kind
/// of four each, and what they say, at multiples of eight.
fn stride(mut control: &[u8]) -> Option<usize> {
    let number = |bytes: &[u8], at: usize| Some(i32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    while let Some(length) = control.first_chunk().map(|length| usize::from_ne_bytes(*length)) {
        if (number(control, 8)?, number(control, 12)?) == STRIDE {
            return usize::try_from(number(control, 16)?).ok();
        }
        control = control.get(length.max(16).next_multiple_of(8)..)?;
    }
    None
}
