//! What the machine is, as far as it says so itself.

use std::fs::read_to_string;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The machine that a figure was measured on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Machine {
    /// Model name of the processor.
    pub cpu: String,
    /// Logical cores that this process may use.
    pub cores: usize,
    /// Instruction sets that kernels can use, widest last.
    pub simd: Vec<String>,
    /// Model name of the first GPU, as the system tells; null without one.
    pub gpu: Option<String>,
    /// Main memory in bytes.
    pub memory_bytes: u64,
    /// Kernel name and release.
    pub os: String,
}

impl Machine {
    /// This machine.
    pub fn detect() -> Machine {
        let cpuinfo = read_to_string("/proc/cpuinfo").unwrap_or_default();
        let meminfo = read_to_string("/proc/meminfo").unwrap_or_default();
        let memory_kib =
            value(&meminfo, "MemTotal").and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
        let uname = rustix::system::uname();
        Machine {
            cpu: value(&cpuinfo, "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            simd: simd(),
            gpu: gpu(),
            memory_bytes: memory_kib.unwrap_or(0) * 1024,
            os: format!("{} {}", uname.sysname().to_string_lossy(), uname.release().to_string_lossy()),
        }
    }
}

/// The value of the first line `key : value`.
fn value(text: &str, key: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(key))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

#[cfg(target_arch = "x86_64")]
fn simd() -> Vec<String> {
    let known = [
        ("sse4.2", std::is_x86_feature_detected!("sse4.2")),
        ("avx2", std::is_x86_feature_detected!("avx2")),
        ("avx512f", std::is_x86_feature_detected!("avx512f")),
        ("avx512ifma", std::is_x86_feature_detected!("avx512ifma")),
    ];
    known.into_iter().filter(|(_, detected)| *detected).map(|(name, _)| name.to_owned()).collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn simd() -> Vec<String> {
    Vec::new()
}

/// As the NVIDIA driver tells it, without loading anything.
fn gpu() -> Option<String> {
    let mut cards = std::fs::read_dir("/proc/driver/nvidia/gpus").ok()?;
    let card = cards.next()?.ok()?;
    value(&read_to_string(card.path().join("information")).ok()?, "Model")
}
