//! What threads share in the [schedule](crate::execute), in one place: `tests/schedule.rs` puts others here, which a model
//! checker interleaves.

pub(crate) use std::sync::Mutex;
pub(crate) use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
