//! `Spec`: everything that a workload follows from.

use std::str::FromStr;

use crate::pattern::Pattern;

/// Chain id that every workload is signed for.
pub const CHAIN_ID: u64 = 31_337;
/// A workload needs somebody who pays and somebody who is paid.
pub const ACCOUNTS_MIN: u32 = 2;

/// Raise it whenever a generator, a contract or the file format changes, so that no old file is taken for a new one.
pub(crate) const VERSION: u16 = 3;

/// How a workload's transactions are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Scheme {
    /// ECDSA over secp256k1, in EIP-1559 transactions.
    Secp256k1 = 0,
    /// Ed25519, in `0x65` transactions with declared access. Who is to declare none signs as above.
    Ed25519 = 1,
}

impl Scheme {
    /// Every scheme.
    pub const ALL: [Scheme; 2] = [Scheme::Secp256k1, Scheme::Ed25519];

    /// The name on command lines, in reports and in file names.
    pub const fn as_str(self) -> &'static str {
        match self {
            Scheme::Secp256k1 => "secp256k1",
            Scheme::Ed25519 => "ed25519",
        }
    }
}

/// A word that is not one of those expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownWord {
    word: String,
    known: Vec<&'static str>,
}

impl std::fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} is not one of {}", self.word, self.known.join(", "))
    }
}

impl std::error::Error for UnknownWord {}

impl FromStr for Scheme {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Scheme, UnknownWord> {
        find(&Scheme::ALL, Scheme::as_str, word)
    }
}

/// The one with this name.
pub(crate) fn find<T: Copy>(all: &[T], name: fn(T) -> &'static str, word: &str) -> Result<T, UnknownWord> {
    let unknown =
        || UnknownWord { word: word.to_owned(), known: all.iter().map(|value| name(*value)).collect() };
    all.iter().copied().find(|value| name(*value) == word).ok_or_else(unknown)
}

impl std::fmt::Display for Scheme {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a workload is made from. Equal specs give equal workloads, byte for byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Which workload, with its parameters.
    pub pattern: Pattern,
    /// How it is signed.
    pub scheme: Scheme,
    /// Accounts that take part, at least [`Pattern::accounts_min`].
    pub accounts: u32,
    /// Transactions, good and bad together.
    pub transactions: u64,
    /// Where the random choices and the keys start.
    pub seed: u64,
}

impl Spec {
    /// The name of the file that holds this workload: all that it follows from, and the version of the generators.
    pub fn file_name(&self) -> String {
        let Spec { pattern, scheme, accounts, transactions, seed } = self;
        format!("{pattern}-{scheme}-{accounts}x{transactions}-seed{seed}-v{VERSION}.workload")
    }
}
