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

impl Executed {
    /// The digest of all outcomes in order, receipts with their logs included: equal for equal outcomes alone.
    pub fn digest(&self) -> B256 {
        let mut hash = Hasher::new();
        put_length(&mut hash, self.outcomes.len());
        for outcome in &self.outcomes {
            match outcome {
                Outcome::Skipped(reason) => {
                    let name = reason.name().as_bytes();
                    hash.update(&[0, u8::try_from(name.len()).expect("names of reasons are short")]);
                    hash.update(name);
                }
                Outcome::Executed(receipt) => put_receipt(&mut hash, receipt),
            }
        }
        B256::from(*hash.finalize().as_bytes())
    }
}

fn put_receipt(hash: &mut Hasher, receipt: &Receipt) {
    let Receipt { id, success, gas_used, fee, contention_fee, logs, created } = receipt;
    hash.update(&[1]).update(id.as_slice()).update(&[u8::from(*success)]).update(&gas_used.to_be_bytes());
    hash.update(&fee.to_be_bytes::<32>()).update(&contention_fee.to_be_bytes::<32>());
    hash.update(&[u8::from(created.is_some())]);
    if let Some(address) = created {
        hash.update(address.as_slice());
    }
    put_length(hash, logs.len());
    logs.iter().for_each(|log| put_log(hash, log));
}

fn put_log(hash: &mut Hasher, log: &Log) {
    hash.update(log.address.as_slice());
    let topics = log.topics();
    hash.update(&[u8::try_from(topics.len()).expect("a log has four topics at most")]);
    for topic in topics {
        hash.update(topic.as_slice());
    }
    put_length(hash, log.data.data.len());
    hash.update(&log.data.data);
}

fn put_length(hash: &mut Hasher, length: usize) {
    hash.update(&u32::try_from(length).expect("a block's outcomes are bounded by its gas").to_be_bytes());
}
