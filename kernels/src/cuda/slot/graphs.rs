//! CUDA graphs: what a slot does with a batch, from filling its answers to copying them out, sent by one call in place of
//! up to nine.
//!
//! ```text
//!   batch ──> its kind: steps, class, parts that are not empty
//!                │ the first of its kind                            │ any later one
//!                v                                                  v
//!             record the commands ──> a graph ────────────────> launch the graph
//!                │ anything fails                                   │ it fails
//!                └────────────> no graphs any more: the same commands, one by one
//! ```
//!
//! What is recorded is what would be sent: there is no second way to verify. Batches of one kind have everything in the
//! same places, and what differs between them (how many tasks a part has, and where it begins) kernels read from memory.
//!
//! A fault of graphs is not a fault of the device: if the device is at fault, the commands fail as well.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use cudarc::driver::{CudaGraph, CudaStream, DriverError, sys};

use super::in_words;
use crate::cuda::steps::Kind as Steps;

/// Batches of a kind are answered by the same commands. There are at most 100 kinds: 6 classes, and for each scheme the
/// parts that may or may not be empty.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Kind {
    pub steps: Steps,
    pub class: usize,
    /// Whether there are tasks in each part.
    pub parts: [bool; 4],
}

/// Those of one slot.
pub enum Graphs {
    On(HashMap<Kind, Graph>),
    /// Why not, for people.
    Off(String),
}

/// What was recorded.
pub struct Graph(CudaGraph);

#[expect(unsafe_code, reason = "the driver's handles are pointers")]
// SAFETY: the driver takes a graph from any thread, as long as no two use it at a time. One belongs to a slot, which is used
// by whoever has the only reference to it, and the stream and the context that it holds may be sent.
unsafe impl Send for Graph {}

impl Graphs {
    pub fn new(are_used: bool) -> Graphs {
        match are_used {
            true => Graphs::On(HashMap::new()),
            false => Graphs::Off("they are not wanted".to_owned()),
        }
    }

    /// Sends the commands of a batch: as a graph, if it is of a kind.
    pub fn send(
        &mut self,
        stream: &Arc<CudaStream>,
        kind: Option<Kind>,
        mut commands: impl FnMut() -> Result<(), DriverError>,
    ) -> Result<(), DriverError> {
        if let (Graphs::On(graphs), Some(kind)) = (&mut *self, kind) {
            match launched(graphs, stream, kind, &mut commands) {
                Ok(()) => return Ok(()),
                Err(error) => *self = Graphs::Off(in_words(error)),
            }
        }
        commands()
    }
}

fn launched(
    graphs: &mut HashMap<Kind, Graph>,
    stream: &Arc<CudaStream>,
    kind: Kind,
    commands: &mut impl FnMut() -> Result<(), DriverError>,
) -> Result<(), DriverError> {
    let graph = match graphs.entry(kind) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(unknown) => unknown.insert(recorded(stream, commands)?),
    };
    graph.0.launch()
}

/// Nothing of what is recorded runs. What other threads ask of the driver meanwhile is no part of it.
fn recorded(
    stream: &Arc<CudaStream>,
    commands: &mut impl FnMut() -> Result<(), DriverError>,
) -> Result<Graph, DriverError> {
    stream.begin_capture(sys::CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL)?;
    let sent = commands();
    // In any case: a stream that records takes nothing else.
    let graph = stream.end_capture(sys::CUgraphInstantiate_flags(0));
    sent?;
    graph?.map(Graph).ok_or(DriverError(sys::CUresult::CUDA_ERROR_STREAM_CAPTURE_INVALIDATED))
}
