//! A plot of panels over one axis, as plain SVG that can be read on light and on dark ground.

use std::fmt::Write;

const WIDTH: f64 = 860.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 64.0;
const PANEL: f64 = 170.0;
const GAP: f64 = 34.0;
const BOTTOM: f64 = 46.0;

const STYLE: &str = "\
text{font:12px system-ui,sans-serif;fill:#1f2328}.title{font-size:15px;font-weight:600}.small{font-size:11px}
.ground{fill:#fff}.axis{stroke:#59636e;fill:none}.grid{stroke:#d1d9e0;fill:none}.span{fill:#818b98;opacity:.13}
.hot,.cold,.one{fill:none;stroke-width:1.8;stroke-linejoin:round}
.hot{stroke:#cf222e}.cold{stroke:#0969da}.one{stroke:#59636e;stroke-dasharray:5 4}
@media (prefers-color-scheme:dark){text{fill:#f0f6fc}.ground{fill:#0d1117}.axis{stroke:#9198a1}.grid{stroke:#3d444d}
.hot{stroke:#ff7b72}.cold{stroke:#58a6ff}.one{stroke:#9198a1}}";

/// A line.
pub struct Series {
    pub name: &'static str,
    /// Its class in the style.
    pub class: &'static str,
    /// One value for each position on the axis, from 1 on.
    pub values: Vec<f64>,
}

/// Lines that share a scale.
pub struct Panel {
    pub label: &'static str,
    /// Distance of the labelled values on the scale, and how many of them there are above zero.
    pub step: f64,
    pub steps: u32,
    pub series: Vec<Series>,
}

/// Panels over one axis, of which one stretch is marked.
pub struct Plot {
    pub title: &'static str,
    pub axis: &'static str,
    pub marked: (std::ops::Range<u64>, &'static str),
    pub panels: Vec<Panel>,
}

impl Plot {
    pub fn to_svg(&self) -> String {
        let height = TOP + self.panels.len() as f64 * (PANEL + GAP) - GAP + BOTTOM;
        let mut svg = String::new();
        line(
            &mut svg,
            &format!(
                r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{}">"#,
                self.title
            ),
        );
        line(&mut svg, &format!("<style>{STYLE}</style>"));
        line(&mut svg, &format!(r#"<rect class="ground" width="{WIDTH}" height="{height}"/>"#));
        line(&mut svg, &text(LEFT, 24.0, "title", "start", self.title));
        for (at, panel) in self.panels.iter().enumerate() {
            self.panel(&mut svg, panel, TOP + at as f64 * (PANEL + GAP));
        }
        self.axis(&mut svg, height - BOTTOM);
        svg.push_str("</svg>\n");
        svg
    }

    fn panel(&self, svg: &mut String, panel: &Panel, top: f64) {
        let bottom = top + PANEL;
        let (from, to) = (self.x(self.marked.0.start), self.x(self.marked.0.end));
        let width = to - from;
        line(
            svg,
            &format!(
                r#"<rect class="span" x="{from:.1}" y="{top:.1}" width="{width:.1}" height="{PANEL:.1}"/>"#
            ),
        );
        for step in 0..=panel.steps {
            let y = bottom - PANEL * f64::from(step) / f64::from(panel.steps);
            let class = if step == 0 { "axis" } else { "grid" };
            line(svg, &path(class, &[(LEFT, y), (WIDTH - RIGHT, y)]));
            let value = panel.step * f64::from(step);
            line(svg, &text(LEFT - 8.0, y + 4.0, "small", "end", &format!("{value}")));
        }
        line(svg, &path("axis", &[(LEFT, top), (LEFT, bottom)]));
        let middle = (top + bottom) / 2.0;
        line(
            svg,
            &format!(
                r#"<text x="18" y="{middle:.1}" text-anchor="middle" transform="rotate(-90 18 {middle:.1})">{}</text>"#,
                panel.label
            ),
        );
        let highest = panel.step * f64::from(panel.steps);
        for series in &panel.series {
            let y = |value: f64| bottom - PANEL * value.min(highest) / highest;
            let points = (1..).zip(&series.values).map(|(position, value)| (self.x(position), y(*value)));
            line(svg, &path(series.class, &points.collect::<Vec<_>>()));
        }
        legend(svg, panel, top - 8.0);
    }

    fn axis(&self, svg: &mut String, y: f64) {
        for position in (0..=self.positions()).step_by(20) {
            let x = self.x(position);
            line(svg, &path("axis", &[(x, y), (x, y + 5.0)]));
            line(svg, &text(x, y + 18.0, "small", "middle", &position.to_string()));
        }
        let middle = (LEFT + WIDTH - RIGHT) / 2.0;
        line(svg, &text(middle, y + 36.0, "", "middle", self.axis));
        let (marked, name) = &self.marked;
        line(svg, &text(self.x(marked.start) + 6.0, TOP + 14.0, "small", "start", name));
    }

    fn positions(&self) -> u64 {
        self.panels[0].series[0].values.len() as u64
    }

    fn x(&self, position: u64) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * position as f64 / self.positions() as f64
    }
}

/// The names of a panel's lines above its right end.
fn legend(svg: &mut String, panel: &Panel, y: f64) {
    let mut right = WIDTH - RIGHT;
    for series in panel.series.iter().rev() {
        line(svg, &text(right, y, "small", "end", series.name));
        let left = right - 6.1 * series.name.len() as f64 - 8.0;
        line(svg, &path(series.class, &[(left - 24.0, y - 4.0), (left, y - 4.0)]));
        right = left - 40.0;
    }
}

fn text(x: f64, y: f64, class: &str, anchor: &str, words: &str) -> String {
    format!(r#"<text class="{class}" x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{words}</text>"#)
}

fn path(class: &str, points: &[(f64, f64)]) -> String {
    let mut out = format!(r#"<polyline class="{class}" points=""#);
    for (position, (x, y)) in points.iter().enumerate() {
        let space = if position == 0 { "" } else { " " };
        write!(out, "{space}{x:.1},{y:.1}").expect("a string takes all");
    }
    out + r#""/>"#
}

fn line(svg: &mut String, words: &str) {
    svg.push_str(words);
    svg.push('\n');
}
