//! Plots as SVG that stands in the page: lines over linear or logarithmic axes, and bars. Colours are the page's, so that
//! they follow its light or dark dress.

use std::fmt::Write as _;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 46.0;

/// One line, or points if it is not drawn through.
pub struct Series {
    /// What it shows.
    pub name: String,
    /// Points in order of x.
    pub points: Vec<(f64, f64)>,
    /// Whether points are marked and not joined.
    pub is_marks: bool,
}

/// How an axis runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    /// Evenly, from 0.
    Linear,
    /// By powers of ten.
    Logarithmic,
}

/// Where values lie on an axis.
struct Scale {
    axis: Axis,
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Scale {
    fn of(axis: Axis, values: impl Iterator<Item = f64>, from: f64, to: f64) -> Scale {
        let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
        values.filter(|value| value.is_finite()).for_each(|value| {
            low = low.min(value);
            high = high.max(value);
        });
        let (low, high) = match axis {
            Axis::Linear => (0.0, if high > 0.0 { high * 1.08 } else { 1.0 }),
            Axis::Logarithmic => {
                let low = if low.is_finite() && low > 0.0 { low } else { 1.0 };
                (low / 1.2, high.max(low) * 1.2)
            }
        };
        Scale { axis, low, high, from, to }
    }

    fn at(&self, value: f64) -> f64 {
        let share = match self.axis {
            Axis::Linear => (value - self.low) / (self.high - self.low),
            Axis::Logarithmic => (value.max(self.low) / self.low).log10() / (self.high / self.low).log10(),
        };
        self.from + (self.to - self.from) * share
    }

    fn ticks(&self) -> Vec<f64> {
        match self.axis {
            Axis::Linear => {
                let rough = self.high / 5.0;
                let power = 10_f64.powf(rough.log10().floor());
                let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
                let step = step.into_iter().find(|step| *step >= rough).unwrap_or(power);
                (0..).map(|index| f64::from(index) * step).take_while(|tick| *tick <= self.high).collect()
            }
            Axis::Logarithmic => {
                let decades = self.low.log10().floor() as i32..=self.high.log10().ceil() as i32;
                let is_wide = (self.high / self.low).log10() > 2.5;
                let factors: &[f64] = if is_wide { &[1.0] } else { &[1.0, 2.0, 5.0] };
                let all =
                    decades.flat_map(|decade| factors.iter().map(move |factor| factor * 10_f64.powi(decade)));
                all.filter(|tick| (self.low..=self.high).contains(tick)).collect()
            }
        }
    }
}

/// A plot of lines.
pub fn lines(series: &[Series], x: (&str, Axis), y: (&str, Axis)) -> String {
    let points = || series.iter().flat_map(|series| &series.points);
    let xs = Scale::of(x.1, points().map(|point| point.0), LEFT, WIDTH - RIGHT);
    let ys = Scale::of(y.1, points().map(|point| point.1), HEIGHT - BOTTOM, TOP);
    let mut out = open(&format!("{} by {}", y.0, x.0));
    grid(&mut out, &xs, &ys, x.0, y.0);
    for (index, series) in series.iter().enumerate() {
        let colour = format!("var(--c{})", index % 8);
        let at: Vec<(f64, f64)> = series.points.iter().map(|(x, y)| (xs.at(*x), ys.at(*y))).collect();
        if series.is_marks {
            for (x, y) in at {
                let _ = write!(out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{colour}\"/>");
            }
        } else {
            let path: Vec<String> = at.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
            let path = path.join(" ");
            let _ = write!(
                out,
                "<polyline points=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>"
            );
        }
    }
    out += "</svg>";
    out + &legend(series.iter().map(|series| series.name.as_str()))
}

/// Bars, each of parts that lie side by side and add up to 1.
pub fn shares(rows: &[(String, Vec<f64>)], parts: &[&str]) -> String {
    let (height, step) = (24.0 * rows.len() as f64 + 8.0, 24.0);
    let mut out =
        format!("<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"shares of time\">");
    for (row, (name, values)) in rows.iter().enumerate() {
        let y = 4.0 + step * row as f64;
        let mut x = 100.0;
        let _ =
            write!(out, "<text x=\"94\" y=\"{:.1}\" text-anchor=\"end\">{}</text>", y + 14.0, escape(name));
        for (part, value) in values.iter().enumerate() {
            let width = value.clamp(0.0, 1.0) * (WIDTH - 100.0 - RIGHT);
            let _ = write!(
                out,
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"18\" fill=\"var(--c{part})\"/>"
            );
            x += width;
        }
    }
    out += "</svg>";
    out + &legend(parts.iter().copied())
}

fn open(label: &str) -> String {
    format!("<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">", escape(label))
}

fn grid(out: &mut String, xs: &Scale, ys: &Scale, x_label: &str, y_label: &str) {
    let (bottom, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
    for tick in ys.ticks() {
        let y = ys.at(tick);
        let _ =
            write!(out, "<line x1=\"{LEFT}\" x2=\"{right}\" y1=\"{y:.1}\" y2=\"{y:.1}\" class=\"grid\"/>");
        let _ = write!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 6.0,
            y + 4.0,
            short(tick)
        );
    }
    for tick in xs.ticks() {
        let x = xs.at(tick);
        let _ =
            write!(out, "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{bottom}\" class=\"grid\"/>");
        let _ = write!(
            out,
            "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            bottom + 16.0,
            short(tick)
        );
    }
    let middle = f64::midpoint(LEFT, right);
    let _ = write!(
        out,
        "<text x=\"{middle}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
        HEIGHT - 8.0,
        escape(x_label)
    );
    let centre = f64::midpoint(TOP, bottom);
    let _ = write!(
        out,
        "<text x=\"14\" y=\"{centre}\" text-anchor=\"middle\" transform=\"rotate(-90 14 {centre})\">{}</text>",
        escape(y_label)
    );
}

fn legend<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let entry = |(index, name): (usize, &str)| {
        format!("<span><i style=\"background:var(--c{})\"></i>{}</span>", index % 8, escape(name))
    };
    format!("<p class=\"legend\">{}</p>", names.enumerate().map(entry).collect::<String>())
}

/// A number in few characters.
fn short(value: f64) -> String {
    let trim = |text: String| text.trim_end_matches('0').trim_end_matches('.').to_owned();
    match value {
        value if value >= 1e6 => trim(format!("{:.2}", value / 1e6)) + "M",
        value if value >= 1e3 => trim(format!("{:.1}", value / 1e3)) + "k",
        0.0 => "0".to_owned(),
        value => trim(format!("{value:.3}")),
    }
}

/// Text that cannot be taken for markup.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::{Axis, Series, escape, lines, short};

    #[test]
    fn numbers_on_axes_are_short_and_text_is_no_markup() {
        assert_eq!([0.0, 0.25, 12.0, 1_500.0, 2_500_000.0].map(short), ["0", "0.25", "12", "1.5k", "2.5M"]);
        assert_eq!(escape("<a & \"b\">"), "&lt;a &amp; &quot;b&quot;&gt;");
    }

    #[test]
    fn every_point_lies_within_the_plot() {
        let points = vec![(1.0, 10.0), (10.0, 1_000.0), (4_096.0, 0.0)];
        let series = [Series { name: "one".to_owned(), points, is_marks: true }];
        let svg = lines(&series, ("x", Axis::Logarithmic), ("y", Axis::Linear));
        let numbers = svg.split("cx=\"").skip(1).map(|rest| rest.split('"').next().expect("a number"));
        let xs: Vec<f64> = numbers.map(|number| number.parse().expect("a number")).collect();
        assert!(xs.len() == 3 && xs.iter().all(|x| (70.0..=624.0).contains(x)), "{xs:?}");
    }
}
