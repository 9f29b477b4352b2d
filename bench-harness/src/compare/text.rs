//! A comparison as Markdown.

use std::fmt::{self, Display, Formatter};

use crate::compare::{Comparison, Judged, RUNS_MIN, Side, Verdict};

impl Display for Comparison {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "**{}**{}\n", self.verdict.as_str(), self.reason())?;
        writeln!(f, "A: {}  ", side(&self.a))?;
        let pairs = if self.paired { ", in pairs with those of A" } else { "" };
        writeln!(f, "B: {}{pairs}\n", side(&self.b))?;
        for what in &self.unlike {
            writeln!(f, "Unlike, as was allowed: {what}\n")?;
        }
        writeln!(f, "| metric | A | B | B : A | 95 % interval | floor | |")?;
        writeln!(f, "| --- | ---: | ---: | ---: | :---: | ---: | --- |")?;
        self.metrics.iter().try_for_each(|metric| row(metric, f))?;
        writeln!(
            f,
            "\nA and B are medians. Better or worse is what lies beyond its floor with {:.2} % confidence, so that all {} \
             metrics together are right 99 % of the time.",
            self.confidence_of_each * 100.0,
            self.metrics.len()
        )
    }
}

impl Comparison {
    fn reason(&self) -> String {
        match (self.verdict, &self.slower_stage) {
            (Verdict::Worse, Some(stage)) => format!(": {stage} got slower"),
            (Verdict::Worse | Verdict::Better, _) => {
                let like = self.metrics.iter().filter(|metric| metric.verdict == self.verdict);
                let names: Vec<&str> = like.map(|metric| metric.name.as_str()).collect();
                format!(": {}", names.join(", "))
            }
            (Verdict::WithinNoise, _) => String::new(),
            (Verdict::Undecided, _) => format!(": it takes {RUNS_MIN} runs on each side to say more"),
        }
    }
}

fn side(side: &Side) -> String {
    let runs = if side.runs == 1 { "run" } else { "runs" };
    format!("`{}`, {} {runs}, commit {}", side.name, side.runs, side.commits.join(", "))
}

fn row(metric: &Judged, f: &mut Formatter<'_>) -> fmt::Result {
    let ratio = metric.ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.3}"));
    let interval = match (metric.low, metric.high) {
        (Some(low), Some(high)) => format!("{low:.3} to {high:.3}"),
        _ => "-".to_owned(),
    };
    let verdict = match metric.verdict {
        Verdict::Better => "**better**",
        Verdict::Worse => "**worse**",
        Verdict::WithinNoise | Verdict::Undecided => metric.verdict.as_str(),
    };
    writeln!(
        f,
        "| {}, {} | {} | {} | {ratio} | {interval} | {:.0} % | {verdict} |",
        metric.name,
        metric.unit,
        number(metric.a),
        number(metric.b),
        metric.floor * 100.0
    )
}

fn number(value: f64) -> String {
    if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}
