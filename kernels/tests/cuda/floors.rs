//! How many products of two words a verification takes: what its floor on a GPU is reckoned from.

use pelton_kernels::cuda::ceilings::PRODUCTS;
use pelton_kernels::samples;

use crate::agree::products;

#[test]
fn floors_are_reckoned_from_as_many_products_as_a_verification_takes() {
    for (scheme, expected) in PRODUCTS {
        let counted = products(&samples::valid(scheme, 3, 40, false));
        let mean = counted.iter().sum::<u64>() / 40;
        // Digits that are zero save an addition.
        assert!(counted.iter().all(|count| count.abs_diff(mean) < mean / 20), "{scheme:?}: {counted:?}");
        assert_eq!(mean / 1_000 * 1_000, expected, "{scheme:?}: {mean} on average");
    }
}
