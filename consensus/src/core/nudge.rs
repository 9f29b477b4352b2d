//! Asks for what may have become final without this validator.
//!
//! The library asks for what it needs to follow the views, and for the blocks below one that it has heard to be final. Who has heard of
//! neither need not know that there is anything to ask for. Others may be ahead then, and need its vote to go on; but a block carries
//! the state root of one some heights below, and who has not executed that cannot vote. So where nothing has become final for a
//! while, the others are asked whether the next height has.

use std::time::Duration;

use commonware_consensus::marshal::core::Mailbox;
use commonware_consensus::marshal::standard::Standard;
use commonware_consensus::simplex::scheme::Scheme;
use commonware_consensus::types::Height;
use commonware_cryptography::certificate::Verifier;
use commonware_cryptography::ed25519::PublicKey;
use commonware_runtime::Clock;
use commonware_utils::vec::NonEmptyVec;

use super::envelope::{Digest, Envelope};

/// Asks these, each time that what is final here has not grown for so long.
pub(super) async fn run<E, S>(
    context: E,
    mailbox: Mailbox<S, Standard<Envelope>>,
    told: impl Fn() -> u64,
    others: NonEmptyVec<PublicKey>,
    patience: Duration,
) where
    E: Clock,
    S: Scheme<Digest> + Verifier<PublicKey = PublicKey>,
{
    let mut before = told();
    loop {
        context.sleep(patience).await;
        let now = told();
        if now == before {
            mailbox.hint_finalized(Height::new(now + 1), others.clone());
        }
        before = now;
    }
}
