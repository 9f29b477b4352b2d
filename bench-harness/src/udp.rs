//! Datagrams over UDP on the loopback interface: the file where the pipeline meets sockets.
//!
//! Packets of one length are handed to the kernel together, which cuts them apart (GSO) and puts what comes in together again
//! (GRO), where it can: a packet then costs a tenth of a call of its own.

use std::io::{self, IoSliceMut};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

use pelton_pipeline::datagrams::{DATAGRAM_BYTES_MAX, Datagrams};
use quinn_udp::{RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use socket2::{Domain, Protocol, SockAddr, Socket, Type};

/// What is asked for; the kernel gives as much as it allows.
const BUFFER_BYTES: usize = 8 << 20;

/// As much as the kernel puts together.
const RECEIVED_BYTES_MAX: usize = 1 << 16;

/// As much as it cuts apart: what a datagram over IPv4 can carry. More is refused, and all of it lost.
const SENT_BYTES_MAX: usize = 65_507;

/// One end of a pair of sockets.
#[derive(Debug)]
pub struct Udp {
    socket: UdpSocket,
    state: UdpSocketState,
    /// The other end.
    other: SocketAddr,
    /// Packets that came together, and which part of them has not been handed out.
    received: Box<[u8]>,
    at: usize,
    end: usize,
    /// Length of each of them, but perhaps the last.
    stride: usize,
}

impl Udp {
    /// Two sockets on free ports of 127.0.0.1, each sending to the other.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn pair() -> io::Result<(Udp, Udp)> {
        let (left, right) = (open()?, open()?);
        let (at_left, at_right) = (left.local_addr()?, right.local_addr()?);
        Ok((Udp::new(left, at_right)?, Udp::new(right, at_left)?))
    }

    fn new(socket: UdpSocket, other: SocketAddr) -> io::Result<Udp> {
        let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
        let received = vec![0; RECEIVED_BYTES_MAX].into_boxed_slice();
        Ok(Udp { socket, state, other, received, at: 0, end: 0, stride: 0 })
    }

    /// Whether the kernel puts packets together that come in, found out when the socket was opened. Where it does not, each
    /// takes a call of its own, and all else is the same.
    pub fn is_put_together(&self) -> bool {
        self.state.gro_segments() > 1
    }

    /// Hands packets over that are cut after each `length` bytes; false if there is no room for any of them.
    fn hand_over(&self, packets: &[u8], length: usize) -> bool {
        let transmit = Transmit {
            destination: self.other,
            ecn: None,
            contents: packets,
            segment_size: (packets.len() > length).then_some(length),
            src_ip: None,
        };
        let sent = self.state.try_send(UdpSockRef::from(&self.socket), &transmit);
        // Any error here is a packet lost, which is what datagrams are allowed; only a full buffer is worth waiting for.
        !matches!(sent, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Takes what has come in together, if anything has. Whatever did not come from the other end is dropped.
    fn fetch(&mut self) -> bool {
        let mut meta = [RecvMeta::default()];
        loop {
            let mut buffers = [IoSliceMut::new(&mut self.received)];
            match self.state.recv(UdpSockRef::from(&self.socket), &mut buffers, &mut meta) {
                Ok(count) if count > 0 && meta[0].addr != self.other => {}
                Ok(count) if count > 0 && meta[0].len > 0 => {
                    (self.at, self.end, self.stride) = (0, meta[0].len, meta[0].stride.max(1));
                    return true;
                }
                Ok(_) | Err(_) => return false,
            }
        }
    }
}

fn open() -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_recv_buffer_size(BUFFER_BYTES)?;
    socket.set_send_buffer_size(BUFFER_BYTES)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SockAddr::from(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))))?;
    Ok(socket.into())
}

impl Datagrams for Udp {
    fn send(&mut self, packet: &[u8]) -> bool {
        self.hand_over(packet, packet.len())
    }

    fn send_many(&mut self, packets: &[u8], length: usize) -> usize {
        let count = self.state.max_gso_segments().min(SENT_BYTES_MAX / length.max(1)).max(1);
        let runs = packets.chunks((count * length).max(1));
        runs.take_while(|run| self.hand_over(run, length)).map(|run| run.len().div_ceil(length)).sum()
    }

    fn receive(&mut self, buffer: &mut [u8; DATAGRAM_BYTES_MAX]) -> Option<usize> {
        if self.at == self.end && !self.fetch() {
            return None;
        }
        let packet = &self.received[self.at..self.end.min(self.at + self.stride)];
        self.at += packet.len();
        // As a datagram that is longer than its buffer.
        let length = packet.len().min(DATAGRAM_BYTES_MAX);
        buffer[..length].copy_from_slice(&packet[..length]);
        Some(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_come_apart_as_they_were_and_in_order() {
        let (mut left, mut right) = Udp::pair().expect("there are free ports");
        let of = |number: usize, length: usize| (0..length).map(move |at| (number * 31 + at) as u8);
        for length in [1, 100, 1_199, DATAGRAM_BYTES_MAX] {
            for count in [1, 2, 48, 96] {
                let packets: Vec<u8> = (0..count).flat_map(|number| of(number, length)).collect();
                assert_eq!(left.send_many(&packets, length), count, "there is room");
                assert!(left.send(b"another"));
                let mut buffer = [0; DATAGRAM_BYTES_MAX];
                for number in 0..count {
                    let got = right.receive(&mut buffer).expect("loopback loses nothing that has room");
                    assert!(
                        buffer[..got].iter().copied().eq(of(number, length)),
                        "{number} of {count}, {length} bytes"
                    );
                }
                let got = right.receive(&mut buffer).expect("the last one is there");
                assert_eq!(&buffer[..got], b"another");
                assert_eq!(right.receive(&mut buffer), None);
            }
        }
    }

    #[test]
    fn strangers_are_not_heard() {
        let (_left, mut right) = Udp::pair().expect("there are free ports");
        let stranger = open().expect("there are free ports");
        let to = right.socket.local_addr().expect("it is bound");
        stranger.send_to(b"hello", to).expect("loopback takes it");
        assert_eq!(right.receive(&mut [0; DATAGRAM_BYTES_MAX]), None);
    }
}
