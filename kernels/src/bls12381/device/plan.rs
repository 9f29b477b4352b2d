//! Which signatures of a batch are summed up together, and by whom.
//!
//! Signatures of one message lie side by side. A *sum* is an equation of a few messages and some signatures: one check. A
//! *run* is those of its signatures that have one message: one sum of keys. A *part* is what one thread multiplies by
//! coefficients, with doublings that its points share.
//!
//! ```text
//!   signatures   a a a a a a a a a a│b b│c│d         messages a to d
//!   sums        [                  ] [      ]
//!   runs        [                  ] [ ][ ][ ]       of keys
//!   parts       [      ][      ][  ] [ ][ ][ ]       of keys
//!   parts       [      ][      ][  ] [      ]        of signatures
//! ```
//!
//! All lists give where each one ends among those of the line that it is made of.

/// Signatures of a sum at most. A sum that fails costs a check and takes each signature by itself: with so many, a tenth of
/// what these take at most, if all have one message.
const SUM_SIGNATURES: usize = 64;

/// Messages of a sum at most: each has a pairing of its own, and all share one final power.
const SUM_MESSAGES: usize = 8;

/// Signatures of a part at most: their doublings are then an eighth of what one would take.
const PART_SIGNATURES: usize = 8;

/// So many threads are better than fewer that do less in all: with less than that, a GPU is not full.
const THREADS: usize = 1 << 14;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Of keys, among signatures.
    pub key_parts: Vec<u32>,
    /// Among parts of keys.
    pub runs: Vec<u32>,
    /// The message of each run.
    pub run_messages: Vec<u32>,
    /// Of signatures, among signatures.
    pub signature_parts: Vec<u32>,
    /// Among parts of signatures.
    pub sum_parts: Vec<u32>,
    /// Among runs.
    pub sums: Vec<u32>,
    /// Where sums end among signatures.
    pub sum_ends: Vec<u32>,
}

impl Plan {
    /// Of signatures that have these messages. `apart` says behind how many of them a sum has to end, in rising order.
    pub fn new(messages: &[u32], apart: &[usize]) -> Plan {
        let count = messages.len();
        let part = (count / THREADS).clamp(1, PART_SIGNATURES);
        let messages_max = (2 * count / THREADS).clamp(1, SUM_MESSAGES);
        let mut plan = Plan::default();
        let (mut start, mut apart) = (0, apart.iter().copied().peekable());
        while start < count {
            while apart.next_if(|end| *end <= start).is_some() {}
            let most = count.min(start + SUM_SIGNATURES).min(apart.peek().copied().unwrap_or(count));
            let end = plan.put_runs(messages, start..most, messages_max, part);
            put_parts(&mut plan.signature_parts, start..end, part);
            plan.sum_parts.push(plan.signature_parts.len() as u32);
            plan.sums.push(plan.runs.len() as u32);
            plan.sum_ends.push(end as u32);
            start = end;
        }
        plan
    }

    /// The runs of one sum, which ends before one message too many. Gives where.
    fn put_runs(
        &mut self,
        messages: &[u32],
        range: std::ops::Range<usize>,
        messages_max: usize,
        part: usize,
    ) -> usize {
        let mut start = range.start;
        for run in messages[range].chunk_by(|a, b| a == b).take(messages_max) {
            put_parts(&mut self.key_parts, start..start + run.len(), part);
            self.runs.push(self.key_parts.len() as u32);
            self.run_messages.push(run[0]);
            start += run.len();
        }
        start
    }

    /// Whether sums spare anything: they do not if each has but one signature.
    pub fn is_worth_it(&self) -> bool {
        2 * self.sums.len() < self.sum_ends.last().map_or(0, |end| *end as usize)
    }

    /// The signatures of each sum.
    pub fn ranges(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        let starts = std::iter::once(0).chain(self.sum_ends.iter().copied());
        starts.zip(&self.sum_ends).map(|(start, end)| start as usize..*end as usize)
    }

    /// The messages of each sum: how many there are.
    pub fn messages(&self) -> impl Iterator<Item = usize> {
        let starts = std::iter::once(0).chain(self.sums.iter().copied());
        starts.zip(&self.sums).map(|(start, end)| (end - start) as usize)
    }
}

fn put_parts(parts: &mut Vec<u32>, range: std::ops::Range<usize>, part: usize) {
    let ends = range.clone().skip(part).step_by(part).chain([range.end]);
    parts.extend(ends.map(|end| end as u32));
}

#[cfg(test)]
mod tests {
    use super::{Plan, SUM_MESSAGES, SUM_SIGNATURES};

    #[test]
    fn signatures_of_one_message_are_summed_up_and_those_of_many_by_themselves_if_there_are_few() {
        let plan = Plan::new(&[[0; 100].as_slice(), &[1, 1, 2]].concat(), &[]);
        assert_eq!(plan.sum_ends, [64, 100, 102, 103]);
        assert_eq!((plan.sums.clone(), plan.run_messages.clone()), (vec![1, 2, 3, 4], vec![0, 0, 1, 2]));
        assert_eq!((plan.runs[0], plan.sum_parts[3]), (64, 103), "each thread has one");
        assert!(plan.is_worth_it() && !Plan::new(&[0, 1, 2, 3], &[]).is_worth_it());
    }

    #[test]
    fn in_a_long_batch_sums_have_several_messages_and_threads_several_points() {
        let messages: Vec<u32> = (0..1 << 16).collect();
        let plan = Plan::new(&messages, &[]);
        assert_eq!(plan.messages().max(), Some(SUM_MESSAGES));
        assert_eq!((plan.sums.len(), plan.runs.len()), (1 << 13, 1 << 16));
        assert_eq!(plan.signature_parts[..3], [4, 8, 12]);
        let plan = Plan::new(&[7; 1 << 17], &[]);
        assert_eq!((plan.sums.len(), plan.key_parts.len()), ((1 << 17) / SUM_SIGNATURES, 1 << 14));
    }

    #[test]
    fn every_signature_is_in_one_part_and_sums_end_where_they_have_to() {
        for (count, shared) in [(1, 1), (5, 5), (300, 7), (40_000, 3), (70_000, 1), (70_000, 1_000)] {
            let messages: Vec<u32> = (0..count).map(|index| index / shared).collect();
            let apart = [2, 3, 65];
            let plan = Plan::new(&messages, &apart);
            for parts in [&plan.key_parts, &plan.signature_parts, &plan.sum_ends] {
                assert!(parts.is_sorted_by(|a, b| a < b) && parts.last() == Some(&count), "{count} {shared}");
            }
            let ends: Vec<_> = plan.ranges().map(|range| range.end).collect();
            assert!(apart.iter().all(|end| *end >= count as usize || ends.contains(end)));
            for (range, of) in plan.ranges().zip(plan.messages()) {
                assert!(range.len() <= SUM_SIGNATURES && of <= SUM_MESSAGES);
                assert_eq!(messages[range].chunk_by(|a, b| a == b).count(), of);
            }
            let last = |list: &[u32]| list.last().map(|end| *end as usize);
            assert_eq!(last(&plan.runs), Some(plan.key_parts.len()));
            assert_eq!(last(&plan.sum_parts), Some(plan.signature_parts.len()));
            assert_eq!(last(&plan.sums), Some(plan.run_messages.len()));
        }
    }
}
