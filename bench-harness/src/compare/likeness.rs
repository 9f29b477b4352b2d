//! Whether two sets of runs can be compared at all.

use std::fmt;

use crate::compare::runs::Run;

/// What may differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    /// The machine.
    pub machines: bool,
    /// What was run, and how.
    pub settings: bool,
}

/// Why runs cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unlike {
    /// They come from different machines.
    Machines(Vec<String>),
    /// They are of different things.
    Settings(Vec<String>),
    /// One of them is not to be believed.
    Untrue(String),
}

impl fmt::Display for Unlike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unlike::Machines(what) => {
                write!(
                    f,
                    "the runs come from unlike machines ({}); --unlike-machines compares them",
                    what.join(", ")
                )
            }
            Unlike::Settings(what) => {
                write!(
                    f,
                    "the runs are of unlike things ({}); --unlike-settings compares them",
                    what.join(", ")
                )
            }
            Unlike::Untrue(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for Unlike {}

/// What differs and is allowed to.
pub fn unlike(a: &[Run], b: &[Run], allowed: Allowed) -> Result<Vec<String>, Unlike> {
    let runs = || a.iter().chain(b);
    runs().try_for_each(believe)?;
    let machines = differing(runs(), &machine);
    if !machines.is_empty() && !allowed.machines {
        return Err(Unlike::Machines(machines));
    }
    let settings = differing(runs(), &settings);
    if !settings.is_empty() && !allowed.settings {
        return Err(Unlike::Settings(settings));
    }
    Ok([machines, settings].concat())
}

fn believe(run: &Run) -> Result<(), Unlike> {
    if !run.schema.starts_with("pelton-bench/") {
        return Err(Unlike::Untrue(format!("{} is no result of pelton bench", run.schema)));
    }
    if let Some(finding) = run.audit.iter().flat_map(|audit| &audit.findings).next() {
        return Err(Unlike::Untrue(format!("a run failed its audit: {finding}")));
    }
    if run.load.as_ref().is_some_and(|load| load.was_limit) {
        return Err(Unlike::Untrue("a run is invalid: what made its load was the limit".to_owned()));
    }
    Ok(())
}

/// Of each thing that is not the same in all runs: its name and what it is.
fn differing<'a>(
    runs: impl Iterator<Item = &'a Run>,
    of: &dyn Fn(&Run) -> Vec<(&'static str, String)>,
) -> Vec<String> {
    let all: Vec<_> = runs.map(of).collect();
    let Some(first) = all.first() else { return Vec::new() };
    let other =
        |index: usize| all.iter().map(|things| &things[index].1).find(|other| **other != first[index].1);
    let line = |(index, (name, value)): (usize, &(&str, String))| {
        other(index).map(|other| format!("{name}: {value} and {other}"))
    };
    first.iter().enumerate().filter_map(line).collect()
}

fn machine(run: &Run) -> Vec<(&'static str, String)> {
    let machine = &run.machine;
    // What the kernel keeps for itself changes from boot to boot.
    let memory = machine.memory_bytes.div_ceil(1 << 30);
    vec![
        ("cpu", machine.cpu.clone()),
        ("cores", machine.cores.to_string()),
        ("simd", machine.simd.join(" ")),
        ("gpu", machine.gpu.clone().unwrap_or_else(|| "none".to_owned())),
        ("memory", format!("{memory} GiB")),
        ("os", machine.os.clone()),
    ]
}

fn settings(run: &Run) -> Vec<(&'static str, String)> {
    let workload = &run.workload;
    vec![
        ("workload", workload.name.clone()),
        ("scheme", workload.scheme.clone()),
        ("accounts", workload.accounts.to_string()),
        ("seed", workload.seed.to_string()),
        ("threads", run.threads.to_string()),
        ("rate", run.rate.map_or("max".to_owned(), |rate| rate.to_string())),
        ("cut", run.until.clone().unwrap_or_else(|| "no".to_owned())),
        ("back-end", run.verify.requested.clone()),
        ("senders claimed", run.verify.senders_claimed.to_string()),
        ("kept on disk", run.durability.is_some().to_string()),
    ]
}
