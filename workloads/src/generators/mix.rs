//! A day on a public chain: transfers, token transfers, and two contracts whose callers all meet in one slot. Tips
//! differ, so that the order of a block is not the order of arrival.

use crate::action::Action;
use crate::draft::{Author, Draft};
use crate::market;
use crate::spec::Spec;

const PERCENT_TRANSFERS: u64 = 60;
const PERCENT_TOKEN: u64 = 25;
const PERCENT_MINTS: u64 = 10;

pub(crate) fn drafts(spec: &Spec) -> Vec<Draft> {
    let mut author = Author::new(spec, spec.accounts as usize);
    (0..spec.transactions).map(|_| any(&mut author)).collect()
}

fn any(author: &mut Author) -> Draft {
    let percent = author.dice.below(100);
    let mut draft = if percent < PERCENT_TRANSFERS {
        author.transfer()
    } else if percent < PERCENT_TRANSFERS + PERCENT_TOKEN {
        author.token_transfer()
    } else {
        let sender = author.actor();
        let action = if percent < PERCENT_TRANSFERS + PERCENT_TOKEN + PERCENT_MINTS {
            Action::Mint
        } else {
            market::modest(&mut author.dice, 0)
        };
        author.draft(sender, action)
    };
    draft.tip += author.extra_tip();
    draft
}
