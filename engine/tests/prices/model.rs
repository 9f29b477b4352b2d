//! The rule once more, key by key as `prices.rs` says it, without a thought for time.

use std::collections::BTreeMap;

use pelton_engine::prices::{Claim, Key, PriceList, Rule, Table, Usage, WEIGHT_ONE};

use super::any::Sent;

/// Weight of the strongest of these claims that counts.
fn strongest<'a>(claims: impl Iterator<Item = Claim<'a>>, counts: impl Fn(&Claim<'a>) -> bool) -> u64 {
    claims.filter(counts).map(|claim| claim.weight).max().unwrap_or(0)
}

fn covers(claim: &Claim<'_>, key: &Key) -> bool {
    claim.address == key.address
        && (claim.slots.is_empty() || key.slot.is_some_and(|slot| claim.slots.contains(&slot)))
}

/// The load of a key in a block.
pub fn load(block: &[Sent], key: &Key) -> u64 {
    let changed = block.iter().any(|sent| sent.claims().any(|claim| covers(&claim, key) && claim.changes()));
    let weight = |sent: &Sent| strongest(sent.claims(), |claim| covers(claim, key));
    let sum: u64 = block.iter().map(|sent| weight(sent) * sent.charge).sum();
    if changed { sum / WEIGHT_ONE } else { 0 }
}

/// What a transaction with these claims pays for a unit of gas charged, in sixteenths of a wei.
pub fn rate<'a>(list: &PriceList, claims: impl Iterator<Item = Claim<'a>> + Clone, keys: &[Key]) -> u128 {
    let pays = |claim: &Claim<'a>, key: &Key| match key.slot {
        // Whoever claims a slot waits for those who claim the whole account.
        None => claim.address == key.address,
        Some(_) => covers(claim, key),
    };
    let of = |key: &Key| u128::from(strongest(claims.clone(), |claim| pays(claim, key))) * list.price(key);
    keys.iter().map(of).sum()
}

/// The excesses after a block. A slot that nobody has named does not become hot by claims to its whole account.
pub fn update(before: &BTreeMap<Key, u64>, block: &[Sent], rule: &Rule, keys: &[Key]) -> BTreeMap<Key, u64> {
    let next = |key: &Key| {
        let excess = before.get(key).copied().unwrap_or(0) + load(block, key).min(rule.load_max);
        excess.saturating_sub(rule.target).min(rule.excess_max)
    };
    let names = |claim: Claim<'_>, key: &Key| match key.slot {
        None => claim.address == key.address && claim.slots.is_empty(),
        Some(slot) => claim.address == key.address && claim.slots.contains(&slot),
    };
    let named = |key: &&Key| block.iter().any(|sent| sent.claims().any(|claim| names(claim, key)));
    let known = keys.iter().filter(|key| before.contains_key(key) || named(key));
    let mut ranked: Vec<(u64, Key)> =
        known.map(|key| (next(key), *key)).filter(|(excess, _)| *excess > 0).collect();
    ranked.sort_unstable();
    let surplus = ranked.len().saturating_sub(rule.hot_keys_max);
    ranked[surplus..].iter().map(|(excess, key)| (*key, *excess)).collect()
}

/// The same in the engine's words.
pub fn usage(block: &[Sent]) -> Usage {
    let mut usage = Usage::default();
    block.iter().for_each(|sent| usage.add(sent.claims(), sent.charge));
    usage
}

pub fn excesses(table: &Table) -> BTreeMap<Key, u64> {
    table.iter().map(|(key, excess)| (*key, excess)).collect()
}
