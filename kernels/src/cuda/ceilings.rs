//! What a GPU can do at most, and how long its kernels take by its own clock: for measurements, which
//! `cuda/bench/run.sh` makes, and for nothing else.
#![expect(unsafe_code, reason = "kernels take pointers")]

use std::sync::Arc;

use cudarc::driver::sys::CUdevice_attribute as Attribute;
use cudarc::driver::{CudaContext, CudaModule, CudaStream, LaunchConfig, PushKernelArg, sys};
use cudarc::nvrtc::Ptx;

use super::input::Layout;
use super::places::{Places, Plan};
use super::slot::{self, Slot, time};
use super::steps::{Steps, THREADS};
use super::{KERNELS, STUCK, context, guarded, in_words};
use crate::device::Answer;
use crate::signatures::{Scheme, Signatures};

/// The kernels of `cuda/bench/ceilings.cu`.
static CEILINGS_KERNELS: &[u8] = include_bytes!("../../cuda/ceilings.fatbin");

/// Threads of a block of them.
const CEILING_THREADS: u32 = 256;

/// Keys of each scheme that there is room for.
const KEYS: usize = 1 << 16;

/// Batches after which all of their keys are known: a quarter of those that are not yet with each, from the second one on.
const BATCHES_TO_KNOW: usize = 12;

/// One thing that a GPU does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ceiling {
    /// What it is, for people.
    pub name: &'static str,
    kernel: &'static str,
    /// How much of it a thread does in a round.
    each_round: u64,
}

/// All that is measured, see `cuda/bench/ceilings.cu`.
pub const CEILINGS: [Ceiling; 6] = [
    Ceiling { name: "products, 32 × 32 + 64 bits (IMAD.WIDE)", kernel: "products", each_round: 128 },
    Ceiling { name: "the same, with a carry", kernel: "carried_products", each_round: 128 },
    Ceiling { name: "sums of three words (IADD3)", kernel: "sums", each_round: 128 },
    Ceiling { name: "floating-point products, 53 bits (DFMA)", kernel: "floats", each_round: 128 },
    Ceiling { name: "multiplications modulo 2^255 - 19", kernel: "f25519", each_round: 8 },
    Ceiling { name: "multiplications in the field of secp256k1", kernel: "fsecp", each_round: 8 },
];

/// In which way signatures are verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// One by one, with no key known.
    Alone,
    /// One by one, with multiples of all keys in the GPU's memory.
    Known,
    /// In random sums, of which all hold.
    Summed,
}

/// What a verification takes at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Floor {
    /// What it is, for people.
    pub name: &'static str,
    /// Of which scheme.
    pub scheme: Scheme,
    /// In which way.
    pub way: Way,
    /// Products of two words that it takes on average, in whole thousands: on a GPU, one instruction each.
    pub products: u64,
}

/// All that is verified.
pub const FLOORS: [Floor; 5] = [
    Floor { name: "ed25519, one by one", scheme: Scheme::Ed25519, way: Way::Alone, products: 187_000 },
    Floor { name: "ed25519, random sums", scheme: Scheme::Ed25519, way: Way::Summed, products: 73_000 },
    Floor { name: "ed25519, known keys", scheme: Scheme::Ed25519, way: Way::Known, products: 73_000 },
    Floor { name: "secp256k1, recovery", scheme: Scheme::Secp256k1, way: Way::Alone, products: 175_000 },
    Floor { name: "secp256k1, known keys", scheme: Scheme::Secp256k1, way: Way::Known, products: 88_000 },
];

/// What the driver says of a GPU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Its name.
    pub name: String,
    /// The version of CUDA that the driver is for, as 13000 for 13.0.
    pub driver: i32,
    /// Multiprocessors.
    pub multiprocessors: u32,
    /// Their greatest clock rate, in kHz.
    pub clock_khz: i32,
    /// Of the kernel that takes longest of each of [`FLOORS`]: registers of a thread, bytes of its memory outside of them, and
    /// threads of a multiprocessor at a time.
    pub kernels: [[u32; 3]; FLOORS.len()],
}

/// What came of a batch, and how long it took, in nanoseconds by the GPU's own clock.
#[derive(Clone, Debug)]
pub struct Timed {
    /// What the GPU says of each signature.
    pub answers: Vec<Answer>,
    /// All kernels together, each time.
    pub together: Vec<f64>,
    /// Each kernel, once.
    pub kernels: Vec<(&'static str, f64)>,
}

/// A GPU that is measured.
pub struct Gpu {
    slot: Slot,
    context: Arc<CudaContext>,
    stream: Arc<CudaStream>,
    ceilings: Arc<CudaModule>,
    steps: [Steps; 2],
}

impl Gpu {
    /// Opens the GPU of this number, counted from 0.
    ///
    /// # Errors
    /// Why there is none that can be used, for people.
    pub fn open(ordinal: usize) -> Result<Gpu, String> {
        guarded(|| Gpu::open_unguarded(ordinal))
    }

    fn open_unguarded(ordinal: usize) -> Result<Gpu, String> {
        let context = context(ordinal, &STUCK)?;
        let load = |bytes: &[u8]| context.load_module(Ptx::from_binary(bytes.to_vec())).map_err(in_words);
        let (kernels, ceilings) = (load(KERNELS)?, load(CEILINGS_KERNELS)?);
        let function = |name| kernels.load_function(name).map_err(in_words);
        slot::run_once(&context, &function("pelton_tables")?)?;
        let steps = [
            Steps::of(Scheme::Secp256k1, &context, &kernels, KEYS)?,
            Steps::of(Scheme::Ed25519, &context, &kernels, KEYS)?,
        ];
        let (stream, slot) = (context.new_stream().map_err(in_words)?, Slot::new(&context, true)?);
        Ok(Gpu { slot, context, stream, ceilings, steps })
    }

    /// What the driver says of it.
    ///
    /// # Errors
    /// What the driver says instead, for people.
    pub fn about(&self) -> Result<About, String> {
        let attribute = |of| self.context.attribute(of).map_err(in_words);
        let mut driver = 0;
        // SAFETY: it writes one number to where it is told, and that lives until it returns.
        unsafe { sys::cuDriverGetVersion(&mut driver) }.result().map_err(in_words)?;
        let multiprocessors = attribute(Attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)?;
        let mut kernels = [[0; 3]; FLOORS.len()];
        for (shape, floor) in kernels.iter_mut().zip(&FLOORS) {
            *shape = self.shape(floor)?;
        }
        Ok(About {
            name: self.context.name().map_err(in_words)?,
            driver,
            multiprocessors: u32::try_from(multiprocessors).map_err(in_words)?,
            clock_khz: attribute(Attribute::CU_DEVICE_ATTRIBUTE_CLOCK_RATE)?,
            kernels,
        })
    }

    fn shape(&self, floor: &Floor) -> Result<[u32; 3], String> {
        use sys::CUfunction_attribute_enum::{
            CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES, CU_FUNC_ATTRIBUTE_NUM_REGS,
        };
        let steps = &self.steps[floor.scheme as usize];
        let kernel = &steps.kernels[steps.longest[floor.way as usize]].kernel;
        let attribute = |of| kernel.get_attribute(of).map_err(in_words);
        let [registers, local] =
            [attribute(CU_FUNC_ATTRIBUTE_NUM_REGS)?, attribute(CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES)?];
        let blocks = kernel.occupancy_max_active_blocks_per_multiprocessor(THREADS, 0, None);
        let [registers, local] = [registers, local].map(|value| u32::try_from(value).unwrap_or(0));
        Ok([registers, local, THREADS * blocks.map_err(in_words)?])
    }

    /// How often it does this in a second, with every multiprocessor full, in one run of so many rounds.
    ///
    /// # Errors
    /// What the driver says, for people.
    pub fn rate(&self, ceiling: &Ceiling, blocks: u32, rounds: u32) -> Result<f64, String> {
        let kernel = self.ceilings.load_function(&format!("pelton_ceiling_{}", ceiling.kernel));
        let (kernel, threads) = (kernel.map_err(in_words)?, CEILING_THREADS * blocks);
        let mut sink = self.stream.alloc_zeros::<u32>(threads as usize).map_err(in_words)?;
        let shape = LaunchConfig {
            grid_dim: (blocks, 1, 1),
            block_dim: (CEILING_THREADS, 1, 1),
            shared_mem_bytes: 0,
        };
        let seed = 0x9e37_79b9_u32;
        let ns = time(&self.stream, || {
            let mut launch = self.stream.launch_builder(&kernel);
            launch.arg(&mut sink).arg(&seed).arg(&rounds);
            // SAFETY: each thread writes one word of `sink`, which has one for each, and the stream frees it later on.
            unsafe { launch.launch(shape) }.map(drop)
        })?;
        Ok(ceiling.each_round as f64 * f64::from(rounds) * f64::from(threads) / ns * 1e9)
    }

    /// How long it takes to copy so many bytes to the GPU (at most 50 million) or back (at most 4 million).
    ///
    /// # Errors
    /// What the driver says, for people.
    pub fn copy_ns(&mut self, is_in: bool, bytes: usize) -> Result<f64, String> {
        self.slot.time_copy(is_in, bytes)
    }

    /// How many CUDA graphs were recorded of what was verified so far, or why none was.
    ///
    /// # Errors
    /// The reason, for people.
    pub fn graphs(&self) -> Result<usize, &str> {
        self.slot.graphs()
    }

    fn wait(&mut self) -> Result<(Vec<Answer>, Plan), String> {
        loop {
            if let Some(finished) = self.slot.finish()? {
                return Ok(finished);
            }
            std::hint::spin_loop();
        }
    }

    /// What it says of a batch that fits one slot, and how long the kernels took together, each of so many times, and by
    /// themselves, in the order in which they run. Where keys are known, the same batch makes them so beforehand.
    ///
    /// # Errors
    /// What the driver says, for people.
    pub fn verify(&mut self, batch: &Signatures, way: Way, times: usize) -> Result<Timed, String> {
        let (none, batch) = (Arc::new(Signatures::new(batch.scheme())), Arc::new(batch.clone()));
        let mut places = Places::new(batch.scheme(), KEYS);
        let mut plan = Plan::without_keys(batch.len());
        plan.is_summed = way == Way::Summed;
        let (is_known, mut answers) = (way == Way::Known, Vec::new());
        // Each batch makes more keys known, until all are.
        for _ in 0..if is_known { BATCHES_TO_KNOW } else { 1 } {
            let look = places.look();
            self.slot.pack(&none, &batch, &look, usize::MAX)?.into_iter().for_each(|part| part());
            if is_known {
                plan = places.plan(look.batch, 0, self.slot.found());
            }
            self.slot.start(&self.steps[batch.scheme() as usize], plan, &[0; 32])?;
            (answers, plan) = self.wait()?;
            places.learn(&plan, &answers);
            if plan.known == batch.len() {
                break;
            }
        }
        if is_known && plan.known < batch.len() {
            return Err(format!("{} of {} keys are known", plan.known, batch.len()));
        }
        let steps = &self.steps[batch.scheme() as usize];
        let layout = Layout::of(&none, &batch);
        let times = (0..times).map(|_| self.slot.time_kernels(steps, &layout, &plan));
        let together = times.collect::<Result<_, _>>()?;
        Ok(Timed { answers, together, kernels: self.slot.time_each(steps, &layout, &plan)? })
    }
}
