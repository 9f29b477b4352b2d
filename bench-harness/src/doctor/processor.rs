//! The processor: its instructions, its clock, and who else uses it.

use pelton_kernels::Level;
use pelton_pipeline::clock::{Clock as _, WallClock};

use crate::doctor::host::Host;
use crate::doctor::{Check, Loss};

/// Shares of the processor's time below which others are nobody's concern.
const OTHERS_MIN: f64 = 0.02;
/// How long the use by others is watched.
const WATCH_MS: u64 = 200;

/// Vector instructions, by the kernels' levels. Losses are of verification: nothing where secp256k1 keys are recovered, and
/// most for ed25519 in batches of 256, by the figures in `docs/verification.md`.
pub fn instructions() -> Check {
    let name = "vector instructions";
    let best = Level::best().name();
    let found = format!("{best} is the best level of this processor that kernels use");
    let host = "in a virtual machine start it with the host's processor (QEMU: -cpu host); otherwise a processor \
                with AVX-512 IFMA: Intel since Ice Lake, AMD since Zen 4";
    match best {
        "avx512ifma" => Check::good(name, found),
        "avx512" => Check::costs(name, found, Loss::expected(0.0, 0.4), host),
        "avx2" => Check::costs(name, found, Loss::expected(0.0, 0.57), host),
        _ => Check::costs(name, found, Loss::expected(0.0, 0.82), host),
    }
}

/// Who decides about the clock's speed.
pub fn governor(host: &Host) -> Check {
    let name = "frequency governor";
    let cpus = host.names("sys/devices/system/cpu");
    let of = |cpu: &String| host.read(&format!("sys/devices/system/cpu/{cpu}/cpufreq/scaling_governor"));
    let mut governors: Vec<String> = cpus.iter().filter_map(of).collect();
    governors.dedup();
    match governors.as_slice() {
        [] => Check::unavailable(
            name,
            "the kernel does not scale frequencies here; if at all, the host of this machine does",
        ),
        [one] if one == "performance" => Check::good(name, "performance"),
        several => Check::costs(
            name,
            several.join(", "),
            Loss::expected(0.05, 0.3),
            "cpupower frequency-set -g performance",
        ),
    }
}

/// What the kernel does against leaks of the processor, and what a system call takes with it.
pub fn mitigations(host: &Host) -> Check {
    let name = "mitigations";
    let folder = "sys/devices/system/cpu/vulnerabilities";
    let names = host.names(folder);
    if names.is_empty() {
        return Check::unavailable(name, "the kernel does not list them");
    }
    let is_on = |leak: &&String| {
        host.read(&format!("{folder}/{leak}")).is_some_and(|text| text.starts_with("Mitigation"))
    };
    let on: Vec<&str> = names.iter().filter(is_on).map(String::as_str).collect();
    let call_ns = system_call_ns();
    if on.is_empty() {
        return Check::good(name, format!("none is on; a system call takes {call_ns:.0} ns"));
    }
    // Calls are few: two for a turn in which something happens, and those of datagrams.
    let found = format!("{} are on ({}); a system call takes {call_ns:.0} ns", on.len(), on.join(", "));
    let change = "mitigations=off on the kernel's command line, only where nobody else's code runs";
    Check::costs(name, found, Loss::expected(0.0, 0.03), change)
}

/// Nanoseconds that a system call takes: the CPU clock of a thread is one.
fn system_call_ns() -> f64 {
    const CALLS: u32 = 20_000;
    let clock = WallClock::new();
    let once = || {
        let start_ns = clock.now_ns();
        (0..CALLS).for_each(|_| {
            std::hint::black_box(clock.thread_cpu_ns());
        });
        (clock.now_ns() - start_ns) as f64 / f64::from(CALLS)
    };
    (0..3).map(|_| once()).fold(f64::INFINITY, f64::min)
}

/// Whether a group of processes is given less time than there are cores.
pub fn quota(host: &Host) -> Check {
    let name = "processor quota";
    let Some(text) = host.read("sys/fs/cgroup/cpu.max") else {
        return Check::good(name, "none is set for this group of processes");
    };
    let mut words = text.split_whitespace().map(|word| word.parse::<f64>().ok());
    let (Some(Some(quota)), Some(Some(period))) = (words.next(), words.next()) else {
        return Check::good(name, "none is set for this group of processes");
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    let given = quota / period;
    let found = format!("{given:.2} of {cores} cores");
    if given >= cores {
        return Check::good(name, found);
    }
    let change = "echo max > /sys/fs/cgroup/cpu.max, or a container without --cpus";
    Check::costs(name, found, Loss::measured(1.0 - given / cores), change)
}

/// Time that others have: programs on this machine, and other machines on the same host.
pub fn others(host: &Host) -> Check {
    let name = "others on the processor";
    let Some(before) = Times::read(host) else {
        return Check::unavailable(name, "the kernel does not say how its time is spent");
    };
    wait();
    let during = Times::read(host).map(|after| after.since(&before)).filter(|times| times.all > 0.0);
    let Some(during) = during else {
        return Check::unavailable(name, "the kernel did not count any time just now");
    };
    let (busy, stolen) = (during.busy / during.all, during.stolen / during.all);
    let found = format!(
        "programs use {:.0}% of all cores while nothing is measured, other machines take {:.0}%",
        busy * 100.0,
        stolen * 100.0
    );
    if busy + stolen < OTHERS_MIN {
        return Check::good(name, found);
    }
    let change = "end them (top shows who), or give this machine cores of its own";
    Check::costs(name, found, Loss::measured((busy + stolen).min(1.0)), change)
}

#[expect(clippy::disallowed_methods, reason = "to wait while others run is the measurement")]
fn wait() {
    std::thread::sleep(std::time::Duration::from_millis(WATCH_MS));
}

/// Time of all cores, in ticks.
struct Times {
    all: f64,
    busy: f64,
    stolen: f64,
}

impl Times {
    fn read(host: &Host) -> Option<Times> {
        let text = host.read("proc/stat")?;
        let fields = text.lines().next()?.strip_prefix("cpu ")?.split_whitespace();
        let ticks: Vec<f64> = fields.map_while(|field| field.parse().ok()).take(8).collect();
        let [user, nice, system, idle, waiting, hard, soft, stolen] = ticks.try_into().ok()?;
        let busy = user + nice + system + hard + soft;
        Some(Times { all: busy + idle + waiting + stolen, busy, stolen })
    }

    fn since(self, before: &Times) -> Times {
        Times {
            all: self.all - before.all,
            busy: self.busy - before.busy,
            stolen: self.stolen - before.stolen,
        }
    }
}

/// Whether memory is nearer to some cores than to others.
pub fn nodes(host: &Host) -> Check {
    let name = "memory nodes";
    let is_node = |name: &&String| name.strip_prefix("node").is_some_and(|rest| rest.parse::<u32>().is_ok());
    match host.names("sys/devices/system/node").iter().filter(is_node).count() {
        0 => Check::unavailable(name, "the kernel does not list them"),
        1 => Check::good(name, "one: all memory is equally near"),
        nodes => Check::costs(
            name,
            format!("{nodes}: a core reads the memory of another node more slowly"),
            Loss::expected(0.05, 0.3),
            "numactl --cpunodebind=0 --membind=0 pelton bench",
        ),
    }
}
