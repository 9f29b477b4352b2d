//! Receiving by calls.

use std::io::{self, ErrorKind, IoSliceMut};
use std::net::UdpSocket;

use pelton_pipeline::datagrams::DATAGRAM_BYTES_MAX;
use quinn_udp::{RecvMeta, UdpSockRef, UdpSocketState};

use super::{Senders, Way, open};

/// What one call takes.
const TOGETHER: usize = 32;

/// A call for up to so many, each of them put together by the kernel.
pub struct Calls {
    senders: Senders,
    socket: UdpSocket,
    state: UdpSocketState,
    buffers: Vec<Vec<u8>>,
}

impl Calls {
    pub fn new(senders: usize) -> io::Result<Calls> {
        let (socket, state) = open()?;
        let senders = Senders::new(senders, socket.local_addr()?)?;
        Ok(Calls { senders, socket, state, buffers: vec![vec![0; 1 << 16]; TOGETHER] })
    }
}

impl Way for Calls {
    fn send(&mut self, packets: &[u8], length: usize) -> io::Result<()> {
        self.senders.send(packets, length)
    }

    fn receive(&mut self, hear: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        let mut meta = [RecvMeta::default(); TOGETHER];
        loop {
            let mut slices: Vec<_> = self.buffers.iter_mut().map(|buffer| IoSliceMut::new(buffer)).collect();
            match self.state.recv(UdpSockRef::from(&self.socket), &mut slices, &mut meta) {
                Ok(count) => {
                    for (buffer, meta) in self.buffers.iter().zip(&meta[..count]) {
                        buffer[..meta.len].chunks(meta.stride.max(1)).for_each(&mut *hear);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}

/// A call for each packet.
pub struct OneByOne {
    senders: Senders,
    socket: UdpSocket,
}

impl OneByOne {
    pub fn new(senders: usize) -> io::Result<OneByOne> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.set_nonblocking(true)?;
        Ok(OneByOne { senders: Senders::new(senders, socket.local_addr()?)?, socket })
    }
}

impl Way for OneByOne {
    fn send(&mut self, packets: &[u8], length: usize) -> io::Result<()> {
        self.senders.send(packets, length)
    }

    fn receive(&mut self, hear: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        let mut buffer = [0; DATAGRAM_BYTES_MAX];
        loop {
            match self.socket.recv_from(&mut buffer) {
                Ok((length, _)) => hear(&buffer[..length]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}
