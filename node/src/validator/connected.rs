//! `Connected`: how many other validators are connected, for whoever asks, however often.

use parking_lot::Mutex;
use pelton_pipeline::clock::Nanos;

/// How old the answer may be: to count costs a look at all that consensus counts.
const FRESH_NS: Nanos = 1_000_000_000;

type Count = Box<dyn Fn() -> usize + Send + Sync>;

/// See the head of this file.
#[derive(Default)]
pub struct Connected {
    /// None where there are no others.
    count: Option<Count>,
    /// When they were counted last, and how many they were.
    counted: Mutex<Option<(Nanos, usize)>>,
}

impl Connected {
    /// Counted so.
    pub fn counted_by(count: impl Fn() -> usize + Send + Sync + 'static) -> Connected {
        Connected { count: Some(Box::new(count)), counted: Mutex::default() }
    }

    /// How many are connected, or were up to a second ago.
    pub fn connected(&self, now_ns: Nanos) -> usize {
        let Some(count) = &self.count else { return 0 };
        let mut counted = self.counted.lock();
        match *counted {
            Some((at_ns, peers)) if now_ns.saturating_sub(at_ns) < FRESH_NS => peers,
            _ => {
                let peers = count();
                *counted = Some((now_ns, peers));
                peers
            }
        }
    }
}
