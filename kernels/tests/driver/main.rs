//! What stands between the program and a GPU, run on machines without one: `cuda/host/driver.cpp` takes the place of NVIDIA's
//! driver and runs the very kernels, compiled for this machine, when somebody asks for what came of them. It fails in
//! whatever way a test wants.
//!
//! A library is looked for where the environment of a process says, so the tests run in a second process that this program
//! starts of itself.

#[path = "../common/agree.rs"]
#[expect(dead_code, reason = "only what makes bytes is needed of it")]
mod agree;
#[path = "../../cuda/bench/batches.rs"]
mod batches;
mod bench;
mod bls;
#[path = "../../cuda/bench/bls.rs"]
mod bls_bench;
#[path = "../common/case.rs"]
mod case;
#[path = "../bls12381/cases.rs"]
#[expect(dead_code, reason = "only what makes signatures is needed of it")]
mod cases;
#[path = "../../cuda/bench/ends.rs"]
mod ends;
#[path = "../../cuda/bench/energy.rs"]
mod energy;
mod faults;
#[path = "../../cuda/bench/forged.rs"]
mod forged;
#[path = "../../cuda/bench/gpu.rs"]
mod gpu;
mod graphs;
mod hashes;
mod kernels;
mod keys;
#[path = "../common/levels.rs"]
mod levels;
#[path = "../../cuda/bench/sizes.rs"]
mod sizes;
mod stand_in;
mod sums;
#[path = "../../cuda/bench/table.rs"]
mod table;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    if !stand_in::is_loaded() && !arguments.list {
        return stand_in::run_again();
    }
    // There is one driver, and all tests tell it how to fail.
    arguments.test_threads = Some(1);
    let tests: [(&str, fn()); 30] = [
        ("batches_of_both_schemes_overlap_and_are_answered_right", kernels::overlap),
        ("batches_of_every_length_around_a_block_are_answered_right", kernels::lengths),
        ("forged_and_malformed_signatures_are_refused", kernels::forged),
        ("keys_that_sign_often_become_known_and_answer_right", keys::often),
        ("batches_that_several_threads_pack_are_answered_right", keys::in_parts),
        ("few_places_are_given_from_key_to_key_and_no_verdict_changes", keys::few_places),
        ("keys_that_are_lost_are_found_out_and_no_verdict_changes", keys::lost),
        ("sums_of_valid_signatures_hold", sums::held),
        ("a_forged_signature_spoils_its_group_and_no_verdict", sums::forged),
        ("what_breaks_a_rule_has_no_part_in_a_sum", sums::malformed),
        ("a_sum_that_is_said_to_hold_and_does_not_is_found_out", sums::lied_to),
        ("verdicts_are_the_same_with_graphs_and_without", graphs::with_and_without),
        ("one_graph_serves_all_batches_of_a_class", graphs::of_a_class),
        ("where_graphs_fail_batches_are_answered_without_and_nothing_is_a_fault", graphs::failing),
        ("messages_of_any_length_are_hashed_right", hashes::of_any_length),
        ("whatever_goes_wrong_gives_no_hash", hashes::failing),
        ("a_batch_that_is_too_large_is_told_beforehand", kernels::too_large),
        ("whatever_goes_wrong_while_it_works_is_a_fault_and_never_a_verdict", faults::while_it_works),
        ("whatever_goes_wrong_while_it_is_opened_is_told_in_words", faults::while_it_is_opened),
        ("a_device_that_never_ends_is_given_up_without_waiting_and_not_opened_twice", faults::stuck),
        ("with_the_cpu_behind_it_no_misdeed_changes_a_verdict", faults::with_the_cpu),
        ("what_measures_a_gpu_runs_from_its_first_figure_to_its_last", bench::whole),
        ("what_measures_a_gpu_fails_where_one_gives_a_wrong_answer", bench::wrong),
        ("bls_signatures_of_any_kind_are_answered_as_by_the_reference", bls::right),
        ("bls_batches_longer_than_a_slot_are_answered_in_parts_that_overlap", bls::parts),
        ("what_measures_bls_signatures_runs_and_fails_where_an_answer_is_wrong", bench::bls),
        ("bls_batches_go_to_who_is_sooner_done", bls::limits),
        ("whatever_goes_wrong_with_bls_signatures_changes_no_verdict", bls::faults),
        ("whatever_goes_wrong_while_a_device_for_bls_is_opened_is_told_in_words", bls::opened),
        ("a_backend_by_name_says_why_it_is_not_available", faults::by_name),
    ];
    let trials = tests.map(|(name, test)| {
        Trial::test(name, move || {
            stand_in::tell(stand_in::Misdeed::None);
            test();
            Ok(())
        })
    });
    libtest_mimic::run(&arguments, trials.into()).exit_code()
}
