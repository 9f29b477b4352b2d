//! sink: the end of a pipeline, or of one that was cut short; measures latency and hands over what came out.

use crate::batch::Load;
use crate::clock::Nanos;
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
}

impl<T> Sink<T> {
    /// Hands over to this function.
    pub fn new(receive: Receive<T>) -> Sink<T> {
        Sink { receive }
    }
}

impl<T: Load> Stage for Sink<T> {
    type Input = T;
    type Output = Never;

    fn take(&mut self, input: T, outbox: &mut Outbox<Never>) {
        outbox.delivered += input.transactions();
        (self.receive)(input, outbox.now_ns);
    }
}
