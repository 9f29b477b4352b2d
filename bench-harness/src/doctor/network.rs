//! The network: how much the kernel keeps of what comes in, and how fast the card is.

use crate::doctor::host::Host;
use crate::doctor::{Check, Loss};

/// What sockets are asked to keep.
const BUFFER_BYTES: u64 = 8 << 20;
/// Bytes that leave a leader for each transaction: some 110 of its own, one and a half times as many with erasure code.
const BYTES_PER_TRANSACTION: f64 = 165.0;
/// Below this a card is the limit before two cores are.
const MEGABITS_MIN: i64 = 1_000;

/// Whether a burst of a block's packets finds room.
pub fn buffers(host: &Host) -> Check {
    let name = "socket buffers";
    let read = |which: &str| host.number(&format!("proc/sys/net/core/{which}"));
    let (Some(receive), Some(send)) = (read("rmem_max"), read("wmem_max")) else {
        return Check::unavailable(name, "the kernel does not tell its limits here");
    };
    let found = format!("at most {} KiB in, {} KiB out", receive >> 10, send >> 10);
    if receive.min(send) >= BUFFER_BYTES {
        return Check::good(name, found);
    }
    let change = format!("sysctl -w net.core.rmem_max={BUFFER_BYTES} net.core.wmem_max={BUFFER_BYTES}");
    // What finds no room is lost and has to be repaired.
    Check::costs(name, found, Loss::expected(0.0, 0.05), change)
}

/// The fastest card that is up.
pub fn card(host: &Host) -> Check {
    let name = "network card";
    let of = |card: &String| {
        let of = |what: &str| host.read(&format!("sys/class/net/{card}/{what}"));
        let is_up = of("operstate").is_some_and(|state| state == "up");
        let megabits = of("speed")?.parse::<i64>().ok().filter(|speed| *speed > 0)?;
        is_up.then(|| (megabits, card.clone()))
    };
    let cards = host.names("sys/class/net");
    let Some((megabits, card)) = cards.iter().filter_map(of).max() else {
        return Check::unavailable(
            name,
            "no card that is up tells its speed, as those of virtual machines do not",
        );
    };
    let bound = megabits as f64 * 1e6 / 8.0 / BYTES_PER_TRANSACTION;
    let found = format!("{card}, {megabits} Mbit/s: {bound:.0} transactions a second to one peer at most");
    if megabits > MEGABITS_MIN {
        return Check::good(name, found);
    }
    Check::costs(name, found, Loss::expected(0.0, 0.5), "a card of 10 Gbit/s or more")
}
