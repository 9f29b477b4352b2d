//! The table: what was measured, how much it is, and what was wanted.

use std::fmt;

/// Lines under headings.
#[derive(Default)]
pub struct Table(Vec<Line>);

enum Line {
    Heading(String),
    Figure { what: String, value: String, note: String },
}

impl Table {
    /// What follows belongs to this.
    pub fn heading(&mut self, heading: impl Into<String>) {
        self.0.push(Line::Heading(heading.into()));
    }

    /// One line. It is also written to standard error at once, for whoever waits.
    pub fn figure(&mut self, what: impl Into<String>, value: impl Into<String>, note: impl Into<String>) {
        let (what, value, note) = (what.into(), value.into(), note.into());
        eprintln!("{what}: {value} {note}");
        self.0.push(Line::Figure { what, value, note });
    }
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.0 {
            match line {
                Line::Heading(heading) => writeln!(out, "\n{heading}")?,
                Line::Figure { what, value, note } => {
                    let line = format!("  {what:<60} {value:>14}  {note}");
                    writeln!(out, "{}", line.trim_end())?;
                }
            }
        }
        Ok(())
    }
}

/// So many a second, in a unit that leaves few digits.
pub fn per_second(rate: f64) -> String {
    let (divisor, unit) = match rate {
        1e12.. => (1e12, "T/s"),
        1e9.. => (1e9, "G/s"),
        1e6.. => (1e6, "M/s"),
        _ => (1e3, "K/s"),
    };
    format!("{:.2} {unit}", rate / divisor)
}

/// A duration, in a unit that leaves few digits.
pub fn duration(ns: f64) -> String {
    match ns {
        1e9.. => format!("{:.2} s", ns / 1e9),
        1e6.. => format!("{:.2} ms", ns / 1e6),
        _ => format!("{:.1} µs", ns / 1e3),
    }
}

/// The one in the middle.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
