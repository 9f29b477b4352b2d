//! Going back: the commitment against a model that remembers every set.

#[path = "common/keys.rs"]
mod keys;

use keys::{Batch, Model, any_batch, hashed, oracle, update};
use pelton_engine::commitment::{Commitment, OutOfReach};
use pelton_engine::trie::Trie;
use proptest::prelude::*;

/// What happens next: a block, or a return to this many blocks below.
#[derive(Clone, Debug)]
enum Step {
    Block(Batch),
    Back(usize),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![3 => any_batch().prop_map(Step::Block), 1 => (0..6_usize).prop_map(Step::Back)]
}

/// Goes these steps with a commitment that keeps `rewind_blocks_max` blocks.
fn check(steps: &[Step], rewind_blocks_max: usize) {
    let mut commitment = Commitment::new(Trie::new(), 7, rewind_blocks_max);
    // All sets from height 7 on, and how many blocks may still be taken back.
    let (mut sets, mut kept) = (vec![Model::new()], 0);
    for step in steps {
        let height = commitment.height();
        match step {
            Step::Block(batch) => {
                let mut set = sets[sets.len() - 1].clone();
                update(&mut set, batch);
                sets.push(set);
                kept = rewind_blocks_max.min(kept + 1);
                commitment.apply(height + 1, batch.iter().map(|(key, value)| (*key, *value)).collect());
            }
            Step::Back(blocks) if *blocks <= kept => {
                sets.truncate(sets.len() - blocks);
                kept -= blocks;
                let root = commitment.rewind(height - *blocks as u64);
                assert_eq!(root, Ok(oracle(&sets[sets.len() - 1])));
            }
            Step::Back(blocks) => {
                let out_of_reach = OutOfReach { lowest: height - kept as u64, highest: height };
                assert_eq!(commitment.rewind(height - *blocks as u64), Err(out_of_reach));
            }
        }
        assert_eq!(commitment.root(), oracle(&sets[sets.len() - 1]));
        assert_eq!(commitment.height(), 7 + sets.len() as u64 - 1);
    }
}

proptest! {
    #[test]
    fn after_any_way_back_and_forth_the_root_is_that_of_the_oracle(
        steps in proptest::collection::vec(any_step(), 1..16),
        rewind_blocks_max in 0..5_usize,
    ) {
        check(&steps, rewind_blocks_max);
    }
}

#[test]
fn big_blocks_are_taken_back_too() {
    let block = |from: u64, to: u64, step: u64| {
        Step::Block(
            (from..to).map(|n| (hashed(n), (!n.is_multiple_of(step)).then(|| hashed(n * step)))).collect(),
        )
    };
    check(&[block(0, 5000, 7), block(2500, 7500, 3), block(0, 7500, 1), Step::Back(2), Step::Back(1)], 3);
}

#[test]
fn a_height_in_the_future_is_out_of_reach() {
    let mut commitment = Commitment::new(Trie::new(), 7, 3);
    assert_eq!(commitment.rewind(8), Err(OutOfReach { lowest: 7, highest: 7 }));
    assert_eq!(commitment.rewind(7), Ok([0; 32]));
}

#[test]
#[should_panic(expected = "blocks are committed in order")]
fn a_block_that_is_not_the_next_one_is_a_bug() {
    Commitment::new(Trie::new(), 7, 3).apply(9, Vec::new());
}

#[test]
fn a_commitment_may_move_to_a_thread_of_its_own() {
    fn check<T: Send + 'static>() {}
    check::<Commitment>();
}
