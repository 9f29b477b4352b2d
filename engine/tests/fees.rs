//! The simulated market of `examples/fees.rs`: what `docs/fees.md` says of it, and the picture there.

#[path = "../examples/fees/chain.rs"]
mod chain;
#[path = "../examples/fees/crowd.rs"]
mod crowd;
#[path = "../examples/fees/dice.rs"]
mod dice;
#[path = "../examples/fees/figures.rs"]
#[expect(dead_code, reason = "other tempers take too long for a test")]
mod figures;
#[path = "../examples/fees/picture.rs"]
mod picture;
#[path = "../examples/fees/plot.rs"]
mod plot;

use figures::{Figures, standard};

#[test]
fn a_mint_pays_for_its_own_key_and_leaves_the_others_alone() {
    let [priced, unpriced] = [true, false].map(|priced| chain::run(&standard(priced)));
    let figures = Figures::new(&standard(true), &priced);
    let Figures { lanes, load_settled, load: (load, deviation), base_fee, .. } = figures;
    assert!(lanes >= 12.0, "lanes are kept busy: {figures:?}");
    assert!(load_settled <= 1.25, "the hot key is at its target after 20 blocks: {figures:?}");
    assert!((0.9..1.1).contains(&load) && deviation < 0.3, "and stays there: {figures:?}");
    // The mint gets one lane of sixteen; the payments bid for the other fifteen.
    let [before, during, highest] = base_fee;
    assert!(during / before < 1.1 && highest / before < 1.15, "payments hardly notice: {figures:?}");
    assert!(Figures::new(&standard(false), &unpriced).lanes < 4.0, "without prices the mint is all there is");
    let drawn = picture::draw(&standard(true), &priced, &unpriced);
    assert!(drawn == include_str!("../../docs/fees.svg"), "the example `fees` draws another picture now");
}
