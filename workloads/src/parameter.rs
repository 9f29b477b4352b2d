//! `Parameter`: a number that a workload can be given, by name.
//!
//! A value is a whole number. Shares and exponents are counted in thousandths, so that a workload follows from whole
//! numbers alone.

/// The parameters of all workloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// How unequal accounts are.
    Zipf,
    /// How many accounts deal with each other.
    Group,
    /// How many of them send.
    Senders,
    /// Accounts that list no access.
    Undeclared,
    /// Slots listed and not touched.
    Extra,
    /// What goes where everyone goes.
    Hot,
    /// What can be had.
    Supply,
    /// What goes on beside it.
    Background,
    /// Pools.
    Pools,
    /// Swaps that want too much.
    Greedy,
    /// Loans that are raced for at a time.
    Positions,
    /// Who races for one loan.
    Racers,
    /// How rare ticks are.
    Every,
    /// What a tick reads.
    Reads,
    /// Who looks at the clock.
    Watch,
}

/// What values a parameter may have; both ends are included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Range {
    /// A number of things.
    Count(u32, u32),
    /// A number of things, or 0 for all that there are.
    CountOrAll(u32, u32),
    /// Thousandths from 0 on.
    Decimal(u32),
}

/// A whole in thousandths.
pub(crate) const ONE: u32 = 1_000;
const ALL: &str = "all";

impl Parameter {
    /// Every parameter.
    pub const ALL: [Parameter; 15] = [
        Parameter::Zipf,
        Parameter::Group,
        Parameter::Senders,
        Parameter::Undeclared,
        Parameter::Extra,
        Parameter::Hot,
        Parameter::Supply,
        Parameter::Background,
        Parameter::Pools,
        Parameter::Greedy,
        Parameter::Positions,
        Parameter::Racers,
        Parameter::Every,
        Parameter::Reads,
        Parameter::Watch,
    ];

    /// The name on command lines and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Parameter::Zipf => "zipf",
            Parameter::Group => "group",
            Parameter::Senders => "senders",
            Parameter::Undeclared => "undeclared",
            Parameter::Extra => "extra",
            Parameter::Hot => "hot",
            Parameter::Supply => "supply",
            Parameter::Background => "background",
            Parameter::Pools => "pools",
            Parameter::Greedy => "greedy",
            Parameter::Positions => "positions",
            Parameter::Racers => "racers",
            Parameter::Every => "every",
            Parameter::Reads => "reads",
            Parameter::Watch => "watch",
        }
    }

    /// What it means, in one line.
    pub const fn help(self) -> &'static str {
        match self {
            Parameter::Zipf => {
                "the account of rank r takes part 1/r^zipf as often as the first; 0: all alike"
            }
            Parameter::Group => {
                "accounts fall into groups of so many that deal only with each other; 2: pairs"
            }
            Parameter::Senders => "how many accounts of a group send; few make long chains of nonces",
            Parameter::Undeclared => "share of accounts that send Ethereum's own transactions without a list",
            Parameter::Extra => "slots that each transaction declares and does not touch",
            Parameter::Hot => "share of transactions that go to the same account or pool",
            Parameter::Supply => "share of those who want one that can have one",
            Parameter::Background => "share of transactions that are payments",
            Parameter::Pools => "pools, each swap in a random one",
            Parameter::Greedy => "share of swaps that want more than the price can give, and fail",
            Parameter::Positions => "loans that are raced for at the same time",
            Parameter::Racers => "bots that race for each; all but one fail",
            Parameter::Every => "one transaction in so many is a tick",
            Parameter::Reads => "players that a tick reads",
            Parameter::Watch => "share of moves that read the clock",
        }
    }

    pub(crate) const fn range(self) -> Range {
        match self {
            Parameter::Zipf => Range::Decimal(3 * ONE),
            Parameter::Group => Range::CountOrAll(2, 10_000_000),
            Parameter::Senders => Range::CountOrAll(1, 10_000_000),
            Parameter::Undeclared
            | Parameter::Hot
            | Parameter::Supply
            | Parameter::Background
            | Parameter::Greedy
            | Parameter::Watch => Range::Decimal(ONE),
            Parameter::Extra => Range::Count(0, 256),
            Parameter::Pools | Parameter::Positions => Range::Count(1, 1_024),
            Parameter::Racers => Range::Count(1, 1_000),
            Parameter::Every => Range::Count(2, 1_000_000),
            Parameter::Reads => Range::Count(1, 256),
        }
    }

    /// The value that a text stands for, if it is in range.
    pub(crate) fn parse(self, text: &str) -> Option<u32> {
        let digits =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?;
        match self.range() {
            Range::CountOrAll(..) if text == ALL => Some(0),
            Range::Count(least, most) | Range::CountOrAll(least, most) => {
                digits(text).filter(|value| (least..=most).contains(value))
            }
            Range::Decimal(most) => {
                let (whole, places) = text.split_once('.').unwrap_or((text, "0"));
                if !(1..=3).contains(&places.len()) {
                    return None;
                }
                let places = digits(&format!("{places:0<3}"))?;
                let value = digits(whole)?.checked_mul(ONE)?.checked_add(places)?;
                (value <= most).then_some(value)
            }
        }
    }

    /// The text that stands for a value.
    pub fn show(self, value: u32) -> String {
        match self.range() {
            Range::CountOrAll(..) if value == 0 => ALL.to_owned(),
            Range::Count(..) | Range::CountOrAll(..) => value.to_string(),
            Range::Decimal(_) => (f64::from(value) / f64::from(ONE)).to_string(),
        }
    }

    /// What may be given, in words.
    pub(crate) fn bounds(self) -> String {
        match self.range() {
            Range::Count(least, most) => format!("a whole number from {least} to {most}"),
            Range::CountOrAll(least, most) => format!("a whole number from {least} to {most}, or {ALL}"),
            Range::Decimal(most) => format!("a number from 0 to {}, of at most three places", most / ONE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(parameter: Parameter, good: &[(&str, u32)], bad: &[&str]) {
        for (text, value) in good {
            assert_eq!(parameter.parse(text), Some(*value), "{text}");
            assert_eq!(parameter.parse(&parameter.show(*value)), Some(*value), "{text}");
        }
        for text in bad {
            assert_eq!(parameter.parse(text), None, "{text}");
        }
    }

    #[test]
    fn values_in_range_are_read_and_shown_and_others_are_not() {
        let nonsense = ["", "-1", "+1", "x", "0x1", " 1", "1e1", "4294967296", "99999999999999999999"];
        let with = |more: &[&'static str]| [&nonsense, more].concat();
        check(
            Parameter::Zipf,
            &[("0", 0), ("0.9", 900), ("1.25", 1_250), ("3.000", 3_000)],
            &with(&["3.001", "0.9999", ".", ".5", "1.", "1.-1"]),
        );
        check(Parameter::Undeclared, &[("0.05", 50), ("1", 1_000)], &with(&["1.001", "5"]));
        check(Parameter::Group, &[("all", 0), ("2", 2), ("100", 100)], &with(&["0", "1", "2.5"]));
        check(Parameter::Extra, &[("0", 0), ("256", 256)], &with(&["257", "all"]));
        for value in 0..=3_000 {
            assert_eq!(Parameter::Zipf.parse(&Parameter::Zipf.show(value)), Some(value));
        }
    }
}
