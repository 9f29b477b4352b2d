//! `kill -9` on a real process that writes to a real folder.
//!
//! The test starts itself again as a child, which recovers the store, goes on with the one chain that a seed gives, and
//! says after each sync up to which height it has acknowledged. It is killed at some time; then the store must hold that
//! chain at a height that is not below.

#[path = "store/model.rs"]
#[expect(dead_code, reason = "only one chain, without forks")]
mod model;
#[path = "common/random.rs"]
#[expect(dead_code, reason = "nothing is picked")]
mod random;

use std::io::{self, BufRead, BufReader, Write, stdout};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::B256;
use libtest_mimic::{Arguments, Failed, Trial};
use model::Model;
use pelton_engine::store::disk::Disk;
use pelton_engine::store::files::Files;
use pelton_engine::store::recovery::Recovered;
use pelton_engine::store::{Settings, StateStore};
use random::Random;

const CHILD: &str = "--child";
/// A child that acknowledges before it syncs, which must be noticed.
const HASTY_CHILD: &str = "--hasty-child";
const SEED: u64 = 1;
/// Kills before a new chain is begun: a child must first run through the whole chain.
const KILLS_EACH: u64 = 40;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, flag, folder] = &arguments[..]
        && (flag == CHILD || flag == HASTY_CHILD)
    {
        return live(Path::new(folder), flag == HASTY_CHILD);
    }
    let forty = || kill_again_and_again(CHILD, 0..1);
    let thousands = || kill_again_and_again(CHILD, 1..76);
    let hasty = || match kill_again_and_again(HASTY_CHILD, 0..1) {
        Ok(()) => Err("nothing was noticed".into()),
        Err(_) => Ok(()),
    };
    let tests = vec![
        Trial::test("forty_kills_lose_nothing_that_was_acknowledged", forty),
        Trial::test("a_process_that_acknowledges_before_the_sync_is_noticed", hasty),
        Trial::test("three_thousand_kills_lose_nothing_that_was_acknowledged", thousands)
            .with_ignored_flag(true),
    ];
    libtest_mimic::run(&Arguments::from_args(), tests).exit();
}

fn open(folder: &Path) -> Option<(StateStore, Recovered)> {
    let files: Arc<dyn Files> = Arc::new(Disk::open(folder).expect("nobody else has the folder"));
    StateStore::recover(&files, &Settings::tiny()).expect("the disk is good and nothing is lost")
}

/// The child: goes on until it is killed.
fn live(folder: &Path, is_hasty: bool) {
    let mut model = Model::new(SEED);
    let (mut store, recovered) = open(folder).expect("the parent has made it");
    while model.height() < recovered.tip.height {
        model.grow();
        model.forget();
    }
    let mut random = Random::new(recovered.tip.height);
    loop {
        for _ in 0..1 + random.below(4) {
            let block = model.grow();
            store.push(block.tip, block.parent, &block.notes(), &block.writes);
            model.forget();
        }
        let acknowledge = |height| writeln!(stdout(), "{height}").expect("the parent reads");
        if is_hasty {
            acknowledge(model.height());
        }
        acknowledge(store.sync().expect("the disk is good"));
        store.checkpoint_step().expect("the disk is good");
    }
}

fn spawn(flag: &str, folder: &Path) -> Child {
    let program = std::env::current_exe().expect("a program knows where it is");
    let mut command = Command::new(program);
    command.arg(flag).arg(folder).stdout(Stdio::piped()).spawn().expect("a process can be started")
}

/// What a child says. What it was killed in the middle of saying does not count.
struct Said(BufReader<ChildStdout>);

impl Said {
    fn next_height(&mut self) -> Option<u64> {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("a pipe can be read");
        line.ends_with('\n').then(|| line.trim_end().parse().expect("a height"))
    }
}

/// Lets a child live until it has acknowledged a few times, or not even begun, and a little longer. Gives the last height
/// that it has acknowledged.
fn live_and_be_killed(flag: &str, folder: &Path, random: &mut Random) -> io::Result<Option<u64>> {
    let mut child = spawn(flag, folder);
    let mut said = Said(BufReader::new(child.stdout.take().expect("it was piped")));
    let mut last = None;
    for _ in 0..random.below(12) {
        last = said.next_height();
    }
    wait(random.below(if last.is_some() { 6_000 } else { 40_000 }) as u64);
    let (killed, ended) = (child.kill(), child.wait());
    killed.and(ended)?;
    while let Some(height) = said.next_height() {
        last = Some(height);
    }
    Ok(last)
}

#[expect(clippy::disallowed_methods, reason = "a kill comes at some time")]
fn wait(micros: u64) {
    std::thread::sleep(Duration::from_micros(micros));
}

fn kill_again_and_again(flag: &str, chains: std::ops::Range<u64>) -> Result<(), Failed> {
    for chain in chains {
        let mut random = Random::new(chain);
        let folder = tempfile::tempdir()?;
        let mut model = Model::new(SEED);
        let files: Arc<dyn Files> = Arc::new(Disk::open(folder.path())?);
        StateStore::create(&files, &Settings::tiny(), model.tip(0), model.state(0).writes())?;
        drop(files);
        for kill in 0..KILLS_EACH {
            let acknowledged =
                live_and_be_killed(flag, folder.path(), &mut random)?.unwrap_or(model.height());
            let (_, recovered) = open(folder.path()).expect("it was made");
            check(&mut model, &recovered, acknowledged)
                .map_err(|what| format!("chain {chain}, kill {kill}: {what}"))?;
        }
        assert!(model.height() > KILLS_EACH, "most children have acknowledged something");
    }
    Ok(())
}

fn check(model: &mut Model, recovered: &Recovered, acknowledged: u64) -> Result<(), String> {
    let height = recovered.tip.height;
    if height < acknowledged.max(model.height()) {
        return Err(format!("recovered at {height}, acknowledged was {acknowledged}"));
    }
    while model.height() < height {
        model.grow();
        model.forget();
    }
    let is_equal = recovered.tip == model.tip(height)
        && recovered.state == *model.state(height)
        && B256::from(recovered.trie.root()) == model.root(height);
    if is_equal { Ok(()) } else { Err(format!("recovered at {height}: another state")) }
}
