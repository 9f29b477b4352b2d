//! What was measured, for people.

use std::fmt;

use super::{FLOOD_LOAD, HONEST_SHARE, Measured, Round};

/// The figures in lines.
pub struct Table<'a>(pub &'a Measured);

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Measured { settings, capacity, loads, alone, floods } = self.0;
        writeln!(
            f,
            "{} on {} threads, {} s a round; each second without the time in which the threads were given no core",
            settings.scheme.as_str(),
            settings.threads,
            settings.seconds
        )?;
        writeln!(
            f,
            "\noffered   committed/s  of peak    p50 ms    p99 ms  door max  pool max  memory  offering side"
        )?;
        let mut load = |name: &str, round: &Round| {
            writeln!(
                f,
                "{name:<9} {:>11.0}  {:>6.1}%  {:>8.1}  {:>8.1}  {}",
                round.goodput(),
                100.0 * self.0.share_of_peak(round),
                round.latency_ms(0.5),
                round.latency_ms(0.99),
                bounds(round)
            )
        };
        load("max", capacity)?;
        loads.iter().try_for_each(|(times, round)| load(&format!("{times}x"), round))?;
        writeln!(
            f,
            "\nhonest clients at {HONEST_SHARE}x beside a flood at {FLOOD_LOAD}x\n\
             flood          honest in    p50 ms    p99 ms  flood taken  door max  pool max  memory  offering side  refused by"
        )?;
        let mut beside = |name: &str, round: &Round| {
            let taken = 100.0 * round.flood.taken as f64 / round.flood.offered.max(1) as f64;
            writeln!(
                f,
                "{name:<14} {:>7.2}%  {:>8.1}  {:>8.1}  {taken:>10.1}%  {}  {}",
                100.0 * round.honest_share(),
                round.latency_ms(0.5),
                round.latency_ms(0.99),
                bounds(round),
                refused(round)
            )
        };
        beside("none", alone)?;
        floods.iter().try_for_each(|(kind, round)| beside(&kind.to_string(), round))
    }
}

fn bounds(round: &Round) -> String {
    let pool = round.held_max.get("schedule").copied().unwrap_or(0);
    format!(
        "{:>8}  {pool:>8}  {:>4} MB  {:>12.1}%",
        round.door_max,
        round.resident_bytes_max >> 20,
        100.0 * round.offering_share
    )
}

/// The stages that refused most, and why.
fn refused(round: &Round) -> String {
    let mut all: Vec<_> = round.rejected.iter().collect();
    all.sort_unstable_by_key(|(_, count)| std::cmp::Reverse(**count));
    let one = |((stage, reason), count): &(&(&str, _), &u64)| format!("{stage}: {count} {reason}");
    all.iter().take(3).map(one).collect::<Vec<_>>().join(", ")
}
