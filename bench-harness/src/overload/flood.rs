//! `Flood`: what a hostile crowd sends, and who of it has money.

use std::fmt;

use alloy_primitives::{Bytes, U256};
use pelton_engine::genesis::{Genesis, GenesisAccount};
use pelton_engine::transaction::{Fields, Listed};
use pelton_workloads::Scheme;
use pelton_workloads::contracts::token;
use pelton_workloads::encode::{Unsigned, sign};
use pelton_workloads::wallet::Account;
use rayon::prelude::*;

use super::Settings;
use super::traffic::{Client, Clients, WEI, payment};

/// Sources of a flood, as many as there are honest clients.
pub(super) const SOURCES: u32 = 16;
/// Above those of honest clients.
const SOURCE_FIRST: u32 = 1_000;
/// Keys of floods begin here.
const KEY_FIRST: u64 = 1 << 32;
/// Accounts of a flood.
const ACCOUNTS: u64 = 64;
/// Forged transactions are made of so many.
const TEMPLATES: u64 = 1_024;

/// What a flood is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Signatures that fit nothing.
    Forged,
    /// Bytes that came before, from honest clients.
    Duplicates,
    /// Well signed and paid for, behind a nonce that never comes.
    Gapped,
    /// Well signed, by those who own nothing.
    Unaffordable,
    /// Good transactions that all change one slot.
    HotKey,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 5] =
        [Kind::Forged, Kind::Duplicates, Kind::Gapped, Kind::Unaffordable, Kind::HotKey];
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Forged => "forged",
            Kind::Duplicates => "duplicates",
            Kind::Gapped => "gapped nonces",
            Kind::Unaffordable => "unaffordable",
            Kind::HotKey => "one hot key",
        })
    }
}

/// A flood that stands ready.
pub(super) struct Flood {
    pub(super) kind: Kind,
    scheme: Scheme,
    wires: Vec<Bytes>,
    genesis: Genesis,
}

impl Flood {
    /// Signs what this kind needs signed, about so many.
    pub(super) fn prepare(kind: Kind, settings: &Settings, count: u64) -> Flood {
        let Settings { scheme, seed, .. } = *settings;
        let accounts = Account::derive_all(seed, scheme, KEY_FIRST..KEY_FIRST + ACCOUNTS);
        let owner = |at: u64| &accounts[(at % ACCOUNTS) as usize];
        let pay = |nonce| payment(scheme, nonce, accounts[0].address());
        let wire = |at: u64| match kind {
            Kind::Forged => forged(scheme, at, owner(at)),
            Kind::Duplicates => Bytes::new(),
            Kind::Gapped => sign(&pay(2 + at / ACCOUNTS), owner(at)),
            Kind::Unaffordable => sign(&pay(at / ACCOUNTS), owner(at)),
            Kind::HotKey => sign(&hot(scheme, at / ACCOUNTS, owner(at), owner(0)), owner(at)),
        };
        let count = match kind {
            Kind::Forged => TEMPLATES,
            Kind::Duplicates => 0,
            _ => count,
        };
        let wires = (0..count).into_par_iter().map(wire).collect();
        let rich = if kind == Kind::Unaffordable { &[] } else { &accounts[..] };
        Flood { kind, scheme, wires, genesis: genesis(kind, rich) }
    }

    /// What it owns, beside what honest clients do.
    pub(super) fn endow(&self, genesis: &mut Genesis) {
        genesis.accounts.extend(self.genesis.accounts.clone());
    }

    /// Which source sends the transaction of this number.
    pub(super) fn source(number: u64) -> u32 {
        SOURCE_FIRST + (number % u64::from(SOURCES)) as u32
    }

    /// The transaction of this number; `sent` are the honest clients with how many each has sent.
    pub(super) fn wire(&self, number: u64, clients: &Clients, sent: &[usize]) -> Option<Bytes> {
        if self.kind == Kind::Duplicates {
            let which = (number % clients.all.len() as u64) as usize;
            let Client { wires, .. } = &clients.all[which];
            let newest = sent[which].checked_sub(1)?;
            return Some(
                wires[newest - (number as usize / clients.all.len()) % (newest + 1).min(256)].clone(),
            );
        }
        let wire = &self.wires[(number % self.wires.len() as u64) as usize];
        Some(if self.kind == Kind::Forged { self.renumbered(wire, number) } else { wire.clone() })
    }

    /// A forged one that was never sent before: low bytes of s are its number.
    fn renumbered(&self, wire: &Bytes, number: u64) -> Bytes {
        let mut bytes = wire.to_vec();
        let end = bytes.len();
        match self.scheme {
            Scheme::Secp256k1 => bytes[end - 8..].copy_from_slice(&number.to_be_bytes()),
            Scheme::Ed25519 => bytes[end - 32..end - 24].copy_from_slice(&number.to_le_bytes()),
        }
        bytes.into()
    }
}

/// A transaction under the signature of another one.
fn forged(scheme: Scheme, at: u64, account: &Account) -> Bytes {
    let said = Unsigned::new(&payment(scheme, at, account.address()));
    let other = Unsigned::new(&payment(scheme, at + 1, account.address()));
    said.with(&account.sign(&other.message(account)))
}

/// Sends a token to the one that everybody sends to.
fn hot(scheme: Scheme, nonce: u64, from: &Account, to: &Account) -> Fields {
    let slots = [token::balance(from.address()), token::balance(to.address())];
    let mut slots = slots.to_vec();
    slots.sort_unstable();
    slots.dedup();
    let payment = payment(scheme, nonce, token::ADDRESS);
    Fields {
        gas_limit: 100_000,
        max_contention_fee: payment.max_contention_fee * 5,
        value: U256::ZERO,
        input: token::transfer(to.address(), U256::from(1)),
        writes: vec![Listed { address: token::ADDRESS, slots }],
        ..payment
    }
}

fn genesis(kind: Kind, rich: &[Account]) -> Genesis {
    let mut genesis = Genesis::default();
    for account in rich {
        let owned = GenesisAccount { balance: U256::from(WEI), ..GenesisAccount::default() };
        genesis.accounts.insert(account.address(), owned);
    }
    if kind == Kind::HotKey {
        let units = U256::from(u64::MAX);
        let balances = rich.iter().map(|account| (token::balance(account.address()), units));
        let storage = balances.chain([(token::SUPPLY, units * U256::from(rich.len()))]).collect();
        let contract = GenesisAccount { code: token::CODE.clone(), storage, ..GenesisAccount::default() };
        genesis.accounts.insert(token::ADDRESS, contract);
    }
    genesis
}
