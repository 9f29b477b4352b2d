//! Progress on standard error: a bar where the length is known, a line of words where it is not.

use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use pelton_bench_harness::bench::Progress;

/// Shows one step at a time.
pub struct Bar {
    current: Mutex<ProgressBar>,
}

impl Bar {
    /// Nothing yet.
    pub fn new() -> Bar {
        Bar { current: Mutex::new(ProgressBar::hidden()) }
    }

    /// Takes the last step away.
    pub fn finish(&self) {
        self.replace(ProgressBar::hidden());
    }

    fn replace(&self, bar: ProgressBar) {
        let mut current = self.current.lock().expect("no one panics with the bar in hand");
        current.finish_and_clear();
        *current = bar;
    }
}

impl Progress for Bar {
    fn step(&self, what: &str, transactions: Option<u64>) {
        let (bar, template) = match transactions {
            Some(length) => (ProgressBar::new(length), "{msg} {wide_bar} {human_pos} of {human_len} ({eta})"),
            None => (ProgressBar::new_spinner(), "{spinner} {msg} {elapsed}"),
        };
        let style = ProgressStyle::with_template(template).expect("the template is valid");
        let bar = bar.with_style(style).with_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        self.replace(bar);
    }

    fn advance(&self, transactions: u64) {
        self.current.lock().expect("no one panics with the bar in hand").inc(transactions);
    }
}
