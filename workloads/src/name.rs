//! `Name`: which workloads there are, and which parameters each has.

use std::str::FromStr;

use crate::parameter::Parameter;
use crate::spec::{UnknownWord, find};

/// The workloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Name {
    /// Plain transfers.
    Transfers = 0,
    /// Plain transfers, all to one account.
    HotAccount = 1,
    /// Transfers of a token.
    Erc20 = 2,
    /// 60 % transfers, 25 % token transfers, 10 % mints that share a counter, 5 % swaps that share a pool.
    Mix = 3,
    /// Good transfers among forged, repeated, damaged, unaffordable and failing transactions.
    Hostile = 4,
}

impl Name {
    /// Every workload.
    pub const ALL: [Name; 5] = [Name::Transfers, Name::HotAccount, Name::Erc20, Name::Mix, Name::Hostile];

    /// The name on command lines, in reports and in file names.
    pub const fn as_str(self) -> &'static str {
        match self {
            Name::Transfers => "transfers",
            Name::HotAccount => "hot-account",
            Name::Erc20 => "erc20",
            Name::Mix => "mix",
            Name::Hostile => "hostile",
        }
    }

    /// What its transactions do, in one line.
    pub const fn help(self) -> &'static str {
        match self {
            Name::Transfers => "plain payments between random accounts",
            Name::HotAccount => "everyone pays the same account",
            Name::Erc20 => "token transfers that name the slots they touch",
            Name::Mix => "60 % payments, 25 % tokens, 10 % mints of one collection, 5 % swaps in one pool",
            Name::Hostile => "good ones among thirteen kinds of bad ones, in known numbers",
        }
    }

    /// Its parameters, and what they are unless given.
    pub const fn parameters(self) -> &'static [(Parameter, u32)] {
        match self {
            Name::Transfers => &[(Parameter::Zipf, 0), (Parameter::Group, 0), (Parameter::Senders, 0)],
            Name::Erc20 => &[
                (Parameter::Zipf, 0),
                (Parameter::Group, 0),
                (Parameter::Senders, 0),
                (Parameter::Undeclared, 0),
                (Parameter::Extra, 0),
            ],
            Name::HotAccount | Name::Mix | Name::Hostile => &[],
        }
    }
}

impl FromStr for Name {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Name, UnknownWord> {
        find(&Name::ALL, Name::as_str, word)
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
