//! How much is measured: all of it, or as little as a slow machine bears.

/// How much is measured.
#[derive(Clone, Copy)]
pub struct Sizes {
    /// Rounds of a kernel that measures a ceiling.
    pub rounds: u32,
    /// Times that a kernel or a copy is measured, of which the median counts.
    pub times: usize,
    /// Signatures that differ from each other.
    pub different: usize,
    /// Signatures of a batch.
    pub batch: usize,
    /// For how long batches are sent to measure how many come back.
    pub seconds: f64,
    /// Signatures that are sent with one in a thousand of them forged, and checked one by one.
    pub checked: u64,
    /// Whether the CPU is measured beside the GPU.
    pub with_cpu: bool,
}
