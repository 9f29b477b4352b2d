//! `report.html`: the profile as one page that needs nothing else, on a screen of either dress and on paper.

use hdrhistogram::Histogram;

use crate::doctor::State;
use crate::profile::plot::{Axis, Series, escape, lines, shares};
use crate::profile::{Profile, Whole};

const STYLE: &str = "
:root{--fg:#1c2430;--bg:#fff;--dim:#5b6675;--rule:#d9dee5;--c0:#2563a8;--c1:#d0672a;--c2:#3c8d5a;--c3:#8d4fb5;--c4:#b03a52;
--c5:#6b7c1f;--c6:#1b8a99;--c7:#777}
@media(prefers-color-scheme:dark){:root{--fg:#e4e8ee;--bg:#14181f;--dim:#9aa5b4;--rule:#333c48;--c0:#6ea8ea;--c1:#f0985f;
--c2:#6cc48d;--c3:#c08ae6;--c4:#ea7c93;--c5:#b8c860;--c6:#5cc6d4;--c7:#aaa}}
*{box-sizing:border-box}body{margin:2rem auto;max-width:62rem;padding:0 1rem;font:15px/1.5 system-ui,sans-serif;color:var(--fg);
background:var(--bg)}h1{font-size:1.6rem;margin-bottom:.2rem}h2{font-size:1.15rem;margin-top:2.2rem;border-top:1px solid var(--rule);
padding-top:1rem}p.dim,td.dim{color:var(--dim)}svg{width:100%;max-width:44rem;height:auto;display:block}svg text{font:12px system-ui,
sans-serif;fill:var(--dim)}.grid{stroke:var(--rule)}.legend span{margin-right:1.2rem}.legend i{display:inline-block;width:.8em;
height:.8em;margin-right:.4em}table{border-collapse:collapse;width:100%;font-size:13px}th,td{text-align:left;padding:.25rem .6rem;
border-bottom:1px solid var(--rule);vertical-align:top}td.n,th.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
ul{padding-left:1.2rem}
@media print{:root{--fg:#000;--bg:#fff;--dim:#333;--rule:#bbb}body{margin:0;max-width:none;font-size:11px}h2,h3{break-after:avoid}
section{break-inside:avoid}}";

/// The page.
pub fn page(whole: &Whole<'_>) -> String {
    let (profile, machine) = (whole.profile, &whole.environment.machine);
    let verdict: String = profile.verdict.iter().map(|line| format!("<li>{}</li>", escape(line))).collect();
    let missing: String =
        profile.unavailable.iter().map(|line| format!("<li>{}</li>", escape(line))).collect();
    let quick = if profile.quick { ", a quick profile: figures are rough" } else { "" };
    let gpu = machine.gpu.as_deref().unwrap_or("no GPU");
    let head = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>Pelton: {cpu}</title><style>{STYLE}</style></head><body>\
         <h1>Pelton on {cpu}</h1><p class=\"dim\">{} cores, {}, {:.0} GiB, {}, {}; commit {}{quick}</p><ul>{verdict}</ul>",
        machine.cores,
        escape(machine.simd.last().map_or("no SIMD", String::as_str)),
        machine.memory_bytes as f64 / (1u64 << 30) as f64,
        escape(gpu),
        escape(&machine.os),
        escape(&profile.commit),
        cpu = escape(&machine.cpu),
    );
    let sections = [
        section("Runs", "Every run; all are audited against serial execution.", &runs(profile)),
        section(
            "Threads",
            "Offline throughput of transfers, and the law that was fitted to it.",
            &threads(profile),
        ),
        section("Stages", "Where the best offline run spent each stage's time.", &regimes(whole)),
        section(
            "Server",
            "Independent arrivals: p99 of latency at every rate that was tried.",
            &served(profile),
        ),
        section(
            "Latency",
            "Of an offline run on all threads: how long the slowest share waits.",
            &latency(&whole.swept.latency_ns),
        ),
        section(
            "Signatures",
            "By batch, one thread of the processor, or one batch at a time on a device: the higher, the better.",
            &kernels(profile),
        ),
        section("Ceilings", "What was achieved beside what was measured to be possible.", &ceilings(profile)),
        section("Host", "What this host costs, by pelton doctor.", &host(whole)),
        section("Not measured", "", &format!("<ul>{missing}</ul>")),
    ];
    head + &sections.concat() + "</body></html>\n"
}

fn section(title: &str, what: &str, body: &str) -> String {
    format!("<section><h2>{title}</h2><p class=\"dim\">{what}</p>{body}</section>")
}

fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let head: String = head.iter().map(|name| format!("<th>{name}</th>")).collect();
    let cell = |text: &String| {
        let class = if text.starts_with(|first: char| first.is_ascii_digit()) { " class=\"n\"" } else { "" };
        format!("<td{class}>{}</td>", escape(text))
    };
    let row = |row: Vec<String>| format!("<tr>{}</tr>", row.iter().map(cell).collect::<String>());
    format!("<table><tr>{head}</tr>{}</table>", rows.map(row).collect::<String>())
}

fn runs(profile: &Profile) -> String {
    let rows = profile.runs.iter().map(|run| {
        let report = &run.report;
        let joules = run.energy.joules_per_transaction();
        vec![
            run.scenario.clone(),
            report.workload.name.clone(),
            report.workload.scheme.clone() + if report.verify.senders_claimed { ", claimed" } else { "" },
            report.verify.requested.clone(),
            report.threads.to_string(),
            format!("{:.0}", report.committed_per_second),
            format!("{:.1} ms", report.latency_ns.p50 as f64 / 1e6),
            format!("{:.1} ms", report.latency_ns.p99 as f64 / 1e6),
            report.limit.stage.clone(),
            format!("{:.1}%", report.load.utilisation * 100.0),
            joules.map_or_else(|| "unavailable".to_owned(), |joules| format!("{:.0} µJ", joules * 1e6)),
            if report.is_good() { "right" } else { "WRONG" }.to_owned(),
        ]
    });
    let head = [
        "scenario",
        "workload",
        "scheme",
        "back-end",
        "threads",
        "committed/s",
        "p50",
        "p99",
        "limit",
        "load busy",
        "energy each",
        "audit",
    ];
    table(&head, rows)
}

fn threads(profile: &Profile) -> String {
    let Some(scaling) = &profile.scaling else {
        return "<p>unavailable: it takes two counts of threads</p>".to_owned();
    };
    let most = scaling.points.iter().map(|(threads, ..)| *threads).max().unwrap_or(1) as f64;
    let law = (4..=(most * 4.0) as u32).map(|quarter| f64::from(quarter) / 4.0);
    let series = [
        Series {
            name: "measured".to_owned(),
            points: scaling.points.iter().map(|(threads, rate, _)| (*threads as f64, *rate)).collect(),
            is_marks: true,
        },
        Series {
            name: format!("{}: σ {:.4}, κ {:.6}", scaling.law, scaling.sigma, scaling.kappa),
            points: law.map(|threads| (threads, scaling.at(threads))).collect(),
            is_marks: false,
        },
    ];
    lines(&series, ("threads", Axis::Linear), ("committed a second", Axis::Linear))
}

fn regimes(whole: &Whole<'_>) -> String {
    let stages = &whole.swept.best().report.stages;
    let row = |stage: &crate::report::StageReport| {
        let regimes = &stage.regime_seconds;
        let all = (regimes.busy + regimes.blocked + regimes.idle).max(f64::MIN_POSITIVE);
        (stage.name.clone(), vec![regimes.busy / all, regimes.blocked / all])
    };
    shares(&stages.iter().map(row).collect::<Vec<_>>(), &["busy", "blocked; the rest is idle"])
}

fn served(profile: &Profile) -> String {
    let server = &profile.server;
    let mut points = server.tried.clone();
    points.sort_by(|x, y| x.0.total_cmp(&y.0));
    let most = points.last().map_or(1.0, |last| last.0);
    let series = [
        Series { name: "p99".to_owned(), points, is_marks: true },
        Series {
            name: format!("the bound, {} ms", server.p99_ms),
            points: vec![(0.0, server.p99_ms), (most, server.p99_ms)],
            is_marks: false,
        },
    ];
    lines(&series, ("offered a second", Axis::Linear), ("p99, ms", Axis::Logarithmic))
}

fn latency(histogram: &Histogram<u64>) -> String {
    // 50 %, 90 %, 99 %, ... as far as there are transactions for it.
    let tails = (1..=24).map(|step| 10_f64.powf(-f64::from(step) / 4.0));
    let tails = tails.take_while(|tail| tail * histogram.len() as f64 >= 1.0);
    let point = |tail: f64| (1.0 / tail, histogram.value_at_quantile(1.0 - tail) as f64 / 1e6);
    let series = [Series {
        name: "one in so many takes longer".to_owned(),
        points: tails.map(point).collect(),
        is_marks: false,
    }];
    lines(&series, ("one in so many", Axis::Logarithmic), ("ms", Axis::Linear))
}

fn kernels(profile: &Profile) -> String {
    let schemes = ["ed25519", "secp256k1", "secp256k1 claimed"];
    let plot = |scheme: &str| {
        let mut series: Vec<Series> = Vec::new();
        for speed in profile.kernels.iter().filter(|speed| speed.scheme == scheme) {
            let name = format!("{} {}", speed.backend, speed.level);
            let point = (speed.batch as f64, 1e9 / speed.ns_each.max(1e-3));
            match series.iter_mut().find(|series| series.name == name) {
                Some(series) => series.points.push(point),
                None => series.push(Series { name, points: vec![point], is_marks: false }),
            }
        }
        let plot = lines(
            &series,
            ("signatures in a batch", Axis::Logarithmic),
            ("signatures a second", Axis::Linear),
        );
        format!("<h3>{scheme}</h3>{plot}")
    };
    schemes.map(plot).concat()
}

fn ceilings(profile: &Profile) -> String {
    let ceilings = &profile.ceilings;
    let share = |of: f64| format!("{:.0}%", ceilings.achieved / of.max(1.0) * 100.0);
    let rows = [
        vec!["achieved".to_owned(), format!("{:.0} a second", ceilings.achieved), String::new()],
        vec![
            "signatures alone".to_owned(),
            format!("{:.0} a second", ceilings.signatures_alone),
            share(ceilings.signatures_alone),
        ],
        vec![
            "all stages at their cost alone".to_owned(),
            format!("{:.0} a second", ceilings.stages_alone),
            share(ceilings.stages_alone),
        ],
        vec![
            "memory, copied by one thread".to_owned(),
            format!("{:.1} GB/s", ceilings.copied_bytes_per_second / 1e9),
            String::new(),
        ],
        vec![
            "memory, copied by all threads".to_owned(),
            format!("{:.1} GB/s", ceilings.copied_bytes_per_second_by_all / 1e9),
            format!("allows {:.0} bytes a transaction", ceilings.affordable_bytes_per_transaction),
        ],
    ];
    let gpu = ceilings.gpu.iter();
    let gpu =
        gpu.map(|one| vec![one.what.clone(), format!("{:.3e} a second", one.per_second), String::new()]);
    table(&["ceiling", "measured", "reached"], rows.into_iter().chain(gpu))
}

fn host(whole: &Whole<'_>) -> String {
    let rows = whole.diagnosis.checks.iter().map(|check| {
        let state = match check.state {
            State::Good => "good",
            State::Costs => "costs",
            State::Unavailable => "-",
        };
        let loss = check.loss.map_or_else(String::new, |loss| loss.to_string());
        vec![
            check.name.clone(),
            state.to_owned(),
            check.found.clone(),
            loss,
            check.change.clone().unwrap_or_default(),
        ]
    });
    table(&["what", "", "found", "loss", "change it"], rows)
}
