//! Dedup by itself: the same again, dearer, hardly dearer, and what was turned away further on.

#[expect(dead_code, reason = "of the list only its transactions are used")]
#[path = "common/list.rs"]
mod list;

use std::collections::BTreeMap;
use std::sync::Arc;

use list::transaction;
use pelton_engine::reject::Reject;
use pelton_engine::transaction::Verified;
use pelton_pipeline::batch::Batch;
use pelton_pipeline::clock::SimulatedClock;
use pelton_pipeline::ledger::Ledger;
use pelton_pipeline::link::Link;
use pelton_pipeline::stages::dedup::Dedup;
use pelton_pipeline::turn::{Runner, Turnable};

#[test]
fn the_same_again_is_a_duplicate_unless_it_was_turned_away_and_a_replacement_pays_a_tenth_more() {
    let (ledger, clock) = (Arc::new(Ledger::new(16)), SimulatedClock::default());
    let (input, output) = (Arc::new(Link::new(4)), Arc::new(Link::new(4)));
    let stage = Dedup::new(16, ledger.clone());
    let mut runner = Runner::new("dedup", stage, input.clone(), output.clone(), ledger.clone());
    let mut passed = |sent: &[&Verified]| {
        let batch: Batch<Verified> = sent.iter().map(|one| ((*one).clone(), 0)).collect();
        input.push(batch).expect("there is room");
        runner.turn(&clock);
        let ids = output.pop().into_iter().flatten().map(|(one, _)| one.id()).collect::<Vec<_>>();
        (ids, runner.meter().rejected.clone())
    };
    let [first, hardly, dearer] = [(100, 10), (109, 11), (110, 11)].map(|fees| transaction(0, 0, fees, 1, 0));
    let (ids, rejected) = passed(&[&first, &first, &hardly, &dearer, &dearer]);
    assert_eq!(ids, [first.id(), dearer.id()]);
    let expected = BTreeMap::from([(Reject::Duplicate, 2), (Reject::ReplacementUnderpriced, 1)]);
    assert_eq!(rejected, expected);
    ledger.record("schedule", vec![(dearer.id(), Reject::PoolFull)]);
    let (ids, rejected) = passed(&[&dearer, &dearer]);
    assert_eq!(ids, [dearer.id()], "what was turned away may come once more");
    assert_eq!(rejected[&Reject::Duplicate], 3);
}
