//! Turn a state and an ordered block into a new state and an outcome.
