//! `pelton simulate`: whole clusters, one for each seed, and what was wrong with them.
//!
//! Exit codes: 0 all seeds are clean; 2 wrong use; 3 a run crashed; 4 one was not safe; 5 one did not go on. Of several the
//! first that failed counts.

use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use pelton_simulation::scenario::{Plant, Villainy};
use pelton_simulation::{Failure, Options, Scenario, Verdict, simulate};
use serde_json::json;

/// Failing seeds after which it stops.
const FAILURES_MAX: usize = 10;

/// Arguments of `pelton simulate`.
#[derive(Args)]
#[command(after_help = "Examples:\n  pelton simulate --seed 7\n  pelton simulate --seed 1 --seeds 10000\n  \
    pelton simulate --seeds 100 --validators 7 --villain equivocates")]
pub struct Arguments {
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many seeds, one after the other.
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// Validators, 4 or 7; drawn from the seed if it is not said.
    #[arg(long, value_parser = clap::value_parser!(u32).range(4..=7))]
    validators: Option<u32>,
    /// What those do that misbehave, as many as a committee must bear; drawn from the seed if it is not said.
    #[arg(long, value_name = "MISDEED", value_parser = ["none", "equivocates", "votes-twice", "withholds", "corrupts", "floods", "proposes-invalid", "lying-device"])]
    villain: Option<String>,
    /// Nothing else goes wrong.
    #[arg(long)]
    calm: bool,
    /// A fault that must be found, to see whether it is.
    #[arg(long, value_name = "FAULT", value_parser = Plant::ALL.map(Plant::as_str))]
    plant: Option<String>,
    /// One line of JSON for each seed.
    #[arg(long)]
    json: bool,
}

/// Sums over all seeds.
#[derive(Default)]
struct Sums {
    heights: u64,
    transactions: u64,
    messages: u64,
    kills: u64,
    disk_deaths: u64,
    rotten: u64,
    refused: u64,
    rotten_cores: u64,
    halted: u64,
    twice: u64,
    ailing: u64,
    answered: u64,
    misdeeds: u64,
    cut_off: u64,
    simulated_ms: u64,
}

/// Runs it.
#[expect(clippy::print_stdout, reason = "results go to standard output")]
#[expect(clippy::disallowed_methods, reason = "says how long it took")]
pub fn main(arguments: &Arguments) -> ExitCode {
    let villainy = arguments.villain.as_deref().map(named);
    let plant = Plant::ALL.into_iter().find(|plant| Some(plant.as_str()) == arguments.plant.as_deref());
    let options = Options { validators: arguments.validators, villainy, is_calm: arguments.calm, plant };
    if let Some(count) = options.validators.filter(|count| ![4, 7].contains(count)) {
        eprintln!("pelton simulate: 4 or 7 validators can be simulated, not {count}");
        return ExitCode::from(2);
    }
    let (began, mut sums, mut failed) = (Instant::now(), Sums::default(), Vec::new());
    let mut run = 0;
    for seed in (arguments.seed..).take(usize::try_from(arguments.seeds).unwrap_or(usize::MAX)) {
        let verdict = simulate(seed, &options);
        run += 1;
        sums.add(&verdict);
        if arguments.json {
            println!("{}", line(&verdict));
        } else if arguments.seeds == 1 && verdict.failure.is_none() {
            println!("seed {seed}: hash {}", verdict.report.hash);
        }
        if let Some(failure) = verdict.failure {
            eprintln!("seed {seed}: {failure}");
            eprintln!("once more: pelton simulate --seed {seed}{}", others(arguments));
            if arguments.seeds == 1 {
                eprintln!("{:#?}", Scenario::draw(seed, &options));
            }
            failed.push(failure);
            if failed.len() >= FAILURES_MAX {
                break;
            }
        }
    }
    if !arguments.json {
        sums.print(run, failed.len(), began.elapsed().as_secs_f64());
    }
    ExitCode::from(match failed.first() {
        None => 0,
        Some(Failure::Crash(_)) => 3,
        Some(Failure::Safety { .. }) => 4,
        Some(Failure::Liveness(_)) => 5,
    })
}

fn named(name: &str) -> Villainy {
    let known = Villainy::ALL.into_iter().find(|villainy| villainy.as_str() == name);
    known.unwrap_or(Villainy::None)
}

/// What else was chosen, to be said again.
fn others(arguments: &Arguments) -> String {
    let mut said = String::new();
    if let Some(validators) = arguments.validators {
        said += &format!(" --validators {validators}");
    }
    if let Some(villain) = &arguments.villain {
        said += &format!(" --villain {villain}");
    }
    if let Some(plant) = &arguments.plant {
        said += &format!(" --plant {plant}");
    }
    if arguments.calm {
        said += " --calm";
    }
    said
}

fn line(verdict: &Verdict) -> serde_json::Value {
    let (report, counts) = (&verdict.report, &verdict.report.counts);
    json!({
        "seed": verdict.seed,
        "failure": verdict.failure.as_ref().map(ToString::to_string),
        "hash": report.hash,
        "heights": report.heights,
        "transactions": report.transactions,
        "messages": counts.messages,
        "lost": counts.lost,
        "kills": counts.kills,
        "diskDeaths": counts.disk_deaths,
        "rotten": counts.rotten,
        "refused": counts.refused,
        "rottenCores": counts.rotten_cores,
        "halted": counts.halted,
        "votedTwice": counts.twice,
        "ailing": counts.ailing,
        "answeredByDevices": counts.answered,
        "misdeeds": counts.misdeeds,
        "cutOff": counts.cut_off,
        "simulatedMs": counts.ended_ms,
    })
}

impl Sums {
    fn add(&mut self, verdict: &Verdict) {
        let (report, counts) = (&verdict.report, &verdict.report.counts);
        self.heights += report.heights;
        self.transactions += report.transactions;
        self.messages += counts.messages;
        self.kills += counts.kills;
        self.disk_deaths += counts.disk_deaths;
        self.rotten += counts.rotten;
        self.refused += counts.refused;
        self.rotten_cores += counts.rotten_cores;
        self.halted += counts.halted;
        self.twice += counts.twice;
        self.ailing += counts.ailing;
        self.answered += counts.answered;
        self.misdeeds += counts.misdeeds;
        self.cut_off += counts.cut_off;
        self.simulated_ms += counts.ended_ms;
    }

    #[expect(clippy::print_stdout, reason = "results go to standard output")]
    fn print(&self, run: u64, failed: usize, seconds: f64) {
        println!(
            "{run:>12}  seeds, {failed} failed, in {seconds:.1} s: {:.1} ms each",
            seconds * 1e3 / run as f64
        );
        println!("{:>12}  simulated seconds", self.simulated_ms / 1_000);
        println!(
            "{:>12}  blocks, {} transactions, {} messages",
            self.heights, self.transactions, self.messages
        );
        println!("{:>12}  validators killed, {} died of their disks", self.kills, self.disk_deaths);
        println!("{:>12}  folders rotten, {} refused", self.rotten, self.refused);
        let (halted, twice) = (self.halted, self.twice);
        println!("{:>12}  cores rotten, {halted} halted, {twice} voted twice", self.rotten_cores);
        println!("{:>12}  batches answered by devices, {} times one failed", self.answered, self.ailing);
        println!("{:>12}  misdeeds, {} times somebody was cut off for them", self.misdeeds, self.cut_off);
    }
}
