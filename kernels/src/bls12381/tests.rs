//! What cannot be seen from outside: sums of points, and published vectors with tags of their own.

mod sums;
mod vectors;
