//! `View`: what two scrapes say together.

use super::scrape::Scrape;

/// What is drawn.
#[derive(Clone, Debug)]
pub struct View {
    /// Who was asked.
    pub address: String,
    /// Version and commit of what runs there.
    pub build: String,
    /// Its threads.
    pub threads: f64,
    /// Executed with success, a second.
    pub committed_per_second: f64,
    /// Failed, and turned away, a second.
    pub failed_per_second: f64,
    /// See above.
    pub rejected_per_second: f64,
    /// Median and 99th percentile of the time from due to out, in seconds; none while nothing comes out.
    pub latency: [Option<f64>; 2],
    /// CPU time of the process, in cores.
    pub cores: f64,
    /// Height of the chain, of what is on the disk if it is kept, and transactions that wait.
    pub height: f64,
    /// See above.
    pub durable_height: Option<f64>,
    /// See above.
    pub pool: f64,
    /// In the order of the pipeline.
    pub stages: Vec<StageView>,
    /// Back-ends, and how many signatures each answers a second.
    pub backends: Vec<(String, f64)>,
    /// The dearest keys, and their prices in wei per gas.
    pub hot_keys: Vec<(String, f64)>,
    /// Requests of clients a second, and those of them that got an error; none of what serves no clients.
    pub requests_per_second: Option<[f64; 2]>,
    /// The view of consensus, and how many validators this one is connected with; none where it is alone.
    pub consensus: Option<[f64; 2]>,
    /// Why nothing newer is shown.
    pub trouble: Option<String>,
}

/// One stage.
#[derive(Clone, Debug)]
pub struct StageView {
    /// Its name.
    pub name: String,
    /// Transactions that came in and went on, a second.
    pub taken_per_second: f64,
    /// See above.
    pub passed_per_second: f64,
    /// Shares of its time idle, busy and blocked.
    pub regimes: [f64; 3],
    /// Batches before it, and how many there can be; none where there is no queue.
    pub queue: Option<(f64, f64)>,
    /// Transactions inside.
    pub held: f64,
    /// 99th percentile of how long batches stay, in seconds.
    pub service: Option<f64>,
}

impl View {
    /// What happened between two scrapes so many seconds apart; without the first, since the start of what runs.
    pub fn between(address: &str, before: Option<&Scrape>, now: &Scrape, seconds: f64) -> View {
        let none = Scrape::default();
        let pair = Pair { before: before.unwrap_or(&none), now, seconds };
        let gauge = |name| now.sum(name, &[]);
        let info = now.of("pelton_build_info", &[]).next();
        let label = |name| info.and_then(|line| line.labels.get(name)).map_or("?", String::as_str);
        let named = |name: &str, label: &str| -> Vec<String> {
            now.of(name, &[]).filter_map(|line| line.labels.get(label).cloned()).collect()
        };
        let executed = |outcome| pair.rate("pelton_executed_transactions_total", &[("outcome", outcome)]);
        let backends = named("pelton_verify_answered_signatures_total", "backend").into_iter();
        let hot_keys = named("pelton_hot_key_price_wei", "key").into_iter();
        let durable = now.of("pelton_durable_height_blocks", &[]).next();
        let serves = now.of("pelton_rpc_connections", &[]).next();
        let requests = |labels: &[(&str, &str)]| pair.rate("pelton_rpc_requests_total", labels);
        let consensus = now.of("pelton_consensus_view", &[]).next();
        View {
            address: address.to_owned(),
            build: format!("{} {}", label("version"), label("commit")),
            threads: gauge("pelton_threads"),
            committed_per_second: executed("success"),
            failed_per_second: executed("failed"),
            rejected_per_second: pair.rate("pelton_stage_rejected_transactions_total", &[]),
            latency: [0.5, 0.99].map(|quantile| pair.quantile("pelton_latency_seconds", &[], quantile)),
            cores: pair.rate("pelton_process_cpu_seconds_total", &[]),
            height: gauge("pelton_chain_height_blocks"),
            durable_height: durable.map(|line| line.value),
            pool: gauge("pelton_pool_waiting_transactions"),
            stages: named("pelton_stage_turns_total", "stage").iter().map(|name| pair.stage(name)).collect(),
            backends: backends
                .map(|name| {
                    let rate = pair.rate("pelton_verify_answered_signatures_total", &[("backend", &name)]);
                    (name, rate)
                })
                .collect(),
            hot_keys: hot_keys
                .map(|key| {
                    let price = now.sum("pelton_hot_key_price_wei", &[("key", &key)]);
                    (key, price)
                })
                .collect(),
            requests_per_second: serves.map(|_| [requests(&[]), requests(&[("outcome", "failed")])]),
            consensus: consensus.map(|view| [view.value, gauge("pelton_consensus_connected_peers")]),
            trouble: None,
        }
    }

    /// The stage that is busy for the largest share of its time; none while none works. What stands at the two ends is no
    /// part of the pipeline.
    pub fn limit(&self) -> Option<&StageView> {
        let inner = self.stages.iter().filter(|stage| !["load", "intake", "sink"].contains(&&*stage.name));
        inner.filter(|stage| stage.regimes[1] > 0.0).max_by(|a, b| a.regimes[1].total_cmp(&b.regimes[1]))
    }
}

/// Two scrapes.
struct Pair<'a> {
    before: &'a Scrape,
    now: &'a Scrape,
    seconds: f64,
}

impl Pair<'_> {
    /// How much counters rose. Where they fell, another process has taken the place of the first.
    fn rise(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let (before, now) = (self.before.sum(name, labels), self.now.sum(name, labels));
        if now < before { now } else { now - before }
    }

    fn rate(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        if self.seconds > 0.0 { self.rise(name, labels) / self.seconds } else { 0.0 }
    }

    /// A quantile of what a histogram has counted in between, evenly spread within each of its buckets.
    fn quantile(&self, name: &str, labels: &[(&str, &str)], quantile: f64) -> Option<f64> {
        let series = format!("{name}_bucket");
        let bounds = self.now.of(&series, labels).filter_map(|line| line.labels.get("le")).cloned();
        let buckets = bounds.map(|bound| {
            let labels = [labels, &[("le", bound.as_str())]].concat();
            (bound.parse::<f64>().unwrap_or(f64::INFINITY), self.rise(&series, &labels))
        });
        let buckets: Vec<(f64, f64)> = buckets.collect();
        let wanted = quantile * buckets.last().map(|last| last.1).filter(|all| *all > 0.0)?;
        let at = buckets.iter().position(|(_, below)| *below >= wanted)?;
        let (lower, below) = if at == 0 { (0.0, 0.0) } else { buckets[at - 1] };
        let (upper, up_to) = buckets[at];
        let share = if up_to > below { (wanted - below) / (up_to - below) } else { 1.0 };
        Some(if upper.is_finite() { lower + share * (upper - lower) } else { lower })
    }

    fn stage(&self, name: &str) -> StageView {
        let of = [("stage", name)];
        let in_regime =
            |regime| self.rise("pelton_stage_regime_seconds_total", &[("stage", name), ("regime", regime)]);
        let seconds = ["idle", "busy", "blocked"].map(in_regime);
        let whole = seconds.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        let depth = self.now.of("pelton_queue_depth_batches", &of).next().map(|line| line.value);
        StageView {
            name: name.to_owned(),
            taken_per_second: self.rate("pelton_stage_taken_transactions_total", &of),
            passed_per_second: self.rate("pelton_stage_passed_transactions_total", &of),
            regimes: seconds.map(|seconds| seconds / whole),
            queue: depth.map(|depth| (depth, self.now.sum("pelton_queue_capacity_batches", &of))),
            held: self.now.sum("pelton_stage_held_transactions", &of),
            service: self.quantile("pelton_stage_service_seconds", &of, 0.99),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Scrape, View};

    fn view(before: &str, now: &str) -> View {
        let scrape = |text| Scrape::parse(text).expect("it is well formed");
        View::between("x", Some(&scrape(before)), &scrape(now), 2.0)
    }

    #[test]
    fn rates_are_per_second_and_a_process_that_began_anew_counts_from_nothing() {
        let line = |count| format!("pelton_executed_transactions_total{{outcome=\"success\"}} {count}\n");
        assert_eq!(view(&line(100), &line(300)).committed_per_second, 100.0);
        assert_eq!(view(&line(300), &line(100)).committed_per_second, 50.0);
    }

    #[test]
    fn clients_and_other_validators_are_seen_where_there_are_any() {
        let text = |requests| {
            format!(
                "pelton_rpc_connections 1\npelton_consensus_view 7\npelton_consensus_connected_peers 3\n\
                 pelton_rpc_requests_total{{method=\"a\",outcome=\"answered\"}} {requests}\n\
                 pelton_rpc_requests_total{{method=\"a\",outcome=\"failed\"}} 8\n"
            )
        };
        let node = view(&text(10), &text(30));
        assert_eq!((node.requests_per_second, node.consensus), (Some([10.0, 0.0]), Some([7.0, 3.0])));
        let bench = view("", "pelton_threads 2\n");
        assert_eq!((bench.requests_per_second, bench.consensus), (None, None));
    }

    #[test]
    fn quantiles_are_of_what_came_in_between() {
        let text = |counts: [u32; 3]| {
            let [a, b, c] = counts;
            format!(
                "pelton_latency_seconds_bucket{{le=\"1\"}} {a}\npelton_latency_seconds_bucket{{le=\"2\"}} {b}\n\
                 pelton_latency_seconds_bucket{{le=\"+Inf\"}} {c}\n"
            )
        };
        let between = |before, now| view(&text(before), &text(now)).latency;
        assert_eq!(between([100, 100, 100], [100, 200, 200])[0], Some(1.5), "half way between 1 and 2");
        assert_eq!(between([0, 0, 0], [0, 0, 10])[1], Some(2.0), "above all bounds is at least the last");
        assert_eq!(between([5, 5, 5], [5, 5, 5]), [None, None], "nothing came");
    }

    #[test]
    fn the_limit_is_the_busiest_stage_between_the_ends() {
        let text = |busy: &[(&str, f64)]| -> String {
            let line = |(stage, seconds): &(&str, f64)| {
                format!(
                    "pelton_stage_turns_total{{stage=\"{stage}\"}} 1\n\
                     pelton_stage_regime_seconds_total{{stage=\"{stage}\",regime=\"idle\"}} 1\n\
                     pelton_stage_regime_seconds_total{{stage=\"{stage}\",regime=\"busy\"}} {seconds}\n"
                )
            };
            busy.iter().map(line).collect()
        };
        let view = view("", &text(&[("load", 9.0), ("verify", 1.0), ("execute", 3.0), ("sink", 8.0)]));
        let limit = view.limit().expect("something works");
        assert_eq!((limit.name.as_str(), limit.regimes), ("execute", [0.25, 0.75, 0.0]));
    }
}
