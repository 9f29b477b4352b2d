//! `Datagrams`: a way to send packets that may be lost, without knowing what a socket is.

use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;

use crate::random::Random;

/// The largest packet that is sent, in bytes.
pub const DATAGRAM_BYTES_MAX: usize = 1_200;

/// One end of an unreliable, unordered way to another.
pub trait Datagrams: Send {
    /// Sends a packet now, or gives false if there is no room at present. It may be lost in either case.
    fn send(&mut self, packet: &[u8]) -> bool;

    /// Sends packets of this length that lie end to end, and gives how many: fewer if there is no room at present.
    fn send_many(&mut self, packets: &[u8], length: usize) -> usize {
        packets.chunks(length).take_while(|packet| self.send(packet)).count()
    }

    /// Receives one packet into the buffer, if one is there, and gives its length.
    fn receive(&mut self, buffer: &mut [u8; DATAGRAM_BYTES_MAX]) -> Option<usize>;
}

/// One end of a simulated way: packets are lost and reordered by seed.
#[derive(Debug)]
pub struct SimulatedDatagrams {
    out: Arc<Mutex<VecDeque<Vec<u8>>>>,
    incoming: Arc<Mutex<VecDeque<Vec<u8>>>>,
    random: Random,
    lost_per_thousand: u64,
}

impl SimulatedDatagrams {
    /// Two ends that reach each other and lose this share of packets.
    pub fn pair(seed: u64, lost_per_thousand: u64) -> (SimulatedDatagrams, SimulatedDatagrams) {
        let (left, right) = (Arc::<Mutex<VecDeque<_>>>::default(), Arc::<Mutex<VecDeque<_>>>::default());
        let end = |out: &Arc<_>, incoming: &Arc<_>, seed| SimulatedDatagrams {
            out: Arc::clone(out),
            incoming: Arc::clone(incoming),
            random: Random::new(seed),
            lost_per_thousand,
        };
        (end(&left, &right, seed), end(&right, &left, seed.wrapping_add(1)))
    }
}

impl Datagrams for SimulatedDatagrams {
    fn send(&mut self, packet: &[u8]) -> bool {
        if self.random.below(1_000) >= self.lost_per_thousand {
            let mut out = self.out.lock();
            let at = out.len() - self.random.below(1 + out.len().min(8) as u64) as usize;
            out.insert(at, packet.to_vec());
        }
        true
    }

    fn receive(&mut self, buffer: &mut [u8; DATAGRAM_BYTES_MAX]) -> Option<usize> {
        let packet = self.incoming.lock().pop_front()?;
        let length = packet.len().min(DATAGRAM_BYTES_MAX);
        buffer[..length].copy_from_slice(&packet[..length]);
        Some(length)
    }
}
