//! This crate's code, by every arithmetic that the processor has.

use pelton_kernels::erasure::{Arithmetic, Code, Combination};

use crate::contest::Contest;
use crate::shape::Shape;
use crate::theirs;

fn code(shape: Shape) -> Code {
    Code::new(shape.data, shape.parity).expect("a code")
}

pub fn encode(contest: &mut Contest, shape: Shape) {
    let data = shape.block();
    let expected = theirs::parity(shape);
    for arithmetic in Arithmetic::all() {
        let mut encoder = code(shape).encoder(arithmetic);
        let (data, expected) = (data.clone(), expected.clone());
        let mut parity = vec![vec![0; shape.shard_bytes]; shape.parity];
        let mut is_checked = false;
        contest.add(format!("pelton, {arithmetic}"), 1, move |_| {
            encoder.apply(&data, &mut parity).expect("shards that fit");
            std::mem::replace(&mut is_checked, true) || parity == expected
        });
    }
}

pub fn decode(contest: &mut Contest, shape: Shape) {
    let expected = shape.block()[..shape.lost()].to_vec();
    let present: Vec<Vec<u8>> = shape
        .block()
        .split_off(shape.lost())
        .into_iter()
        .chain(theirs::parity(shape))
        .take(shape.data)
        .collect();
    for arithmetic in Arithmetic::all() {
        for keeps in [false, true] {
            let (expected, present) = (expected.clone(), present.clone());
            let mut kept = decoder(shape, arithmetic);
            let mut restored = vec![vec![0; shape.shard_bytes]; shape.lost()];
            let mut is_checked = false;
            let pattern = if keeps { "known" } else { "new" };
            contest.add(format!("pelton, {arithmetic}, pattern {pattern}"), 1, move |_| {
                if !keeps {
                    kept = decoder(shape, arithmetic);
                }
                kept.apply(&present, &mut restored).expect("shards that fit");
                std::mem::replace(&mut is_checked, true) || restored == expected
            });
        }
    }
}

fn decoder(shape: Shape, arithmetic: Arithmetic) -> Combination {
    let mut indices = 0..=u8::MAX;
    let wanted: Vec<u8> = indices.by_ref().take(shape.lost()).collect();
    let present: Vec<u8> = indices.take(shape.data).collect();
    code(shape).decoder(arithmetic, &present, &wanted).expect("distinct shards")
}
