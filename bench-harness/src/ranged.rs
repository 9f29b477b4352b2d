//! `Ranged`: turns and jobs as ranges of NVIDIA's profilers (NVTX), beside what the GPU does. Only with the feature `nvtx`.

use std::sync::Arc;

use pelton_kernels::cuda::ranges::Ranges;
use pelton_kernels::{Job, Spawn};
use pelton_pipeline::clock::Clock;
use pelton_pipeline::jobs::Pools;
use pelton_pipeline::turn::Turnable;
use pelton_pipeline::wrapped::{Wrap, Wrapped};

use crate::around::Around;

/// Puts ranges around everything that another one leaves.
pub struct Ranged {
    inner: Option<Arc<dyn Around>>,
    ranges: Ranges,
}

impl Ranged {
    /// Around what `inner` makes of a run; only that where the library is not there.
    pub fn around(inner: Option<Arc<dyn Around>>) -> Option<Arc<dyn Around>> {
        match Ranges::open() {
            Ok(ranges) => Some(Arc::new(Ranged { inner, ranges })),
            Err(reason) => {
                eprintln!("pelton: no NVTX ranges: {reason}");
                inner
            }
        }
    }
}

impl Around for Ranged {
    fn stage(&self, stage: Box<dyn Turnable>) -> Box<dyn Turnable> {
        let stage = match &self.inner {
            Some(inner) => inner.stage(stage),
            None => stage,
        };
        Wrapped::around(stage, RangedTurns(self.ranges.clone()))
    }

    fn pools(&self, pools: Pools, clock: &Arc<dyn Clock>) -> Pools {
        let Pools { urgent, bulk } = match &self.inner {
            Some(inner) => inner.pools(pools, clock),
            None => pools,
        };
        let of =
            |name, pool| Arc::new(RangedPool { name, pool, ranges: self.ranges.clone() }) as Arc<dyn Spawn>;
        Pools { urgent: of("job: execute", urgent), bulk: of("job: verify", bulk) }
    }
}

struct RangedTurns(Ranges);

impl Wrap for RangedTurns {
    fn turn(&mut self, stage: &mut dyn Turnable, clock: &dyn Clock) -> bool {
        let _range = self.0.begin(stage.name());
        stage.turn(clock)
    }
}

struct RangedPool {
    name: &'static str,
    pool: Arc<dyn Spawn>,
    ranges: Ranges,
}

impl Spawn for RangedPool {
    fn spawn(&self, job: Job) {
        let (name, ranges) = (self.name, self.ranges.clone());
        self.pool.spawn(Box::new(move || {
            let _range = ranges.begin(name);
            job();
        }));
    }
}
