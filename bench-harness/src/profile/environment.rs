//! `Environment`: the machine and the program, as far as they say so themselves: `env.json`.

use std::collections::BTreeMap;

use pelton_engine::limits::Limits;
use pelton_workloads::CHAIN_ID;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::doctor::host::Host;
use crate::machine::Machine;
use crate::profile::Settings;

/// Name and version of the object's shape.
pub const SCHEMA: &str = "pelton-environment/1";

/// What figures depend on. Whatever cannot be told is `unavailable: reason`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Environment {
    /// `pelton-environment/1`.
    pub schema: String,
    /// In short.
    pub machine: Machine,
    /// Caches of the first core, by level and type.
    pub caches: BTreeMap<String, String>,
    /// Everything else of the machine, by name.
    pub host: BTreeMap<String, String>,
    /// What is done against each leak of the processor.
    pub mitigations: BTreeMap<String, String>,
    /// The program: commit, compiler, flags, digest of the consensus limits, settings of this profile.
    pub program: BTreeMap<String, String>,
}

impl Environment {
    /// This machine and program.
    pub fn detect(host: &Host, settings: &Settings) -> Environment {
        let folder = "sys/devices/system/cpu/vulnerabilities";
        let mitigation = |name: String| {
            let text = host.read(&format!("{folder}/{name}")).unwrap_or_else(|| missing("it cannot be read"));
            (name, text)
        };
        Environment {
            schema: SCHEMA.to_owned(),
            machine: Machine::detect(),
            caches: caches(host),
            host: whole(host),
            mitigations: host.names(folder).into_iter().map(mitigation).collect(),
            program: program(settings),
        }
    }
}

fn missing(reason: &str) -> String {
    format!("unavailable: {reason}")
}

fn caches(host: &Host) -> BTreeMap<String, String> {
    let folder = "sys/devices/system/cpu/cpu0/cache";
    let of = |index: String| {
        let of = |what: &str| host.read(&format!("{folder}/{index}/{what}"));
        let shared = of("shared_cpu_list").unwrap_or_default();
        Some((
            format!("L{} {}", of("level")?, of("type")?),
            format!("{}, shared by cores {shared}", of("size")?),
        ))
    };
    host.names(folder).into_iter().filter(|name| name.starts_with("index")).filter_map(of).collect()
}

fn whole(host: &Host) -> BTreeMap<String, String> {
    let cpuinfo = host.read("proc/cpuinfo").unwrap_or_default();
    let of_cpu = |key: &str| {
        let line = cpuinfo.lines().find(|line| line.starts_with(key))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let file = |path: &str| host.read(path);
    let first_gpu = host.names("proc/driver/nvidia/gpus").into_iter().next();
    let entries: [(&str, Option<String>, &str); 13] = [
        ("microcode", of_cpu("microcode"), "the kernel does not tell"),
        ("clock now, MHz", of_cpu("cpu MHz"), "the kernel does not tell"),
        ("SMT", file("sys/devices/system/cpu/smt/control"), "the kernel does not tell"),
        ("cores online", file("sys/devices/system/cpu/online"), "the kernel does not tell"),
        ("NUMA nodes", file("sys/devices/system/node/online"), "the kernel does not tell"),
        ("huge pages", file("sys/kernel/mm/transparent_hugepage/enabled"), "this kernel has none"),
        (
            "governor",
            file("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
            "frequencies are not scaled here",
        ),
        ("boost", file("sys/devices/system/cpu/cpufreq/boost"), "the kernel does not tell"),
        (
            "clock source",
            file("sys/devices/system/clocksource/clocksource0/current_clocksource"),
            "the kernel does not tell",
        ),
        ("processor quota", file("sys/fs/cgroup/cpu.max"), "no quota is set"),
        ("system", file("etc/os-release").and_then(|text| pretty_name(&text)), "it has no os-release"),
        ("NVIDIA driver", file("proc/driver/nvidia/version"), "no NVIDIA driver is loaded"),
        ("GPU", first_gpu, "no GPU that a driver knows"),
    ];
    let told = |(name, value, reason): (&str, Option<String>, &str)| {
        (name.to_owned(), value.unwrap_or_else(|| missing(reason)))
    };
    let mut all: BTreeMap<String, String> = entries.into_iter().map(told).collect();
    for name in ["memory speed", "GPU clocks", "throttle reasons", "PCIe link"] {
        all.insert(name.to_owned(), missing("this program does not read it"));
    }
    all
}

fn pretty_name(text: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(line.trim_matches('"').to_owned())
}

fn program(settings: &Settings) -> BTreeMap<String, String> {
    let limits = format!("{:?}", Limits::standard(CHAIN_ID));
    let entries = [
        ("commit", env!("PELTON_COMMIT").to_owned()),
        ("rustc", env!("PELTON_RUSTC").to_owned()),
        ("build", env!("PELTON_BUILD").to_owned()),
        (
            "limits, digest",
            pelton_kernels::keccak256(limits.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect(),
        ),
        ("threads", settings.threads.to_string()),
        ("quick", settings.quick.to_string()),
        ("bound of p99, ms", settings.p99_ms.to_string()),
    ];
    entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The JSON Schema of [`Environment`].
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Environment)
}
