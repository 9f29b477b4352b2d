//! Where the frames of a file lie, as the layout says.

use std::ops::Range;

const HEAD_BYTES: usize = 37;
const RECORDS_AT: usize = 2048;

/// The frames of a file, heads included; those of a segment are its records.
pub fn frames(bytes: &[u8]) -> Vec<Range<usize>> {
    let is_segment = bytes[HEAD_BYTES..].starts_with(b"pelton log     ");
    let mut at = if is_segment { RECORDS_AT } else { 0 };
    let mut frames = Vec::new();
    while let Some(length) = bytes.get(at..at + 4) {
        let length = u32::from_be_bytes(length.try_into().expect("four bytes")) as usize;
        if length == 0 {
            break;
        }
        frames.push(at..at + HEAD_BYTES + length);
        at += HEAD_BYTES + length;
    }
    frames
}

/// What is in the frames of a file.
pub fn payloads(bytes: &[u8]) -> Vec<&[u8]> {
    frames(bytes).into_iter().map(|frame| &bytes[frame][HEAD_BYTES..]).collect()
}
