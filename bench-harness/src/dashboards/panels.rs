//! Which panels a dashboard has.

use pelton_pipeline::metrics::{
    self, DURABLE_HEIGHT, Dashboard, METRICS, Metric, QUEUE_CAPACITY, QUEUE_DEPTH, STAGE_HELD, STAGE_PASSED,
    STAGE_REGIME, STAGE_REJECTED, STAGE_TAKEN,
};

use super::query::{Query, is_by_stage, queries, unit};

/// One graph.
#[derive(Clone, Debug)]
pub struct Panel {
    /// Its head.
    pub title: String,
    /// What it means.
    pub description: String,
    /// Grafana's name of its unit.
    pub unit: &'static str,
    /// Whether its series stand on each other.
    pub is_stacked: bool,
    /// Whether it is repeated for each stage.
    pub is_by_stage: bool,
    /// What it shows.
    pub queries: Vec<Query>,
}

/// What is drawn in one panel: its title, whether stacked, and the metrics, each with a word for its series.
type Together = (&'static str, bool, &'static [(&'static Metric, &'static str)]);

const TOGETHER: &[Together] = &[
    ("flow", false, &[(&STAGE_TAKEN, "taken"), (&STAGE_PASSED, "passed"), (&STAGE_REJECTED, "rejected")]),
    ("regimes", true, &[(&STAGE_REGIME, "")]),
    ("queue before it", false, &[(&QUEUE_DEPTH, "waiting"), (&QUEUE_CAPACITY, "room for")]),
    ("inside", false, &[(&STAGE_HELD, "held")]),
    ("heights", false, &[(&metrics::CHAIN_HEIGHT, "root"), (&DURABLE_HEIGHT, "durable")]),
    (
        "blocks before consensus",
        false,
        &[
            (&metrics::BLOCKS_PROPOSED, "proposed"),
            (&metrics::BLOCKS_AGAIN, "proposed again"),
            (&metrics::BLOCKS_FINAL, "final"),
        ],
    ),
];

/// All panels of a dashboard: computed ones, those drawn together, and each other metric alone.
pub fn panels(of: Dashboard) -> Vec<Panel> {
    let mut panels = computed(of);
    let is_here = |metric: &Metric| metric.dashboard == of;
    let together =
        TOGETHER.iter().filter(|(_, _, metrics)| metrics.iter().any(|(metric, _)| is_here(metric)));
    panels.extend(together.map(combined));
    let is_together =
        |metric: &Metric| TOGETHER.iter().any(|one| one.2.iter().any(|(known, _)| *known == metric));
    let others = METRICS.iter().filter(|metric| is_here(metric) && !is_together(metric));
    panels.extend(others.copied().map(alone));
    panels
}

fn combined((title, is_stacked, metrics): &Together) -> Panel {
    let (first, _) = metrics[0];
    let help: Vec<String> =
        metrics.iter().map(|(metric, _)| format!("`{}`: {}", metric.name, metric.help)).collect();
    Panel {
        title: if is_by_stage(first) { format!("$stage: {title}") } else { (*title).to_owned() },
        description: help.join("\n\n"),
        unit: unit(first),
        is_stacked: *is_stacked,
        is_by_stage: is_by_stage(first),
        queries: metrics.iter().flat_map(|(metric, word)| queries(metric, word)).collect(),
    }
}

fn alone(metric: &'static Metric) -> Panel {
    let bare = metric.name.trim_start_matches("pelton_").trim_end_matches("_total");
    let bare = if is_by_stage(metric) { bare.trim_start_matches("stage_") } else { bare }.replace('_', " ");
    Panel {
        title: if is_by_stage(metric) { format!("$stage: {bare}") } else { bare },
        description: format!("`{}`: {}", metric.name, metric.help),
        unit: unit(metric),
        is_stacked: false,
        is_by_stage: is_by_stage(metric),
        queries: queries(metric, ""),
    }
}

/// What is seen first: answers that take more than one metric, or a metric of all stages in one graph.
fn computed(of: Dashboard) -> Vec<Panel> {
    let panel = |title: &str, description: &str, unit, queries| Panel {
        title: title.to_owned(),
        description: description.to_owned(),
        unit,
        is_stacked: false,
        is_by_stage: false,
        queries,
    };
    let rate = |metric: &Metric, filter: &str| {
        format!("rate({}{{instance=~\"$instance\"{filter}}}[$__rate_interval])", metric.name)
    };
    let executed = rate(&metrics::EXECUTED, ",outcome=\"success\"");
    let busy = rate(&STAGE_REGIME, ",regime=\"busy\"");
    let blocked = rate(&STAGE_REGIME, ",regime=\"blocked\"");
    let (planned, waiting) = (rate(&metrics::PLANNED, ""), rate(&metrics::PLANNED, ",waits_for=\"others\""));
    match of {
        Dashboard::Pipeline => vec![
            panel(
                "committed",
                "Transactions executed with success, a second.",
                "cps",
                vec![Query::new(format!("sum by (instance) ({executed})"), "{{instance}}")],
            ),
            panel(
                "waterfall",
                "What each stage passes on, a second: where the lines part, transactions are held or turned away.",
                "cps",
                vec![Query::new(
                    format!("sum by (instance, stage) ({})", rate(&STAGE_PASSED, "")),
                    "{{instance}} {{stage}}",
                )],
            ),
            panel(
                "limiting stage",
                "The stage that is busy for the largest share of its time.",
                "percentunit",
                vec![Query::new(
                    format!("topk by (instance) (1, sum by (instance, stage) ({busy}))"),
                    "{{instance}} {{stage}}",
                )],
            ),
            panel(
                "blocked",
                "Share of time in which a stage had no room for what it had done: it waits for one further down.",
                "percentunit",
                vec![Query::new(format!("sum by (instance, stage) ({blocked})"), "{{instance}} {{stage}}")],
            ),
        ],
        Dashboard::Engine => vec![panel(
            "conflicts",
            "Share of planned transactions that wait for another one in their block.",
            "percentunit",
            vec![Query::new(
                format!("sum by (instance) ({waiting}) / sum by (instance) ({planned})"),
                "{{instance}}",
            )],
        )],
        Dashboard::Network => vec![
            panel(
                "views given up",
                "Of the views of consensus, the share that this validator gave up waiting for.",
                "percentunit",
                vec![Query::new(
                    format!(
                        "sum by (instance) ({}) / sum by (instance) ({})",
                        rate(&metrics::CONSENSUS_TIMEOUTS, ""),
                        rate(&metrics::CONSENSUS_VIEW, "")
                    ),
                    "{{instance}}",
                )],
            ),
            panel(
                "shreds lost on the way",
                "Share of sent packets that did not come in.",
                "percentunit",
                vec![Query::new(
                    format!(
                        "clamp_min(1 - sum by (instance) ({}) / sum by (instance) ({}), 0)",
                        rate(&metrics::SHREDS_TAKEN, ""),
                        rate(&metrics::SHREDS_SENT, "")
                    ),
                    "{{instance}}",
                )],
            ),
        ],
        Dashboard::Node => vec![
            panel(
                "requests",
                "What clients ask, a second, and what comes of it.",
                "cps",
                vec![Query::new(
                    format!("sum by (instance, outcome) ({})", rate(&metrics::RPC_REQUESTS, "")),
                    "{{instance}} {{outcome}}",
                )],
            ),
            panel(
                "errors",
                "Share of requests that got an error.",
                "percentunit",
                vec![Query::new(
                    format!(
                        "sum by (instance) ({}) / sum by (instance) ({})",
                        rate(&metrics::RPC_REQUESTS, ",outcome=\"failed\""),
                        rate(&metrics::RPC_REQUESTS, "")
                    ),
                    "{{instance}}",
                )],
            ),
        ],
        Dashboard::Verify | Dashboard::Durability => Vec::new(),
    }
}
