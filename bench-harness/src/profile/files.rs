//! The folder of a profile.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::IntervalLogWriterBuilder;
use serde::Serialize;

use crate::profile::kernels::KernelSpeed;
use crate::profile::page::page;
use crate::profile::{CUDA, Profile, ProfileError, Whole};

/// Nanoseconds in the log are shown as milliseconds by its readers.
const NS_PER_MS: f64 = 1e6;

/// Makes the folder, so that one that cannot be had is known before minutes are spent.
pub fn prepare(folder: &Path) -> Result<(), ProfileError> {
    fs::create_dir_all(folder).map_err(|error| ProfileError::File(folder.to_owned(), error))
}

/// Writes every file.
pub fn write(folder: &Path, whole: &Whole<'_>) -> Result<(), ProfileError> {
    let profile = whole.profile;
    let text = |name: &str, text: String| in_folder(folder, name, |path| fs::write(path, text));
    text("result.json", json(profile))?;
    text("env.json", json(whole.environment))?;
    text("doctor.json", json(whole.diagnosis))?;
    text("stages.csv", stages(profile))?;
    text("crossover.csv", crossover(profile))?;
    text("roofline.csv", roofline(profile))?;
    text("energy.csv", energy(profile))?;
    text("metrics.prom", whole.swept.metrics.clone())?;
    text("report.html", page(whole))?;
    text("VERDICT.txt", profile.verdict.join("\n") + "\n")?;
    in_folder(folder, "latency.hlog", |path| {
        let run = profile.runs.iter().map(|run| run.report.seconds).fold(0.0, f64::max);
        latency(&mut BufWriter::new(File::create(path)?), &whole.swept.latency_ns, run)
    })?;
    in_folder(folder, "trace.json.gz", |path| whole.swept.recorder.save(path))
}

fn in_folder(
    folder: &Path,
    name: &str,
    write: impl FnOnce(&PathBuf) -> io::Result<()>,
) -> Result<(), ProfileError> {
    let path = folder.join(name);
    write(&path).map_err(|error| ProfileError::File(path, error))
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).expect("it has only plain fields") + "\n"
}

/// All latencies of one run as one interval of a log that HdrHistogram's tools read; values are nanoseconds.
pub fn latency(out: &mut impl Write, histogram: &Histogram<u64>, seconds: f64) -> io::Result<()> {
    let mut serializer = V2DeflateSerializer::new();
    let mut log = IntervalLogWriterBuilder::new()
        .add_comment("pelton: nanoseconds from when a transaction was due until its commit")
        .with_max_value_divisor(NS_PER_MS)
        .begin_log_with(out, &mut serializer)?;
    let length = std::time::Duration::from_secs_f64(seconds);
    let written = log.write_histogram(histogram, std::time::Duration::ZERO, length, None);
    written.map_err(|error| io::Error::other(format!("{error:?}")))
}

/// Lines of text, commas between their fields.
fn csv(head: &str, rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |row: Vec<String>| row.join(",") + "\n";
    head.to_owned() + "\n" + &rows.map(line).collect::<String>()
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

fn stages(profile: &Profile) -> String {
    let rows = profile.runs.iter().enumerate().flat_map(|(index, run)| {
        let report = &run.report;
        report.stages.iter().map(move |stage| {
            let regimes = &stage.regime_seconds;
            let numbers = [
                stage.taken as f64,
                stage.passed as f64,
                stage.rejected as f64,
                regimes.idle,
                regimes.busy,
                regimes.blocked,
                stage.cpu_ns_per_transaction,
                stage.isolated_cpu_ns_per_transaction.unwrap_or(f64::NAN),
                stage.service_ns.p50 as f64,
                stage.service_ns.p99 as f64,
                stage.queue_max as f64,
            ];
            let names = [
                index.to_string(),
                run.scenario.clone(),
                quoted(&report.workload.name),
                report.workload.scheme.clone(),
                report.verify.requested.clone(),
                report.threads.to_string(),
                stage.name.clone(),
            ];
            names.into_iter().chain(numbers.map(|number| number.to_string())).collect()
        })
    });
    csv(
        "run,scenario,workload,scheme,backend,threads,stage,taken,passed,rejected,idle_s,busy_s,blocked_s,\
         cpu_ns_each,cpu_ns_each_alone,service_p50_ns,service_p99_ns,queue_max",
        rows,
    )
}

fn crossover(profile: &Profile) -> String {
    let measured = profile.kernels.iter().map(|speed| {
        let ns = format!("{:.1}", speed.ns_each);
        let KernelSpeed { scheme, backend, level, batch, time, .. } = speed;
        vec![scheme.clone(), backend.clone(), level.clone(), batch.to_string(), ns, quoted(time)]
    });
    let device = profile.unavailable.iter().filter_map(|line| line.strip_prefix(CUDA));
    let missing = device.map(|reason| {
        vec!["all".into(), "cuda".into(), "-".into(), String::new(), String::new(), quoted(reason)]
    });
    csv("scheme,backend,level,batch,ns_each,time", measured.chain(missing))
}

fn roofline(profile: &Profile) -> String {
    let ceilings = &profile.ceilings;
    let share = |of: f64| format!("{:.3}", ceilings.achieved / of.max(1.0));
    let none = String::new;
    let rows = [
        ("achieved offline", ceilings.achieved, none()),
        (
            "signatures alone, best kernel, all threads",
            ceilings.signatures_alone,
            share(ceilings.signatures_alone),
        ),
        ("all stages at their cost alone, all threads", ceilings.stages_alone, share(ceilings.stages_alone)),
        ("memory copied by one thread, bytes/s", ceilings.copied_bytes_per_second, none()),
        ("memory copied by all threads, bytes/s", ceilings.copied_bytes_per_second_by_all, none()),
        (
            "bytes of memory traffic affordable a transaction",
            ceilings.affordable_bytes_per_transaction,
            none(),
        ),
    ];
    let row =
        |(what, number, reached): (&str, f64, String)| vec![quoted(what), format!("{number:.0}"), reached];
    let gpu = ceilings.gpu.iter();
    let gpu = gpu.map(|one| (one.what.as_str(), one.per_second, none()));
    let missing = ceilings.gpu_unavailable.iter();
    let missing =
        missing.map(|reason| vec![quoted("GPU"), quoted(&format!("unavailable: {reason}")), none()]);
    csv("what,per_second,reached", rows.into_iter().chain(gpu).map(row).chain(missing))
}

fn energy(profile: &Profile) -> String {
    let number = |number: Option<f64>| number.map_or_else(String::new, |number| number.to_string());
    let rows = profile.runs.iter().enumerate().flat_map(|(index, run)| {
        let energy = &run.energy;
        let clocks =
            energy.gpu_clocks_mhz.map_or_else(String::new, |[least, most]| format!("{least}-{most}"));
        let gpu = [quoted(&energy.gpu_throttled.join(", ")), clocks];
        energy.counters.iter().map(move |counter| {
            let names = [index.to_string(), run.scenario.clone(), quoted(&counter.name)];
            let joules = [number(counter.joules), number(counter.joules_per_transaction)];
            names.into_iter().chain(joules).chain([quoted(&counter.source)]).chain(gpu.clone()).collect()
        })
    });
    csv("run,scenario,counter,joules,joules_per_transaction,source,gpu_throttled,gpu_clocks_mhz", rows)
}

#[cfg(test)]
mod tests {
    use hdrhistogram::Histogram;

    use super::{latency, quoted};

    #[test]
    fn a_log_of_latencies_has_a_head_and_one_interval() {
        let mut histogram = Histogram::<u64>::new_with_bounds(1, 1 << 42, 3).expect("the bounds are valid");
        (1..1_000).for_each(|value| histogram.saturating_record(value * 1_000));
        let mut out = Vec::new();
        latency(&mut out, &histogram, 1.5).expect("memory takes all");
        let text = String::from_utf8(out).expect("it is text");
        let interval = text.lines().last().expect("there are lines");
        assert!(interval.starts_with("0.000,1.500,") && interval.contains("HISTF"), "{text}");
        assert_eq!(quoted("a \"b\""), "\"a \"\"b\"\"\"");
    }
}
