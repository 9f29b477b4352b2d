//! What it costs to find out who waits for whom, and to hand all out in that order, of transactions whose keys are
//! numbered: no transaction runs.

use std::sync::Arc;

use pelton_engine::plan::Plan;

use crate::contest::{Ended, Trace};
use crate::workload::Workload;

pub fn prepare(workload: &Workload, _threads: usize) -> Box<dyn FnOnce() -> Ended + Send> {
    let plan = |(environment, block): &(_, Arc<[_]>)| {
        let environment: &pelton_engine::environment::Environment = environment;
        Plan::in_detail(&workload.state, environment.fork, environment.beneficiary, block.clone(), &[])
    };
    let mut plans: Vec<Plan> = workload.blocks.iter().map(plan).collect();
    Box::new(move || {
        let handed_out: usize = plans.iter_mut().map(|plan| plan.order().len()).sum();
        Box::new(move || {
            drop(plans);
            Trace::of((0..handed_out).map(|_| (true, 0)), Vec::new(), Vec::new())
        })
    })
}
