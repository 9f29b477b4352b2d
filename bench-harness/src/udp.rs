//! Datagrams over UDP on the loopback interface: the file where the pipeline meets sockets.

use std::io;
use std::net::{Ipv4Addr, UdpSocket};

use pelton_pipeline::datagrams::{DATAGRAM_BYTES_MAX, Datagrams};
use socket2::{Domain, Protocol, SockAddr, Socket, Type};

/// What is asked for; the kernel gives as much as it allows.
const BUFFER_BYTES: usize = 8 << 20;

/// One end of a pair of sockets.
#[derive(Debug)]
pub struct Udp {
    socket: UdpSocket,
}

impl Udp {
    /// Two sockets on free ports of 127.0.0.1, connected to each other.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn pair() -> io::Result<(Udp, Udp)> {
        let (left, right) = (open()?, open()?);
        left.connect(right.local_addr()?)?;
        right.connect(left.local_addr()?)?;
        Ok((Udp { socket: left }, Udp { socket: right }))
    }
}

fn open() -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_recv_buffer_size(BUFFER_BYTES)?;
    socket.set_send_buffer_size(BUFFER_BYTES)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SockAddr::from(std::net::SocketAddr::from((Ipv4Addr::LOCALHOST, 0))))?;
    Ok(socket.into())
}

impl Datagrams for Udp {
    fn send(&mut self, packet: &[u8]) -> bool {
        // Any error here is a packet lost, which is what datagrams are allowed; only a full buffer is worth waiting for.
        !matches!(self.socket.send(packet), Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }

    fn receive(&mut self, buffer: &mut [u8; DATAGRAM_BYTES_MAX]) -> Option<usize> {
        self.socket.recv(buffer).ok()
    }
}
