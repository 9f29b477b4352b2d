//! Make the same signed transactions from the same seed.
