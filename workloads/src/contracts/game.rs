//! The game: a race on one clock.

use std::sync::LazyLock;

use alloy_primitives::{Address, Bytes, U256, address, hex};

use super::{call, mapped, packed, runtime, word};

/// Where it stands.
pub const ADDRESS: Address = address!("0x7e00000000000000000000000000000000000005");
/// Slot of the clock: see [`clock`].
pub const CLOCK: U256 = U256::ZERO;

const ARTIFACT: &str = include_str!("../../contracts/out/Game.json");
const MOVE: [u8; 4] = hex!("8b995921");
const MOVE_BY_CLOCK: [u8; 4] = hex!("f9372f28");
const TICK: [u8; 4] = hex!("675c571d");
const PLAYERS: u64 = 1;

/// Its code.
pub static CODE: LazyLock<Bytes> = LazyLock::new(|| runtime(ARTIFACT));

/// Call data that goes some steps on, and notes by the clock when that was if so wished.
pub fn go(steps: u64, by_clock: bool) -> Bytes {
    call(if by_clock { MOVE_BY_CLOCK } else { MOVE }, &[U256::from(steps)])
}

/// Call data that moves the clock on and looks at these players.
pub fn tick(watched: &[Address]) -> Bytes {
    // A list is where the first word says, after its length.
    let head = [U256::from(32), U256::from(watched.len())];
    let words: Vec<U256> = head.into_iter().chain(watched.iter().copied().map(word)).collect();
    call(TICK, &words)
}

/// Where a player's place is kept.
pub fn player(owner: Address) -> U256 {
    mapped(word(owner), PLAYERS)
}

/// What the slot of a player holds, at this place since this tick.
pub fn standing(place: u128, moved_at: u128) -> U256 {
    packed(place, moved_at)
}

/// What the slot [`CLOCK`] holds after so many ticks that have seen this place at the furthest.
pub fn clock(ticks: u128, furthest: u128) -> U256 {
    packed(ticks, furthest)
}

#[cfg(test)]
#[test]
fn calls_and_slots_are_those_that_the_compiler_chose() {
    let selectors =
        [("move(uint128)", MOVE), ("moveByClock(uint128)", MOVE_BY_CLOCK), ("tick(address[])", TICK)];
    let slots = [("ticks", CLOCK.to(), 0), ("furthest", CLOCK.to(), 16), ("players", PLAYERS, 0)];
    super::check(ARTIFACT, &selectors, &slots);
}
