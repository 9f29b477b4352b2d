//! One slot of a GPU: a stream, and memory for a batch on its way in and its answers on their way out.
#![expect(unsafe_code, reason = "the driver is a C library, and kernels take pointers")]

mod graphs;
mod room;
mod timing;

use std::sync::Arc;

use cudarc::driver::{
    CudaContext, CudaEvent, CudaFunction, CudaSlice, CudaStream, DevicePtr, LaunchConfig, PinnedHostSlice,
    PushKernelArg, result, sys,
};

use super::in_words;
use super::input::{Layout, PART_BYTES, PARTS, SECRET};
use super::packing::Packing;
use super::places::{Found, Look, Plan};
use super::steps::{Part, Step, Steps, THREADS};
use crate::device::Answer;
use crate::signatures::Signatures;
use crate::verifier::Job;
use graphs::{Graphs, Kind};
pub(super) use room::{Piece, Room};
pub(super) use timing::time;

/// Signatures that a slot holds at most, the known ones included.
const COUNT_MAX: usize = 1 << 17;

/// Bytes of input that a slot holds at most: 400 for each signature.
const INPUT_MAX: usize = 400 * COUNT_MAX;

/// Bytes that kernels keep of a task for the next one, at most, and beside them of two groups of tasks that share a sum.
const SCRATCH: usize = 384;
const SCRATCH_BESIDE: usize = 2 * 51 * 128 + 8;

/// What answers are before a kernel has written them: neither yes nor no.
const NO_ANSWER: u8 = 0xff;

/// See the module.
pub(super) struct Slot {
    stream: Arc<CudaStream>,
    pinned_input: Room,
    input: CudaSlice<u8>,
    answers: CudaSlice<u8>,
    scratch: CudaSlice<u8>,
    pinned_answers: PinnedHostSlice<u8>,
    graphs: Graphs,
    /// What is written to the memory that is copied in.
    packing: Option<Packing>,
    /// Memory of answers that nobody needs any more.
    spare: Vec<Answer>,
    /// What is under way: reached once the answers are there, and what they answer.
    under_way: Option<(CudaEvent, Plan)>,
}

/// Where a slot's memory and the known keys lie on the GPU.
#[derive(Clone, Copy)]
struct Addresses {
    input: sys::CUdeviceptr,
    answers: sys::CUdeviceptr,
    scratch: sys::CUdeviceptr,
    known: sys::CUdeviceptr,
}

type Sent = Result<(), result::DriverError>;

/// Whether the driver's library can be loaded.
pub(super) fn is_driver_present() -> bool {
    // SAFETY: this loads a library by its name, and runs what it runs when it is loaded. It is NVIDIA's driver.
    unsafe { sys::is_culib_present() }
}

/// Keeps `cudarc` from recording events for each use of memory, and from waiting for them: eight calls for each batch, none
/// of which a graph could record.
pub(super) fn track_nothing(context: &CudaContext) {
    // SAFETY: what a stream uses was allocated on it, or before a wait for the stream it was allocated on; and nothing is
    // freed before a slot's stream is done with it, as dropping a slot waits and slots are dropped first.
    unsafe { context.disable_event_tracking() };
}

/// Runs a kernel without arguments in one thread, and waits for it.
pub(super) fn run_once(context: &Arc<CudaContext>, kernel: &CudaFunction) -> Result<(), String> {
    let stream = context.new_stream().map_err(in_words)?;
    let one = LaunchConfig { grid_dim: (1, 1, 1), block_dim: (1, 1, 1), shared_mem_bytes: 0 };
    // SAFETY: the kernel takes no arguments and writes to memory of its module only.
    unsafe { stream.launch_builder(kernel).launch(one) }.map_err(in_words)?;
    stream.synchronize().map_err(in_words)
}

/// Memory on the GPU, of which nothing is read that was not written before.
pub(super) fn memory(context: &Arc<CudaContext>, bytes: usize) -> Result<CudaSlice<u8>, String> {
    let stream = context.new_stream().map_err(in_words)?;
    // SAFETY: bytes have no invalid values, and kernels write what they read later on.
    let memory = unsafe { stream.alloc(bytes) }.map_err(in_words)?;
    stream.synchronize().map_err(in_words)?;
    Ok(memory)
}

/// Whether the GPU is still on its way to an event. If the driver answers with an error, it is not: then nothing runs any
/// more, and to free memory is refused or done at once.
pub(super) fn is_running(stream: &CudaStream, done: Option<&CudaEvent>) -> bool {
    let is_answering = stream.context().bind_to_thread().is_ok();
    is_answering && done.is_some_and(|done| matches!(done.try_is_complete(), Ok(false)))
}

/// Waits until nothing uses the memory that belongs to a stream any more, if anything may.
pub(super) fn wait(stream: &CudaStream, done: Option<&CudaEvent>) {
    if is_running(stream, done) {
        // An error says that nothing runs any more.
        stream.synchronize().ok();
    }
}

impl Slot {
    /// A slot that sends batches as graphs, if these are wanted.
    pub fn new(context: &Arc<CudaContext>, has_graphs: bool) -> Result<Slot, String> {
        let stream = context.new_stream().map_err(in_words)?;
        let answers_bytes = size_of::<Answer>() * COUNT_MAX;
        // SAFETY: bytes have no invalid values, and those that are read were written before. What the CPU only writes
        // is write-combined; what it reads must not be, or reading would be slow.
        let (pinned_input, pinned_answers, input) = unsafe {
            let input = context.alloc_pinned_with_flags::<u8>(INPUT_MAX, sys::CU_MEMHOSTALLOC_WRITECOMBINED);
            (
                Room::new(input.map_err(in_words)?, |input| input.as_mut_slice()).map_err(in_words)?,
                context.alloc_pinned_with_flags::<u8>(answers_bytes, 0).map_err(in_words)?,
                stream.alloc(INPUT_MAX).map_err(in_words)?,
            )
        };
        // SAFETY: as above; the first kernel writes what the next ones read.
        let scratch = unsafe { stream.alloc(SCRATCH * COUNT_MAX + SCRATCH_BESIDE) }.map_err(in_words)?;
        // Written as a whole, since copies of it are measured.
        let answers = stream.alloc_zeros(answers_bytes).map_err(in_words)?;
        stream.synchronize().map_err(in_words)?;
        let graphs = Graphs::new(has_graphs);
        Ok(Slot {
            stream,
            pinned_input,
            input,
            answers,
            scratch,
            pinned_answers,
            graphs,
            packing: None,
            spare: Vec::new(),
            under_way: None,
        })
    }

    pub fn fits(known: &Signatures, batch: &Signatures) -> bool {
        Slot::has_room(&Layout::of(known, batch))
    }

    pub fn has_room(layout: &Layout) -> bool {
        layout.count <= COUNT_MAX && layout.total <= INPUT_MAX
    }

    /// Parts of the two batches, to be written to the slot's memory and looked up by any threads.
    pub fn pack(
        &mut self,
        known: &Arc<Signatures>,
        batch: &Arc<Signatures>,
        look: &Look,
        part_min: usize,
    ) -> Result<Vec<Job>, String> {
        let layout = Layout::of(known, batch);
        self.check_room(&layout);
        let (packing, parts) = Packing::begin(&mut self.pinned_input, layout, known, batch, look, part_min)?;
        self.packing = Some(packing);
        Ok(parts)
    }

    /// What was found of what is packed, once all parts are done.
    pub fn found(&self) -> impl Iterator<Item = &Found> + Clone {
        self.packing.iter().flat_map(Packing::found)
    }

    /// Copies what was packed in, runs the kernels on it as planned and copies the answers out, all of it one after the other
    /// on the slot's stream and none of it before this returns.
    pub fn start(&mut self, steps: &Steps, plan: Plan, secret: &[u8; 32]) -> Result<(), String> {
        let layout = self.packing.take().expect("it was packed").layout;
        layout.write_plan(self.pinned_input.whole()?, &plan, secret);
        self.begin(steps, &layout, plan)
    }

    /// The same for messages that are hashed, of which each ends where `ends` says. The hashes are the answers.
    pub fn start_hashes(&mut self, steps: &Steps, messages: &[u8], ends: &[u32]) -> Result<(), String> {
        let layout = Layout::of_messages(messages.len(), ends.len());
        let plan = Plan::without_keys(ends.len());
        self.check_room(&layout);
        layout.write_messages(self.pinned_input.whole()?, messages, ends, &plan);
        self.begin(steps, &layout, plan)
    }

    fn check_room(&self, layout: &Layout) {
        assert!(self.under_way.is_none(), "a slot holds one batch");
        assert!(Self::has_room(layout), "who asks looks first whether it fits");
    }

    fn begin(&mut self, steps: &Steps, layout: &Layout, plan: Plan) -> Result<(), String> {
        let enqueued = self.enqueue(steps, layout, &plan);
        // Behind whatever of it was sent: of half a batch, too, it has to be known when the GPU is done with it.
        let done = self.stream.record_event(None);
        let (done, failed) = match done {
            Ok(done) => (Some(done), None),
            Err(error) => (None, Some(error)),
        };
        self.under_way = done.map(|done| (done, plan));
        match enqueued.err().or(failed) {
            None => Ok(()),
            Some(error) => Err(in_words(error)),
        }
    }

    fn enqueue(&mut self, steps: &Steps, layout: &Layout, plan: &Plan) -> Sent {
        let at = self.addresses(steps);
        let Slot { stream, pinned_input, pinned_answers, graphs, .. } = self;
        stream.context().bind_to_thread()?;
        let input = &pinned_input.whole().expect("it was written a moment ago")[..layout.total];
        let bytes = size_of::<Answer>() * layout.room();
        let answers = &mut pinned_answers.as_mut_slice()?[..bytes];
        // SAFETY: all memory belongs to the slot, is large enough for the layout, and is neither freed nor touched by the
        // CPU until the event behind these commands is reached: `start` refuses a slot that is in use, `abandon` of the
        // device keeps it, and to drop it waits.
        unsafe { result::memcpy_htod_async(at.input, input, stream.cu_stream()) }?;
        let kind = layout.class.map(|class| Kind {
            steps: steps.kind,
            class,
            parts: Part::ALL.map(|part| !part.range(plan).is_empty()),
        });
        graphs.send(stream, kind, || {
            // SAFETY: as above.
            unsafe { result::memset_d8_async(at.answers, NO_ANSWER, bytes, stream.cu_stream()) }?;
            launch(stream, steps, layout, plan, at)?;
            // SAFETY: as above.
            unsafe { result::memcpy_dtoh_async(&mut *answers, at.answers, stream.cu_stream()) }
        })
    }

    fn addresses(&self, steps: &Steps) -> Addresses {
        let of = |memory: &CudaSlice<u8>| memory.device_ptr(&self.stream).0;
        Addresses {
            input: of(&self.input),
            answers: of(&self.answers),
            scratch: of(&self.scratch),
            known: of(&steps.known),
        }
    }

    /// The answers, if they are there, and what was planned.
    pub fn finish(&mut self) -> Result<Option<(Vec<Answer>, Plan)>, String> {
        let (done, plan) = self.under_way.as_ref().expect("something was begun");
        self.stream.context().bind_to_thread().map_err(in_words)?;
        if !done.try_is_complete().map_err(in_words)? {
            return Ok(None);
        }
        let bytes =
            &self.pinned_answers.as_slice().map_err(in_words)?[..size_of::<Answer>() * plan.tasks.len()];
        let mut answers = std::mem::take(&mut self.spare);
        answers.clear();
        answers.extend_from_slice(bytes.as_chunks().0);
        let (_, plan) = self.under_way.take().expect("it was just looked at");
        Ok(Some((answers, plan)))
    }

    /// Takes memory back for other answers.
    pub fn recycle(&mut self, answers: Vec<Answer>) {
        self.spare = answers;
    }

    /// Whether the GPU still works on what is in the slot.
    pub fn is_in_use(&self) -> bool {
        is_running(&self.stream, self.under_way.as_ref().map(|(done, _)| done))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        wait(&self.stream, self.under_way.as_ref().map(|(done, _)| done));
    }
}

/// Runs the kernels on what lies in memory on the GPU.
fn launch(stream: &Arc<CudaStream>, steps: &Steps, layout: &Layout, plan: &Plan, at: Addresses) -> Sent {
    steps.kernels.iter().try_for_each(|step| launch_step(stream, step, layout, plan, at))
}

/// Runs one, in threads for as many tasks as its part has, or for as many as there may be of it in this class.
fn launch_step(stream: &Arc<CudaStream>, step: &Step, layout: &Layout, plan: &Plan, at: Addresses) -> Sent {
    let [secret, signatures, ends, order, keys, messages] =
        [SECRET, layout.signatures, layout.ends, layout.tasks, layout.keys, layout.messages]
            .map(|part| at.input + part as u64);
    let tasks = step.part.range(plan).len();
    if tasks == 0 {
        return Ok(());
    }
    let part = at.input + (PARTS + PART_BYTES * step.part as usize) as u64;
    let threads = step.threads.count(layout.class.unwrap_or(tasks)) as u32;
    let blocks = LaunchConfig {
        grid_dim: (threads.div_ceil(THREADS), 1, 1),
        block_dim: (THREADS, 1, 1),
        shared_mem_bytes: 0,
    };
    let mut launch = stream.launch_builder(&step.kernel);
    launch.arg(&at.answers).arg(&messages).arg(&ends).arg(&signatures).arg(&keys);
    launch.arg(&order).arg(&part).arg(&at.scratch).arg(&at.known).arg(&secret);
    // SAFETY: the kernel is one of those of `verify.cu`, its arguments are as they are declared there, and what they point to
    // belongs to the slot and is as long as the layout says. Places are within `known`: `Places` gives no others. What one of
    // them holds is written by a batch whose answers nobody has yet, so that no kernel reads it.
    unsafe { launch.launch(blocks) }.map(drop)
}
