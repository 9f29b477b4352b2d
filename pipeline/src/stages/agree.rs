//! agree: where a validator's pipeline meets the others'. It has the pool, makes blocks when it is asked for one, judges
//! the blocks of others, and passes those that are final, in order of height.
//!
//! ```text
//!  Verified ──> pool ──Propose──> block ─┐            ┌─> Verify? examine, judge ──> vote
//!                ^                       └─ others ───┤
//!                │ places held and settled            └─> Final ──> plan ──> execute, commit
//! ```
//!
//! 1. A block is judged by what all have executed: its header follows from its parent's and from the block `root_lag` below,
//!    whose state root it repeats, and by that state and all that was ordered since its transactions are
//!    [admissible](pelton_engine::admission). While this validator has not executed that one, it does not vote.
//! 2. What is in a block that may become final has its place in the pool: it is not offered again on top of that block.
//!    When another block becomes final instead, it takes its place back.
//! 3. A final block whose header speaks of another state than this validator has stops it, and says what differs.
//! 4. Transactions that come in with a block of others count as taken here.
//! 5. Where the next header has to speak of a block that is not final, and consensus takes its time, the parent is proposed
//!    again: votes on it are votes on all below.

mod branch;
mod funds;
mod judge;
mod known;
mod question;

use std::collections::VecDeque;
use std::sync::Arc;

use alloy_primitives::{B256, Bytes};
use pelton_engine::block::{Block, Header, Parent};
use pelton_engine::environment::Fork;
use pelton_engine::plan::Plan;
use pelton_engine::reject::Reject;
use pelton_engine::transaction::Verified;

use self::branch::Branch;
use self::funds::{After, on_the_way};
use self::judge::{Verdict, judge};
use self::known::Known;
pub use self::question::{Agreement, Answer, Question};
use crate::batch::Batch;
use crate::brief::{self, Prefix};
use crate::chain::Chain;
use crate::clock::Nanos;
use crate::draft;
use crate::examiner::Examiner;
use crate::metrics::sample::Samples;
use crate::metrics::{
    BLOCKS_AGAIN, BLOCKS_FINAL, BLOCKS_PROPOSED, BLOCKS_UNDECIDED, CONSENSUS_QUESTIONS, CONSENSUS_VERDICTS,
    POOL_READY, POOL_WAITING,
};
use crate::pool::{Market, Place, Pool};
use crate::stage::{Outbox, Stage};
use crate::stages::schedule::Settings;
use crate::stages::seal::Sealed;
use crate::watch::Watch;

/// A question for a block.
struct Turn {
    parent: Parent,
    answer: Box<dyn Answer<Arc<Block>>>,
    asked_ns: Nanos,
}

/// A question about a block.
struct Vote {
    id: B256,
    parent: Parent,
    answer: Box<dyn Answer<bool>>,
}

/// The stage.
pub struct Agree {
    settings: Settings,
    /// A block without transactions is made after this long.
    empty_after_ns: Nanos,
    chain: Arc<Chain>,
    agreement: Box<dyn Agreement>,
    examiner: Examiner,
    pool: Pool,
    /// What waits or is held, by id.
    known: Known,
    genesis: Parent,
    branch: Branch,
    turns: Vec<Turn>,
    votes: Vec<Vote>,
    finals: VecDeque<(Bytes, Box<dyn FnOnce() + Send>)>,
    watch: Option<Arc<dyn Watch>>,
    expired_at_ns: Nanos,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    proposed: u64,
    again: u64,
    finals: u64,
    good: u64,
    bad: u64,
}

impl Agree {
    /// A stage that goes on above `parent`, on a chain that began at `genesis`.
    pub fn new(
        settings: Settings,
        empty_after_ns: Nanos,
        chain: Arc<Chain>,
        (genesis, parent): (Parent, Parent),
        agreement: Box<dyn Agreement>,
        examiner: Examiner,
    ) -> Agree {
        let market = Market { base_fee: parent.base_fee, prices: Arc::default() };
        let finals_max = usize::try_from(chain.limits().root_lag).unwrap_or(usize::MAX);
        Agree {
            pool: Pool::new(settings.pool.clone(), market),
            settings,
            empty_after_ns,
            chain,
            agreement,
            examiner,
            known: Known::new(),
            genesis,
            branch: Branch::new(parent, finals_max),
            turns: Vec::new(),
            votes: Vec::new(),
            finals: VecDeque::new(),
            watch: None,
            expired_at_ns: 0,
            counts: Counts::default(),
        }
    }

    /// The same, telling somebody of each transaction that waits for a block.
    pub fn watched(self, watch: Option<Arc<dyn Watch>>) -> Agree {
        Agree { watch, ..self }
    }

    /// Hears what consensus asks.
    fn listen(&mut self, now_ns: Nanos) {
        while let Some(question) = self.agreement.next() {
            match question {
                Question::Propose { parent, answer } => {
                    let Some((_, below)) = self.meet(&parent) else { continue };
                    self.turns.push(Turn { parent: below, answer, asked_ns: now_ns });
                }
                Question::Verify { block, parent, answer } => {
                    let parent = self.meet(&parent);
                    let (Some((_, parent)), Some((id, _))) = (parent, self.meet(&block)) else { continue };
                    self.votes.push(Vote { id, parent, answer });
                }
                Question::LiesBelow { block } => drop(self.meet(&block)),
                Question::Restore { brief, parts, answer } => {
                    let known = |prefix: &Prefix| self.known.wire(prefix);
                    answer.give(brief::fill(&brief, &parts, self.chain.limits(), known));
                }
                Question::Final { block, done } => {
                    let (_, parent) = self.meet(&block).expect("only a block can become final");
                    if parent.height <= self.branch.tip().height {
                        // It was taken over before this validator was started anew.
                        done();
                    } else {
                        self.finals.push_back((block, done));
                    }
                }
            }
        }
        self.turns.retain(|turn| !turn.answer.is_over());
        self.votes.retain(|vote| !vote.answer.is_over());
        while let Some((id, examined)) = self.examiner.poll() {
            self.branch.insert(id, examined);
        }
    }

    /// Gets to know a block, and gives its id and what the next one builds upon.
    fn meet(&mut self, bytes: &Bytes) -> Option<(B256, Parent)> {
        if bytes.is_empty() {
            return Some((self.genesis.id, self.genesis));
        }
        let header = Header::decode(bytes).ok()?;
        let parent = header.as_parent();
        if parent.height > self.branch.tip().height && !self.branch.has(&parent.id) {
            self.examiner.begin(bytes.clone(), |id| self.known.get(id));
        }
        Some((parent.id, parent))
    }

    /// Hears which transactions are through.
    fn settle(&mut self, outbox: &mut Outbox<Sealed>) {
        let state = self.chain.state();
        while let Some(settled) = self.chain.next_settled() {
            let mut reject = reject_to(&mut self.known, outbox);
            self.pool.settle(&settled, &*state, &mut reject);
        }
    }

    /// Passes the next final block on, if it has been examined and what its header speaks of has been executed.
    fn pass(&mut self, outbox: &mut Outbox<Sealed>) {
        let Some((bytes, _)) = self.finals.front() else { return };
        // Met again, in case that it was forgotten over others.
        let bytes = bytes.clone();
        let (id, _) = self.meet(&bytes).expect("only a block can become final");
        let block = match self.branch.get(&id) {
            None => return,
            Some(Err(reason)) => panic!("a quorum has made block {id} final, which is {}", reason.name()),
            Some(Ok(block)) => block.clone(),
        };
        let Some(own) = self.chain.summary_for(block.header().height) else { return };
        let said = block.header().executed;
        assert_eq!(
            said,
            own,
            "block {} is final and speaks of another block {} than this validator has executed",
            block.header().height,
            own.height
        );
        let (_, done) = self.finals.pop_front().expect("it was just looked at");
        let chain = self.chain.clone();
        let state = chain.state();
        let places =
            self.branch.finalize(&block, &mut self.pool, &*state, &mut reject_to(&mut self.known, outbox));
        let arrivals = self.arrivals(&block, places, outbox);
        let (beneficiary, transactions) = (block.header().beneficiary, block.transactions().clone());
        let plan = Plan::new(&state, Fork::OWN, beneficiary, transactions);
        outbox.pass(Sealed { block, plan, arrivals });
        self.counts.finals += 1;
        done();
    }

    /// When each transaction of a final block came in: here before, or with the block.
    fn arrivals(&mut self, block: &Block, places: Vec<Place>, outbox: &mut Outbox<Sealed>) -> Vec<Nanos> {
        let mut arrivals = Vec::with_capacity(places.len());
        for (transaction, place) in block.transactions().iter().zip(places) {
            let id = transaction.id();
            match place.waited {
                Some(waited) if waited.transaction.id() == id => {
                    self.known.remove(&id);
                    arrivals.push(waited.arrival_ns);
                }
                other => {
                    if let Some(other) = other {
                        reject_to(&mut self.known, outbox)(other.transaction.id(), Reject::Replaced);
                    }
                    outbox.brought += 1;
                    arrivals.push(outbox.now_ns);
                }
            }
        }
        arrivals
    }

    /// Votes on what can be judged.
    fn vote(&mut self, unix_ms: u64) {
        let (branch, chain) = (&self.branch, &self.chain);
        for Vote { id, parent, answer } in std::mem::take(&mut self.votes) {
            let verdict = match branch.get(&id) {
                None => Verdict::Later,
                Some(Err(_)) => Verdict::Bad,
                Some(Ok(block)) => match branch.path_to(&parent.id) {
                    None => Verdict::Later,
                    Some(path) => {
                        let admission = on_the_way(branch, &path, chain.limits());
                        judge(block, &parent, chain, unix_ms, admission.as_ref())
                    }
                },
            };
            match verdict {
                Verdict::Later => self.votes.push(Vote { id, parent, answer }),
                Verdict::Good => {
                    self.counts.good += 1;
                    answer.give(true);
                }
                Verdict::Bad => {
                    self.counts.bad += 1;
                    answer.give(false);
                }
            }
        }
    }

    /// Makes the blocks that it is time for.
    fn propose(&mut self, outbox: &mut Outbox<Sealed>) {
        for turn in std::mem::take(&mut self.turns) {
            match self.make(&turn, outbox) {
                Some(block) => {
                    self.counts.proposed += 1;
                    outbox.note_work();
                    turn.answer.give(block);
                }
                None => match self.parent_again(&turn, outbox.now_ns) {
                    Some(parent) => {
                        self.counts.again += 1;
                        turn.answer.give(parent);
                    }
                    None => self.turns.push(turn),
                },
            }
        }
    }

    /// The parent, if the header of the next block has to speak of one that is not final, and that is not about to change.
    fn parent_again(&self, turn: &Turn, now_ns: Nanos) -> Option<Arc<Block>> {
        let spoken_of = (turn.parent.height + 1).saturating_sub(self.chain.limits().root_lag);
        let is_late = now_ns.saturating_sub(turn.asked_ns) >= self.empty_after_ns;
        let final_height = self.branch.tip().height + self.finals.len() as u64;
        let parent = self.branch.get(&turn.parent.id)?.as_ref().ok()?;
        (is_late && spoken_of > final_height).then(|| parent.clone())
    }

    fn make(&mut self, turn: &Turn, outbox: &mut Outbox<Sealed>) -> Option<Arc<Block>> {
        let parent = turn.parent;
        let executed = self.chain.summary_for(parent.height + 1)?;
        let interval_ms = self.settings.block_interval_ns / 1_000_000;
        let is_time = outbox.unix_ms >= parent.timestamp_ms.saturating_add(interval_ms);
        let is_late = outbox.now_ns.saturating_sub(turn.asked_ns) >= self.empty_after_ns;
        let path = self.branch.path_to(&parent.id).filter(|_| self.pool.ready() > 0);
        if !(is_late || is_time && path.is_some()) {
            return None;
        }
        let (chain, beneficiary) = (self.chain.clone(), self.settings.beneficiary);
        let (limits, standing) = (chain.limits(), chain.read());
        let state = &standing.state;
        // Without what lies between, and what it is judged by, nobody knows here what is left to be done and what others
        // would refuse: an empty block is always right. So a validator that was started again fills none for as many
        // blocks as are on their way.
        let taken = path.and_then(|path| {
            let admission = on_the_way(&self.branch, &path, limits)?;
            let ancestor = After::ancestor_of(parent.height + 1, &standing, limits)?;
            let mut reject = reject_to(&mut self.known, outbox);
            self.branch.follow(&path, &mut self.pool, state, &mut reject);
            let base_fee = parent.next_base_fee(&executed, limits);
            let prices = chain.prices(parent.height + 1, base_fee);
            self.pool.set_market(Market { base_fee, prices }, state);
            // Others judge it by the same rules.
            let mut open = admission.open();
            let fits = |transaction: &Verified| open.add(&ancestor, transaction).is_ok();
            Some(draft::fill(&mut self.pool, limits, state, fits))
        });
        let transactions: Vec<_> = taken.iter().flatten().map(|taken| taken.transaction.clone()).collect();
        let block = Block::seal(&parent, executed, beneficiary, outbox.unix_ms, transactions, limits);
        let block = Arc::new(block);
        self.branch.insert(block.id(), Ok(block.clone()));
        if let Some(taken) = taken {
            self.branch.push(block.clone(), taken.into_iter().map(Place::of).collect());
        }
        Some(block)
    }
}

/// Turns transactions away that were known.
fn reject_to<'a>(known: &'a mut Known, outbox: &'a mut Outbox<Sealed>) -> impl FnMut(B256, Reject) + 'a {
    |id, reason| {
        // A duplicate is a copy of what is known and stays so.
        if reason != Reject::Duplicate {
            known.remove(&id);
        }
        outbox.reject(id, reason);
    }
}

impl Stage for Agree {
    type Input = Batch<Verified>;
    type Output = Sealed;

    fn take(&mut self, input: Batch<Verified>, outbox: &mut Outbox<Sealed>) {
        let now_ns = outbox.now_ns;
        let state = self.chain.state();
        for (transaction, arrival_ns) in input {
            let (own, mut is_taken) = (transaction.id(), true);
            {
                let mut turn_away = reject_to(&mut self.known, outbox);
                let mut reject = |id, reason| {
                    is_taken &= id != own;
                    turn_away(id, reason);
                };
                self.pool.insert(transaction.clone(), arrival_ns, now_ns, &*state, &mut reject);
            }
            if is_taken {
                if let Some(watch) = &self.watch {
                    watch.waits(&transaction, arrival_ns);
                }
                self.known.insert(transaction);
            }
        }
    }

    fn poll(&mut self, outbox: &mut Outbox<Sealed>) {
        self.listen(outbox.now_ns);
        self.settle(outbox);
        // One at a time: each has to find room, and the next may need what comes of it.
        self.pass(outbox);
        self.vote(outbox.unix_ms);
        self.propose(outbox);
        let parked_ns_max = self.settings.pool.parked_ns_max;
        if outbox.now_ns.saturating_sub(self.expired_at_ns) >= parked_ns_max / 4 {
            self.expired_at_ns = outbox.now_ns;
            let before_ns = outbox.now_ns.saturating_sub(parked_ns_max);
            let state = self.chain.state();
            self.pool.expire(before_ns, &*state, &mut reject_to(&mut self.known, outbox));
        }
    }

    fn finish(&mut self, outbox: &mut Outbox<Sealed>) {
        let state = self.chain.state();
        if self.pool.ready() == 0 && !self.pool.has_in_flight() {
            self.pool.expire(Nanos::MAX, &*state, &mut reject_to(&mut self.known, outbox));
        }
    }

    fn held(&self) -> u64 {
        self.pool.len() as u64 + self.branch.held()
    }

    fn has_room(&self) -> bool {
        // What cannot be taken does not count: where it fills the pool, it makes room.
        let (moving, room) = (self.pool.moving(), self.settings.pool.room);
        moving.transactions < room.transactions && moving.bytes < room.bytes
    }

    fn is_working(&self) -> bool {
        self.examiner.is_working()
    }

    fn job_cpu_ns(&self) -> Nanos {
        self.examiner.job_cpu_ns()
    }

    fn observe(&self, samples: &mut Samples) {
        samples.count(&POOL_WAITING, [], self.pool.len() as u64);
        samples.count(&POOL_READY, [], self.pool.ready() as u64);
        samples.count(&BLOCKS_PROPOSED, [], self.counts.proposed);
        samples.count(&BLOCKS_AGAIN, [], self.counts.again);
        samples.count(&BLOCKS_FINAL, [], self.counts.finals);
        samples.count(&BLOCKS_UNDECIDED, [], self.branch.undecided() as u64);
        let verdicts = [("for", self.counts.good), ("against", self.counts.bad)];
        verdicts.iter().for_each(|(verdict, count)| samples.count(&CONSENSUS_VERDICTS, [verdict], *count));
        let waiting =
            [("propose", self.turns.len()), ("verify", self.votes.len()), ("final", self.finals.len())];
        waiting.iter().for_each(|(kind, count)| samples.count(&CONSENSUS_QUESTIONS, [kind], *count as u64));
    }
}
