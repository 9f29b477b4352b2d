//! How long a slot's commands take by the GPU's own clock. For measurements alone.

use cudarc::driver::{CudaStream, DevicePtr, result, sys};

use super::{Answer, Graphs, Layout, NO_ANSWER, Plan, Sent, Slot, Steps, in_words, launch, launch_step};

/// How long what is sent to a stream takes, in nanoseconds.
pub(in crate::cuda) fn time(
    stream: &CudaStream,
    send: impl FnOnce() -> Result<(), result::DriverError>,
) -> Result<f64, String> {
    let event = || stream.record_event(Some(sys::CUevent_flags::CU_EVENT_DEFAULT)).map_err(in_words);
    let started = event()?;
    send().map_err(in_words)?;
    let ended = event()?;
    Ok(f64::from(started.elapsed_ms(&ended).map_err(in_words)?) * 1e6)
}

impl Slot {
    /// Runs kernels once more over what was copied last, which had this layout.
    pub fn time_kernels(&self, steps: &Steps, layout: &Layout, plan: &Plan) -> Result<f64, String> {
        time(&self.stream, || {
            self.forget(layout)?;
            launch(&self.stream, steps, layout, plan, self.addresses(steps))
        })
    }

    /// The same, of each kernel that has something to do, by name and in their order.
    pub fn time_each(
        &self,
        steps: &Steps,
        layout: &Layout,
        plan: &Plan,
    ) -> Result<Vec<(&'static str, f64)>, String> {
        self.forget(layout).map_err(in_words)?;
        let at = self.addresses(steps);
        let kernels = steps.kernels.iter().filter(|step| !step.part.range(plan).is_empty());
        let timed = |step| time(&self.stream, || launch_step(&self.stream, step, layout, plan, at));
        kernels.map(|step| Ok((step.name, timed(step)?))).collect()
    }

    /// Takes all answers back: what has one would not be verified once more.
    fn forget(&self, layout: &Layout) -> Sent {
        let (answers, _in_use) = self.answers.device_ptr(&self.stream);
        // SAFETY: as in `enqueue`.
        unsafe {
            let bytes = size_of::<Answer>() * layout.count;
            result::memset_d8_async(answers, NO_ANSWER, bytes, self.stream.cu_stream())
        }
    }

    /// How many graphs were recorded, or why there are none.
    pub fn graphs(&self) -> Result<usize, &str> {
        match &self.graphs {
            Graphs::On(graphs) => Ok(graphs.len()),
            Graphs::Off(reason) => Err(reason),
        }
    }

    /// Copies so many bytes to the GPU or back.
    pub fn time_copy(&mut self, is_in: bool, bytes: usize) -> Result<f64, String> {
        let stream = &self.stream;
        let (input, _in_use) = self.input.device_ptr(stream);
        let (answers, _in_use) = self.answers.device_ptr(stream);
        let from = &*self.pinned_input.whole()?;
        let to = self.pinned_answers.as_mut_slice().map_err(in_words)?;
        // SAFETY: all memory belongs to the slot, nothing else uses it meanwhile, and `time` waits for the copy's end. The
        // lengths are those of the slices, which are as long as what stands on the other side.
        time(stream, || unsafe {
            match is_in {
                true => result::memcpy_htod_async(input, &from[..bytes], stream.cu_stream()),
                false => result::memcpy_dtoh_async(&mut to[..bytes], answers, stream.cu_stream()),
            }
        })
    }
}
