//! What comes of a device's answers: whether they are to be believed, verdicts, and whether sums are tried again.
//!
//! A sum that holds spares most of what its signatures would take by themselves, one that fails costs what it took. So sums are
//! tried on credit, as on the CPU: see [`search`](crate::bls12381::search).

use super::plan::Plan;
use super::work::Work;
use super::{Answers, known};
use crate::bls12381::search::Credit;

/// What signatures take of a device, in thousands of products of two words, of which it can do so many and so many. Only the
/// ratios matter. `cargo test -p pelton-kernels --test cuda_bls floors` counts some of them.
mod prices {
    /// Of one equation by itself.
    pub const ALONE: u64 = 5_140;
    /// Of a sum: a final power, and the pairing of the sum of signatures.
    pub const SUM: u64 = 4_080;
    /// What each message of a sum adds: its pairing, and doublings that only its points share.
    pub const MESSAGE: u64 = 1_280;
    /// What each signature of a sum adds: two points times a coefficient.
    pub const SIGNATURE: u64 = 400;
}

/// Enough for a slot of sums to fail, whatever they are made of.
pub const CREDIT_MAX: u64 = 200_000_000;

/// Whether sums spare something, and may all fail.
pub fn is_to_be_tried(plan: &Plan, credit: &Credit) -> bool {
    let price =
        plan.ranges().zip(plan.messages()).map(|(range, messages)| price(range.len(), messages)).sum();
    plan.is_worth_it() && credit.covers(price)
}

/// Of a sum.
fn price(signatures: usize, messages: usize) -> u64 {
    prices::SUM + prices::MESSAGE * messages as u64 + prices::SIGNATURE * signatures as u64
}

/// Writes verdicts, if the known answers are right and all are answers. Credit is earned and spent by what sums said.
pub fn take(
    work: &Work,
    answers: &Answers,
    verdicts: &mut [bool],
    credit: &mut Credit,
) -> Result<(), String> {
    check(work, answers)?;
    let own = &answers.signatures[known::COUNT..];
    for (place, answer) in work.places.iter().zip(own) {
        verdicts[*place] = *answer == 1;
    }
    let Some(plan) = &work.plan else {
        credit.earn(own.len() as u64 * prices::ALONE / 10);
        return Ok(());
    };
    for ((range, messages), held) in
        plan.ranges().zip(plan.messages()).zip(&answers.sums).skip(known::SUMS.len())
    {
        let (alone, price) = (prices::ALONE * range.len() as u64, price(range.len(), messages));
        match held {
            1 => credit.earn(alone.saturating_sub(price)),
            _ => {
                credit.earn(alone / 10);
                credit.pay(price);
            }
        }
    }
    Ok(())
}

/// Whether what a device says of a batch is to be believed.
pub fn check(work: &Work, answers: &Answers) -> Result<(), String> {
    let sums = work.plan.as_ref().map_or(0, |plan| plan.sums.len());
    assert_eq!((answers.signatures.len(), answers.sums.len()), (work.count(), sums), "one answer to each");
    let are_known = answers.signatures[..known::COUNT] == known::ANSWERS
        && (work.plan.is_none() || answers.sums[..known::SUMS.len()] == known::SUMS);
    if !are_known {
        return Err("it gave a wrong answer to a known signature".to_owned());
    }
    if answers.signatures.iter().chain(&answers.sums).any(|answer| *answer > 1) {
        return Err("it gave an answer that is none".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::known::{ANSWERS, APART, COUNT, MESSAGES, SUMS};
    use super::{Answers, CREDIT_MAX, Credit, Plan, Work, check, is_to_be_tried, price, prices, take};

    /// A batch of which all that is tried fails, or all holds; gives what that took.
    fn paid(credit: &mut Credit, count: u32, shared_by: u32, holds: bool) -> u64 {
        let own = (0..count).map(|index| MESSAGES as u32 + index / shared_by);
        let messages: Vec<_> = [0, 0, 1, 1, 1].into_iter().chain(own).collect();
        let plan = Plan::new(&messages, &APART);
        let total = plan.ranges().zip(plan.messages()).map(|(range, of)| price(range.len(), of)).sum();
        let is_tried = is_to_be_tried(&plan, credit);
        let sums = plan.sums.len() - SUMS.len();
        let plan = Some(plan).filter(|_| is_tried);
        let work = Work { messages, plan, places: (0..count as usize).collect(), ..Work::default() };
        let own = usize::from(is_tried) * sums;
        let answers = Answers {
            signatures: [&ANSWERS[..], &vec![u8::from(holds); count as usize]].concat(),
            sums: if is_tried { [&SUMS[..], &vec![u8::from(holds); own]].concat() } else { Vec::new() },
        };
        let mut verdicts = vec![!holds; count as usize];
        take(&work, &answers, &mut verdicts, credit).expect("the known answers are right");
        assert!(verdicts.iter().all(|valid| *valid == holds));
        let alone = u64::from(count) * prices::ALONE;
        match (is_tried, holds) {
            (true, true) => total,
            (true, false) => total + alone,
            (false, _) => alone,
        }
    }

    #[test]
    fn nobody_makes_many_batches_more_than_a_tenth_dearer_than_one_by_one() {
        for shared_by in [1, 2, 7, 1_000] {
            for good_between in [0, 1, 3] {
                let (mut credit, mut total, mut alone) = (Credit::new(CREDIT_MAX), 0, 0);
                for round in 0..24 {
                    total += paid(&mut credit, 60_000, shared_by, round % (good_between + 1) != 0);
                    alone += 60_000 * prices::ALONE;
                }
                assert!(total <= alone + alone / 10 + CREDIT_MAX, "{shared_by} {good_between}: {total}");
            }
        }
    }

    #[test]
    fn sums_are_tried_first_and_again_after_they_were_given_up() {
        let mut credit = Credit::new(CREDIT_MAX);
        let by_themselves = 60_000 * prices::ALONE;
        assert!(paid(&mut credit, 60_000, 1, true) < by_themselves);
        for _ in 0..9 {
            paid(&mut credit, 60_000, 1, false);
        }
        assert_eq!(paid(&mut credit, 60_000, 1, true), by_themselves);
        for _ in 0..9 {
            paid(&mut credit, 60_000, 1, true);
        }
        assert!(paid(&mut credit, 60_000, 1, true) < by_themselves);
    }

    #[test]
    fn what_is_no_answer_and_what_is_wrong_of_a_known_signature_is_a_fault() {
        let messages = vec![0, 0, 1, 1, 1, 2, 2];
        let work = Work { plan: Some(Plan::new(&messages, &APART)), messages, ..Work::default() };
        let good = Answers { signatures: [&ANSWERS[..], &[1, 0]].concat(), sums: [&SUMS[..], &[0]].concat() };
        assert_eq!(check(&work, &good), Ok(()));
        for index in 0..COUNT {
            let mut wrong = good.clone();
            wrong.signatures[index] ^= 1;
            assert_eq!(check(&work, &wrong), Err("it gave a wrong answer to a known signature".to_owned()));
        }
        for index in 0..SUMS.len() {
            let mut wrong = good.clone();
            wrong.sums[index] ^= 1;
            assert_eq!(check(&work, &wrong), Err("it gave a wrong answer to a known signature".to_owned()));
        }
        let mut none = good.clone();
        none.signatures[COUNT + 1] = 0xff;
        assert_eq!(check(&work, &none), Err("it gave an answer that is none".to_owned()));
        let none = Answers { sums: [&SUMS[..], &[2]].concat(), ..good };
        assert_eq!(check(&work, &none), Err("it gave an answer that is none".to_owned()));
    }
}
