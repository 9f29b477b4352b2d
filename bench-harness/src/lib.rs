//! Run a scenario, for real or simulated, and judge it.
