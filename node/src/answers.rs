//! `Answers`: what became of transactions that were handed in together, told to whoever handed them in once, when the last
//! is known.
//!
//! ```text
//!   Asker 0 ─┐
//!   Asker 1 ─┼─> verdicts, how many are missing ──> Answers::all, woken at 0
//!   Asker n ─┘
//! ```
//!
//! A batch of a hundred transactions is one task that is woken once, however the pipeline cuts it up.

use std::future::Future;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use pelton_engine::reject::Reject;
use tokio::sync::Notify;

/// What became of a transaction that was handed in: it waits, or it was turned away.
pub type Verdict = Result<(), Reject>;

/// Where verdicts come in. Whoever drops this does not listen any more.
pub struct Answers(Arc<Shared>);

/// Tells one verdict.
pub struct Asker {
    shared: Weak<Shared>,
    at: usize,
}

struct Shared {
    told: Mutex<Told>,
    complete: Notify,
}

struct Told {
    places: Vec<Place>,
    /// How many are awaited.
    missing: usize,
}

#[derive(Clone, Copy)]
enum Place {
    Awaited,
    GivenUp,
    Known(Verdict),
}

impl Answers {
    /// Verdicts on so many transactions, and who tells each.
    pub fn of(count: usize) -> (Answers, impl Iterator<Item = Asker>) {
        let told = Told { places: vec![Place::Awaited; count], missing: count };
        let shared = Arc::new(Shared { told: Mutex::new(told), complete: Notify::new() });
        let weak = Arc::downgrade(&shared);
        (Answers(shared), (0..count).map(move |at| Asker { shared: weak.clone(), at }))
    }

    /// Waits until all are known.
    pub fn all(&self) -> impl Future<Output = ()> {
        let Answers(shared) = self;
        async move {
            // What is told between the question and the wait is kept by `complete`.
            while shared.told.lock().missing > 0 {
                shared.complete.notified().await;
            }
        }
    }

    /// Does not wait any more for those at these places.
    pub fn give_up(&self, places: impl Iterator<Item = usize>) {
        let told = &mut *self.0.told.lock();
        for at in places {
            if matches!(told.places[at], Place::Awaited) {
                told.places[at] = Place::GivenUp;
                told.missing -= 1;
            }
        }
    }

    /// What is known by now; none of those that are not.
    pub fn known(self) -> Vec<Option<Verdict>> {
        let verdict = |place: &Place| if let Place::Known(verdict) = place { Some(*verdict) } else { None };
        self.0.told.lock().places.iter().map(verdict).collect()
    }
}

impl Asker {
    /// Tells the verdict; nobody need listen any more.
    pub fn answer(self, verdict: Verdict) {
        let Some(shared) = self.shared.upgrade() else { return };
        let mut told = shared.told.lock();
        if !matches!(told.places[self.at], Place::Awaited) {
            return;
        }
        told.places[self.at] = Place::Known(verdict);
        told.missing -= 1;
        let is_complete = told.missing == 0;
        drop(told);
        if is_complete {
            shared.complete.notify_one();
        }
    }

    /// Whether anybody listens.
    pub fn is_heard(&self) -> bool {
        self.shared.strong_count() > 0
    }
}

#[cfg(test)]
mod tests {
    use super::Answers;
    use futures_util::FutureExt as _;
    use pelton_engine::reject::Reject;

    #[test]
    fn whoever_asks_about_many_is_told_once_all_are_known() {
        let (answers, askers) = Answers::of(3);
        let mut askers: Vec<_> = askers.collect();
        let mut all = Box::pin(answers.all());
        askers.pop().expect("three").answer(Err(Reject::NonceGap));
        assert_eq!(all.as_mut().now_or_never(), None);
        askers.pop().expect("three").answer(Ok(()));
        assert_eq!(all.as_mut().now_or_never(), None);
        askers.pop().expect("three").answer(Ok(()));
        assert_eq!(all.now_or_never(), Some(()));
        assert_eq!(answers.known(), [Some(Ok(())), Some(Ok(())), Some(Err(Reject::NonceGap))]);
    }

    #[test]
    fn what_is_given_up_is_not_waited_for_and_who_left_is_told_nothing() {
        let (answers, askers) = Answers::of(3);
        let [first, given_up, last] = askers.collect::<Vec<_>>().try_into().ok().expect("three");
        answers.give_up(1..2);
        given_up.answer(Ok(()));
        first.answer(Ok(()));
        assert_eq!(answers.all().now_or_never(), None, "a late answer counts for nobody else's");
        answers.give_up(2..3);
        assert_eq!(answers.all().now_or_never(), Some(()));
        assert!(last.is_heard());
        assert_eq!(answers.known(), [Some(Ok(())), None, None]);
        assert!(!last.is_heard());
        last.answer(Ok(()));
    }
}
