//! `Around`: what may be put around the stages and the jobs of a run, to see more of it or to disturb it.

use std::sync::Arc;

use pelton_pipeline::clock::Clock;
use pelton_pipeline::jobs::Pools;
use pelton_pipeline::turn::Turnable;

/// Wraps what a run is made of.
pub trait Around: Send + Sync {
    /// Puts something around a stage, load and sink among them.
    fn stage(&self, stage: Box<dyn Turnable>) -> Box<dyn Turnable> {
        stage
    }

    /// Puts something around the places where jobs run.
    fn pools(&self, pools: Pools, _clock: &Arc<dyn Clock>) -> Pools {
        pools
    }
}
