//! What a worker does: runs transactions that wait for nobody, until there are none.

use super::cells::Turn;
use super::payments::Payments;
use super::run::{Run, Status};
use super::transfer::Ran;
use crate::evm::{Evm, RunView, Single, Stop};
use crate::executed::Outcome;
use crate::plan::Class;
use crate::state::State;

/// A thread's means to run transactions of one block.
struct Worker<'a> {
    run: &'a Run,
    state: &'a State,
    /// Made when the first call needs them.
    single: Option<Single<'a>>,
    evm: Option<Evm<RunView<'a>>>,
}

impl Run {
    /// How many workers to begin with. Each is then one call of [`Run::work`].
    pub fn start(&self) -> usize {
        self.payments.as_ref().map_or_else(|| self.schedule.start(), Payments::start)
    }

    /// Runs transactions beside other workers until there is nothing for this one to do. Where more could be done at
    /// the same time it calls `wake`, whereupon one more worker has to be sent here, or this one once more.
    ///
    /// True for the last worker: nothing is left that can run beside others.
    pub fn work(&self, state: &State, wake: &dyn Fn()) -> bool {
        if let Some(payments) = &self.payments {
            return payments.work(state, &self.environment, &self.plan.transactions, wake);
        }
        let mut hand = self.schedule.enter();
        let mut worker = Worker { run: self, state, single: None, evm: None };
        while let Some(position) = hand.next(|share| self.approach(state, share.iter().copied())) {
            let mut next = Some(position);
            while let Some(position) = next.take() {
                if worker.run(position) {
                    next = hand.release(self.plan.graph.successors.row(position), wake);
                }
            }
        }
        let strays = worker.evm.map(Evm::into_strays).unwrap_or_default();
        if !strays.is_empty() {
            self.strays.lock().expect("no holder of this lock panics").extend(strays);
        }
        hand.leave()
    }
}

impl Worker<'_> {
    /// Runs a transaction that waits for nobody; says whether it is through.
    fn run(&mut self, position: u32) -> bool {
        let run = self.run;
        let mut turn = Turn::of(position);
        let (outcome, status) = match run.plan.classes[position as usize] {
            Class::Transfer => match run.transfer(self.state, &mut turn, false) {
                Ran::Through(outcome, status) => (Some(outcome), status),
                Ran::Not => (None, Status::Stopped),
            },
            _ => match self.call(&mut turn) {
                Ok(outcome) => (Some(outcome), Status::Done),
                Err(_) => (None, Status::Stopped),
            },
        };
        let is_through = outcome.is_some();
        if is_through {
            *run.outcomes.write(&mut turn, position) = outcome;
        }
        run.set_status(position, status);
        is_through
    }

    fn call(&mut self, turn: &mut Turn) -> Result<Outcome, Stop> {
        let (run, state) = (self.run, self.state);
        let single = self.single.get_or_insert_with(|| Single::new(run, state));
        match single.run(turn, false) {
            Some(outcome) => Ok(outcome),
            None => self.evm.get_or_insert_with(|| Evm::beside(run, state)).run_planned(turn),
        }
    }
}
