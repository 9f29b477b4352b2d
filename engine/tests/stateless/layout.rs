//! The layout of a file, as `stateless/file.rs` gives it, taken apart and put together by other code.

use alloy_primitives::B256;
use pelton_engine::block::HEADER_BYTES;
use pelton_engine::commitment::rules::Key32;
use pelton_engine::store::record::{decode_writes, encode_writes};
use pelton_engine::trie::Trie;
use pelton_engine::writes::WriteSet;

#[derive(Clone)]
pub struct Layout {
    /// Format, rules, newest, root before, claim.
    pub head: [u8; 184],
    pub parent: Vec<u8>,
    pub above: Vec<Vec<u8>>,
    pub block: Vec<u8>,
    pub hot_keys: Vec<Vec<u8>>,
    /// Without codes.
    pub touched: WriteSet,
    pub witness: Vec<u8>,
    pub codes: Vec<(B256, Vec<u8>)>,
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> &'a [u8] {
    let (head, tail) = rest.split_at(length);
    *rest = tail;
    head
}

fn count(rest: &mut &[u8]) -> usize {
    let mut value = 0;
    for at in 0.. {
        let byte = usize::from(take(rest, 1)[0]);
        value |= (byte & 0x7f) << (7 * at);
        if byte < 0x80 {
            break;
        }
    }
    value
}

fn put_count(out: &mut Vec<u8>, mut value: usize) {
    while value > 0x7f {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn bytes(rest: &mut &[u8]) -> Vec<u8> {
    let length = count(rest);
    take(rest, length).to_vec()
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_count(out, bytes.len());
    out.extend_from_slice(bytes);
}

impl Layout {
    pub fn read(file: &[u8]) -> Layout {
        let rest = &mut &file[..];
        let head = take(rest, 184).try_into().expect("it has that length");
        let parent = if take(rest, 1) == [1] { take(rest, HEADER_BYTES).to_vec() } else { Vec::new() };
        let above = (0..count(rest)).map(|_| take(rest, HEADER_BYTES).to_vec()).collect();
        let block = bytes(rest);
        let hot_keys = (0..count(rest)).map(|_| take(rest, 61).to_vec()).collect();
        let (touched, hashes) = decode_writes(&bytes(rest)).expect("it is canonical");
        let witness = bytes(rest);
        let codes = hashes.into_iter().map(|hash| (hash, bytes(rest))).collect();
        assert!(rest.is_empty(), "nothing follows");
        Layout { head, parent, above, block, hot_keys, touched, witness, codes }
    }

    pub fn write(&self) -> Vec<u8> {
        let mut out = self.head.to_vec();
        out.push(u8::from(!self.parent.is_empty()));
        out.extend_from_slice(&self.parent);
        put_count(&mut out, self.above.len());
        self.above.iter().for_each(|header| out.extend_from_slice(header));
        put_bytes(&mut out, &self.block);
        put_count(&mut out, self.hot_keys.len());
        self.hot_keys.iter().for_each(|entry| out.extend_from_slice(entry));
        let mut touched = Vec::new();
        encode_writes(&mut touched, &self.touched);
        // A write set without codes ends with their count.
        touched.pop();
        put_count(&mut touched, self.codes.len());
        self.codes.iter().for_each(|(hash, _)| touched.extend_from_slice(hash.as_slice()));
        put_bytes(&mut out, &touched);
        put_bytes(&mut out, &self.witness);
        self.codes.iter().for_each(|(_, code)| put_bytes(&mut out, code));
        out
    }

    /// The same with the witness that belongs to what is touched now.
    pub fn with_witness(mut self, trie: &Trie) -> Layout {
        let keys: Vec<Key32> = self.touched.trie_updates().into_iter().map(|(key, _)| key).collect();
        self.witness = trie.witness(&keys);
        self
    }
}
