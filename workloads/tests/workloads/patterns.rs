use std::collections::{BTreeMap, BTreeSet, HashMap};

use alloy_primitives::{Address, Bytes, U256};
use pelton_engine::codec;
use pelton_engine::transaction::{Fields, Kind};
use pelton_workloads::contracts::{game, mint, token};
use pelton_workloads::wallet::Account;
use pelton_workloads::{Name, Parameter, Pattern, Scheme, Spec, Tally, Workload, generate};

use crate::node::sender;

/// What a text is read as, and says when it is shown again.
fn check(text: &str, shown: Result<&str, &str>) {
    let found = text.parse::<Pattern>();
    let found = found.map(|pattern| pattern.to_string()).map_err(|error| error.to_string());
    assert_eq!(found.as_deref().map_err(String::as_str), shown, "{text}");
}

#[test]
fn a_pattern_is_a_name_and_parameters_and_shows_those_that_were_changed() {
    for name in Name::ALL {
        check(name.as_str(), Ok(name.as_str()));
        assert_eq!(name.as_str().parse(), Ok(Pattern::from(name)));
        for (parameter, standard) in name.parameters() {
            let given = format!("{name}:{}={}", parameter.name(), parameter.show(*standard));
            assert_eq!(given.parse(), Ok(Pattern::from(name)), "{given} may be given, and changes nothing");
        }
    }
    check("transfers:zipf=0.90", Ok("transfers:zipf=0.9"));
    check("transfers:senders=3,zipf=1", Ok("transfers:zipf=1,senders=3"));
    check("erc20:undeclared=0,group=all", Ok("erc20"));
    check(
        "ERC20",
        Err(
            "\"ERC20\" is not one of transfers, hot-account, erc20, mix, hostile, hybrid, mint, dex, liquidation, game",
        ),
    );
    check("transfers:", Err("transfers has other parameters: \"\" is not one of zipf, group, senders"));
    check(
        "transfers:extra=1",
        Err("transfers has other parameters: \"extra\" is not one of zipf, group, senders"),
    );
    check("hostile:zipf=1", Err("hostile has no parameters"));
    check("erc20:extra", Err("extra needs a value: extra=N, a whole number from 0 to 256"));
    check("erc20:extra=257", Err("extra=257: give a whole number from 0 to 256"));
    check("erc20:zipf=4", Err("zipf=4: give a number from 0 to 3, of at most three places"));
    check("erc20:group=1", Err("group=1: give a whole number from 2 to 10000000, or all"));
    check("erc20:extra=1,zipf=1,extra=1", Err("extra is given twice"));
    let error = "ed448".parse::<Scheme>().expect_err("there is no such scheme");
    assert_eq!(error.to_string(), "\"ed448\" is not one of secp256k1, ed25519");
}

#[test]
fn the_help_names_every_workload_and_every_parameter_once() {
    let words = |text: String| -> Vec<String> {
        text.lines().map(|line| line.split_whitespace().next().expect("a word").to_owned()).collect()
    };
    assert_eq!(words(Pattern::help()), Name::ALL.map(|name| name.as_str()));
    assert_eq!(words(Pattern::parameter_help()), Parameter::ALL.map(Parameter::name));
    let used: BTreeSet<&str> =
        Name::ALL.iter().flat_map(|name| name.parameters()).map(|(parameter, _)| parameter.name()).collect();
    assert_eq!(used.len(), Parameter::ALL.len(), "every parameter is one of some workload");
}

#[test]
#[should_panic(expected = "erc20:group=100 needs at least 100 accounts")]
fn too_few_accounts_are_a_bug() {
    made("erc20:group=100", Scheme::Ed25519, 99, 1);
}

/// A small workload, decoded: sender and fields of each transaction.
fn made(pattern: &str, scheme: Scheme, accounts: u32, transactions: u64) -> Vec<(Address, Fields)> {
    let pattern = pattern.parse().expect("it is a pattern");
    let workload = generate(&Spec { pattern, scheme, accounts, transactions, seed: 4 }, &|_| {});
    let decoded = |wire: &Bytes| {
        let transaction = codec::decode(wire.clone()).expect("it is a good one");
        (sender(&transaction).expect("it is signed"), transaction.fields().clone())
    };
    workload.transactions.iter().map(|(wire, _)| decoded(wire)).collect()
}

/// Whom a token transfer pays, from its call data.
fn payee(fields: &Fields) -> Address {
    Address::from_slice(&fields.input[16..36])
}

#[test]
fn groups_keep_to_themselves_and_take_turns() {
    let all = made("erc20:group=2", Scheme::Secp256k1, 9, 400);
    let mut partners: BTreeMap<Address, BTreeSet<Address>> = BTreeMap::new();
    for (sender, fields) in &all {
        partners.entry(*sender).or_default().insert(payee(fields));
    }
    assert_eq!(partners.len(), 8, "the ninth account has no partner");
    for (sender, payees) in &partners {
        let payee = payees.first().expect("there is one");
        assert!(payees.len() == 1 && partners[payee].contains(sender), "pairs deal with each other alone");
    }
    for four in all.chunks(4) {
        let met: BTreeSet<Address> =
            four.iter().flat_map(|(sender, fields)| [*sender, payee(fields)]).collect();
        assert_eq!(met.len(), 8, "no pair has a second turn before all had their first");
    }
}

#[test]
fn few_senders_make_long_chains() {
    let all = made("transfers:senders=3", Scheme::Ed25519, 50, 300);
    let mut lengths: HashMap<Address, u64> = HashMap::new();
    for (sender, fields) in &all {
        let length = lengths.entry(*sender).or_default();
        assert_eq!(fields.nonce, *length);
        *length += 1;
    }
    assert_eq!(lengths.len(), 3);
    let payees: BTreeSet<Address> = all.iter().filter_map(|(_, fields)| fields.to).collect();
    assert!(payees.len() > 40, "everyone is paid");
}

#[test]
fn under_zipf_few_accounts_do_most_of_it() {
    let busiest = |pattern, accounts| {
        let all = made(pattern, Scheme::Ed25519, accounts, 2_000);
        let (mut sent, mut paid): (HashMap<Address, u64>, HashMap<Address, u64>) = Default::default();
        for (sender, fields) in &all {
            *sent.entry(*sender).or_default() += 1;
            *paid.entry(fields.to.expect("a transfer has a payee")).or_default() += 1;
        }
        assert!(all.iter().all(|(sender, fields)| fields.to != Some(*sender)), "nobody pays himself");
        [sent, paid].map(|counts| counts.into_values().max().expect("there are some"))
    };
    // Of 100 ranks under 0.9, the first has 1 / 6.0 of all.
    for count in busiest("transfers:zipf=0.9", 100) {
        assert!((240..420).contains(&count), "{count}");
    }
    for count in busiest("transfers", 100) {
        assert!(count < 45, "{count}");
    }
}

#[test]
fn the_undeclared_share_signs_ethereums_own_transactions_and_lists_nothing() {
    for scheme in Scheme::ALL {
        for (share, least, most) in [("0", 0, 0), ("0.05", 20, 90), ("0.25", 180, 320), ("1", 1_000, 1_000)] {
            let all = made(&format!("erc20:undeclared={share}"), scheme, 200, 1_000);
            let (without, with): (Vec<_>, Vec<_>) =
                all.iter().partition(|(_, fields)| fields.writes.is_empty());
            assert!((least..=most).contains(&without.len()), "{share}: {}", without.len());
            assert!(without.iter().all(|(_, fields)| fields.kind == Kind::DynamicFee));
            let declared = scheme == Scheme::Ed25519;
            assert!(with.iter().all(|(_, fields)| (fields.kind == Kind::Declared) == declared));
        }
    }
}

#[test]
fn who_declares_too_much_names_what_is_touched_and_so_many_slots_more() {
    for (sender, fields) in made("erc20:extra=5", Scheme::Ed25519, 100, 50) {
        let [listed] = &fields.writes[..] else { panic!("one contract is called") };
        assert_eq!(listed.address, token::ADDRESS);
        for owner in [sender, payee(&fields)] {
            assert!(listed.slots.contains(&token::balance(owner)));
        }
        // The sender may be one of the payee's neighbours.
        assert!([6, 7].contains(&listed.slots.len()), "{}", listed.slots.len());
    }
}

/// A workload with its expectations, decoded.
fn judged(pattern: &str, accounts: u32, transactions: u64) -> (Workload, Vec<Fields>) {
    let pattern = pattern.parse().expect("it is a pattern");
    let spec = Spec { pattern, scheme: Scheme::Ed25519, accounts, transactions, seed: 4 };
    let workload = generate(&spec, &|_| {});
    let decoded = |wire: &Bytes| codec::decode(wire.clone()).expect("it is good").fields().clone();
    let fields = workload.transactions.iter().map(|(wire, _)| decoded(wire)).collect();
    (workload, fields)
}

/// A word of the call data.
fn word(fields: &Fields, index: usize) -> U256 {
    U256::from_be_slice(&fields.input[4 + 32 * index..][..32])
}

fn count(all: &[Fields], is: impl Fn(&Fields) -> bool) -> usize {
    all.iter().filter(|fields| is(fields)).count()
}

#[test]
fn a_hybrid_has_its_parts_and_a_share_of_each_is_hot() {
    for (hot, per_mille) in [("0", 0_usize), ("0.3", 300), ("0.9", 900)] {
        let (workload, all) = judged(&format!("hybrid:hot={hot}"), 100, 5_000);
        assert_eq!(workload.tally().commit, 5_000);
        let first = Account::derive(4, Scheme::Ed25519, 0).address();
        let parts: [Vec<Fields>; 3] = [0, 68, 132]
            .map(|length| all.iter().filter(|fields| fields.input.len() == length).cloned().collect());
        let is_hot: [fn(&Fields, Address) -> bool; 3] = [
            |fields, first| fields.to == Some(first),
            |fields, first| payee(fields) == first,
            |fields, _| word(fields, 0).is_zero(),
        ];
        for ((part, percent), is_hot) in parts.iter().zip([60, 20, 20]).zip(is_hot) {
            assert!(part.len().abs_diff(50 * percent) < 200, "{hot}: {}", part.len());
            // Those that are not hot reach the first account as often as any other.
            let found = count(part, |fields| is_hot(fields, first));
            assert!(found.abs_diff(part.len() * per_mille / 1_000) < part.len() / 20, "{hot}: {found}");
        }
        let pools: BTreeSet<U256> = parts[2].iter().map(|fields| word(fields, 0)).collect();
        assert!(pools.len() >= 40 && pools.contains(&U256::ZERO) == (per_mille > 0), "{hot}: {pools:?}");
    }
}

#[test]
fn a_mint_has_a_known_supply_for_a_known_demand() {
    let (workload, all) = judged("mint:supply=0.25,background=0.6", 20, 1_000);
    assert_eq!(count(&all, |fields| fields.to == Some(mint::ADDRESS)), 400);
    assert_eq!(workload.tally(), Tally { commit: 600, contested: 400, ..Tally::default() });
    assert_eq!(workload.prizes(), 100);
    let edition = workload.genesis.accounts[&mint::ADDRESS].storage[&mint::EDITION];
    assert_eq!(edition, mint::edition(0, 100));
}

#[test]
fn a_dex_has_so_many_pools_and_so_many_greedy_swaps() {
    for pools in [1, 2, 64] {
        let (workload, all) = judged(&format!("dex:pools={pools},greedy=0.1"), 20, 2_000);
        let used: BTreeSet<U256> = all.iter().map(|fields| word(fields, 0)).collect();
        assert_eq!(used, (0..pools).map(U256::from).collect());
        let Tally { commit, fail, .. } = workload.tally();
        assert_eq!(commit + fail, 2_000);
        assert!((150..250).contains(&fail), "{fail}");
        let greedy = |fields: &&Fields| word(fields, 3) > word(fields, 2);
        assert_eq!(all.iter().filter(greedy).count() as u64, fail);
    }
}

#[test]
fn each_loan_is_raced_for_by_so_many_and_few_are_open_at_a_time() {
    let (workload, all) = judged("liquidation:positions=4,racers=10", 20, 400);
    assert_eq!((workload.tally().contested, workload.prizes()), (400, 1));
    for (burst, racers) in all.chunks(40).enumerate() {
        for loan in 4 * burst..4 * burst + 4 {
            assert_eq!(count(racers, |fields| word(fields, 0) == U256::from(loan)), 10, "{loan}");
        }
    }
    let tips: BTreeSet<u128> = all.iter().map(|fields| fields.max_priority_fee_per_gas).collect();
    assert!(tips.len() > 390, "bots outbid each other");
}

#[test]
fn a_game_ticks_regularly_and_a_tick_looks_at_so_many_players() {
    for (reads, looks) in [(8, 8), (100, 29)] {
        let all = made(&format!("game:every=10,reads={reads},watch=0.5"), Scheme::Ed25519, 30, 1_000);
        let keeper = Account::derive(4, Scheme::Ed25519, 0).address();
        let (ticks, moves): (Vec<_>, Vec<_>) = all.iter().enumerate().partition(|(at, _)| at % 10 == 9);
        for (_, (sender, fields)) in ticks {
            assert_eq!(*sender, keeper);
            assert_eq!(fields.writes[0].slots, [game::CLOCK]);
            assert_eq!(fields.reads[0].slots.len(), looks);
        }
        assert!(moves.iter().all(|(_, (sender, _))| *sender != keeper));
        let watching = moves.iter().filter(|(_, (_, fields))| !fields.reads.is_empty()).count();
        assert!((380..520).contains(&watching), "{watching}");
    }
}
