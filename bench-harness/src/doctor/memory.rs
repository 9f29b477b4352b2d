//! Memory, and what else a process is given.

use rustix::process::{Resource, getrlimit};

use crate::doctor::host::Host;
use crate::doctor::{Check, Loss};

/// What a chain of some millions of accounts takes beside a run.
const FREE_MIN_KIB: u64 = 4 << 20;
/// One for each client, and those of the log.
const OPEN_FILES_MIN: u64 = 65_536;

/// Whether memory comes in pages of 2 MiB.
pub fn huge_pages(host: &Host) -> Check {
    let name = "huge pages";
    let path = "sys/kernel/mm/transparent_hugepage/enabled";
    let Some(text) = host.read(path) else {
        return Check::unavailable(name, "this kernel has no transparent huge pages");
    };
    let chosen = text.split(['[', ']']).nth(1).unwrap_or("unknown");
    if chosen == "always" {
        return Check::good(name, "always");
    }
    let change = "echo always > /sys/kernel/mm/transparent_hugepage/enabled";
    Check::costs(name, chosen, Loss::expected(0.0, 0.1), change)
}

/// Whether there is memory to be had without swapping.
pub fn free(host: &Host) -> Check {
    let name = "free memory";
    let text = host.read("proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let Some(kib) = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok()) else {
        return Check::unavailable(name, "the kernel does not tell");
    };
    let found = format!("{:.1} GiB available", kib as f64 / (1 << 20) as f64);
    if kib >= FREE_MIN_KIB {
        return Check::good(name, found);
    }
    Check::costs(
        name,
        found,
        Loss::expected(0.0, 0.9),
        "end what else uses memory; below 4 GiB large states swap",
    )
}

/// How many files and connections the process may have open.
pub fn open_files() -> Check {
    let name = "open files";
    let found = getrlimit(Resource::Nofile).current.map_or("no limit".to_owned(), |limit| limit.to_string());
    match getrlimit(Resource::Nofile).current {
        // A limit on clients costs nothing until there are so many.
        Some(limit) if limit < OPEN_FILES_MIN => {
            Check::good(name, format!("{found}; for a node with more clients than that: ulimit -n 1048576"))
        }
        _ => Check::good(name, found),
    }
}
