//! `Newest`: the newest certificates that have gone by, for those who ask how far the others are.

use std::sync::Arc;

use bytes::Bytes;
use commonware_codec::Encode as _;
use commonware_consensus::Viewable as _;
use commonware_consensus::simplex::scheme::Scheme;
use commonware_consensus::simplex::types::{Activity, Certificate};
use parking_lot::Mutex;

use super::super::envelope::Digest;

/// See the head of this file. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Newest(Arc<Mutex<Kept>>);

/// Each with its view.
#[derive(Default)]
struct Kept {
    finalization: (u64, Bytes),
    any: (u64, Bytes),
}

impl Newest {
    /// Looks at what goes by.
    pub fn note<S: Scheme<Digest>>(&self, activity: &Activity<S, Digest>) {
        let certificate = match activity {
            Activity::Notarization(one) => Certificate::Notarization(one.clone()),
            Activity::Nullification(one) => Certificate::Nullification(one.clone()),
            Activity::Finalization(one) => {
                let (mut kept, view) = (self.0.lock(), one.view().get());
                if view > kept.finalization.0 {
                    kept.finalization = (view, one.encode());
                }
                Certificate::Finalization(one.clone())
            }
            _ => return,
        };
        let view = certificate.view().get();
        let mut kept = self.0.lock();
        if view > kept.any.0 {
            kept.any = (view, certificate.encode());
        }
    }

    /// The certificate of the newest final block, and of the newest view; empty where there was none.
    pub fn both(&self) -> (Bytes, Bytes) {
        let kept = self.0.lock();
        (kept.finalization.1.clone(), kept.any.1.clone())
    }
}
