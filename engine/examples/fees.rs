//! Simulates a market for one hot key and writes `docs/fees.svg`:
//! `cargo run --release -p pelton-engine --example fees`
//!
//! Prints what came of it, with prices for hot keys and with the base fee alone, and how the market behaves under other
//! denominators and other people. All of it follows from seeds.

#[path = "fees/chain.rs"]
mod chain;
#[path = "fees/crowd.rs"]
mod crowd;
#[path = "fees/dice.rs"]
mod dice;
#[path = "fees/figures.rs"]
mod figures;
#[path = "fees/picture.rs"]
mod picture;
#[path = "fees/plot.rs"]
mod plot;

use figures::{Figures, SETTLED_AFTER, standard, tempers};

const PICTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/fees.svg");

#[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
fn main() -> std::io::Result<()> {
    let [priced, unpriced] = [true, false].map(|priced| {
        let scenario = standard(priced);
        let rows = chain::run(&scenario);
        (Figures::new(&scenario, &rows), rows)
    });
    std::fs::write(PICTURE, picture::draw(&standard(true), &priced.1, &unpriced.1))?;
    for (name, figures) in [("with prices", priced.0), ("one price", unpriced.0)] {
        let Figures { lanes, load_settled, load: (load, deviation), base_fee, payments, .. } = figures;
        let [before, during, highest] = base_fee;
        println!("{name}:");
        println!("  lanes kept busy during the mint   {lanes:.1}");
        println!(
            "  load of the hot key, block {SETTLED_AFTER}      {load_settled:.2} T, later {load:.2} ± {deviation:.2} T"
        );
        println!("  base fee before, during, highest  {before:.2}, {during:.2}, {highest:.2} gwei");
        println!("  payments, of those before         {:.0} %", 100.0 * payments);
    }
    println!("elasticity, patience: D in T -> lanes, load ± deviation in T, highest price / mean");
    for (elasticity, patience) in [(1, 1), (1, 40), (2, 1), (2, 40), (4, 1), (4, 40)] {
        for denominator in [8, 16, 24, 32] {
            let Figures { lanes, load: (load, deviation), price_swing, .. } =
                tempers(denominator, elasticity, patience);
            println!(
                "  {elasticity}, {patience:>2}: {denominator:>2} -> {lanes:>4.1}, {load:.2} ± {deviation:.2}, {price_swing:.1}"
            );
        }
    }
    Ok(())
}
