//! What it takes to receive a datagram: CPU time of the thread that receives, on loopback, as [`Udp`] does it and with a call for
//! each. Both are sent alike, and each round measures one after the other.
//!
//! ```text
//! cargo run --release -p pelton-bench-harness --example datagrams
//! ```

use std::error::Error;
use std::io::ErrorKind;
use std::net::UdpSocket;

use pelton_bench_harness::udp::Udp;
use pelton_pipeline::clock::{Clock as _, WallClock};
use pelton_pipeline::datagrams::{DATAGRAM_BYTES_MAX, Datagrams as _};

/// Packets of a round, few enough for any buffer of a socket, and rounds.
const PACKETS: usize = 64;
const ROUNDS: usize = 2_000;

#[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
fn main() -> Result<(), Box<dyn Error>> {
    let clock = WallClock::new();
    let (mut sender, mut together) = Udp::pair()?;
    println!("put together by the kernel: {}", if together.is_put_together() { "yes" } else { "no" });
    let (from, one_by_one) = (UdpSocket::bind("127.0.0.1:0")?, UdpSocket::bind("127.0.0.1:0")?);
    one_by_one.set_nonblocking(true)?;
    from.connect(one_by_one.local_addr()?)?;
    for length in [256, DATAGRAM_BYTES_MAX] {
        let (packets, mut buffer) = (vec![7; PACKETS * length], [0; DATAGRAM_BYTES_MAX]);
        let (mut ns, mut received) = ([Vec::new(), Vec::new()], [0; 2]);
        for _ in 0..ROUNDS {
            if sender.send_many(&packets, length) != PACKETS {
                return Err("a socket has no room for a round".into());
            }
            let before = clock.thread_cpu_ns();
            while together.receive(&mut buffer).is_some() {
                received[0] += 1;
            }
            ns[0].push(clock.thread_cpu_ns() - before);
            for packet in packets.chunks(length) {
                from.send(packet)?;
            }
            let before = clock.thread_cpu_ns();
            loop {
                match one_by_one.recv_from(&mut buffer) {
                    Ok(_) => received[1] += 1,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) => return Err(error.into()),
                }
            }
            ns[1].push(clock.thread_cpu_ns() - before);
        }
        for (way, (mut ns, received)) in ["together", "one by one"].iter().zip(ns.into_iter().zip(received)) {
            ns.sort_unstable();
            let each = ns[ns.len() / 2] as f64 / PACKETS as f64;
            println!("{length} bytes, {way}: {each:.0} ns a packet, {received} of {}", PACKETS * ROUNDS);
        }
    }
    Ok(())
}
