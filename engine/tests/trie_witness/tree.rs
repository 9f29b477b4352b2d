//! A witness as a tree: a second reader and writer of its bytes, as plain as can be, and the same as a proof of
//! `nomt-core`.

use nomt_core::proof::{MultiPathProof, MultiProof, PathProofTerminal};
use nomt_core::trie::LeafData;
use nomt_core::trie_pos::TriePosition;
use pelton_engine::trie::{Key32, ValueHash32};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tree {
    Nothing,
    Hidden([u8; 32]),
    Leaf(Key32, ValueHash32),
    Inner(Box<[Tree; 2]>),
}

impl Tree {
    pub fn inner(left: Tree, right: Tree) -> Tree {
        Tree::Inner(Box::new([left, right]))
    }

    /// Reads a witness that is in order.
    pub fn read(witness: &[u8]) -> Tree {
        let count = u32::from_be_bytes(witness[1..5].try_into().expect("four bytes")) as usize;
        let (kinds, mut behind) = witness[5..].split_at(count.div_ceil(4));
        let tree = Tree::read_node(&mut (0..count).map(|i| kinds[i / 4] >> (6 - i % 4 * 2) & 3), &mut behind);
        assert!(witness[0] == 1 && behind.is_empty());
        tree
    }

    fn read_node(kinds: &mut impl Iterator<Item = u8>, behind: &mut &[u8]) -> Tree {
        let mut take = || {
            let (hash, rest) = behind.split_first_chunk().expect("the witness is in order");
            *behind = rest;
            *hash
        };
        match kinds.next().expect("the witness is in order") {
            0 => Tree::Nothing,
            1 => Tree::Hidden(take()),
            2 => Tree::Leaf(take(), take()),
            _ => Tree::inner(Tree::read_node(kinds, behind), Tree::read_node(kinds, behind)),
        }
    }

    /// The bytes of a witness, which need not be in order.
    pub fn write(&self) -> Vec<u8> {
        let (mut kinds, mut behind) = (Vec::new(), Vec::new());
        self.write_node(&mut kinds, &mut behind);
        let mut bytes = vec![1];
        bytes.extend((kinds.len() as u32).to_be_bytes());
        let byte =
            |four: &[u8]| four.iter().enumerate().fold(0, |byte, (i, kind)| byte | kind << (6 - 2 * i));
        bytes.extend(kinds.chunks(4).map(byte));
        bytes.extend(behind);
        bytes
    }

    fn write_node(&self, kinds: &mut Vec<u8>, behind: &mut Vec<u8>) {
        let (kind, bytes) = match self {
            Tree::Nothing => (0, Vec::new()),
            Tree::Hidden(hash) => (1, hash.to_vec()),
            Tree::Leaf(key, value) => (2, [*key, *value].concat()),
            Tree::Inner(_) => (3, Vec::new()),
        };
        kinds.push(kind);
        behind.extend(bytes);
        if let Tree::Inner(halves) = self {
            halves.iter().for_each(|half| half.write_node(kinds, behind));
        }
    }

    /// The hash by the rules, whether or not an inner node may stand there.
    pub fn hash(&self) -> [u8; 32] {
        let (pair, first_bit) = match self {
            Tree::Nothing => return [0; 32],
            Tree::Hidden(hash) => return *hash,
            Tree::Leaf(key, value) => ([*key, *value], 0x80),
            Tree::Inner(halves) => ([halves[0].hash(), halves[1].hash()], 0),
        };
        let mut hash = *blake3::hash(&pair.concat()).as_bytes();
        hash[0] = hash[0] & 0x7f | first_bit;
        hash
    }

    /// The same as a proof of `nomt-core` for these keys, of which there is at least one.
    pub fn to_nomt(&self, keys: &[Key32]) -> MultiProof {
        let (mut paths, mut siblings) = (Vec::new(), Vec::new());
        if *self != Tree::Nothing {
            self.add_to_nomt(0, keys, &mut paths, &mut siblings);
        }
        MultiProof { paths, siblings }
    }

    fn add_to_nomt(
        &self,
        depth: usize,
        keys: &[Key32],
        paths: &mut Vec<MultiPathProof>,
        siblings: &mut Vec<[u8; 32]>,
    ) {
        let terminal = match self {
            Tree::Hidden(_) => panic!("keys are not hidden"),
            Tree::Nothing => {
                PathProofTerminal::Terminator(TriePosition::from_path_and_depth(keys[0], depth as u16))
            }
            Tree::Leaf(key_path, value_hash) => {
                PathProofTerminal::Leaf(LeafData { key_path: *key_path, value_hash: *value_hash })
            }
            Tree::Inner(halves) => {
                let middle = keys.partition_point(|key| key[depth / 8] & (0x80 >> (depth % 8)) == 0);
                let sides = [&keys[..middle], &keys[middle..]];
                // A half without keys is a sibling of the other, and stands before what is in the other.
                for side in [0, 1] {
                    if sides[side].is_empty() {
                        siblings.push(halves[side].hash());
                    }
                }
                for (half, keys) in halves.iter().zip(sides) {
                    if !keys.is_empty() {
                        half.add_to_nomt(depth + 1, keys, paths, siblings);
                    }
                }
                return;
            }
        };
        paths.push(MultiPathProof { terminal, depth });
    }
}
