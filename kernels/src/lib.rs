//! Verify signatures and hash in batches, with equal answers on every back-end.
