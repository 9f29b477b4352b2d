//! sink: the end of a pipeline, or of one that was cut short; measures latency and hands over what came out.

use crate::batch::Load;
use crate::clock::Nanos;
use crate::meter::IS_METERED;
use crate::metrics::LATENCY;
use crate::metrics::buckets::Buckets;
use crate::metrics::sample::Samples;
use crate::stage::{Outbox, Stage};

/// Nothing.
#[derive(Debug)]
pub enum Never {}

impl Load for Never {
    fn arrivals(&self) -> &[Nanos] {
        match *self {}
    }
}

/// What is called with each batch that came out, and the time.
pub type Receive<T> = Box<dyn FnMut(T, Nanos) + Send>;

/// The stage: keeps nothing, passes nothing, and counts as passed what it handed over.
pub struct Sink<T> {
    receive: Receive<T>,
    latency_ns: Buckets,
}

impl<T> Sink<T> {
    /// Hands over to this function.
    pub fn new(receive: Receive<T>) -> Sink<T> {
        Sink { receive, latency_ns: Buckets::of(&LATENCY) }
    }
}

impl<T: Load> Stage for Sink<T> {
    type Input = T;
    type Output = Never;

    fn take(&mut self, input: T, outbox: &mut Outbox<Never>) {
        outbox.delivered += input.transactions();
        for arrival_ns in input.arrivals().iter().filter(|_| IS_METERED) {
            self.latency_ns.note(outbox.now_ns.saturating_sub(*arrival_ns));
        }
        (self.receive)(input, outbox.now_ns);
    }

    fn observe(&self, samples: &mut Samples) {
        samples.buckets(&LATENCY, [], self.latency_ns.clone());
    }
}
