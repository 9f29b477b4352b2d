//! What cannot be seen from outside: sums of points, and published vectors with tags of their own.

mod sums;
mod vectors;

use crate::level::Level;

/// The levels that differ here.
fn levels() -> impl Iterator<Item = Level> {
    Level::all().filter(|level| [Level::PORTABLE, Level::best()].contains(level))
}
