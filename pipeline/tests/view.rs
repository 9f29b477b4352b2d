//! Views: what is read at a height stays as it was there, whatever comes meanwhile.

#[path = "common/world.rs"]
#[expect(dead_code, reason = "fates and stores are other tests'")]
mod world;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use alloy_primitives::{Address, U256};
use pelton_engine::state::State;
use pelton_engine::store::views::Unknown;
use pelton_pipeline::chain::Chain;
use pelton_pipeline::clock::{Clock, WallClock};
use pelton_pipeline::driver::threads::Threads;
use pelton_pipeline::view::View;
use pelton_workloads::{Name, Scheme, Spec, Workload, generate};
use world::{Ended, Scene};

const KEPT: usize = 5;

fn workload(name: Name, transactions: u64) -> Workload {
    generate(
        &Spec { pattern: name.into(), scheme: Scheme::Ed25519, accounts: 24, transactions, seed: 3 },
        &|_| (),
    )
}

fn scene(workload: &Workload, seed: u64) -> Scene {
    let mut scene = Scene::of(workload, seed);
    scene.settings.view_blocks = KEPT;
    scene
}

/// The state after each block, by height.
fn states(workload: &Workload, ended: &Ended) -> Vec<State> {
    let mut state = workload.genesis.state();
    let mut states = vec![state.clone()];
    for committed in &ended.blocks {
        state.apply(&committed.done.executed.writes);
        states.push(state.clone());
    }
    states
}

/// Every key that any of these states has.
fn keys(states: &[State]) -> (Vec<Address>, Vec<(Address, U256)>) {
    let all = || states.iter().map(State::writes);
    let mut accounts: Vec<_> = all().flat_map(|all| all.accounts).map(|(address, _)| address).collect();
    let mut slots: Vec<_> = all().flat_map(|all| all.slots).map(|(slot, _)| slot).collect();
    accounts.push(Address::repeat_byte(0xee));
    slots.push((Address::repeat_byte(0xee), U256::ZERO));
    (accounts, slots)
}

/// Checks that a view reads all of these keys as a state of its own does, one by one and many at once.
fn check(view: &View, state: &State, (accounts, slots): &(Vec<Address>, Vec<(Address, U256)>)) {
    let wanted: Vec<_> = accounts.iter().map(|address| state.account(address)).collect();
    assert_eq!(view.accounts(accounts), Ok(wanted.clone()), "at {}", view.height());
    let one_by_one: Vec<_> =
        accounts.iter().map(|address| view.account(address).expect("it is near")).collect();
    assert_eq!(one_by_one, wanted);
    let wanted: Vec<_> = slots.iter().map(|(address, slot)| state.slot(address, slot)).collect();
    assert_eq!(view.slots(slots), Ok(wanted), "at {}", view.height());
    let (address, slot) = &slots[0];
    assert_eq!(view.slot(address, slot), Ok(state.slot(address, slot)));
}

#[test]
fn a_view_reads_every_height_that_is_kept_as_a_state_of_its_own_would() {
    for (name, seed) in [(Name::Mix, 1), (Name::Hostile, 2), (Name::Dex, 3)] {
        let workload = workload(name, 250);
        let (ended, _) = scene(&workload, seed).simulate(seed);
        let states = states(&workload, &ended);
        let (keys, highest) = (keys(&states), states.len() as u64 - 1);
        let chain = &ended.pipeline.chain;
        assert!(highest > KEPT as u64 + 2);
        assert_eq!(View::newest(chain).height(), highest);
        let lowest = highest - KEPT as u64;
        for height in lowest..=highest {
            check(&View::at(chain, height).expect("it is kept"), &states[height as usize], &keys);
        }
        for height in [lowest - 1, highest + 1] {
            assert_eq!(View::at(chain, height).err(), Some(Unknown { lowest, highest }));
        }
    }
}

/// Reads the total of all balances, again and again, while blocks are executed, at a view pinned to the newest block.
fn read_on(chain: &Arc<Chain>, addresses: &[Address], stop: &AtomicBool) -> (u64, u64) {
    let (mut whole, mut expired) = (0, 0);
    while !stop.load(Ordering::Relaxed) {
        let view = View::newest(chain);
        let sum = |accounts: Vec<Option<pelton_engine::state::Account>>| -> U256 {
            accounts.into_iter().flatten().map(|account| account.balance).sum()
        };
        match (view.accounts(addresses).map(sum), view.accounts(addresses).map(sum)) {
            (Ok(first), Ok(second)) => {
                assert_eq!(first, second, "at {} nothing changes", view.height());
                whole += 1;
            }
            _ => expired += 1,
        }
    }
    (whole, expired)
}

#[test]
fn a_view_stands_still_while_blocks_are_executed_on_other_threads() {
    let workload = workload(Name::Transfers, 3_000);
    let addresses: Vec<Address> = workload.genesis.accounts.keys().copied().cycle().take(500).collect();
    let driver = Threads::start(2).expect("the system has a few threads");
    let clock: Arc<dyn Clock> = Arc::new(WallClock::new());
    let (mut pipeline, _collected) = scene(&workload, 1).build(clock.clone(), driver.pools());
    let (chain, stop) = (pipeline.chain.clone(), AtomicBool::new(false));
    let stages = std::mem::take(&mut pipeline.stages);
    let (whole, expired) = thread::scope(|scope| {
        let reader = scope.spawn(|| read_on(&chain, &addresses, &stop));
        drop(driver.run(stages, &clock, &AtomicBool::new(false)));
        stop.store(true, Ordering::Relaxed);
        reader.join().expect("it only reads")
    });
    assert!(whole > 20, "{whole} reads, {expired} that were too slow");
    assert!(View::newest(&chain).height() > 100);
}

#[test]
fn a_chain_without_views_is_read_at_its_newest_block_only() {
    let workload = workload(Name::Mix, 60);
    let (ended, _) = Scene::of(&workload, 1).simulate(1);
    let (chain, states) = (&ended.pipeline.chain, states(&workload, &ended));
    let newest = View::newest(chain);
    check(&newest, &states[states.len() - 1], &keys(&states));
    let only = newest.height();
    assert_eq!(View::at(chain, only - 1).err(), Some(Unknown { lowest: only, highest: only }));
}
