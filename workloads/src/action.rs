//! `Action`: what a transaction does; `Call`: how it does it, and exactly what it touches.

use alloy_primitives::{Address, Bytes, U256};
use pelton_engine::transaction::{Kind, Listed};

use crate::cast::Cast;
use crate::contracts::{exchange, game, loans, mint, token};

const GAS_PAY: u64 = 21_000;
const GAS_TOKEN: u64 = 100_000;
/// For a slot that is listed: 1,900, and a little room.
const GAS_EXTRA: u64 = 2_000;
const GAS_MINT: u64 = 150_000;
const GAS_SWAP: u64 = 200_000;
const GAS_LIQUIDATE: u64 = 150_000;
const GAS_MOVE: u64 = 100_000;
const GAS_TICK: u64 = 100_000;
/// For a player that a tick looks at: its words in the call data and in the list, its slot, and a little room.
const GAS_LOOK: u64 = 6_000;

/// What a transaction does. Accounts are indices into the cast.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Action {
    /// Sends wei.
    Pay { to: u32, value: u64 },
    /// Sends tokens, and names so many balances besides that are not touched: those of the payee's neighbours.
    Token { to: u32, amount: u64, extra: u32 },
    /// Mints a collectible.
    Mint,
    /// Swaps in a pool.
    Swap { pool: u32, zero_for_one: bool, amount: u64, amount_min: u64 },
    /// Closes a loan.
    Liquidate { loan: u32 },
    /// Goes some steps on in the game, and looks at the clock or not.
    Move { steps: u64, by_clock: bool },
    /// Moves the clock of the game on, and looks at so many accounts from this one on.
    Tick { first: u32, count: u32 },
}

/// Who is called, and with what.
pub(crate) struct Call {
    pub(crate) to: Address,
    /// Wei sent along.
    pub(crate) value: u64,
    pub(crate) gas_limit: u64,
    pub(crate) input: Bytes,
    /// Slots of the recipient that are only read.
    reads: Vec<U256>,
    /// Slots of the recipient that are written. Without any slot, all of the recipient is covered, since it is that.
    writes: Vec<U256>,
}

impl Action {
    /// The call that does this for the account at `me`. It names exactly the slots that it touches, unless it is to name
    /// more. A mint names none: its new slot depends on the counter, so that the whole contract must be covered.
    pub(crate) fn call(&self, cast: &Cast, me: Address) -> Call {
        let address = |index| cast.account(index).address();
        match *self {
            Action::Pay { to, value } => Call { value, ..Call::new(address(to), GAS_PAY, Bytes::new()) },
            Action::Token { to, amount, extra } => {
                let input = token::transfer(address(to), U256::from(amount));
                let neighbour = |step| address((to + step) % cast.accounts.len() as u32);
                let named = (0..=extra).map(neighbour).chain([me]);
                let writes = named.map(token::balance).collect();
                let gas_limit = GAS_TOKEN + GAS_EXTRA * u64::from(extra);
                Call { writes, ..Call::new(token::ADDRESS, gas_limit, input) }
            }
            Action::Mint => Call::new(mint::ADDRESS, GAS_MINT, mint::mint()),
            Action::Swap { pool, zero_for_one, amount, amount_min } => {
                let input = exchange::swap(pool, zero_for_one, U256::from(amount), U256::from(amount_min));
                let [first, second] = exchange::balances(me);
                let writes = vec![exchange::pool(pool), first, second];
                Call { writes, ..Call::new(exchange::ADDRESS, GAS_SWAP, input) }
            }
            Action::Liquidate { loan } => {
                let writes = vec![loans::loan(loan), loans::cash(me), loans::collateral(me)];
                let call = Call::new(loans::ADDRESS, GAS_LIQUIDATE, loans::liquidate(loan));
                Call { reads: vec![loans::PRICE], writes, ..call }
            }
            Action::Move { steps, by_clock } => {
                let reads = if by_clock { vec![game::CLOCK] } else { Vec::new() };
                let call = Call::new(game::ADDRESS, GAS_MOVE, game::go(steps, by_clock));
                Call { reads, writes: vec![game::player(me)], ..call }
            }
            Action::Tick { first, count } => {
                let watched: Vec<Address> = (first..first + count).map(address).collect();
                let gas_limit = GAS_TICK + GAS_LOOK * u64::from(count);
                let call = Call::new(game::ADDRESS, gas_limit, game::tick(&watched));
                let reads = watched.into_iter().map(game::player).collect();
                Call { reads, writes: vec![game::CLOCK], ..call }
            }
        }
    }
}

impl Call {
    fn new(to: Address, gas_limit: u64, input: Bytes) -> Call {
        Call { to, value: 0, gas_limit, input, reads: Vec::new(), writes: Vec::new() }
    }

    /// The reads and the writes as this kind of transaction lists them: Ethereum's have one list for both.
    pub(crate) fn lists(&self, kind: Kind) -> (Vec<Listed>, Vec<Listed>) {
        match kind {
            Kind::Declared => (self.listed(self.reads.clone()), self.listed(self.writes.clone())),
            _ => (Vec::new(), self.listed([&self.reads[..], &self.writes].concat())),
        }
    }

    /// A list of the recipient alone, in the order that declared access must have.
    fn listed(&self, mut slots: Vec<U256>) -> Vec<Listed> {
        slots.sort_unstable();
        slots.dedup();
        if slots.is_empty() { Vec::new() } else { vec![Listed { address: self.to, slots }] }
    }
}
