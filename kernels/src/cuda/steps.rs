//! The kernels that answer for a scheme, one after the other, and for which tasks of a batch: see `cuda/verify.cu`.

use std::ops::Range;
use std::sync::Arc;

use cudarc::driver::{CudaContext, CudaFunction, CudaModule, CudaSlice};

use super::places::{FIRST, Plan};
use super::sums::GROUP;
use super::{in_words, slot};
use crate::signatures::Scheme;

/// Threads of a block, as the kernels are compiled for.
pub(super) const THREADS: u32 = 128;

/// A thread for each task; one for many, that share an inversion; one for each group; one for each window of it.
const EACH: Threads = Threads::ForTasks(1);
const SHARED: Threads = Threads::ForTasks(16);
const GROUPS: Threads = Threads::ForGroups(1);
const WINDOWS: Threads = Threads::ForGroups(51);

/// Bytes of a key that is known: `Ed25519Known` and `SecpKnown`.
const ED25519_KEY_BYTES: usize = 6_208;
const SECP256K1_KEY_BYTES: usize = 6_272;

/// See the module.
pub(super) struct Steps {
    /// Which of all steps that there are.
    pub kind: Kind,
    pub kernels: Vec<Step>,
    /// The kernel that takes longest where no key is known, where all are, and in sums.
    pub longest: [usize; 3],
    /// Room for the keys that are known.
    pub known: CudaSlice<u8>,
}

/// What steps are for.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Signatures(Scheme),
    Hashes,
}

/// One kernel, for which tasks it is, and how many threads it has.
pub(super) struct Step {
    pub name: &'static str,
    pub kernel: CudaFunction,
    pub part: Part,
    pub threads: Threads,
}

/// Some of the tasks of a batch.
#[derive(Clone, Copy)]
pub(super) enum Part {
    All,
    /// Those whose key is known.
    Known,
    /// Those whose key is to be known.
    New,
    /// Those that are verified in sums.
    Summed,
}

/// How many threads a kernel has.
#[derive(Clone, Copy)]
pub(super) enum Threads {
    /// One for so many tasks.
    ForTasks(usize),
    /// So many for each group of tasks that share a sum.
    ForGroups(usize),
}

impl Threads {
    pub fn count(self, tasks: usize) -> usize {
        match self {
            Threads::ForTasks(many) => tasks.div_ceil(many),
            // The first tasks are a group of their own.
            Threads::ForGroups(many) => many * (1 + tasks.saturating_sub(FIRST).div_ceil(GROUP)),
        }
    }
}

impl Part {
    /// All of them, in the order in which kernels find them in memory.
    pub const ALL: [Part; 4] = [Part::All, Part::Known, Part::New, Part::Summed];

    pub fn range(self, plan: &Plan) -> Range<usize> {
        match self {
            Part::All => 0..plan.tasks.len(),
            Part::Known => 0..plan.known,
            Part::New => plan.new_tasks(),
            Part::Summed if plan.is_summed => plan.known..plan.tasks.len(),
            Part::Summed => 0..0,
        }
    }
}

impl Steps {
    /// Of a scheme, with room for so many keys of it.
    pub fn of(
        scheme: Scheme,
        context: &Arc<CudaContext>,
        module: &Arc<CudaModule>,
        keys_max: usize,
    ) -> Result<Steps, String> {
        use Part::{All, Known, New, Summed};
        let step = |name, part, threads| Step::of(module, name, part, threads);
        let (kernels, longest, key_bytes) = match scheme {
            Scheme::Ed25519 => (
                vec![
                    step("pelton_ed25519_known", Known, EACH)?,
                    step("pelton_ed25519_equations", Summed, EACH)?,
                    step("pelton_ed25519_windows", Summed, WINDOWS)?,
                    step("pelton_ed25519_groups", Summed, GROUPS)?,
                    step("pelton_ed25519_addresses", Summed, EACH)?,
                    step("pelton_ed25519", All, EACH)?,
                    step("pelton_ed25519_know", New, EACH)?,
                ],
                [5, 0, 2],
                ED25519_KEY_BYTES,
            ),
            Scheme::Secp256k1 => (
                vec![
                    step("pelton_secp256k1_known_begin", Known, SHARED)?,
                    step("pelton_secp256k1_known", Known, EACH)?,
                    step("pelton_secp256k1_known_end", Known, SHARED)?,
                    step("pelton_secp256k1_begin", All, SHARED)?,
                    step("pelton_secp256k1", All, EACH)?,
                    step("pelton_secp256k1_end", All, SHARED)?,
                    step("pelton_secp256k1_know", New, EACH)?,
                ],
                [4, 1, 4],
                SECP256K1_KEY_BYTES,
            ),
        };
        let known = slot::memory(context, (key_bytes * keys_max).max(1))?;
        Ok(Steps { kind: Kind::Signatures(scheme), kernels, longest, known })
    }

    /// To hash messages.
    pub fn hashing(context: &Arc<CudaContext>, module: &Arc<CudaModule>) -> Result<Steps, String> {
        let kernels = vec![Step::of(module, "pelton_keccak256", Part::All, EACH)?];
        Ok(Steps { kind: Kind::Hashes, kernels, longest: [0; 3], known: slot::memory(context, 1)? })
    }
}

impl Step {
    fn of(
        module: &Arc<CudaModule>,
        name: &'static str,
        part: Part,
        threads: Threads,
    ) -> Result<Step, String> {
        let kernel = module.load_function(name).map_err(in_words)?;
        Ok(Step { name, kernel, part, threads })
    }
}
