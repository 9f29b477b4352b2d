//! Simulation: runs a transaction to see what it touches.

use revm::handler::Handler;

use super::fate::Fate;
use super::handler::{Bill, FeesOutside};
use super::serial_view::SerialView;
use super::{Evm, settings};
use crate::prediction::Prediction;
use crate::reads::Reads;
use crate::transaction::Verified;

impl<'a, R: Reads> Evm<SerialView<'a, R>> {
    /// Runs a transaction as if its sender had come to its nonce, keeps what it changes for those that follow, and says
    /// what it touched. None, and nothing is changed, if it cannot run or
    /// the state is not known where it looks.
    pub(crate) fn simulate(&mut self, transaction: &'a Verified) -> Option<Prediction> {
        let terms = self.prices.terms(transaction, self.base_fee).ok()?;
        settings::fill(&mut self.inner.ctx.tx, transaction, &terms);
        self.inner.ctx.tx.nonce = self.view().begin(transaction).ok()?;
        let bill = Bill { terms, prices: &self.prices, transaction, fork: self.fork };
        let is_run = FeesOutside::new(&bill).run(&mut self.inner).is_ok();
        let prediction = is_run.then(|| self.touched());
        if !is_run || self.keep_changes().is_err() {
            self.drop_changes();
        }
        prediction
    }

    /// What the transaction that just ran touched.
    fn touched(&self) -> Prediction {
        let mut prediction = Prediction::default();
        for (address, account) in &self.inner.ctx.journaled_state.inner.state {
            let fate = Fate::of(account, self.fork);
            prediction.accounts.push((*address, fate.changes_account()));
            let keeps = fate.keeps_slots();
            let slots = account.storage.iter();
            prediction
                .slots
                .extend(slots.map(|(slot, value)| (*address, *slot, keeps && value.is_changed())));
        }
        prediction
    }
}
