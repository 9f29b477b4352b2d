//! One slot of a GPU for BLS signatures: a stream, and memory for a batch on its way in and its answers on their way out.
#![expect(unsafe_code, reason = "the driver is a C library, and kernels take pointers")]

use std::sync::Arc;

use cudarc::driver::{
    CudaContext, CudaEvent, CudaFunction, CudaSlice, CudaStream, DevicePtr, LaunchConfig, PinnedHostSlice,
    PushKernelArg, result, sys,
};

use super::asked::{Asked, NO_ANSWER, told};
use super::in_words;
use super::kernels::Kernels;
use super::layout::{COUNT_MAX, INPUT_MAX, Input, Scratch, put_words};
use crate::bls12381::device::{Answers, Plan, Work};
use crate::cuda::slot::{is_running, time, wait};

/// Threads of a block, as the kernels are compiled for.
const THREADS: u32 = 128;

/// See the module.
pub struct Slot {
    kernels: Arc<Kernels>,
    stream: Arc<CudaStream>,
    pinned_input: PinnedHostSlice<u8>,
    input: CudaSlice<u8>,
    scratch: CudaSlice<u8>,
    /// Whether each signature is a point, what sums say, and what signatures by themselves do: so many bytes each as there
    /// may be signatures.
    answers: CudaSlice<u8>,
    pinned_answers: PinnedHostSlice<u8>,
    under_way: Option<UnderWay>,
}

/// What the GPU is asked: reached once the answers are there.
struct UnderWay {
    done: CudaEvent,
    asked: Asked,
    layout: Input,
    count: usize,
}

/// Where things lie on the GPU.
#[derive(Clone, Copy)]
struct Places {
    input: u64,
    scratch: u64,
    are_valid: u64,
    sums: u64,
    each: u64,
}

type Sent = Result<(), result::DriverError>;

impl Slot {
    pub fn new(context: &Arc<CudaContext>, kernels: &Arc<Kernels>) -> Result<Slot, String> {
        let stream = context.new_stream().map_err(in_words)?;
        // SAFETY: bytes have no invalid values, and those that are read were written before. What the CPU only writes
        // is write-combined; what it reads must not be, or reading would be slow.
        let (pinned_input, pinned_answers, input, scratch) = unsafe {
            let input = context.alloc_pinned_with_flags::<u8>(INPUT_MAX, sys::CU_MEMHOSTALLOC_WRITECOMBINED);
            (
                input.map_err(in_words)?,
                context.alloc_pinned_with_flags::<u8>(3 * COUNT_MAX, 0).map_err(in_words)?,
                stream.alloc(INPUT_MAX).map_err(in_words)?,
                stream.alloc(Scratch::new().total).map_err(in_words)?,
            )
        };
        let answers = stream.alloc_zeros(3 * COUNT_MAX).map_err(in_words)?;
        stream.synchronize().map_err(in_words)?;
        let kernels = kernels.clone();
        Ok(Slot { kernels, stream, pinned_input, input, scratch, answers, pinned_answers, under_way: None })
    }

    /// Copies the batch in, runs the kernels on it and copies the answers out, all of it one after the other on the slot's
    /// stream and none of it before this returns.
    pub fn start(&mut self, work: &Work) -> Result<(), String> {
        assert!(self.under_way.is_none(), "a slot holds one batch");
        assert!(work.count() <= COUNT_MAX && work.different() <= COUNT_MAX, "who asks knows how many fit");
        let layout = Input::of(work);
        layout.write(self.pinned_input.as_mut_slice().map_err(in_words)?, work);
        let asked = Asked::first(work);
        let sent =
            self.send_input(0, layout.total).and_then(|()| self.send(&asked, &layout, work.count(), true));
        self.mark(asked, layout, work.count(), sent)
    }

    /// Notes what was sent, if only a part of it was: it has to be known when the GPU is done with it.
    fn mark(&mut self, asked: Asked, layout: Input, count: usize, sent: Sent) -> Result<(), String> {
        let done = self.stream.record_event(None).map_err(in_words)?;
        self.under_way = Some(UnderWay { done, asked, layout, count });
        sent.map_err(in_words)
    }

    /// Copies bytes of the pinned input to the same place on the GPU.
    fn send_input(&self, at: usize, bytes: usize) -> Sent {
        self.stream.context().bind_to_thread()?;
        let (input, _in_use) = self.input.device_ptr(&self.stream);
        let from = &self.pinned_input.as_slice()?[at..at + bytes];
        // SAFETY: both belong to the slot, are as long, and are neither freed nor touched by the CPU until the event behind
        // this is reached: `start` refuses a slot that is in use, and `abandon` of the device keeps it.
        unsafe { result::memcpy_htod_async(input + at as u64, from, self.stream.cu_stream()) }
    }

    /// Runs the kernels over what lies in the slot's memory on the GPU, and copies the answers out.
    fn send(&mut self, asked: &Asked, layout: &Input, count: usize, is_first: bool) -> Sent {
        let (answers, _in_use) = self.answers.device_ptr(&self.stream);
        if is_first {
            // SAFETY: the memory belongs to the slot and is as long.
            unsafe { result::memset_d8_async(answers, NO_ANSWER, 3 * COUNT_MAX, self.stream.cu_stream()) }?;
        }
        self.run(asked, layout, count, is_first)?;
        let pinned = self.pinned_answers.as_mut_slice()?;
        // SAFETY: as for the input; both are as long.
        unsafe { result::memcpy_dtoh_async(pinned, answers, self.stream.cu_stream()) }
    }

    fn run(&self, asked: &Asked, layout: &Input, count: usize, is_first: bool) -> Sent {
        let (input, _in_use) = self.input.device_ptr(&self.stream);
        let (scratch, _in_use) = self.scratch.device_ptr(&self.stream);
        let (answers, _in_use) = self.answers.device_ptr(&self.stream);
        let [are_valid, sums, each] = [0, 1, 2].map(|part| answers + (part * COUNT_MAX) as u64);
        let places = Places { input, scratch, are_valid, sums, each };
        if is_first {
            self.begin(&places, layout, count)?;
        }
        match asked {
            Asked::Sums { plan, .. } => self.sums(&places, layout, plan),
            Asked::Each { which, .. } => self.each(&places, layout, which.len()),
        }
    }

    /// How long the kernels take over the batch that was answered last, in nanoseconds by the GPU's own clock.
    pub fn time(&self, work: &Work) -> Result<f64, String> {
        let (asked, layout) = (Asked::first(work), Input::of(work));
        time(&self.stream, || self.run(&asked, &layout, work.count(), true))
    }

    /// What both ways of checking begin with.
    fn begin(&self, places: &Places, layout: &Input, count: usize) -> Sent {
        let Scratch { points, hashes, .. } = Scratch::new();
        let left = |at: usize| places.scratch + at as u64;
        let given = |at: usize| places.input + at as u64;
        let decoded = [left(points), places.are_valid, given(layout.encodings)];
        self.launch(&self.kernels.decode, &decoded, count)?;
        self.launch(&self.kernels.hash, &[left(hashes), given(layout.expanded)], layout.different)
    }

    fn sums(&self, places: &Places, layout: &Input, plan: &Plan) -> Sent {
        let Scratch { points, hashes, multiples, key_parts, signature_parts, run_sums, sums, pairs, .. } =
            Scratch::new();
        let left = |at: usize| places.scratch + at as u64;
        let given = |at: usize| places.input + at as u64;
        let (are_valid, coefficients) = (places.are_valid, given(layout.coefficients));
        let Kernels { sum_keys, sum_signatures, join_keys, join_signatures, check, .. } = &*self.kernels;
        let keys = [
            left(key_parts),
            left(multiples),
            given(layout.keys),
            are_valid,
            coefficients,
            given(layout.key_parts),
        ];
        self.launch(sum_keys, &keys, plan.key_parts.len())?;
        self.launch(join_keys, &[left(run_sums), left(key_parts), given(layout.runs)], plan.runs.len())?;
        let signatures = [
            left(signature_parts),
            left(multiples),
            left(points),
            are_valid,
            coefficients,
            given(layout.signature_parts),
        ];
        self.launch(sum_signatures, &signatures, plan.signature_parts.len())?;
        let joined = [left(sums), left(signature_parts), given(layout.sum_parts)];
        self.launch(join_signatures, &joined, plan.sums.len())?;
        let checked = [
            places.sums,
            left(pairs),
            left(run_sums),
            given(layout.run_messages),
            left(hashes),
            left(sums),
            given(layout.sums),
        ];
        self.launch(check, &checked, plan.sums.len())
    }

    fn each(&self, places: &Places, layout: &Input, count: usize) -> Sent {
        let Scratch { points, hashes, pairs, .. } = Scratch::new();
        let left = |at: usize| places.scratch + at as u64;
        let given = |at: usize| places.input + at as u64;
        let checked = [
            places.each,
            left(pairs),
            given(layout.keys),
            given(layout.messages),
            left(hashes),
            left(points),
            places.are_valid,
            given(layout.which),
        ];
        self.launch(&self.kernels.check_each, &checked, count)
    }

    /// Runs a kernel in as many threads as there are answers to give.
    fn launch(&self, kernel: &CudaFunction, pointers: &[u64], count: usize) -> Sent {
        let count = count as u32;
        let blocks = LaunchConfig {
            grid_dim: (count.div_ceil(THREADS), 1, 1),
            block_dim: (THREADS, 1, 1),
            shared_mem_bytes: 0,
        };
        let mut launch = self.stream.launch_builder(kernel);
        for pointer in pointers {
            launch.arg(pointer);
        }
        launch.arg(&count);
        // SAFETY: the kernel is one of those of `bls.cu`, its arguments are as they are declared there, and what they point
        // to belongs to the slot and has room for as many as a batch may have.
        unsafe { launch.launch(blocks) }.map(drop)
    }

    /// The answers, if they are there.
    pub fn finish(&mut self) -> Result<Option<Answers>, String> {
        let UnderWay { done, .. } = self.under_way.as_ref().expect("something was begun");
        self.stream.context().bind_to_thread().map_err(in_words)?;
        if !done.try_is_complete().map_err(in_words)? {
            return Ok(None);
        }
        let UnderWay { asked, layout, count, .. } = self.under_way.take().expect("it was just there");
        let answers = self.pinned_answers.as_slice().map_err(in_words)?;
        let [are_valid, sums, each] = [0, 1, 2].map(|part| &answers[part * COUNT_MAX..][..count]);
        let (plan, always) = match asked {
            Asked::Sums { plan, always } => (plan, always),
            Asked::Each { which, mut found } => {
                for (index, answer) in which.into_iter().zip(each) {
                    found.signatures[index as usize] = *answer;
                }
                return Ok(Some(found));
            }
        };
        let (found, failed) = told(&plan, are_valid, sums);
        if failed.is_empty() {
            return Ok(Some(found));
        }
        let which = [always, failed].concat();
        put_words(self.pinned_input.as_mut_slice().map_err(in_words)?, layout.which, &which);
        let bytes = 4 * which.len();
        let asked = Asked::Each { which, found };
        let sent =
            self.send_input(layout.which, bytes).and_then(|()| self.send(&asked, &layout, count, false));
        self.mark(asked, layout, count, sent)?;
        Ok(None)
    }

    /// Whether the GPU still works on what is in the slot.
    pub fn is_in_use(&self) -> bool {
        is_running(&self.stream, self.under_way.as_ref().map(|one| &one.done))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        wait(&self.stream, self.under_way.as_ref().map(|one| &one.done));
    }
}
