//! `Graph`: which transactions of a block have to wait for which.
//!
//! Going through the block in order, each key remembers who touched it last:
//!
//! | touch | waits for | and is remembered as |
//! | --- | --- | --- |
//! | read, of an account or slot | the last exclusive touch | a reader |
//! | debit | the last exclusive touch, readers since | the exclusive touch |
//! | write, of an account or slot | the last exclusive touch, readers and credits since | the exclusive touch, and writer |
//! | credit | the last writer, as only it can have made code | a credit |
//!
//! Credits are remembered by whoever gives them and become part of the balance when somebody looks at it, who is then
//! said to *absorb* them. Looking is exclusive then: a read that finds credits waits for them and counts as an exclusive
//! touch. So credits wait for each other as little as reads do, every touch is waited for once, and the graph has at
//! most two edges for each touch.

use super::keys::Keys;
use super::touch::{Rows, Touch, Way};

const NOBODY: u32 = u32::MAX;

/// For each transaction, whom it waits for and who waits for it.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    /// How many transactions each one waits for.
    pub(crate) waits: Vec<u32>,
    /// Who waits for each one.
    pub(crate) successors: Rows<u32>,
}

/// Who touched a key so far. Lists are chains through one arena.
#[derive(Clone, Copy)]
struct Node {
    exclusive: u32,
    writer: u32,
    readers: u32,
    credits: u32,
}

const UNTOUCHED: Node = Node { exclusive: NOBODY, writer: NOBODY, readers: NOBODY, credits: NOBODY };

struct Builder {
    nodes: Vec<Node>,
    /// Position, and the link before it.
    links: Vec<(u32, u32)>,
    edges: Vec<(u32, u32)>,
    waits: Vec<u32>,
}

impl Graph {
    /// Links the transactions of these rows, and marks the touches that absorb.
    pub(super) fn new(keys: &Keys, rows: &mut Rows<Touch>, count: usize) -> Graph {
        let first_slot = keys.accounts.len();
        let mut builder = Builder {
            nodes: vec![UNTOUCHED; first_slot + keys.slots.len()],
            links: Vec::with_capacity(count),
            edges: Vec::with_capacity(count),
            waits: vec![0; count],
        };
        for position in 0..count as u32 {
            for touch in rows.row_mut(position) {
                if builder.touch(keys, first_slot, position, *touch) {
                    *touch = touch.absorbing();
                }
            }
        }
        Graph { successors: Rows::of_pairs(count, &builder.edges), waits: builder.waits }
    }
}

impl Builder {
    /// Links one touch with those before it; says whether it absorbs.
    fn touch(&mut self, keys: &Keys, first_slot: usize, position: u32, touch: Touch) -> bool {
        let key = touch.key() as usize;
        match touch.way() {
            // Any slot may be read, so nobody may write one meanwhile.
            Way::ReadWhole if keys.accounts[key].has_written_slot => self.write(key, position, false),
            Way::Read | Way::ReadWhole => keys.accounts[key].is_ordered() && self.read(key, position),
            Way::Credit => {
                self.wait(position, self.nodes[key].writer);
                self.nodes[key].credits = self.link(position, self.nodes[key].credits);
                false
            }
            Way::Debit if touch.absorbs() => self.write(key, position, false),
            Way::Debit => {
                self.exclude(key, position);
                false
            }
            Way::Write => self.write(key, position, true),
            Way::ReadSlot => keys.slots[key].is_written && self.read(first_slot + key, position),
            Way::WriteSlot => self.write(first_slot + key, position, true),
        }
    }

    fn read(&mut self, node: usize, position: u32) -> bool {
        if self.nodes[node].credits != NOBODY {
            return self.write(node, position, false);
        }
        self.wait(position, self.nodes[node].exclusive);
        self.nodes[node].readers = self.link(position, self.nodes[node].readers);
        false
    }

    fn write(&mut self, node: usize, position: u32, is_writer: bool) -> bool {
        self.exclude(node, position);
        let credits = std::mem::replace(&mut self.nodes[node].credits, NOBODY);
        self.wait_for_all(position, credits);
        if is_writer {
            self.nodes[node].writer = position;
        }
        credits != NOBODY
    }

    fn exclude(&mut self, node: usize, position: u32) {
        let Node { exclusive, readers, .. } = self.nodes[node];
        if readers == NOBODY {
            self.wait(position, exclusive);
        } else {
            self.wait_for_all(position, readers);
        }
        self.nodes[node].exclusive = position;
        self.nodes[node].readers = NOBODY;
    }

    fn wait_for_all(&mut self, position: u32, mut link: u32) {
        while link != NOBODY {
            let (other, before) = self.links[link as usize];
            self.wait(position, other);
            link = before;
        }
    }

    fn wait(&mut self, position: u32, other: u32) {
        if other != NOBODY && other != position {
            self.edges.push((other, position));
            self.waits[position as usize] += 1;
        }
    }

    fn link(&mut self, position: u32, before: u32) -> u32 {
        self.links.push((position, before));
        self.links.len() as u32 - 1
    }
}
