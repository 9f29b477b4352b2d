//! `ChainFile`: what all validators of a chain hold in common, as one file of JSON.
//!
//! ```text
//!   { "version": 1,
//!     "genesis":    id of the point below the first block: it commits to the state there and to the limits
//!     "groupKey":   the key under which certificates are checked
//!     "committee":  keys of the validators, as `Committee` writes them
//!     "validators": [ { "key", "consensus": "IP:PORT", "transactions": "IP:PORT" } ]   in the committee's order
//!     "limits":     { "chainId": 31337, ... }                                          all of them, by name
//!     "alloc":      { "0x..": { "balance", "nonce", "code", "storage" } } }            as in geth's format
//! ```
//!
//! What the validators sign is bound to the id of genesis, so that those of one chain never speak for another. Who reads
//! a file finds out whether its parts fit together; two validators with different files cannot even greet each other.

mod limits;

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use alloy_primitives::{Address, B256, hex};
use pelton_consensus::Committee;
use pelton_engine::block::Parent;
use pelton_engine::genesis::Genesis;
use pelton_engine::limits::Limits;
use pelton_pipeline::start::Start;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::genesis::{accounts_of, alloc_of};

pub use limits::set as set_limit;

const VERSION: u32 = 1;
/// Longest file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 30;

/// Where a validator can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// By the other validators, for votes and blocks.
    pub consensus: SocketAddr,
    /// By the other validators, with transactions.
    pub transactions: SocketAddr,
}

/// What all validators of a chain hold in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainFile {
    /// What blocks are judged by.
    pub limits: Limits,
    /// Who orders them.
    pub committee: Committee,
    /// Where its members are, in their order.
    pub members: Vec<Reach>,
    /// The state below the first block.
    pub genesis: Genesis,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    version: u32,
    genesis: B256,
    group_key: String,
    committee: String,
    validators: Vec<Validator>,
    limits: Map<String, Value>,
    alloc: BTreeMap<Address, alloy_genesis::GenesisAccount>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Validator {
    key: String,
    consensus: SocketAddr,
    transactions: SocketAddr,
}

impl ChainFile {
    /// A chain of these; the committee is bound to it.
    ///
    /// # Errors
    /// In words, if that is no chain: members without a place, or limits that contradict each other.
    pub fn new(
        limits: Limits,
        committee: Committee,
        members: Vec<Reach>,
        genesis: Genesis,
    ) -> Result<ChainFile, String> {
        limits::check(&limits)?;
        if members.len() != committee.size() {
            let (size, count) = (committee.size(), members.len());
            return Err(format!("{size} validators have keys, and {count} have places"));
        }
        let below = Start::genesis(&genesis, &limits).parent;
        let committee = committee.bound_to(&namespace(&below));
        Ok(ChainFile { limits, committee, members, genesis })
    }

    /// The point below the first block.
    pub fn below(&self) -> Parent {
        Start::genesis(&self.genesis, &self.limits).parent
    }

    /// As a file.
    pub fn to_text(&self) -> String {
        let validator = |(key, reach): ([u8; 32], &Reach)| Validator {
            key: hex::encode_prefixed(key),
            consensus: reach.consensus,
            transactions: reach.transactions,
        };
        let written = Written {
            version: VERSION,
            genesis: self.below().id,
            group_key: hex::encode_prefixed(self.committee.group_key()),
            committee: hex::encode_prefixed(self.committee.encode()),
            validators: self.committee.members().zip(&self.members).map(validator).collect(),
            limits: limits::write(&self.limits),
            alloc: alloc_of(&self.genesis),
        };
        serde_json::to_string_pretty(&written).expect("all of it is plain") + "\n"
    }

    /// From the text of a file.
    ///
    /// # Errors
    /// In words, if it is none, or if its parts do not fit together.
    pub fn of_text(text: &str) -> Result<ChainFile, String> {
        let written: Written = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if written.version != VERSION {
            return Err(format!("it is of version {}, and {VERSION} is known", written.version));
        }
        let committee = hex::decode(&written.committee).ok().and_then(|bytes| Committee::decode(&bytes));
        let committee = committee.ok_or("its committee is none")?;
        let reach = |one: &Validator| Reach { consensus: one.consensus, transactions: one.transactions };
        let members: Vec<Reach> = written.validators.iter().map(reach).collect();
        let keys = committee.members().map(hex::encode_prefixed);
        if !keys.eq(written.validators.iter().map(|one| one.key.to_lowercase())) {
            return Err("its validators are not those of its committee, in their order".into());
        }
        if written.group_key.to_lowercase() != hex::encode_prefixed(committee.group_key()) {
            return Err("its group key is not its committee's".into());
        }
        let (limits, genesis) = (limits::read(&written.limits)?, accounts_of(&written.alloc));
        let chain = ChainFile::new(limits, committee.clone(), members, genesis)?;
        let found = chain.below().id;
        if found != written.genesis {
            return Err(format!(
                "it names genesis {}, and its accounts and limits give {found}",
                written.genesis
            ));
        }
        if chain.committee != committee {
            return Err("its committee is that of another chain".into());
        }
        Ok(chain)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// In words: what the system says, or what is wrong with it.
    pub fn read(path: &Path) -> Result<ChainFile, String> {
        let length = fs::metadata(path).map_err(|error| error.to_string())?.len();
        if length > FILE_BYTES_MAX {
            return Err(format!("it has {length} bytes, and {FILE_BYTES_MAX} are read at most"));
        }
        ChainFile::of_text(&fs::read_to_string(path).map_err(|error| error.to_string())?)
    }
}

/// What the votes of a chain are bound to.
fn namespace(below: &Parent) -> Vec<u8> {
    [b"pelton-chain-1 ".as_slice(), below.id.as_slice()].concat()
}
