//! `Term`: what a block can be found by.

use alloy_primitives::{Address, B256, Log};

use crate::executed::{Outcome, Receipt};

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// The block of this id.
    Block(B256),
    /// The transaction of this id, if it ran.
    Transaction(B256),
    /// A log of this contract.
    Address(Address),
    /// A log that has this topic at this place, 0 to 3.
    Topic(u8, B256),
}

/// The first eight bytes of a term's hash. Two terms may share it, so what is found by it is looked at.
pub(crate) type Key = u64;

impl Term {
    /// Of BLAKE3(kind u8 ‖ bytes), big-endian.
    pub(crate) fn key(&self) -> Key {
        let (kind, bytes) = match self {
            Term::Block(id) => (0, id.as_slice()),
            Term::Transaction(id) => (1, id.as_slice()),
            Term::Address(address) => (2, address.as_slice()),
            Term::Topic(place, topic) => (3 + place, topic.as_slice()),
        };
        let hash = blake3::Hasher::new().update(&[kind]).update(bytes).finalize();
        Key::from_be_bytes(*hash.as_bytes().first_chunk().expect("a hash is longer than eight bytes"))
    }
}

/// The keys of all terms of a block; with those of transactions their place among those that ran, else 0.
pub(crate) fn keys_of<'a>(id: &B256, outcomes: impl Iterator<Item = &'a Outcome>) -> Vec<(Key, u32)> {
    let mut keys = vec![(Term::Block(*id).key(), 0)];
    let mut of_logs = Vec::new();
    for (place, Receipt { id, logs, .. }) in outcomes.filter_map(Outcome::receipt).enumerate() {
        let place = u32::try_from(place).expect("a block's transactions are counted in 32 bits");
        keys.push((Term::Transaction(*id).key(), place));
        of_logs.extend(logs.iter().flat_map(terms_of).map(|term| (term.key(), 0)));
    }
    of_logs.sort_unstable();
    of_logs.dedup();
    keys.extend(of_logs);
    keys
}

fn terms_of(log: &Log) -> impl Iterator<Item = Term> {
    let topics = (0..).zip(log.topics()).map(|(place, topic)| Term::Topic(place, *topic));
    [Term::Address(log.address)].into_iter().chain(topics)
}
