//! What it takes to receive a datagram on loopback: CPU time of the thread that receives, and of both ends together, since part
//! of what io_uring does is charged to whoever sends.
//!
//! ```text
//! cargo run --release -p pelton-bench-harness --example datagrams
//! ```
//!
//! Each round goes through all ways, one after the other, with the same packets: 64 of one sender, which the kernel puts together
//! where it can, or one of each of 64 senders, which it cannot. Nothing counts that was lost.
//!
//! | way | what it does |
//! | --- | --- |
//! | as built | `Udp`: what was put together, one call for it |
//! | recvmmsg | the same, for 32 of them in one call |
//! | io_uring | the same, by a multishot receive into provided buffers; a call only where there is something |
//! | one by one | a call for each packet, and nothing put together |

mod calls;
mod ring;

use std::error::Error;
use std::io;
use std::net::{SocketAddr, UdpSocket};

use calls::{Calls, OneByOne};
use pelton_bench_harness::udp::Udp;
use pelton_pipeline::clock::{Clock as _, WallClock};
use pelton_pipeline::datagrams::{DATAGRAM_BYTES_MAX, Datagrams as _};
use quinn_udp::{Transmit, UdpSockRef, UdpSocketState};
use ring::Ring;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};

/// Packets of a round, few enough for any buffer of a socket, and rounds.
const PACKETS: usize = 64;
const ROUNDS: usize = 2_000;
/// As much as the kernel cuts apart.
const SENT_BYTES_MAX: usize = 65_507;

/// A way to receive, and who sends to it.
trait Way {
    /// Sends packets of this length that lie end to end.
    fn send(&mut self, packets: &[u8], length: usize) -> io::Result<()>;
    /// Hands out all that has come.
    fn receive(&mut self, hear: &mut dyn FnMut(&[u8])) -> io::Result<()>;
}

/// The way that the pipeline takes.
struct AsBuilt(Udp, Udp);

impl Way for AsBuilt {
    fn send(&mut self, packets: &[u8], length: usize) -> io::Result<()> {
        let sent = self.0.send_many(packets, length);
        if sent * length == packets.len() { Ok(()) } else { Err(io::ErrorKind::StorageFull.into()) }
    }

    fn receive(&mut self, hear: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        let mut buffer = [0; DATAGRAM_BYTES_MAX];
        while let Some(length) = self.1.receive(&mut buffer) {
            hear(&buffer[..length]);
        }
        Ok(())
    }
}

/// Senders to one address, who send in turn; one alone hands all over at once.
struct Senders {
    sockets: Vec<(UdpSocket, UdpSocketState)>,
    to: SocketAddr,
}

impl Senders {
    fn new(count: usize, to: SocketAddr) -> io::Result<Senders> {
        Ok(Senders { sockets: (0..count).map(|_| open()).collect::<io::Result<_>>()?, to })
    }

    fn send(&self, packets: &[u8], length: usize) -> io::Result<()> {
        let together = if self.sockets.len() == 1 { SENT_BYTES_MAX / length * length } else { length };
        for (contents, (socket, state)) in packets.chunks(together).zip(self.sockets.iter().cycle()) {
            let segment_size = (contents.len() > length).then_some(length);
            let transmit = Transmit { destination: self.to, ecn: None, contents, segment_size, src_ip: None };
            state.try_send(UdpSockRef::from(socket), &transmit)?;
        }
        Ok(())
    }
}

/// A socket for which the kernel puts together what comes in, where it can.
fn open() -> io::Result<(UdpSocket, UdpSocketState)> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_recv_buffer_size(8 << 20)?;
    socket.bind(&SockAddr::from(SocketAddr::from(([127, 0, 0, 1], 0))))?;
    let socket = UdpSocket::from(socket);
    let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
    socket.set_nonblocking(true)?;
    Ok((socket, state))
}

#[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
fn main() -> Result<(), Box<dyn Error>> {
    let (left, right) = Udp::pair()?;
    println!("put together by the kernel: {}", if right.is_put_together() { "yes" } else { "no" });
    let mut one: Vec<(&str, Box<dyn Way>)> = vec![("as built", Box::new(AsBuilt(left, right)))];
    let mut many: Vec<(&str, Box<dyn Way>)> = Vec::new();
    for (senders, ways) in [(1, &mut one), (PACKETS, &mut many)] {
        ways.push(("recvmmsg", Box::new(Calls::new(senders)?)));
        match Ring::new(senders) {
            Ok(ring) => ways.push(("io_uring", Box::new(ring))),
            Err(error) => println!("io_uring: not here: {error}"),
        }
        ways.push(("one by one", Box::new(OneByOne::new(senders)?)));
    }
    for length in [256, DATAGRAM_BYTES_MAX] {
        for (senders, ways) in [("one sender", &mut one), ("64 senders", &mut many)] {
            for (name, [receiver, both]) in measure(ways, length)? {
                println!("{length} bytes, {senders}, {name}: {receiver:.0} ns a packet, both ends {both:.0}");
            }
        }
    }
    Ok(())
}

/// A way's name, and nanoseconds for a packet, of the receiver and of both ends.
type Figures<'a> = (&'a str, [f64; 2]);

/// CPU time for each packet by each way, at the median of the rounds: of the receiver, and of both ends.
fn measure<'a>(
    ways: &mut [(&'a str, Box<dyn Way>)],
    length: usize,
) -> Result<Vec<Figures<'a>>, Box<dyn Error>> {
    let clock = WallClock::new();
    let packets: Vec<u8> = (0..PACKETS * length).map(|at| (at / length) as u8).collect();
    let mut ns: Vec<[Vec<u64>; 2]> = ways.iter().map(|_| Default::default()).collect();
    for _ in 0..ROUNDS {
        for ((name, way), ns) in ways.iter_mut().zip(&mut ns) {
            let mut received = [0_u32; PACKETS];
            let before = clock.thread_cpu_ns();
            way.send(&packets, length)?;
            let sent = clock.thread_cpu_ns();
            way.receive(&mut |packet| {
                let is_whole = packet.len() == length && packet[0] == packet[length - 1];
                received[usize::from(packet[0])] += u32::from(is_whole);
            })?;
            let after = clock.thread_cpu_ns();
            ns[0].push(after - sent);
            ns[1].push(after - before);
            if received != [1; PACKETS] {
                return Err(format!("{name}: not every packet came once and whole: {received:?}").into());
            }
        }
    }
    let median = |mut ns: Vec<u64>| {
        ns.sort_unstable();
        ns[ns.len() / 2] as f64 / PACKETS as f64
    };
    Ok(ways.iter().zip(ns).map(|((name, _), ns)| (*name, ns.map(median))).collect())
}
