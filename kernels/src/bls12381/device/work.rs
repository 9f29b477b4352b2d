//! A batch as a device is given it.

use std::collections::HashMap;

use super::known::{self, Known};
use super::plan::Plan;
use crate::bls12381::coefficients::Draw;
use crate::bls12381::points::expand;
use crate::bls12381::{SIGNATURE_TAG, SignedMessage};

/// The signatures whose answers are known, then those of a batch, of which those of one message lie side by side.
#[derive(Clone, Debug, Default)]
pub struct Work {
    /// 96 bytes for each signature.
    pub(crate) encodings: Vec<u8>,
    /// 96 bytes for each signature: its key, a point of G1 as it lies in memory.
    pub(crate) keys: Vec<u8>,
    /// The number of each signature's message.
    pub(crate) messages: Vec<u32>,
    /// 256 bytes for each message: what its hash begins with.
    pub(crate) expanded: Vec<u8>,
    /// 16 bytes for each signature: its coefficient.
    pub(crate) coefficients: Vec<u8>,
    /// The sums, if they are to be tried.
    pub(crate) plan: Option<Plan>,
    /// Those that are checked by themselves whenever any is.
    pub(crate) always: Vec<u32>,
    /// Where in the batch each signature stands, the known ones left out.
    pub(super) places: Vec<usize>,
}

impl Work {
    /// Of a batch whose verdicts nobody draws a conclusion from, to measure with: in sums or each by itself.
    pub(crate) fn sample(batch: &[SignedMessage], is_in_sums: bool) -> Work {
        let mut work = Work::new(batch, &Known::new(), &[1; 32]);
        work.plan = work.plan.filter(|_| is_in_sums);
        work
    }

    /// Of a batch, with sums.
    pub(super) fn new(batch: &[SignedMessage], known: &Known, seed: &[u8; 32]) -> Work {
        let (numbers, different) = numbered(batch);
        let mut places: Vec<_> = (0..batch.len()).collect();
        places.sort_by_key(|place| numbers[*place]);
        let mut work = Work::default();
        work.messages.extend(known.messages);
        work.messages.extend(places.iter().map(|place| known::MESSAGES as u32 + numbers[*place]));
        work.encodings.extend(known.encodings.as_flattened());
        known.keys.iter().for_each(|key| work.keys.extend(key.memory()));
        for place in &places {
            work.encodings.extend(batch[*place].signature);
            work.keys.extend(batch[*place].key.point.memory());
        }
        work.expanded.extend(known.expanded.as_flattened());
        different.iter().for_each(|message| work.expanded.extend(expand(message, SIGNATURE_TAG)));
        work.draw(seed, &different);
        work.plan = Some(Plan::new(&work.messages, &known::APART));
        work.always = known::ALWAYS.to_vec();
        work.places = places;
        work
    }

    /// Draws the coefficients from everything the equations depend on: signatures, keys, and which message each one has.
    fn draw(&mut self, seed: &[u8; 32], messages: &[&[u8]]) {
        let mut draw = Draw::new(seed);
        draw.absorb_any(&self.encodings);
        draw.absorb_any(&self.keys);
        self.messages.iter().for_each(|message| draw.absorb(&message.to_le_bytes()));
        messages.iter().for_each(|message| draw.absorb_any(message));
        let drawn = draw.finish(self.messages.len());
        self.coefficients.extend(drawn.iter().flat_map(|coefficient| coefficient.digits()));
    }

    /// How many signatures there are, the known ones included.
    pub(crate) fn count(&self) -> usize {
        self.messages.len()
    }

    /// How many different messages there are, those of the known ones included.
    pub(crate) fn different(&self) -> usize {
        self.expanded.len() / 256
    }
}

/// The number of each one's message among the different ones, and these.
fn numbered<'a>(batch: &[SignedMessage<'a>]) -> (Vec<u32>, Vec<&'a [u8]>) {
    let (mut numbers, mut different) = (HashMap::new(), Vec::new());
    let mut last: Option<(&[u8], u32)> = None;
    let number = |one: &SignedMessage<'a>| {
        // Most often it is the one before.
        let number = match last {
            Some((message, number)) if message == one.message => number,
            _ => *numbers.entry(one.message).or_insert_with(|| {
                different.push(one.message);
                different.len() as u32 - 1
            }),
        };
        last = Some((one.message, number));
        number
    };
    let numbers = batch.iter().map(number).collect();
    (numbers, different)
}
