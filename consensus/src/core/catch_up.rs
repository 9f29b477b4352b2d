//! Both ends of catching up, as `crate::catch_up` describes it: who has what others need, and who needs it.

mod giver;
pub(crate) mod message;
mod newest;
mod peer;
mod taker;

pub(super) use self::giver::Giver;
pub(super) use self::newest::Newest;
pub(crate) use self::taker::Taker;
