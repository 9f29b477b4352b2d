//! Witnesses: that nothing passes for one that is not.

#[path = "common/keys.rs"]
#[expect(dead_code, reason = "shared with tests that need more of it")]
mod keys;
#[path = "common/random.rs"]
#[expect(dead_code, reason = "nothing is picked here")]
mod random;
#[path = "trie_witness/samples.rs"]
mod samples;
#[path = "trie_witness/tree.rs"]
#[expect(dead_code, reason = "shared with tests that need more of it")]
mod tree;

use std::collections::BTreeSet;

use keys::{crowded, hashed, oracle};
use pelton_engine::commitment::verifier::{NotCovered, Refusal, Verifier};
use pelton_engine::trie::{Key32, Update};
use proptest::prelude::*;
use random::Random;
use samples::{model_of, sample, trie_of};
use tree::Tree;

proptest! {
    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert_eq!(Verifier::open(&[1; 32], &bytes).err(), Some(Refusal::Malformed));
        let with_head = [vec![1, 0, 0, 0, bytes.len() as u8 % 64], bytes].concat();
        prop_assert!(Verifier::open(&[1; 32], &with_head).is_err());
    }
}

#[test]
fn a_witness_with_any_bit_flipped_is_refused() {
    let (model, _, witness) = sample();
    let root = oracle(&model);
    assert!(Verifier::open(&root, &witness).is_ok());
    for bit in 0..witness.len() * 8 {
        let mut flipped = witness.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(Verifier::open(&root, &flipped).is_err(), "bit {bit}");
    }
}

#[test]
fn a_witness_with_a_byte_or_an_element_dropped_doubled_or_moved_is_refused() {
    let (model, _, witness) = sample();
    let root = oracle(&model);
    let refused = |bytes: &[u8]| assert!(bytes == witness || Verifier::open(&root, bytes).is_err());
    for at in 0..witness.len() {
        refused(&witness[..at]);
        for len in [1, 32, 64] {
            let (before, behind) = witness.split_at(at);
            if let Some((element, behind)) = behind.split_at_checked(len) {
                refused(&[before, behind].concat());
                refused(&[before, element, element, behind].concat());
                refused(&[before, behind, element].concat());
            }
        }
    }
    for more in [&[0][..], &[0; 32], &[7; 32], &[7; 64]] {
        refused(&[&witness, more].concat());
    }
}

#[test]
fn a_witness_damaged_in_many_places_is_refused() {
    let (model, _, witness) = sample();
    let (root, mut random) = (oracle(&model), Random::new(1));
    for _ in 0..20_000 {
        let mut bytes = witness.clone();
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len());
            match random.below(4) {
                0 => bytes[at] ^= 1 << random.below(8),
                1 => bytes.truncate(at + 1),
                2 => bytes.insert(at, random.next() as u8),
                _ => drop(bytes.splice(at..(at + 32).min(bytes.len()), hashed(random.next()))),
            }
        }
        assert!(bytes == witness || Verifier::open(&root, &bytes).is_err());
    }
}

#[test]
fn a_strange_tree_under_its_own_root_is_judged_without_a_panic() {
    let (mut random, mut accepted) = (Random::new(2), 0);
    for _ in 0..20_000 {
        let tree = strange(&mut random, &mut [0; 32], 0);
        let Ok(verifier) = Verifier::open(&tree.hash(), &tree.write()) else { continue };
        accepted += 1;
        assert_eq!(Tree::read(&tree.write()), tree);
        let keys: BTreeSet<Key32> =
            (0..8).map(|_| hashed(random.next())).chain([[0; 32], [0xff; 32]]).collect();
        let covered = |key: &Key32| verifier.get(key).is_ok();
        let updates: Vec<Update> = keys.into_iter().filter(covered).map(|key| (key, Some(key))).collect();
        let post_root = verifier.post_root(&updates).expect("what can be read can be updated");
        assert_eq!(post_root == tree.hash(), updates.is_empty());
    }
    assert!(accepted > 1_000, "{accepted} accepted");
}

/// A tree that is nearly one: its leaves are mostly on the right side, and mostly not alone.
fn strange(random: &mut Random, path: &mut Key32, depth: usize) -> Tree {
    match random.below(16) {
        0..9 if depth < 10 => {
            let left = strange(random, path, depth + 1);
            path[depth / 8] ^= 0x80 >> (depth % 8);
            let right = strange(random, path, depth + 1);
            path[depth / 8] ^= 0x80 >> (depth % 8);
            Tree::inner(left, right)
        }
        15 => Tree::Nothing,
        9..12 => Tree::Hidden(hashed(random.next())),
        _ => {
            let mut key = hashed(random.next());
            let on_its_side = random.below(50) != 0;
            for bit in (0..depth).filter(|_| on_its_side) {
                let mask = 0x80 >> (bit % 8);
                key[bit / 8] = key[bit / 8] & !mask | path[bit / 8] & mask;
            }
            Tree::Leaf(key, hashed(random.next()))
        }
    }
}

impl Tree {
    /// All nodes but the root, each as a way to it from the root.
    fn ways(&self) -> Vec<Vec<usize>> {
        let Tree::Inner(halves) = self else { return Vec::new() };
        let below = |side: usize| {
            let ways = halves[side].ways().into_iter().map(move |way| [vec![side], way].concat());
            [vec![vec![side]], ways.collect()].concat()
        };
        [below(0), below(1)].concat()
    }

    /// The node at the end of a way.
    fn at(&mut self, way: &[usize]) -> &mut Tree {
        match (self, way) {
            (tree, []) => tree,
            (Tree::Inner(halves), [side, rest @ ..]) => halves[*side].at(rest),
            _ => panic!("the way leads nowhere"),
        }
    }
}

#[test]
fn a_witness_with_a_node_replaced_is_refused_unless_it_only_hides_more() {
    let (model, keys, witness) = sample();
    let (root, tree) = (oracle(&model), Tree::read(&witness));
    let ways = tree.ways();
    for way in &ways {
        let node = tree.clone().at(way).clone();
        let replace = |by: Tree| {
            let mut tree = tree.clone();
            *tree.at(way) = by;
            Verifier::open(&root, &tree.write())
        };
        for other in ways.iter().map(|way| tree.clone().at(way).clone()) {
            assert!(other == node || replace(other).is_err());
        }
        for strange in
            [Tree::Nothing, Tree::Hidden([0; 32]), Tree::Hidden(hashed(1)), Tree::Leaf(hashed(1), hashed(2))]
        {
            assert!(strange == node || replace(strange).is_err());
        }
        // Hidden, a part is no less true; but it is seen that keys are not covered.
        if let Ok(verifier) = replace(Tree::Hidden(node.hash())) {
            let is_hidden_already = matches!(node, Tree::Hidden(_));
            assert_eq!(verifier.is_for(&keys), is_hidden_already);
            assert_eq!(keys.iter().all(|key| verifier.get(key).is_ok()), is_hidden_already);
        }
    }
}

#[test]
fn a_witness_that_tells_more_than_is_needed_is_found_out() {
    let (model, keys, witness) = sample();
    let root = oracle(&model);
    let verifier = Verifier::open(&root, &witness).unwrap();
    assert!(verifier.is_for(&keys));
    assert!(!verifier.is_for(&[]));
    assert!(!verifier.is_for(&model.keys().copied().collect::<Vec<_>>()));
    // Few keys, far apart, and all keys, each of which has its leaf.
    for keys in [keys, model.keys().copied().collect()] {
        let trie = trie_of(&model);
        let witness = trie.witness(&keys);
        let verifier = Verifier::open(&root, &witness).unwrap();
        for without in 0..keys.len() {
            let mut fewer = keys.clone();
            fewer.remove(without);
            let needed = trie.witness(&fewer);
            assert_eq!(verifier.is_for(&fewer), needed == witness);
            assert!(Verifier::open(&root, &needed).unwrap().is_for(&fewer));
        }
    }
}

#[test]
fn what_no_trie_can_look_like_is_refused_even_under_its_own_root() {
    let (left, right) = (Tree::Leaf([0x00; 32], [1; 32]), Tree::Leaf([0xff; 32], [2; 32]));
    // Also under the hash of a half, which is its own if a lone leaf goes up.
    let accepted = |tree: &Tree| {
        let halves: &[Tree] = if let Tree::Inner(halves) = tree { &halves[..] } else { &[] };
        let mut roots = halves.iter().chain([tree]).map(Tree::hash);
        roots.any(|root| Verifier::open(&root, &tree.write()).is_ok())
    };
    let hidden = |tree: &Tree| Tree::Hidden(tree.hash());
    let both = Tree::inner(left.clone(), right.clone());
    assert!(accepted(&both) && accepted(&hidden(&both)) && accepted(&left) && accepted(&Tree::Nothing));
    assert!(accepted(&Tree::inner(hidden(&left), right.clone())));
    assert!(accepted(&Tree::inner(hidden(&both), Tree::Nothing)));

    assert!(!accepted(&Tree::Hidden([0; 32])));
    assert!(!accepted(&Tree::inner(Tree::Nothing, Tree::Nothing)));
    assert!(!accepted(&Tree::inner(left.clone(), Tree::Nothing)));
    assert!(!accepted(&Tree::inner(Tree::Nothing, right.clone())));
    assert!(!accepted(&Tree::inner(hidden(&left), Tree::Nothing)));
    assert!(!accepted(&Tree::inner(Tree::Nothing, hidden(&right))));
    assert!(!accepted(&Tree::inner(hidden(&left), hidden(&right))));
    // Keys on the wrong side.
    assert!(!accepted(&Tree::inner(right.clone(), left.clone())));
    assert!(!accepted(&Tree::inner(left.clone(), left.clone())));
    assert!(!accepted(&Tree::inner(Tree::inner(left, right.clone()), right)));
}

#[test]
fn paths_end_at_256_bits() {
    let chain = |depth: usize| {
        let bottom = Tree::inner(Tree::Leaf([0; 32], [1; 32]), Tree::Hidden([0xaa; 32]));
        (1..depth).fold(bottom, |tree, _| Tree::inner(tree, Tree::Nothing))
    };
    let (deepest, deeper) = (chain(256), chain(257));
    let verifier = Verifier::open(&deepest.hash(), &deepest.write()).unwrap();
    assert_eq!(verifier.get(&[0; 32]), Ok(Some([1; 32])));
    assert_eq!(verifier.get(&crowded(0, 31, 1)), Err(NotCovered));
    assert_eq!(Verifier::open(&deeper.hash(), &deeper.write()).err(), Some(Refusal::Malformed));
}

#[test]
fn a_witness_is_good_for_one_root_only() {
    let (_, _, witness) = sample();
    let root = oracle(&model_of(0..200));
    let flipped = (0..256).map(|bit| {
        let mut flipped = root;
        flipped[bit / 8] ^= 1 << (bit % 8);
        flipped
    });
    for root in [[0; 32], hashed(1), oracle(&model_of(0..201))].into_iter().chain(flipped) {
        assert_eq!(Verifier::open(&root, &witness).err(), Some(Refusal::WrongRoot));
    }
}

#[test]
fn a_count_that_promises_more_than_there_is_takes_no_memory() {
    for count in [u32::MAX, u32::MAX - 3, 1 << 31, 100_000] {
        let bytes = [&[1][..], &count.to_be_bytes(), &[0xff; 64]].concat();
        assert_eq!(Verifier::open(&[1; 32], &bytes).err(), Some(Refusal::Malformed));
    }
}
