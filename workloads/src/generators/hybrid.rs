//! Payments, tokens and swaps. A share of each goes where everyone goes: to the first account, or into the first pool. The
//! rest spreads over all other accounts and pools.

use crate::action::Action;
use crate::draft::{Author, Draft};
use crate::market;
use crate::parameter::Parameter;
use crate::spec::Spec;

const PERCENT_PAYMENTS: u64 = 60;
const PERCENT_TOKEN: u64 = 20;
/// The account and the pool that are hot.
const HOT: u32 = 0;

pub(crate) fn drafts(spec: &Spec) -> Vec<Draft> {
    let mut author = Author::new(spec, spec.accounts as usize);
    let (hot, pools) = (spec.pattern.value(Parameter::Hot), spec.pattern.value(Parameter::Pools));
    (0..spec.transactions).map(|_| any(&mut author, hot, pools)).collect()
}

fn any(author: &mut Author, hot: u32, pools: u32) -> Draft {
    let percent = author.dice.below(100);
    let is_hot = author.dice.chance(hot);
    if percent >= PERCENT_PAYMENTS + PERCENT_TOKEN {
        let sender = author.actor();
        let pool = if is_hot || pools == 1 { HOT } else { author.dice.other(pools.into(), HOT) };
        let action = market::modest(&mut author.dice, pool);
        return author.draft(sender, action);
    }
    let sender = author.other(HOT);
    let to = if is_hot { HOT } else { author.other(sender) };
    if percent < PERCENT_PAYMENTS {
        return author.pay(sender, to);
    }
    let action = Action::Token { to, amount: author.value(), extra: 0 };
    author.draft(sender, action)
}
