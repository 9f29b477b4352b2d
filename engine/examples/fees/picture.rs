//! The picture that `docs/fees.md` shows.

use super::chain::{Row, Scenario};
use super::figures::lanes;
use super::plot::{Panel, Plot, Series};

/// Draws a run with prices for hot keys, beside one with the base fee alone.
pub fn draw(scenario: &Scenario, priced: &[Row], unpriced: &[Row]) -> String {
    let gwei = |wei: u128| wei as f64 / 1e9;
    let load = |row: &Row| row.hot_load as f64 / scenario.rule.target as f64;
    let plot = Plot {
        title: "A mint of 900 transactions a block, against payments",
        axis: "block",
        marked: (scenario.mint.clone(), "people come to mint"),
        panels: vec![
            Panel {
                label: "gwei per gas",
                step: 5.0,
                steps: 5,
                series: vec![
                    series("a mint pays", "hot", priced, |row| {
                        gwei(u128::from(row.base_fee) + row.hot_price)
                    }),
                    series("a payment pays", "cold", priced, |row| gwei(row.base_fee.into())),
                    series("both, under one price", "one", unpriced, |row| gwei(row.base_fee.into())),
                ],
            },
            Panel {
                label: "load of the hot key, in T",
                step: 2.0,
                steps: 4,
                series: vec![
                    series("with prices", "hot", priced, load),
                    series("under one price", "one", unpriced, load),
                ],
            },
            Panel {
                label: "lanes kept busy",
                step: 4.0,
                steps: 4,
                series: vec![
                    series("with prices", "hot", priced, lanes),
                    series("under one price", "one", unpriced, lanes),
                ],
            },
        ],
    };
    plot.to_svg()
}

fn series(name: &'static str, class: &'static str, rows: &[Row], value: impl Fn(&Row) -> f64) -> Series {
    Series { name, class, values: rows.iter().map(value).collect() }
}
