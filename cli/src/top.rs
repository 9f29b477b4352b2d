//! `pelton top`: a running bench or node in the terminal, seen through its metrics.
//!
//! ```text
//!   GET /metrics, once a second ──> Scrape ──two of them──> View: rates, shares, quantiles ──> draw
//! ```
//!
//! It asks no more than Prometheus would, of whatever gives out the same metrics, near or far. What it cannot reach it says,
//! and goes on with what it saw last until it can again.

mod draw;
mod scrape;
mod view;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyModifiers};

use scrape::Scrape;
use view::View;

/// How often it looks.
const PERIOD: Duration = Duration::from_secs(1);
/// Columns and lines of what is printed where there is no terminal.
const PLAIN: (u16, u16) = (120, 32);

/// Arguments of `pelton top`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  pelton bench --seconds 60 --metrics 127.0.0.1:9464 &
  pelton top
  pelton top --once 10.0.0.7:9464
Keys: q ends it.")]
pub struct Arguments {
    /// Address and port of the metrics, as they were given to --metrics.
    #[arg(value_name = "ADDRESS", default_value = "127.0.0.1:9464")]
    address: String,
    /// Look for one second, print what was seen, and end. It is so, too, where standard output is no terminal.
    #[arg(long)]
    once: bool,
}

/// Runs the command.
pub fn main(arguments: &Arguments) -> ExitCode {
    let outcome = if arguments.once || !io::stdout().is_terminal() {
        once(&arguments.address)
    } else {
        watch(&arguments.address)
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pelton: {}: {error}", arguments.address);
            ExitCode::FAILURE
        }
    }
}

/// What was seen, and when.
struct Seen {
    at: Instant,
    scrape: Scrape,
}

#[expect(clippy::disallowed_methods, reason = "who watches from outside has a clock of their own")]
fn look(address: &str) -> io::Result<Seen> {
    let scrape = scrape::fetch(address)?;
    Ok(Seen { at: Instant::now(), scrape })
}

fn view(address: &str, before: Option<&Seen>, now: &Seen) -> View {
    let seconds = before.map_or(0.0, |before| (now.at - before.at).as_secs_f64());
    View::between(address, before.map(|before| &before.scrape), &now.scrape, seconds)
}

/// Two looks, printed as text.
#[expect(clippy::disallowed_methods, reason = "there is nothing to do between the two")]
fn once(address: &str) -> io::Result<()> {
    let before = look(address)?;
    std::thread::sleep(PERIOD);
    let view = view(address, Some(&before), &look(address)?);
    let text = printed(&view, PLAIN);
    // Whoever closes the pipe has read enough.
    let _ = io::stdout().write_all(text.as_bytes());
    Ok(())
}

/// The screen as lines of text without trailing spaces.
fn printed(view: &View, (width, height): (u16, u16)) -> String {
    let backend = TestBackend::new(width, height);
    let mut terminal = Terminal::new(backend).expect("a screen in memory can be had");
    terminal.draw(|frame| draw::draw(frame, view)).expect("a screen in memory can be drawn on");
    let buffer = terminal.backend().buffer();
    let cells = |y| (0..width).map(move |x| buffer[(x, y)].symbol());
    let lines = (0..height).map(|y| cells(y).collect::<String>().trim_end().to_owned() + "\n");
    lines.collect::<String>().trim_end().to_owned() + "\n"
}

/// Looks and draws until somebody presses `q`.
fn watch(address: &str) -> io::Result<()> {
    let mut before = None;
    let mut now = look(address)?;
    let mut shown = view(address, None, &now);
    ratatui::run(|terminal| {
        loop {
            terminal.draw(|frame| draw::draw(frame, &shown))?;
            if is_ended()? {
                return Ok(());
            }
            match look(address) {
                Ok(seen) => {
                    before = Some(std::mem::replace(&mut now, seen));
                    shown = view(address, before.as_ref(), &now);
                }
                Err(error) => shown.trouble = Some(error.to_string()),
            }
        }
    })
}

/// Waits for a period; gives whether somebody wants to leave.
#[expect(clippy::disallowed_methods, reason = "who watches from outside has a clock of their own")]
fn is_ended() -> io::Result<bool> {
    let until = Instant::now() + PERIOD;
    while event::poll(until.saturating_duration_since(Instant::now()))? {
        let Event::Key(KeyEvent { code, modifiers, .. }) = event::read()? else { continue };
        let is_interrupt = code == KeyCode::Char('c') && modifiers.contains(KeyModifiers::CONTROL);
        if is_interrupt || matches!(code, KeyCode::Char('q') | KeyCode::Esc) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::printed;
    use super::scrape::Scrape;
    use super::view::View;

    /// Two scrapes of a bench, two seconds apart.
    fn recorded() -> View {
        let before = Scrape::parse(include_str!("top/recorded/before.txt")).expect("it was given out");
        let after = Scrape::parse(include_str!("top/recorded/after.txt")).expect("it was given out");
        View::between("127.0.0.1:9464", Some(&before), &after, 2.0)
    }

    #[test]
    fn a_recorded_bench_is_drawn_as_it_was_looked_at_once() {
        let wanted = include_str!("top/recorded/screen.txt");
        let got = printed(&recorded(), super::PLAIN);
        assert_eq!(got, wanted, "if this is better, make it the new screen.txt");
    }

    #[test]
    fn any_size_of_a_screen_and_nothing_to_show_can_be_drawn() {
        let empty = View::between("nowhere", None, &Scrape::parse("").expect("nothing is something"), 0.0);
        for view in [recorded(), empty] {
            for width in [1, 7, 40, 79, 200] {
                for height in [1, 2, 5, 24, 60] {
                    printed(&view, (width, height));
                }
            }
        }
    }

    #[test]
    fn trouble_stands_on_the_screen_beside_what_was_seen_last() {
        let mut view = recorded();
        view.trouble = Some("connection refused".to_owned());
        let screen = printed(&view, super::PLAIN);
        assert!(screen.contains("connection refused") && screen.contains("verify"), "{screen}");
    }
}
