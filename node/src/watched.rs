//! What a node knows beside its pipeline, for the metrics: requests of clients, Ethereum's tree, and what the core of
//! several validators counts.

use std::sync::Arc;

use pelton_engine::archive::objects::ObjectFault;
use pelton_engine::archive::remote::Remote;
use pelton_pipeline::metrics::board::Source;
use pelton_pipeline::metrics::sample::Samples;
use pelton_pipeline::metrics::{
    ARCHIVE_BYTES, ARCHIVE_FAULTS, ARCHIVE_PIECES, ARCHIVE_SEGMENTS, CATCH_UP_BYTES, CATCH_UP_PIECES,
    CONSENSUS_BLOCKS, CONSENSUS_BYTES, CONSENSUS_CONFLICTS, CONSENSUS_MESSAGES, CONSENSUS_PEERS,
    CONSENSUS_TIMEOUTS, CONSENSUS_VIEW, MERKLE_LAG, MERKLE_REBUILDS,
};

use crate::catch_up::Counts;
use crate::merkle::sidecar::Sidecar;
use crate::rpc::Node;

/// Says what clients ask of a node.
pub fn requests(node: Arc<Node>) -> Source {
    Box::new(move |samples| node.observe(samples))
}

/// Says how far Ethereum's tree has come.
pub fn merkle(sidecar: Arc<Sidecar>) -> Source {
    Box::new(move |samples| {
        let standing = sidecar.standing();
        samples.count(&MERKLE_LAG, [], standing.lag);
        samples.count(&MERKLE_REBUILDS, [], standing.rebuilds);
    })
}

/// Says what became of segments of blocks that go to an object store.
pub fn moved(remote: Arc<Remote>) -> Source {
    Box::new(move |samples| {
        let figures = remote.figures();
        samples.count(&ARCHIVE_SEGMENTS, ["moved"], figures.segments);
        samples.count(&ARCHIVE_SEGMENTS, ["gone"], figures.gone);
        samples.count(&ARCHIVE_BYTES, ["uploaded"], figures.uploaded_bytes);
        samples.count(&ARCHIVE_BYTES, ["fetched"], figures.fetched_bytes);
        samples.count(&ARCHIVE_PIECES, ["cache"], figures.pieces_cached);
        samples.count(&ARCHIVE_PIECES, ["store"], figures.pieces_fetched);
        for (fault, count) in ObjectFault::ALL.into_iter().zip(figures.faults) {
            samples.count(&ARCHIVE_FAULTS, [fault.name()], count);
        }
    })
}

/// Says what the consensus library counts, out of its report in the text form of Prometheus.
pub fn consensus(report: impl Fn() -> String + Send + Sync + 'static) -> Source {
    Box::new(move |samples| of_report(&report(), samples))
}

/// Says what has come of pieces of a state that this validator has asked for.
pub fn caught_up(counts: Arc<Counts>) -> Source {
    Box::new(move |samples| {
        let (pieces, bytes) = counts.all();
        pieces.iter().for_each(|(outcome, count)| samples.count(&CATCH_UP_PIECES, [outcome], *count));
        samples.count(&CATCH_UP_BYTES, ["received"], bytes);
    })
}

/// What is taken out of such a report. The library's names begin with where in its tree of tasks somebody counts, so they
/// are known by their ends; what it says of each peer is summed.
fn of_report(report: &str, samples: &mut Samples) {
    let lines: Vec<Line<'_>> = report.lines().filter_map(Line::parse).collect();
    let of = |end: &str| lines.iter().filter(|line| line.name.ends_with(end)).collect::<Vec<_>>();
    if let Some(view) = of("_current_view").first() {
        samples.number(&CONSENSUS_VIEW, [], view.value);
    }
    // A peer that is not connected has no time since which it is, or that time is 0.
    let peers = of("_connected").iter().filter(|line| line.value > 0.0).count();
    samples.count(&CONSENSUS_PEERS, [], peers as u64);
    for (reason, views) in summed(&of("_timeouts_total"), "reason") {
        samples.number(&CONSENSUS_TIMEOUTS, [reason], views);
    }
    for kind in ["whole", "brief", "complete", "asked", "answered", "refused"] {
        if let Some(line) = of(&format!("_carrier_{kind}_total")).first() {
            samples.number(&CONSENSUS_BLOCKS, [kind], line.value);
        }
    }
    for kind in ["given", "gone"] {
        if let Some(line) = of(&format!("_giver_{kind}_total")).first() {
            samples.number(&CATCH_UP_PIECES, [kind], line.value);
        }
    }
    if let Some(line) = of("_giver_bytes_total").first() {
        samples.number(&CATCH_UP_BYTES, ["sent"], line.value);
    }
    for (votes, pairs) in summed(&of("_witness_conflicts_total"), "votes") {
        samples.number(&CONSENSUS_CONFLICTS, [votes], pairs);
    }
    for (direction, messages, bytes) in [
        ("sent", "_outbound_messages_total", "outbound_bandwidth_total"),
        ("received", "_inbound_messages_total", "inbound_bandwidth_total"),
    ] {
        for (kind, count) in summed(&of(messages), "message") {
            samples.number(&CONSENSUS_MESSAGES, [direction, kind], count);
        }
        let bytes = of(bytes).iter().map(|line| line.value).sum();
        samples.number(&CONSENSUS_BYTES, [direction], bytes);
    }
}

/// The sums of lines that have the same value of a label, in the order in which they were met.
fn summed<'a>(lines: &[&Line<'a>], label: &str) -> Vec<(&'a str, f64)> {
    let mut sums: Vec<(&str, f64)> = Vec::new();
    for line in lines {
        let Some(value) = line.label(label) else { continue };
        match sums.iter_mut().find(|(known, _)| *known == value) {
            Some((_, sum)) => *sum += line.value,
            None => sums.push((value, line.value)),
        }
    }
    sums
}

/// `name{label="value",...} number`
struct Line<'a> {
    name: &'a str,
    labels: &'a str,
    value: f64,
}

impl<'a> Line<'a> {
    fn parse(line: &'a str) -> Option<Line<'a>> {
        let (series, value) = line.rsplit_once(' ').filter(|_| !line.starts_with('#'))?;
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        Some(Line { name, labels: labels.trim_end_matches('}'), value: value.parse().ok()? })
    }

    /// None of the values that are asked for has commas or quotes in it.
    fn label(&self, name: &str) -> Option<&'a str> {
        let of = |pair: &'a str| pair.split_once('=').filter(|(known, _)| *known == name);
        self.labels.split(',').find_map(of).map(|(_, value)| value.trim_matches('"'))
    }
}

#[cfg(test)]
mod tests {
    use pelton_pipeline::metrics::sample::{Samples, Value};

    use super::of_report;

    #[test]
    fn what_the_library_says_of_each_peer_is_summed_and_what_is_not_there_is_left_out() {
        let report = "# HELP a_voter_current_view current view.\n# TYPE a_voter_current_view gauge\n\
            a_voter_current_view 12\n\
            a_voter_timeouts_total{leader=\"aa\",reason=\"LeaderTimeout\"} 2\n\
            a_voter_timeouts_total{leader=\"bb\",reason=\"LeaderTimeout\"} 1\n\
            a_voter_timeouts_total{leader=\"bb\",reason=\"Inactivity\"} 4\n\
            a_batcher_inbound_messages_total{peer=\"aa\",message=\"Notarize\"} 7\n\
            a_batcher_inbound_messages_total{peer=\"bb\",message=\"Notarize\"} 8\n\
            a_voter_outbound_messages_total{message=\"Finalize\"} 3\n\
            a_carrier_brief_total 6\na_witness_conflicts_total{votes=\"notarize\"} 1\n\
            b_tracker_connected{peer=\"aa\"} 1700000000000\nb_tracker_connected{peer=\"bb\"} 0\n\
            runtime_outbound_bandwidth_total 900\nruntime_inbound_bandwidth_total 800\n# EOF\n";
        let mut samples = Samples::default();
        of_report(report, &mut samples);
        let text = |value: &Value| match value {
            Value::Number(number) => number.to_string(),
            Value::Buckets(_) => unreachable!("there are none"),
        };
        let lines: Vec<String> = samples
            .iter()
            .map(|sample| {
                let name = sample.metric.name.trim_start_matches("pelton_consensus_");
                format!("{name} {} {}", sample.labels.join(" "), text(&sample.value))
            })
            .collect();
        let expected = [
            "view  12",
            "connected_peers  1",
            "timeouts_total LeaderTimeout 3",
            "timeouts_total Inactivity 4",
            "carried_total brief 6",
            "conflicts_total notarize 1",
            "messages_total sent Finalize 3",
            "bytes_total sent 900",
            "messages_total received Notarize 15",
            "bytes_total received 800",
        ];
        assert_eq!(lines, expected);
        let mut nothing = Samples::default();
        of_report("", &mut nothing);
        assert_eq!(nothing.iter().filter(|sample| sample.metric.name.ends_with("_view")).count(), 0);
    }
}
