//! The kernels that answer for a scheme, one after the other, and for which tasks of a batch: see `cuda/verify.cu`.

use std::ops::Range;
use std::sync::Arc;

use cudarc::driver::{CudaContext, CudaFunction, CudaModule, CudaSlice};

use super::places::Plan;
use super::{in_words, slot};
use crate::signatures::Scheme;

/// Threads of a block, as the kernels are compiled for.
pub(super) const THREADS: u32 = 128;

/// Signatures of a thread where many share an inversion.
const SHARED: u32 = 16;

/// Keys of each scheme that are known at most, if nothing else is said: 400 MB of the GPU's memory.
pub const KEYS_MAX: usize = 1 << 16;

/// Bytes of a key that is known: `Ed25519Known` and `SecpKnown`.
const ED25519_KEY_BYTES: usize = 6_208;
const SECP256K1_KEY_BYTES: usize = 6_272;

/// See the module.
pub(super) struct Steps {
    pub kernels: Vec<Step>,
    /// The kernel that takes longest where no key is known, and where all are.
    pub longest: [usize; 2],
    /// Room for the keys that are known.
    pub known: CudaSlice<u8>,
}

/// One kernel, for which tasks it is, and how many of them a thread has.
pub(super) struct Step {
    pub kernel: CudaFunction,
    pub part: Part,
    pub shared: u32,
}

/// Some of the tasks of a batch.
#[derive(Clone, Copy)]
pub(super) enum Part {
    All,
    /// Those whose key is known.
    Known,
    /// Those whose key is to be known.
    New,
}

impl Part {
    pub fn range(self, plan: &Plan) -> Range<usize> {
        match self {
            Part::All => 0..plan.tasks.len(),
            Part::Known => 0..plan.known,
            Part::New => plan.known..plan.known + plan.new,
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
        use Part::{All, Known, New};
        let step = |name: &str, part, shared| {
            let kernel = module.load_function(name).map_err(in_words)?;
            Ok::<_, String>(Step { kernel, part, shared })
        };
        let (kernels, longest, bytes) = match scheme {
            Scheme::Ed25519 => (
                vec![
                    step("pelton_ed25519_known", Known, 1)?,
                    step("pelton_ed25519", All, 1)?,
                    step("pelton_ed25519_know", New, 1)?,
                ],
                [1, 0],
                ED25519_KEY_BYTES,
            ),
            Scheme::Secp256k1 => (
                vec![
                    step("pelton_secp256k1_known_begin", Known, SHARED)?,
                    step("pelton_secp256k1_known", Known, 1)?,
                    step("pelton_secp256k1_known_end", Known, SHARED)?,
                    step("pelton_secp256k1_begin", All, SHARED)?,
                    step("pelton_secp256k1", All, 1)?,
                    step("pelton_secp256k1_end", All, SHARED)?,
                    step("pelton_secp256k1_know", New, 1)?,
                ],
                [4, 1],
                SECP256K1_KEY_BYTES,
            ),
        };
        Ok(Steps { kernels, longest, known: slot::memory(context, (bytes * keys_max).max(1))? })
    }
}
