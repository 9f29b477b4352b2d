//! The screen.
//!
//! ```text
//!   headline: who, how much, how soon, what limits it
//!   stages:   what came in and went on, regimes as a bar, queue, time in it
//!   below:    hot keys and who verifies
//! ```

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Color, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph, Row, Table};

use super::view::{StageView, View};

/// Cells of the bar of regimes, and of that of the flow.
const BAR: usize = 20;

/// Draws it all.
pub fn draw(frame: &mut Frame<'_>, view: &View) {
    let stages = view.stages.len() as u16 + 3;
    let parts = Layout::vertical([Constraint::Length(4), Constraint::Length(stages), Constraint::Min(0)]);
    let [head, middle, below] = parts.areas(frame.area());
    frame.render_widget(Paragraph::new(headline(view)), head);
    frame.render_widget(waterfall(view), middle);
    let [left, right] = Layout::horizontal([Constraint::Fill(3), Constraint::Fill(2)]).areas(below);
    let keys =
        view.hot_keys.iter().map(|(key, price)| (key.as_str(), format!("{} wei per gas", whole(*price))));
    frame.render_widget(list("hot keys", "no key has a price", keys), left);
    let backends = view.backends.iter().map(|(name, rate)| (name.as_str(), format!("{}/s", whole(*rate))));
    frame.render_widget(list("signatures", "none were asked about", backends), right);
}

fn headline(view: &View) -> Vec<Line<'static>> {
    let build = format!(
        "  {}  {}, {} threads, {:.2} cores in use",
        view.address,
        view.build,
        whole(view.threads),
        view.cores
    );
    let who = Line::from(vec![Span::from("pelton top").bold(), Span::from(build)]);
    let flow = Line::from(vec![
        Span::from(whole(view.committed_per_second)).bold().green(),
        Span::from(format!(
            " committed/s  {} failed/s  {} rejected/s   latency p50 {}  p99 {}",
            whole(view.failed_per_second),
            whole(view.rejected_per_second),
            time(view.latency[0]),
            time(view.latency[1])
        )),
    ]);
    let durable = view.durable_height.map_or(String::new(), |height| format!(" ({} durable)", whole(height)));
    let requests = view.requests_per_second.map_or(String::new(), |[all, failed]| {
        format!("   {} requests/s, {} failed", whole(all), whole(failed))
    });
    let consensus = view
        .consensus
        .map_or(String::new(), |[at, peers]| format!("   view {}, {} peers", whole(at), whole(peers)));
    let (height, pool) = (whole(view.height), whole(view.pool));
    let chain = format!("   height {height}{durable}   pool {pool}{requests}{consensus}");
    let limit = match view.limit() {
        Some(stage) => format!("limit {}, busy {:.0}%", stage.name, 100.0 * stage.regimes[1]),
        None => "limit none: there is nothing to do".to_owned(),
    };
    let limit = Line::from(vec![Span::from(limit).bold().yellow(), Span::from(chain)]);
    let trouble =
        view.trouble.as_ref().map_or(Line::default(), |why| Line::from(format!("not seen: {why}")).red());
    vec![who, flow, limit, trouble]
}

fn waterfall(view: &View) -> Table<'static> {
    let most = view.stages.iter().map(|stage| stage.passed_per_second).fold(1.0, f64::max);
    let limit = view.limit().map(|stage| stage.name.clone());
    let rows = view.stages.iter().map(|stage| {
        let row = stage_row(stage, most);
        if limit.as_ref() == Some(&stage.name) { row.style(Style::new().fg(Color::Yellow)) } else { row }
    });
    let widths = [10, 11, 11, BAR as u16, BAR as u16, 5, 5, 9, 8, 9].map(Constraint::Length);
    let names =
        ["stage", "in/s", "out/s", "flow", "busy █ blocked ▒", "busy", "block", "queue", "held", "p99"];
    let title = " q ends it ";
    Table::new(rows, widths)
        .header(Row::new(names.map(|name| Line::from(name).bold())))
        .block(Block::bordered().title_bottom(title))
        .column_spacing(1)
}

fn stage_row(stage: &StageView, most: f64) -> Row<'static> {
    let [_, busy, blocked] = stage.regimes;
    let cells = |share: f64| ((share * BAR as f64).round() as usize).min(BAR);
    let flow = "━".repeat(cells(stage.passed_per_second / most));
    let busy_cells = cells(busy);
    let regimes = "█".repeat(busy_cells) + &"▒".repeat(cells(blocked).min(BAR - busy_cells));
    let queue =
        stage.queue.map_or("-".to_owned(), |(depth, room)| format!("{}/{}", whole(depth), whole(room)));
    Row::new([
        Line::from(stage.name.clone()),
        Line::from(whole(stage.taken_per_second)).right_aligned(),
        Line::from(whole(stage.passed_per_second)).right_aligned(),
        Line::from(flow),
        Line::from(regimes),
        Line::from(format!("{:.0}%", 100.0 * busy)).right_aligned(),
        Line::from(format!("{:.0}%", 100.0 * blocked)).right_aligned(),
        Line::from(queue).right_aligned(),
        Line::from(whole(stage.held)).right_aligned(),
        Line::from(time(stage.service)).right_aligned(),
    ])
}

fn list<'a>(
    title: &'static str,
    nothing: &'static str,
    entries: impl Iterator<Item = (&'a str, String)>,
) -> Paragraph<'static> {
    let mut lines: Vec<Line> = entries.map(|(name, value)| Line::from(format!("{name}  {value}"))).collect();
    if lines.is_empty() {
        lines.push(Line::from(nothing).dim());
    }
    Paragraph::new(lines).block(Block::bordered().title(title))
}

/// A whole number with commas.
fn whole(value: f64) -> String {
    let digits = format!("{:.0}", value.max(0.0));
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Seconds in a unit that suits them.
fn time(seconds: Option<f64>) -> String {
    match seconds {
        None => "-".to_owned(),
        Some(seconds) if seconds < 1e-3 => format!("{:.0} µs", seconds * 1e6),
        Some(seconds) if seconds < 1.0 => format!("{:.1} ms", seconds * 1e3),
        Some(seconds) => format!("{seconds:.2} s"),
    }
}
