//! `Environment`: the machine and the program, as far as they say so themselves: `env.json`.

use std::collections::BTreeMap;

use pelton_engine::limits::Limits;
use pelton_workloads::CHAIN_ID;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::doctor::graphics::{CLASSES, VENDOR as NVIDIA};
use crate::doctor::host::Host;
use crate::machine::Machine;
use crate::profile::energy::Meters;
use crate::profile::{Settings, Size};

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
    pub fn detect(host: &Host, meters: &Meters, settings: &Settings) -> Environment {
        let folder = "sys/devices/system/cpu/vulnerabilities";
        let mitigation = |name: String| {
            let text = host.read(&format!("{folder}/{name}")).unwrap_or_else(|| missing("it cannot be read"));
            (name, text)
        };
        Environment {
            schema: SCHEMA.to_owned(),
            machine: Machine::detect(),
            caches: caches(host),
            host: whole(host).into_iter().chain(of_gpu(host, meters)).collect(),
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
    let entries: [(&str, Option<String>, &str); 12] = [
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
        (
            "memory",
            memory(host),
            "the firmware's tables cannot be read: that takes root, and firmware that has them",
        ),
    ];
    let told = |(name, value, reason): (&str, Option<String>, &str)| {
        (name.to_owned(), value.unwrap_or_else(|| missing(reason)))
    };
    entries.into_iter().map(told).collect()
}

/// What NVML says of the GPU, and the link to each card of NVIDIA's as the kernel knows it.
fn of_gpu(host: &Host, meters: &Meters) -> Vec<(String, String)> {
    let facts = match meters.gpu() {
        Ok(gpu) => gpu.facts(),
        Err(reason) => ["GPU", "GPU clocks", "GPU power limit", "GPU throttle reasons", "NVIDIA driver"]
            .map(|name| (name, missing(reason)))
            .into(),
    };
    let folder = "sys/bus/pci/devices";
    let of = |slot: &String, what: &str| host.read(&format!("{folder}/{slot}/{what}"));
    let is_gpu = |slot: &String| {
        of(slot, "vendor").as_deref() == Some(NVIDIA)
            && of(slot, "class").is_some_and(|class| CLASSES.iter().any(|known| class.starts_with(known)))
    };
    let link = |slot: String| {
        let told = |what: &str| of(&slot, what).unwrap_or_else(|| "?".to_owned());
        let (speed, width) = (told("current_link_speed"), told("current_link_width"));
        let most = format!("{} x{}", told("max_link_speed"), told("max_link_width"));
        (
            format!("PCIe link of {slot}"),
            format!("{speed} x{width}, at most {most}, memory node {}", told("numa_node")),
        )
    };
    let links = host.names(folder).into_iter().filter(is_gpu).map(link);
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(links).collect()
}

/// Modules of memory and their speeds, by the firmware's tables.
fn memory(host: &Host) -> Option<String> {
    let modules = modules(&host.bytes("sys/firmware/dmi/tables/DMI")?);
    (!modules.is_empty()).then(|| modules.join(", "))
}

/// What SMBIOS says of each memory device (type 17) that is there: bytes 0x0c size in MiB, 0x15 and 0x20 speeds in
/// megatransfers a second. A structure is a type, a length, two bytes of handle, its fields, and strings up to two zeros.
fn modules(mut table: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    while let [kind, length, ..] = *table {
        let length = usize::from(length);
        if length < 4 || table.len() < length {
            break;
        }
        let (fields, rest) = table.split_at(length);
        let word = |at: usize| Some(u16::from_le_bytes([*fields.get(at)?, *fields.get(at + 1)?]));
        let (size, speed) = (word(0x0c).unwrap_or(0), word(0x20).or(word(0x15)).unwrap_or(0));
        if kind == 17 && size > 0 {
            let size = if size == 0x7fff { "32 GiB or more".to_owned() } else { format!("{size} MiB") };
            let speed = if speed == 0 { "speed unknown".to_owned() } else { format!("{speed} MT/s") };
            found.push(format!("{size} at {speed}"));
        }
        let end = rest.windows(2).position(|two| two == [0, 0]).map_or(rest.len(), |at| at + 2);
        table = &rest[end..];
    }
    found
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
        ("quick", (settings.size != Size::Whole).to_string()),
        ("bound of p99, ms", settings.p99_ms.to_string()),
    ];
    entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The JSON Schema of [`Environment`].
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Environment)
}

#[cfg(test)]
mod tests {
    use super::modules;

    #[test]
    fn modules_of_memory_are_found_among_other_structures_and_bad_tables_end() {
        let mut module = vec![0_u8; 0x22];
        (module[0], module[1]) = (17, 0x22);
        module[0x0c..0x0e].copy_from_slice(&16_384_u16.to_le_bytes());
        module[0x15..0x17].copy_from_slice(&4_800_u16.to_le_bytes());
        module[0x20..0x22].copy_from_slice(&4_400_u16.to_le_bytes());
        let empty = {
            let mut empty = module.clone();
            empty[0x0c..0x0e].fill(0);
            empty
        };
        let other = [1, 6, 0, 0, 1, 2, b'x', 0, b'y', 0, 0];
        let table = [&other[..], &module, b"A\0\0", &empty, &[0, 0], &module, &[0, 0]].concat();
        assert_eq!(modules(&table), ["16384 MiB at 4400 MT/s", "16384 MiB at 4400 MT/s"]);
        (0..table.len()).for_each(|end| assert!(modules(&table[..end]).len() <= 2));
        assert!(modules(&[17, 0, 0, 0]).is_empty() && modules(&[]).is_empty());
    }
}
