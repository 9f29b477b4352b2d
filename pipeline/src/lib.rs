//! Move batches through stages, and measure them.
