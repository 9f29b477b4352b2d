//! What the doctor finds is what was planted, and every cost comes with a line that changes it.

use std::path::Path;

use pelton_bench_harness::doctor::host::Host;
use pelton_bench_harness::doctor::{Check, State, diagnose};

/// Looks at a host of these files alone, and gives one check.
fn check(files: &[(&str, &str)], name: &str) -> Check {
    let root = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    let diagnosis = diagnose(&Host::at(root.path()));
    let mut checks = diagnosis.checks.into_iter();
    checks.find(|check| check.name == name).expect("it was looked at")
}

#[test]
fn what_was_planted_is_found_with_its_loss_and_the_line_that_changes_it() {
    let cores = std::thread::available_parallelism().map_or(1, usize::from) * 100_000;
    let (half, all) = (format!("{} 100000", cores / 2), format!("{cores} 100000"));
    let governor = "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor";
    let huge = "sys/kernel/mm/transparent_hugepage/enabled";
    let leak = "sys/devices/system/cpu/vulnerabilities/meltdown";
    let [node0, node1] = [0, 1].map(|node| format!("sys/devices/system/node/node{node}/cpulist"));
    let (up, speed) = ("sys/class/net/eth0/operstate", "sys/class/net/eth0/speed");
    let free = "proc/meminfo";
    type Files<'a> = &'a [(&'a str, &'a str)];
    let cases: [(&str, Files<'_>, Files<'_>); 7] = [
        ("frequency governor", &[(governor, "powersave\n")], &[(governor, "performance\n")]),
        ("huge pages", &[(huge, "always madvise [never]")], &[(huge, "[always] madvise never")]),
        ("mitigations", &[(leak, "Mitigation: PTI")], &[(leak, "Not affected")]),
        ("processor quota", &[("sys/fs/cgroup/cpu.max", &half)], &[("sys/fs/cgroup/cpu.max", &all)]),
        ("memory nodes", &[(&node0, "0"), (&node1, "1")], &[(&node0, "0")]),
        ("network card", &[(up, "up"), (speed, "100")], &[(up, "up"), (speed, "25000")]),
        ("free memory", &[(free, "MemAvailable: 1000 kB")], &[(free, "MemAvailable: 99999999 kB")]),
    ];
    for (name, bad, good) in cases {
        let found = check(bad, name);
        assert_eq!(found.state, State::Costs, "{found:?}");
        let loss = found.loss.expect("it costs");
        assert!(loss.least <= loss.most && loss.most <= 1.0 && found.change.is_some(), "{found:?}");
        assert_eq!((check(good, name).state, check(good, name).loss), (State::Good, None), "{name}");
    }
    assert_eq!(
        check(cases[3].1, "processor quota").loss.map(|loss| (loss.is_measured, loss.least)),
        Some((true, 0.5))
    );
}

#[test]
fn a_host_that_tells_nothing_is_unavailable_with_reasons_and_none_of_it_is_an_error() {
    let root = tempfile::tempdir().expect("a folder");
    let diagnosis = diagnose(&Host::at(root.path()));
    let silent = diagnosis.checks.iter().filter(|check| check.state == State::Unavailable);
    let silent: Vec<&Check> = silent.collect();
    assert!(silent.len() >= 6 && silent.iter().all(|check| check.found.starts_with("unavailable: ")));
    let here = diagnose(&Host::at(Path::new("/")));
    let text = here.to_string();
    assert!(here.checks.iter().all(|check| text.contains(&check.name)), "{text}");
}
