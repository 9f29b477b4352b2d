//! One hash over what became of a block's transactions.
//!
//! ```text
//! BLAKE3 of   count u32 ‖ outcome each
//! outcome     0 ‖ name of the reason: length u8 ‖ bytes
//!             1 ‖ id [32] ‖ success u8 ‖ gas used u64 ‖ fee [32] ‖ contention fee [32] ‖ created: 0, or 1 ‖ address [20]
//!               ‖ count u32 ‖ log each: address [20] ‖ topics u8 ‖ topic [32] each ‖ length u32 ‖ data
//! ```
//!
//! Integers are big-endian.

use alloy_primitives::{B256, Log};
use blake3::Hasher;

use super::{Executed, Outcome, Receipt};

/// So much is hashed at a time, since many chunks are hashed side by side.
const BUFFER_BYTES: usize = 1 << 16;

impl Executed {
    /// The digest of all outcomes in order, receipts with their logs included: equal for equal outcomes alone.
    pub fn digest(&self) -> B256 {
        let (mut hash, mut buffer) = (Hasher::new(), Vec::with_capacity(BUFFER_BYTES + BUFFER_BYTES / 8));
        put_length(&mut buffer, self.outcomes.len());
        for outcome in &self.outcomes {
            match outcome {
                Outcome::Skipped(reason) => {
                    let name = reason.name().as_bytes();
                    buffer.extend([0, u8::try_from(name.len()).expect("names of reasons are short")]);
                    buffer.extend_from_slice(name);
                }
                Outcome::Executed(receipt) => put_receipt(&mut buffer, receipt),
            }
            if buffer.len() >= BUFFER_BYTES {
                hash.update(&buffer);
                buffer.clear();
            }
        }
        hash.update(&buffer);
        B256::from(*hash.finalize().as_bytes())
    }
}

fn put_receipt(buffer: &mut Vec<u8>, receipt: &Receipt) {
    let Receipt { id, success, gas_used, fee, contention_fee, logs, created } = receipt;
    buffer.push(1);
    buffer.extend_from_slice(id.as_slice());
    buffer.push(u8::from(*success));
    buffer.extend_from_slice(&gas_used.to_be_bytes());
    buffer.extend_from_slice(&fee.to_be_bytes::<32>());
    buffer.extend_from_slice(&contention_fee.to_be_bytes::<32>());
    buffer.push(u8::from(created.is_some()));
    buffer.extend_from_slice(created.as_ref().map_or(&[], |address| address.as_slice()));
    put_length(buffer, logs.len());
    logs.iter().for_each(|log| put_log(buffer, log));
}

fn put_log(buffer: &mut Vec<u8>, log: &Log) {
    buffer.extend_from_slice(log.address.as_slice());
    let topics = log.topics();
    buffer.push(u8::try_from(topics.len()).expect("a log has four topics at most"));
    topics.iter().for_each(|topic| buffer.extend_from_slice(topic.as_slice()));
    put_length(buffer, log.data.data.len());
    buffer.extend_from_slice(&log.data.data);
}

fn put_length(buffer: &mut Vec<u8>, length: usize) {
    let length = u32::try_from(length).expect("a block's outcomes are bounded by its gas");
    buffer.extend_from_slice(&length.to_be_bytes());
}
