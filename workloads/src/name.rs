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
    /// 60 % transfers, 20 % token transfers, 20 % swaps, a share of each in one place.
    Hybrid = 5,
    /// Everyone wants one of a limited edition, beside transfers.
    Mint = 6,
    /// Swaps in pools.
    Dex = 7,
    /// Many race for few loans.
    Liquidation = 8,
    /// Players that move, and a clock.
    Game = 9,
}

impl Name {
    /// Every workload.
    pub const ALL: [Name; 10] = [
        Name::Transfers,
        Name::HotAccount,
        Name::Erc20,
        Name::Mix,
        Name::Hostile,
        Name::Hybrid,
        Name::Mint,
        Name::Dex,
        Name::Liquidation,
        Name::Game,
    ];

    /// The name on command lines, in reports and in file names.
    pub const fn as_str(self) -> &'static str {
        match self {
            Name::Transfers => "transfers",
            Name::HotAccount => "hot-account",
            Name::Erc20 => "erc20",
            Name::Mix => "mix",
            Name::Hostile => "hostile",
            Name::Hybrid => "hybrid",
            Name::Mint => "mint",
            Name::Dex => "dex",
            Name::Liquidation => "liquidation",
            Name::Game => "game",
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
            Name::Hybrid => "60 % payments, 20 % tokens, 20 % swaps; a share of each goes to one place",
            Name::Mint => "everyone wants one of a limited edition, and late ones fail; payments beside it",
            Name::Dex => "swaps; all those in one pool meet in one slot",
            Name::Liquidation => "bots race for few loans; one closes it and the others fail",
            Name::Game => "players write their own slots; ticks read many of them and write a clock",
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
            Name::Hybrid => &[(Parameter::Hot, 300), (Parameter::Pools, 64)],
            Name::Mint => &[(Parameter::Supply, 500), (Parameter::Background, 500)],
            Name::Dex => &[(Parameter::Pools, 1), (Parameter::Greedy, 50)],
            Name::Liquidation => &[(Parameter::Positions, 8), (Parameter::Racers, 10)],
            Name::Game => &[(Parameter::Every, 256), (Parameter::Reads, 64), (Parameter::Watch, 0)],
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
