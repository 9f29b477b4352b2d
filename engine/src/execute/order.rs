//! An order in which transactions could run, without running them: what ordering alone costs, and a test of it.

use super::schedule::Schedule;
use crate::plan::Plan;

impl Plan {
    /// Links all transactions anew by the keys that they name, which are numbered already, and hands them out one after
    /// the other as one worker would get them. Leaves out those that run alone, and what waits for them.
    pub fn order(&mut self) -> Vec<u32> {
        self.link();
        let schedule = Schedule::new(self, 1);
        let mut order = Vec::with_capacity(self.transactions.len());
        if schedule.start() == 0 {
            return order;
        }
        let mut hand = schedule.enter();
        while let Some(position) = hand.next(|_| {}) {
            let mut next = Some(position);
            while let Some(position) = next {
                order.push(position);
                next =
                    hand.release(self.graph.successors.row(position), &|| unreachable!("one worker is all"));
            }
        }
        hand.leave();
        order
    }
}
