use std::collections::{BTreeMap, BTreeSet, HashMap};

use alloy_primitives::{Address, Bytes};
use pelton_engine::codec;
use pelton_engine::transaction::{Fields, Kind};
use pelton_workloads::contracts::token;
use pelton_workloads::{Name, Parameter, Pattern, Scheme, Spec, generate};

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
    }
    check("transfers:zipf=0.90", Ok("transfers:zipf=0.9"));
    check("transfers:senders=3,zipf=1", Ok("transfers:zipf=1,senders=3"));
    check("erc20:undeclared=0,group=all", Ok("erc20"));
    check("ERC20", Err("\"ERC20\" is not one of transfers, hot-account, erc20, mix, hostile"));
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
