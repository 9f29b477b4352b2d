//! Three validators in a simulated network, whose chain goes on, and a fourth that comes late, without anything.
//!
//! The state that it takes is made up: pieces that follow from the block by a hash. What is real is who asks whom for what, what is
//! believed, and how consensus goes on above a state.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use commonware_cryptography::{Hasher as _, Sha256};
use commonware_runtime::{Clock as _, Runner as _, Spawner as _, Supervisor as _, deterministic};
use parking_lot::Mutex;

use super::application::{GENESIS, HEAD_BYTES, Recorder, Sketch};
use super::ways::Ways;
use super::{Final, Scenario, time};
use crate::catch_up::{Floor, Offered, Outcome, PieceName, Sink, SnapshotId, Source, Verdict};
use crate::certificate::verify_certificate;
use crate::committee::{Committee, Secret};
use crate::core::catch_up::Taker;
use crate::core::{self, Network, Settings, Threshold};

/// What the third validator does with what it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// It answers as it should.
    None,
    /// One bit of each piece is not as it was.
    Pieces,
    /// It offers a state of a block that was never final.
    Offer,
    /// It offers and says that nothing is there.
    Denial,
    /// It offers and is not heard of any more.
    Silence,
}

/// What came of it.
#[derive(Debug)]
pub struct Joined {
    /// How it came to its state; none for a start that was cut off.
    pub outcomes: Vec<Option<Outcome>>,
    /// Pieces that were there when each start began.
    pub found: Vec<usize>,
    /// Where the chain was taken up.
    pub floor: Option<Floor>,
    /// What each of the three, and then the fourth, was told.
    pub finals: Vec<Vec<Final>>,
    /// Pieces that each of the three has given.
    pub given: Vec<u64>,
    /// Height of the first three when the fourth began to vote, and when the first was cut off, soon after.
    pub heights: (u64, u64),
    /// Over all that happened.
    pub hash: String,
}

const MEMBERS: u32 = 4;
/// Long, so that simulated time does not cost many views.
const DELAY: Duration = Duration::from_millis(80);
const LATE: usize = 3;
const LIAR: usize = 2;
/// Heights of blocks whose states are offered are multiples of this.
const EVERY: u64 = 4;
const BEHIND_MIN: u64 = 10;
const PIECES: u8 = 60;

/// Lets the fourth come after some time; with `cut_off` its first start ends after that, and it is started again.
pub fn join_late(lie: Lie, cut_off: Option<Duration>) -> Joined {
    let scenario = Scenario::quiet(MEMBERS, DELAY, Duration::ZERO);
    let recorder = Arc::new(Recorder::new(MEMBERS as usize));
    let given: Vec<Arc<AtomicU64>> = (0..LATE).map(|_| Arc::default()).collect();
    let shelf = Shelf::default();
    let (records, counts, pieces) = (recorder.clone(), given.clone(), shelf.clone());
    let runner = deterministic::Runner::new(deterministic::Config::new().with_seed(11));
    let (starts, heights, hash) = runner.start(|context| async move {
        let (committee, secrets) = scenario.deal();
        let stage = Stage { context, scenario, committee, secrets, records, pieces };
        let ways = Ways::open(&stage.context, &stage.committee, 4 << 20).await;
        ways.join(&scenario.link(), |_, _| true).await;
        for index in 0..LATE {
            let lie = if index == LIAR { lie } else { Lie::None };
            stage.start(&ways, index, None, Some(stage.ledger(index, lie, &counts))).await;
        }
        stage.context.sleep(Duration::from_secs(4)).await;
        let mut starts = Vec::new();
        if let Some(time) = cut_off {
            starts.push(stage.take(&ways, Some(time), lie).await);
        }
        starts.push(stage.take(&ways, None, lie).await);
        let heights = stage.go_on(&ways, &starts).await;
        (starts, heights, stage.context.auditor().state())
    });
    let (found, outcomes) = starts.into_iter().unzip();
    let finals = recorder.outcome(&scenario, String::new()).finals;
    let given = given.iter().map(|count| count.load(Ordering::Relaxed)).collect();
    let floor = shelf.0.lock().floor.clone();
    Joined { outcomes, found, floor, finals, given, heights, hash }
}

/// All that a run has.
struct Stage {
    context: deterministic::Context,
    scenario: Scenario,
    committee: Committee,
    secrets: Vec<Secret>,
    records: Arc<Recorder>,
    pieces: Shelf,
}

impl Stage {
    fn ledger(&self, index: usize, lie: Lie, given: &[Arc<AtomicU64>]) -> Arc<dyn Source> {
        let records = self.records.clone();
        Arc::new(Ledger { index, lie, records, given: given[index].clone(), offered: Mutex::default() })
    }

    fn settings(&self, index: usize, floor: Option<Floor>, source: Option<Arc<dyn Source>>) -> Settings {
        let now = time(self.context.child("clock"));
        let application = Sketch::new(index, HEAD_BYTES, self.records.clone(), now);
        Settings {
            committee: self.committee.clone(),
            secret: self.secrets[index].clone(),
            genesis: GENESIS,
            block_bytes_max: HEAD_BYTES,
            timing: self.scenario.timing,
            partition: format!("validator-{index}"),
            application: Arc::new(application),
            floor,
            source,
        }
    }

    async fn start(&self, ways: &Ways, index: usize, floor: Option<Floor>, source: Option<Arc<dyn Source>>) {
        let own = self.context.child("validator").with_attribute("index", index);
        let settings = self.settings(index, floor, source);
        core::start::<Threshold, _, _, _, _, _>(own, settings, ways.of(index).await).await;
    }

    /// One start of the fourth; gives how many pieces it has found, and what came of it unless it was cut off.
    async fn take(&self, ways: &Ways, time: Option<Duration>, lie: Lie) -> (usize, Option<Outcome>) {
        let found = self.pieces.0.lock().pieces.len();
        let Network { channels: [.., (sender, receiver)], .. } = ways.of(LATE).await;
        let settings = self.settings(LATE, None, None);
        let sink = Box::new(Puzzle { committee: self.committee.clone(), shelf: self.pieces.clone() });
        let taker = Taker::<Threshold, _, _>::new(self.context.child("taker"), &settings, sink, sender);
        let running = self.context.child("start").spawn(move |_| taker.run(receiver));
        let between = |one: usize, other: usize| [one, other].iter().all(|at| [LIAR, LATE].contains(at));
        if lie == Lie::Silence {
            self.context.sleep(5 * DELAY).await;
            ways.part(between).await;
        }
        let taken = match time {
            Some(time) => {
                self.context.sleep(time).await;
                running.abort();
                (found, None)
            }
            None => {
                let outcome = running.await.expect("it runs to its end").expect("its disk is good");
                (found, Some(outcome))
            }
        };
        if lie == Lie::Silence {
            ways.join(&self.scenario.link(), between).await;
        }
        taken
    }

    /// The fourth takes part; then the first is not heard of any more, so that nothing goes on without the fourth.
    async fn go_on(&self, ways: &Ways, starts: &[(usize, Option<Outcome>)]) -> (u64, u64) {
        let outcome = starts.last().and_then(|(_, outcome)| outcome.clone()).expect("the last start ends");
        let votes_above = outcome.votes_above;
        let taken = self.pieces.0.lock().floor.clone();
        let floor = match taken {
            Some(floor) if outcome.has_state => Floor { votes_above, ..floor },
            _ => Floor { height: 1, block: None, votes_above },
        };
        let height = || self.records.newest(0);
        let began = height();
        self.start(ways, LATE, Some(floor), None).await;
        self.context.sleep(Duration::from_secs(3)).await;
        let before = height();
        ways.part(|one, other| one == 0 || other == 0).await;
        self.context.sleep(Duration::from_secs(6)).await;
        (began, before)
    }
}

fn piece(height: u64, at: u8) -> Vec<u8> {
    let hash = Sha256::hash(&[b"piece", &height.to_be_bytes(), &[at]]);
    hash.0.repeat(usize::from(at % 7) + 1)
}

fn name(at: u8) -> PieceName {
    let mut name = [0; 33];
    name[0] = at;
    name
}

/// What a validator has for the fourth. An offer is the height of a block, its id, and its certificate.
struct Ledger {
    index: usize,
    lie: Lie,
    records: Arc<Recorder>,
    given: Arc<AtomicU64>,
    /// It stays with the first block of which it has offered the state.
    offered: Mutex<Option<Final>>,
}

impl Source for Ledger {
    fn height(&self) -> u64 {
        self.records.newest(self.index)
    }

    fn offer(&self, above: u64) -> Option<Bytes> {
        let is_offered = |told: &Final| told.height.is_multiple_of(EVERY) && told.certificate.is_some();
        let newest = || self.records.find_newest(self.index, is_offered).filter(|told| told.height >= above);
        let mut offered = self.offered.lock();
        *offered = offered.take().or_else(newest);
        let Final { height, mut id, certificate, .. } = offered.clone()?;
        if self.lie == Lie::Offer {
            id.0[0] ^= 1;
        }
        Some([&height.to_be_bytes()[..], &id.0, &certificate?].concat().into())
    }

    fn piece(&self, snapshot: &SnapshotId, name: &PieceName) -> Option<Bytes> {
        let told = self.records.find_newest(self.index, |told| told.id.0 == *snapshot)?;
        let mut piece = piece(told.height, name[0]);
        match self.lie {
            Lie::Denial => return None,
            Lie::Pieces => piece[0] ^= 1,
            _ => {}
        }
        self.given.fetch_add(1, Ordering::Relaxed);
        Some(piece.into())
    }
}

/// What the fourth has on its disk.
#[derive(Clone, Default)]
struct Shelf(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    state: Option<Offered>,
    floor: Option<Floor>,
    pieces: BTreeMap<u8, Vec<u8>>,
}

/// Puts them together.
struct Puzzle {
    committee: Committee,
    shelf: Shelf,
}

impl Puzzle {
    fn read(&self, offer: &[u8]) -> Option<(Offered, Vec<u8>)> {
        let (height, rest) = offer.split_first_chunk()?;
        let (id, certificate) = rest.split_first_chunk::<32>()?;
        let (namespace, key) = (self.committee.namespace(), self.committee.group_key());
        let certified = verify_certificate(namespace, &key, certificate).ok()?;
        let offered = Offered { snapshot: *id, height: u64::from_be_bytes(*height) };
        (certified.id.0 == *id).then(|| (offered, certificate.to_vec()))
    }
}

impl Sink for Puzzle {
    fn height(&self) -> u64 {
        0
    }

    fn has_votes(&self) -> bool {
        false
    }

    fn behind_min(&self) -> u64 {
        BEHIND_MIN
    }

    fn judge(&mut self, offer: &[u8]) -> Option<Offered> {
        self.read(offer).map(|(offered, _)| offered)
    }

    fn begun(&self) -> Option<SnapshotId> {
        self.shelf.0.lock().state.map(|state| state.snapshot)
    }

    fn begin(&mut self, offer: &[u8]) -> io::Result<()> {
        let (offered, certificate) = self.read(offer).expect("it was judged");
        let mut kept = self.shelf.0.lock();
        if kept.state.is_none_or(|state| state.snapshot != offered.snapshot) {
            let floor = Floor { height: offered.height, block: Some(certificate), votes_above: None };
            *kept = Kept { state: Some(offered), floor: Some(floor), pieces: BTreeMap::new() };
        }
        Ok(())
    }

    fn wanted(&mut self, pieces_max: usize) -> Vec<PieceName> {
        let kept = self.shelf.0.lock();
        (0..PIECES).filter(|at| !kept.pieces.contains_key(at)).take(pieces_max).map(name).collect()
    }

    fn take(&mut self, _member: usize, name: &PieceName, bytes: &[u8]) -> io::Result<Verdict> {
        let mut kept = self.shelf.0.lock();
        let state = kept.state.expect("it was begun");
        if bytes != piece(state.height, name[0]) {
            return Ok(Verdict::Refused);
        }
        let before = kept.pieces.insert(name[0], bytes.to_vec());
        Ok(if before.is_none() { Verdict::Kept } else { Verdict::Needless })
    }

    fn is_complete(&self) -> bool {
        self.shelf.0.lock().pieces.len() == usize::from(PIECES)
    }

    fn finish(&mut self) -> io::Result<()> {
        assert!(self.is_complete(), "nothing is missing");
        Ok(())
    }
}
