//! A report as text for people: every number with what it means.

use std::fmt::{self, Display, Formatter};

use crate::report::{Audit, Durability, Losses, Report, StageReport};

/// Shows a report.
pub struct Table<'a>(pub &'a Report);

impl Display for Table<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let report = self.0;
        head(report, f)?;
        outcome(report, f)?;
        stages(report, f)?;
        verdict(report, f)?;
        report.durability.as_ref().map_or(Ok(()), |durability| durable(durability, f))?;
        report.audit.as_ref().map_or(Ok(()), |audit| audited(audit, f))
    }
}

fn head(report: &Report, f: &mut Formatter<'_>) -> fmt::Result {
    let (machine, workload) = (&report.machine, &report.workload);
    let gpu = machine.gpu.as_deref().unwrap_or("no GPU");
    let simd = machine.simd.last().map_or("no SIMD", String::as_str);
    let memory = machine.memory_bytes as f64 / (1u64 << 30) as f64;
    writeln!(
        f,
        "machine   {}, {} cores, {simd}, {memory:.0} GiB, {gpu}, {}",
        machine.cpu, machine.cores, machine.os
    )?;
    let rate =
        report.rate.map_or("as fast as taken".to_owned(), |rate| format!("{} a second", count(rate as u64)));
    writeln!(
        f,
        "workload  {}, {}, {} accounts, seed {}, digest {}, offered {rate}",
        workload.name,
        workload.scheme,
        count(workload.accounts.into()),
        workload.seed,
        &workload.digest[..10],
    )?;
    let until = report.until.as_ref().map_or(String::new(), |stage| format!(", cut after {stage}"));
    writeln!(
        f,
        "engine    commit {}, {} threads, back-ends {}{until}",
        report.commit,
        report.threads,
        backends(report)
    )?;
    report.verify.device.as_ref().map_or(Ok(()), |device| writeln!(f, "device    {}", device.line()))
}

fn backends(report: &Report) -> String {
    let answered =
        |(name, signatures): (&String, &u64)| format!("{name} ({} signatures)", count(*signatures));
    let all: Vec<String> = report.verify.backends.iter().map(answered).collect();
    let mut all = if all.is_empty() { "none used".to_owned() } else { all.join(", ") };
    if let Some(fault) = &report.verify.last_fault {
        all += &format!(", {} faults, the last one {fault}", count(report.verify.faults));
    }
    if report.verify.senders_claimed { all + ", senders claimed" } else { all }
}

fn outcome(report: &Report, f: &mut Formatter<'_>) -> fmt::Result {
    writeln!(f)?;
    writeln!(f, "{:>12}  offered", count(report.offered))?;
    let line =
        |f: &mut Formatter<'_>, number: u64, meaning: &str| writeln!(f, "{:>12}  {meaning}", count(number));
    if report.until.is_some() {
        line(f, report.passed, "came out at the cut, not executed or not committed")?;
    } else {
        line(f, report.committed, "committed: executed with success, final, under a state root")?;
        line(f, report.failed, "failed: executed, charged, no other effect")?;
    }
    line(f, report.rejected_total(), "rejected")?;
    for (reason, number) in &report.rejected {
        let help = pelton_engine::reject::Reject::ALL.iter().find(|reject| reject.name() == reason);
        writeln!(f, "{:>12}    {reason}: {}", count(*number), help.map_or("", |reject| reject.help()))?;
    }
    let (per_second, what) = match report.until {
        Some(_) => (report.passed_per_second, "came out"),
        None => (report.committed_per_second, "committed"),
    };
    writeln!(f)?;
    writeln!(f, "{:>12}  {what} a second, over {:.2} s", count(per_second as u64), report.seconds)?;
    let latency = &report.latency_ns;
    writeln!(
        f,
        "{:>12}  median latency from when it was due; p90 {}, p99 {}, p99.9 {}, longest {}",
        time(latency.p50),
        time(latency.p90),
        time(latency.p99),
        time(latency.p999),
        time(latency.max),
    )
}

fn stages(report: &Report, f: &mut Formatter<'_>) -> fmt::Result {
    writeln!(f)?;
    writeln!(
        f,
        "{:<10} {:>11} {:>11} {:>9}  {:>5} {:>5} {:>7}  {:>9} {:>9}  {:>9} {:>9}  {:>5}",
        "stage",
        "taken",
        "passed",
        "rejected",
        "idle",
        "busy",
        "blocked",
        "CPU each",
        "alone",
        "p50",
        "p99",
        "queue"
    )?;
    report.stages.iter().try_for_each(|stage| stage_row(stage, f))
}

fn stage_row(stage: &StageReport, f: &mut Formatter<'_>) -> fmt::Result {
    let regimes = &stage.regime_seconds;
    let whole = (regimes.idle + regimes.busy + regimes.blocked).max(f64::MIN_POSITIVE);
    let percent = |seconds: f64| format!("{:.0}%", seconds / whole * 100.0);
    writeln!(
        f,
        "{:<10} {:>11} {:>11} {:>9}  {:>5} {:>5} {:>7}  {:>9} {:>9}  {:>9} {:>9}  {:>5}",
        stage.name,
        count(stage.taken),
        count(stage.passed),
        count(stage.rejected),
        percent(regimes.idle),
        percent(regimes.busy),
        percent(regimes.blocked),
        time(stage.cpu_ns_per_transaction as u64),
        stage.isolated_cpu_ns_per_transaction.map_or("-".to_owned(), |ns| time(ns as u64)),
        time(stage.service_ns.p50),
        time(stage.service_ns.p99),
        stage.queue_max,
    )
}

fn verdict(report: &Report, f: &mut Formatter<'_>) -> fmt::Result {
    let (limit, load) = (&report.limit, &report.load);
    writeln!(f)?;
    if load.was_limit {
        writeln!(
            f,
            "INVALID     what made the load was the limit: this shows how fast transactions can be offered"
        )?;
    }
    writeln!(
        f,
        "load        busy {:.1}% of the run, blocked {:.0}% of its time; alone it could offer {} a second",
        load.utilisation * 100.0,
        load.blocked_share * 100.0,
        count(load.per_second_max as u64)
    )?;
    if limit.stage == "load" {
        writeln!(
            f,
            "limit       the offered load; the busiest stage was busy {:.0}% of its time",
            limit.busy_share * 100.0
        )?;
    } else {
        writeln!(
            f,
            "limit       {}, which was busy {:.0}% of its time",
            limit.stage,
            limit.busy_share * 100.0
        )?;
    }
    if let (Some(efficiency), Some(losses)) = (report.efficiency, &report.losses) {
        writeln!(
            f,
            "efficiency  {efficiency:.2} of what the stages' cost alone allows on these threads{}",
            lost(losses)
        )?;
    }
    Ok(())
}

fn lost(losses: &Losses) -> String {
    let percent = |share: f64| format!("{:.1}%", share * 100.0);
    format!(
        "; of the threads' time {} had no work, {} no core, {} drove stages, {:+.1}% went to stages beyond their cost alone",
        percent(losses.waiting),
        percent(losses.starved),
        percent(losses.driving),
        losses.interference * 100.0
    )
}

fn durable(durability: &Durability, f: &mut Formatter<'_>) -> fmt::Result {
    writeln!(
        f,
        "disk        {} blocks durable by {} syncs, at most {} executed and not durable; {:.0} bytes of log a \
         transaction, {:.0} with zeros ahead and {} checkpoints",
        count(durability.height),
        count(durability.block_syncs),
        durability.lag_blocks_max,
        durability.log_bytes_per_transaction,
        durability.written_bytes_per_transaction,
        durability.checkpoints,
    )?;
    writeln!(
        f,
        "            recovered at height {} in {:.2} s",
        count(durability.recovered_height),
        durability.recovery_seconds
    )
}

fn audited(audit: &Audit, f: &mut Formatter<'_>) -> fmt::Result {
    let mark = |holds: bool| if holds { "yes" } else { "NO" };
    writeln!(
        f,
        "audit       {} blocks; equal to serial execution: {}; supply conserved: {}; rebuilt from shreds: {}; \
         every transaction as expected: {}",
        count(audit.blocks),
        mark(audit.equal),
        mark(audit.supply_conserved),
        count(audit.blocks_rebuilt),
        mark(audit.expectations_met),
    )?;
    writeln!(f, "            state root {}", audit.state_root)?;
    audit.findings.iter().try_for_each(|finding| writeln!(f, "WRONG       {finding}"))
}

/// A number with its thousands apart.
fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A time in the unit that fits.
fn time(nanoseconds: u64) -> String {
    let ns = nanoseconds as f64;
    match nanoseconds {
        0..1_000 => format!("{ns:.0} ns"),
        1_000..1_000_000 => format!("{:.1} µs", ns / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} ms", ns / 1e6),
        _ => format!("{:.2} s", ns / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::{count, time};

    #[test]
    fn numbers_read_well() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([7, 1_500, 2_500_000, 3_210_000_000].map(time), ["7 ns", "1.5 µs", "2.5 ms", "3.21 s"]);
    }
}
