//! CUDA graphs: who sends a batch by one call changes no verdict, and where it fails nobody notices.

use rand::SeedableRng as _;
use rand::rngs::StdRng;

use pelton_kernels::cuda::Settings;
use pelton_kernels::device::OnDevice;
use pelton_kernels::{Scheme, Signatures, Verifier as _};

use crate::faults::{next, verifier_with};
use crate::kernels::right;
use crate::keys::Accounts;
use crate::stand_in::{Misdeed, graphs, tell};

/// Some keys become known, and all others of ed25519 are in sums.
fn settings(has_graphs: bool) -> Settings {
    Settings { keys_max: 3, sums_min: 0, has_graphs, ..Settings::new([6; 32]) }
}

#[track_caller]
fn check(verifier: &mut OnDevice, batch: &Signatures) {
    verifier.submit(batch.clone()).expect("it is empty");
    assert_eq!(next(verifier).outcome, Ok(right(batch)), "{} signatures", batch.len());
}

/// Lengths around those at which a class ends, as four signatures go with each batch, and shorter ones behind longer ones.
pub fn with_and_without() {
    for scheme in [Scheme::Ed25519, Scheme::Secp256k1] {
        let accounts = Accounts::new(scheme, 5);
        let (mut random, mut with) = (StdRng::seed_from_u64(3), verifier_with(settings(true)));
        let mut without = verifier_with(settings(false));
        graphs();
        for length in [0, 187, 188, 189, 2, 40, 190, 40] {
            let batch = accounts.batch(&mut random, length, 0.1);
            check(&mut with, &batch);
            assert_eq!(graphs()[1], 1, "{scheme:?}, {length} signatures");
            check(&mut without, &batch);
            assert_eq!(graphs(), [0, 0], "{scheme:?}, {length} signatures");
        }
    }
}

pub fn of_a_class() {
    for scheme in [Scheme::Ed25519, Scheme::Secp256k1] {
        let mut verifier = verifier_with(Settings { keys_max: 0, sums_min: 1_000, ..settings(true) });
        let accounts = Accounts::new(scheme, 9);
        graphs();
        for length in [1, 30, 180, 7] {
            check(&mut verifier, &accounts.batch(&mut StdRng::seed_from_u64(4), length, 0.1));
        }
        assert_eq!(graphs(), [0, 4], "{scheme:?}: the known answers were asked for in the same class");
        check(&mut verifier, &accounts.batch(&mut StdRng::seed_from_u64(4), 200, 0.1));
        assert_eq!(graphs(), [1, 1], "{scheme:?}");
    }
}

pub fn failing() {
    let accounts = Accounts::new(Scheme::Ed25519, 5);
    for misdeed in [Misdeed::NoCapture, Misdeed::NoGraph, Misdeed::NoGraphLaunch] {
        for is_from_the_start in [true, false] {
            let mut random = StdRng::seed_from_u64(5);
            tell(if is_from_the_start { misdeed } else { Misdeed::None });
            let mut verifier = verifier_with(settings(true));
            check(&mut verifier, &accounts.batch(&mut random, 20, 0.1));
            tell(misdeed);
            graphs();
            // The second one is of a class that none was recorded for.
            for length in [20, 200, 20] {
                check(&mut verifier, &accounts.batch(&mut random, length, 0.1));
            }
            let launched = graphs()[1];
            tell(Misdeed::None);
            check(&mut verifier, &accounts.batch(&mut random, 20, 0.1));
            let later = graphs()[1];
            assert_eq!(later, 0, "{misdeed:?}: what failed once is not tried again");
            assert!(launched <= 1 && (launched == 0 || !is_from_the_start), "{misdeed:?}: {launched}");
            assert_eq!(verifier.report().faults, 0, "{misdeed:?}");
        }
    }
}
