//! Damages bytes: at random, and with an understanding of RLP, so that the damage gets past the first check.

use super::random::Random;
use super::rlp::{Item, header};

/// First bytes of every range of RLP, type bytes, and ends of ranges.
const BYTES: [u8; 20] = [
    0x00, 0x01, 0x02, 0x03, 0x04, 0x1b, 0x24, 0x65, 0x7f, 0x80, 0x81, 0x94, 0xa0, 0xb7, 0xb8, 0xbf, 0xc0,
    0xf7, 0xf8, 0xff,
];
/// Lengths at which something changes: integers, addresses, hashes, keys, long forms.
const LENGTHS: [usize; 18] = [0, 1, 2, 8, 9, 16, 17, 19, 20, 21, 31, 32, 33, 55, 56, 64, 255, 256];
/// Bytes beyond which nothing is grown.
const GROWN_MAX: usize = 4_096;

/// Damages a transaction; `other` is one to take pieces from.
pub fn transaction(random: &mut Random, wire: &mut Vec<u8>, other: &[u8]) {
    for _ in 0..=random.below(3) {
        match random.below(3) {
            0 => bytes(random, wire, other),
            _ => tree(random, wire, other),
        }
    }
}

/// Damages bytes of which nothing is known.
pub fn bytes(random: &mut Random, bytes: &mut Vec<u8>, other: &[u8]) {
    let at = random.below(bytes.len() + 1);
    let end = at + random.below(bytes.len() - at + 1);
    let (inside, room) = (at < bytes.len(), bytes.len() < GROWN_MAX);
    match random.below(8) {
        0 | 1 if inside => bytes[at] ^= 1 << random.below(8),
        2 if inside => bytes[at] = random.pick(&BYTES),
        3 if inside => bytes[at] = bytes[at].wrapping_add(random.pick(&[1, 0xff])),
        4 => bytes.truncate(at),
        5 => drop(bytes.drain(at..end)),
        6 if room => drop(bytes.splice(at..at, bytes[at..end].to_vec())),
        7 if room && !other.is_empty() => {
            let from = random.below(other.len());
            bytes.splice(at..end, other[from..].iter().copied());
        }
        _ => bytes.push(random.pick(&BYTES)),
    }
}

/// Damages one item of a transaction and writes the lists around it anew, so that only this item is wrong.
fn tree(random: &mut Random, wire: &mut Vec<u8>, other: &[u8]) {
    let body = usize::from(wire.first().is_some_and(|first| *first < 0x80));
    let Some(mut root) = Item::parse(&wire[body..]) else { return bytes(random, wire, other) };
    let target = random.below(count(&root));
    let donor = Item::parse(other.get(1..).unwrap_or_default()).or_else(|| Item::parse(other));
    let item = nth(&mut root, &mut { target }).expect("the target is below the count");
    match (random.below(4), donor) {
        (0, Some(mut donor)) if wire.len() < GROWN_MAX => {
            let taken = random.below(count(&donor));
            *item = nth(&mut donor, &mut { taken }).expect("below the count").clone();
        }
        (1, _) => *item = Item::Raw(lie(random, item)),
        _ => edit(random, item),
    }
    wire.truncate(body);
    wire.extend(root.encode());
}

fn edit(random: &mut Random, item: &mut Item) {
    match item {
        Item::Text(text) => edit_text(random, text),
        Item::List(items) => edit_list(random, items),
        Item::Raw(_) => {}
    }
}

fn edit_text(random: &mut Random, text: &mut Vec<u8>) {
    match random.below(6) {
        0 => *text = vec![random.pick(&BYTES); random.pick(&LENGTHS)],
        1 => text.insert(0, 0),
        2 => drop(text.pop()),
        3 => text.push(random.pick(&BYTES)),
        4 => {
            *text = (random.next() >> random.below(64))
                .to_be_bytes()
                .into_iter()
                .skip_while(|b| *b == 0)
                .collect()
        }
        _ => bytes(random, text, &[]),
    }
}

fn edit_list(random: &mut Random, items: &mut Vec<Item>) {
    let at = random.below(items.len() + 1);
    let new = random.pick(&[0, 1]);
    match (random.below(5), at < items.len()) {
        (0, true) => drop(items.remove(at)),
        (1, true) => items.insert(at, items[at].clone()),
        (2, true) => items[at] = Item::List(vec![items[at].clone()]),
        (3, true) => items.swap(0, at),
        _ => items.insert(at, if new == 0 { Item::Text(vec![]) } else { Item::List(vec![]) }),
    }
}

/// The item under a header that is wrong, or right but not the shortest.
fn lie(random: &mut Random, item: &Item) -> Vec<u8> {
    let encoded = item.encode();
    let (base, payload) = match item {
        Item::Text(text) => (0x80, text.clone()),
        Item::List(items) => (0xc0, items.iter().flat_map(Item::encode).collect()),
        Item::Raw(_) => return encoded,
    };
    let length = payload.len() as u64;
    let head = match random.below(8) {
        0 => header(base, length + 1),
        1 => header(base, length.saturating_sub(1)),
        2 => header(base, random.next() >> random.below(64)),
        3 => header(base ^ 0x40, length),
        4 => vec![base + 0x38, length as u8],
        5 => [vec![base + 0x3f], length.to_be_bytes().to_vec()].concat(),
        6 => [vec![base + 0x39, 0], vec![length as u8]].concat(),
        _ => header(base, u64::MAX),
    };
    [head, payload].concat()
}

fn count(item: &Item) -> usize {
    match item {
        Item::List(items) => 1 + items.iter().map(count).sum::<usize>(),
        Item::Text(_) | Item::Raw(_) => 1,
    }
}

/// The item at this place, parents before children.
fn nth<'a>(item: &'a mut Item, place: &mut usize) -> Option<&'a mut Item> {
    if *place == 0 {
        return Some(item);
    }
    *place -= 1;
    match item {
        Item::List(items) => items.iter_mut().find_map(|item| nth(item, place)),
        Item::Text(_) | Item::Raw(_) => None,
    }
}
