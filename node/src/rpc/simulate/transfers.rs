//! `Transfers`: payments of ether while a call runs, written down as if ether were a token.

use alloy_primitives::{Address, B256, Log, LogData, U256, address, b256};
use pelton_engine::evm::call::Ended;
use pelton_engine::evm::call::watch::{Entered, Kind, Left, Watch};

/// The token that ether is shown as, and the topic of a transfer.
const ETHER: Address = address!("EeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE");
const TRANSFER: B256 = b256!("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");

/// Logs, and payments if they are wanted, of all frames that did not fail.
pub(super) struct Transfers {
    /// In order, each with its number among all that ever were.
    pub(super) logs: Vec<(u64, Log)>,
    /// How many there were in the block, also in frames that failed: tools know it so.
    pub(super) count: u64,
    shows_payments: bool,
    /// How many logs there were when each frame began.
    began: Vec<usize>,
}

impl Transfers {
    /// Begins to look on after so many logs.
    pub(super) fn new(shows_payments: bool, count: u64) -> Transfers {
        Transfers { logs: Vec::new(), count, shows_payments, began: Vec::new() }
    }

    fn add(&mut self, log: Log) {
        self.logs.push((self.count, log));
        self.count += 1;
    }
}

impl Watch for Transfers {
    fn enter(&mut self, frame: Entered) {
        self.began.push(self.logs.len());
        let pays = !matches!(frame.kind, Kind::DelegateCall | Kind::CallCode) && !frame.value.is_zero();
        if let Some(to) = frame.to.filter(|_| pays && self.shows_payments) {
            self.add(transfer(frame.from, to, frame.value));
        }
    }

    fn leave(&mut self, left: Left) {
        let began = self.began.pop().unwrap_or_default();
        if left.ended != Ended::Success {
            self.logs.truncate(began);
        }
    }

    fn log(&mut self, log: &Log) {
        self.add(log.clone());
    }
}

fn transfer(from: Address, to: Address, value: U256) -> Log {
    let topics = vec![TRANSFER, from.into_word(), to.into_word()];
    Log { address: ETHER, data: LogData::new_unchecked(topics, B256::from(value).into()) }
}
