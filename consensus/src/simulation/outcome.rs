//! What came of a simulation, and the judges of it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::certificate::verify_certificate;
use crate::committee::Committee;
use crate::ordering::BlockId;

/// A block that one validator was told to be final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Final {
    /// Its height.
    pub height: u64,
    /// The block.
    pub id: BlockId,
    /// When its maker made it.
    pub proposed: Duration,
    /// When this validator was told, with the block on disk and everything below it told before.
    pub at: Duration,
    /// What convinces others, if this validator saw it go by.
    pub certificate: Option<Vec<u8>>,
}

/// What came of a simulation.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Who took part.
    pub committee: Committee,
    /// What each was told, in that order.
    pub finals: Vec<Vec<Final>>,
    /// Over all that happened.
    pub hash: String,
}

impl Outcome {
    pub(super) fn new(committee: Committee, finals: Vec<Vec<Final>>, hash: String) -> Outcome {
        Outcome { committee, finals, hash }
    }

    /// How many heights somebody was told of.
    pub fn heights(&self) -> u64 {
        self.finals.iter().flatten().map(|told| told.height).max().unwrap_or(0)
    }

    /// That every validator was told heights in order and without a gap, and no two different blocks of one height.
    ///
    /// # Panics
    /// If that is not so.
    pub fn assert_one_chain(&self) {
        let mut chain = BTreeMap::new();
        for told in &self.finals {
            assert!(
                told.iter().map(|told| told.height).eq(1..=told.len() as u64),
                "a gap, or a height twice"
            );
            for Final { height, id, .. } in told {
                let first = chain.entry(*height).or_insert(*id);
                assert_eq!(first, id, "a fork at height {height}");
            }
        }
    }

    /// Checks every certificate, and gives how many there were and the length of the longest.
    ///
    /// # Panics
    /// If one certifies something else.
    pub fn check_certificates(&self) -> (usize, usize) {
        let (namespace, key) = (self.committee.namespace(), self.committee.group_key());
        let certificates =
            self.finals.iter().flatten().filter_map(|told| Some((told, told.certificate.as_ref()?)));
        let lengths = certificates.map(|(told, certificate)| {
            let certified =
                verify_certificate(namespace, &key, certificate).expect("it was made by the quorum");
            assert_eq!(certified.id, told.id, "it certifies the block that it came with");
            certificate.len()
        });
        lengths.fold((0, 0), |(count, longest), length| (count + 1, length.max(longest)))
    }

    /// From making a block to telling it, for every validator and block made in that time; sorted.
    pub fn latencies(&self, from: Duration, until: Duration) -> Vec<Duration> {
        let told = self.finals.iter().flatten().filter(|told| (from..until).contains(&told.proposed));
        let mut latencies: Vec<Duration> = told.map(|told| told.at - told.proposed).collect();
        latencies.sort_unstable();
        latencies
    }

    /// Longest time, among these members, between the moments when the first of them was told of one height and of the
    /// next, from this moment on.
    pub fn longest_gap(&self, members: &[usize], from: Duration) -> Duration {
        let moments = self.moments(members);
        let gaps = moments.windows(2).filter(|pair| pair[1] >= from).map(|pair| pair[1] - pair[0]);
        gaps.max().unwrap_or(Duration::MAX)
    }

    /// How long after this moment the first new height was told.
    pub fn resumed_after(&self, moment: Duration) -> Duration {
        let all: Vec<usize> = (0..self.finals.len()).collect();
        let next = self.moments(&all).into_iter().find(|at| *at > moment);
        next.map_or(Duration::MAX, |at| at - moment)
    }

    /// When the first of these members was told of each height.
    fn moments(&self, members: &[usize]) -> Vec<Duration> {
        let mut first: BTreeMap<u64, Duration> = BTreeMap::new();
        for told in members.iter().flat_map(|member| &self.finals[*member]) {
            let at = first.entry(told.height).or_insert(told.at);
            *at = told.at.min(*at);
        }
        first.into_values().collect()
    }
}

/// The value below which this share of sorted values lies.
///
/// # Panics
/// If there are none.
pub fn quantile(sorted: &[Duration], share: f64) -> Duration {
    assert!(!sorted.is_empty(), "there is something to take a share of");
    sorted[((sorted.len() - 1) as f64 * share).round() as usize]
}
