//! `Clients`: honest transactions, signed beforehand, as many clients send them.

use std::sync::atomic::{AtomicU64, Ordering};

use alloy_primitives::{Address, Bytes, U256};
use foldhash::{HashMap, HashMapExt};
use pelton_engine::genesis::{Genesis, GenesisAccount};
use pelton_engine::transaction::{Fields, Kind};
use pelton_pipeline::clock::Nanos;
use pelton_workloads::encode::sign;
use pelton_workloads::wallet::Account;
use pelton_workloads::{CHAIN_ID, Scheme};
use rayon::prelude::*;

/// Clients, each a source to the pipeline.
const CLIENTS: u64 = 16;
/// Accounts of each, which take turns.
const ACCOUNTS_EACH: u64 = 64;
/// Keys of honest accounts begin here, those of floods elsewhere.
const FIRST_KEY: u64 = 0;
const GWEI: u128 = 1_000_000_000;
/// What everyone owns who owns anything.
pub(super) const WEI: u128 = 1_000_000 * GWEI * GWEI;

/// One client's transactions in order.
pub(super) struct Client {
    /// As the pipeline numbers it.
    pub(super) source: u32,
    pub(super) wires: Vec<Bytes>,
}

/// All of them.
pub(super) struct Clients {
    pub(super) all: Vec<Client>,
    /// Their accounts by address.
    places: HashMap<Address, u64>,
}

/// When each honest transaction of a round was due.
pub(super) struct Due(Vec<Vec<AtomicU64>>);

/// A payment.
pub(super) fn payment(scheme: Scheme, nonce: u64, to: Address) -> Fields {
    let kind = match scheme {
        Scheme::Secp256k1 => Kind::DynamicFee,
        Scheme::Ed25519 => Kind::Declared,
    };
    Fields {
        kind,
        chain_id: Some(CHAIN_ID),
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: 100 * GWEI,
        max_priority_fee_per_gas: GWEI,
        max_contention_fee: if kind == Kind::Declared { 21_000 * 100 * GWEI } else { 0 },
        to: Some(to),
        value: U256::from(1),
        input: Bytes::new(),
        reads: Vec::new(),
        writes: Vec::new(),
        authorizations: Vec::new(),
    }
}

impl Clients {
    /// Signs about so many payments on all cores.
    pub(super) fn sign(scheme: Scheme, seed: u64, count: u64) -> Clients {
        let keys = FIRST_KEY..FIRST_KEY + CLIENTS * ACCOUNTS_EACH;
        let accounts = Account::derive_all(seed, scheme, keys);
        let each = count.div_ceil(CLIENTS);
        let wire = |client: u64, at: u64| {
            let (own, next) = (at % ACCOUNTS_EACH, (at + 1) % ACCOUNTS_EACH);
            let account = |which| &accounts[(client * ACCOUNTS_EACH + which) as usize];
            sign(&payment(scheme, at / ACCOUNTS_EACH, account(next).address()), account(own))
        };
        let one = |client: u64| Client {
            source: 1 + client as u32,
            wires: (0..each).into_par_iter().map(|at| wire(client, at)).collect(),
        };
        let places = (0..).zip(&accounts).map(|(place, account)| (account.address(), place));
        let mut by_address = HashMap::with_capacity(accounts.len());
        by_address.extend(places);
        Clients { all: (0..CLIENTS).map(one).collect(), places: by_address }
    }

    /// The state in which all of them are rich.
    pub(super) fn genesis(&self) -> Genesis {
        let rich = GenesisAccount { balance: U256::from(WEI), ..GenesisAccount::default() };
        Genesis { accounts: self.places.keys().map(|address| (*address, rich.clone())).collect() }
    }

    /// A table in which nothing was due yet.
    pub(super) fn due(&self) -> Due {
        let empty = |client: &Client| (0..client.wires.len()).map(|_| AtomicU64::new(0)).collect();
        Due(self.all.iter().map(empty).collect())
    }

    /// Which client sent this one, as the how manyth; none if no honest one did.
    pub(super) fn place_of(&self, sender: &Address, nonce: u64) -> Option<(usize, usize)> {
        let place = *self.places.get(sender)?;
        let at = nonce * ACCOUNTS_EACH + place % ACCOUNTS_EACH;
        Some(((place / ACCOUNTS_EACH) as usize, at as usize))
    }
}

impl Due {
    pub(super) fn set(&self, client: usize, at: usize, due_ns: Nanos) {
        self.0[client][at].store(due_ns, Ordering::Relaxed);
    }

    pub(super) fn get(&self, client: usize, at: usize) -> Nanos {
        self.0[client][at].load(Ordering::Relaxed)
    }
}
