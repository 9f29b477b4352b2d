//! Datagrams from a node to itself: a network of one needs no socket, and its packets are still encoded and rebuilt.

use std::sync::Arc;

use crossbeam_queue::ArrayQueue;
use pelton_pipeline::datagrams::{DATAGRAM_BYTES_MAX, Datagrams};

/// Packets that may be under way; what finds no room is offered again.
const PACKETS_MAX: usize = 4_096;

type Queue = Arc<ArrayQueue<Vec<u8>>>;

/// One of two ends that reach each other.
pub struct Loopback {
    out: Queue,
    incoming: Queue,
}

impl Loopback {
    /// Two ends.
    pub fn pair() -> (Loopback, Loopback) {
        let queue = || Arc::new(ArrayQueue::new(PACKETS_MAX));
        let (left, right): (Queue, Queue) = (queue(), queue());
        let other = Loopback { out: left.clone(), incoming: right.clone() };
        (Loopback { out: right, incoming: left }, other)
    }
}

impl Datagrams for Loopback {
    fn send(&mut self, packet: &[u8]) -> bool {
        self.out.push(packet.to_vec()).is_ok()
    }

    fn receive(&mut self, buffer: &mut [u8; DATAGRAM_BYTES_MAX]) -> Option<usize> {
        let packet = self.incoming.pop()?;
        let length = packet.len().min(DATAGRAM_BYTES_MAX);
        buffer[..length].copy_from_slice(&packet[..length]);
        Some(length)
    }
}

#[cfg(test)]
mod tests {
    use super::{Datagrams as _, Loopback, PACKETS_MAX};

    #[test]
    fn packets_arrive_in_order_and_a_full_way_takes_no_more() {
        let (mut left, mut right) = Loopback::pair();
        let mut buffer = [0; 1_200];
        for turn in 0..PACKETS_MAX {
            assert!(left.send(&(turn as u32).to_be_bytes()));
        }
        assert!(!left.send(&[1]), "there is no room");
        for turn in 0..PACKETS_MAX {
            assert_eq!(right.receive(&mut buffer), Some(4));
            assert_eq!(buffer[..4], (turn as u32).to_be_bytes());
        }
        assert_eq!((right.receive(&mut buffer), left.receive(&mut buffer)), (None, None));
    }
}
