//! How many products of two words a verification takes: what its floor on a GPU is reckoned from.

use pelton_kernels::cuda::ceilings::{FLOORS, Way};
use pelton_kernels::samples;

use crate::agree::products;

#[test]
fn floors_are_reckoned_from_as_many_products_as_a_verification_takes() {
    let mut means = Vec::new();
    for floor in &FLOORS {
        let count = if floor.way == Way::Summed { 128 } else { 40 };
        let counted = products(&samples::valid(floor.scheme, 3, count, false), floor.way);
        let mean = counted.iter().sum::<u64>() / count as u64;
        // Digits that are zero save an addition.
        assert!(counted.iter().all(|count| count.abs_diff(mean) < mean / 10), "{}: {counted:?}", floor.name);
        means.push((floor.name, mean / 1_000 * 1_000));
    }
    assert_eq!(means, FLOORS.map(|floor| (floor.name, floor.products)));
}
