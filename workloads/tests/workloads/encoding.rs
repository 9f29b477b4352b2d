use alloy_primitives::{Address, Bytes, U256};
use pelton_engine::codec;
use pelton_engine::transaction::{Fields, Kind, Listed};
use pelton_workloads::Scheme;
use pelton_workloads::encode::{authorize, sign};
use pelton_workloads::wallet::Account;
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

use crate::node::sender;

fn kind() -> impl Strategy<Value = Kind> {
    use Kind::{AccessList, Declared, DynamicFee, Legacy, SetCode};
    prop::sample::select(vec![Legacy, AccessList, DynamicFee, SetCode, Declared])
}

fn address() -> impl Strategy<Value = Address> {
    any::<[u8; 20]>().prop_map(Address::from)
}

fn word() -> impl Strategy<Value = U256> {
    (any::<[u64; 4]>(), 0..256usize).prop_map(|(limbs, shift)| U256::from_limbs(limbs) >> shift)
}

fn list() -> impl Strategy<Value = Vec<Listed>> {
    let slots = btree_set(word(), 0..3).prop_map(|slots| slots.into_iter().collect());
    vec((address(), slots).prop_map(|(address, slots)| Listed { address, slots }), 0..3)
}

prop_compose! {
    /// Fields of any kind, with what the kind does not have left out.
    fn fields()(
        kind in kind(),
        (chain_id, protected, nonce, gas_limit) in (any::<u64>(), any::<bool>(), any::<u64>(), any::<u64>()),
        (fee, tip, contention) in (any::<u128>(), any::<u128>(), any::<u128>()),
        to in prop::option::of(address()),
        value in word(),
        input in vec(any::<u8>(), 0..300),
        (reads, writes) in (list(), list()),
        (code, authority_nonce) in (address(), any::<u64>()),
    ) -> Fields {
        let one_price = matches!(kind, Kind::Legacy | Kind::AccessList);
        let authority = Account::derive(1, Scheme::Secp256k1, 1);
        Fields {
            kind,
            chain_id: (kind != Kind::Legacy || protected).then_some(chain_id),
            nonce,
            gas_limit,
            max_fee_per_gas: fee,
            max_priority_fee_per_gas: if one_price { fee } else { tip },
            max_contention_fee: if kind == Kind::Declared { contention } else { 0 },
            to,
            value,
            input: Bytes::from(input),
            reads: if kind == Kind::Declared { reads } else { Vec::new() },
            writes: if kind == Kind::Legacy { Vec::new() } else { writes },
            authorizations: match kind {
                Kind::SetCode => vec![authorize(U256::from(chain_id), code, authority_nonce, &authority)],
                _ => Vec::new(),
            },
        }
    }
}

fn signer(kind: Kind, index: u64) -> Account {
    let scheme = if kind == Kind::Declared { Scheme::Ed25519 } else { Scheme::Secp256k1 };
    Account::derive(9, scheme, index)
}

proptest! {
    #[test]
    fn what_is_encoded_decodes_to_the_same_and_names_its_signer(fields in fields(), index in any::<u64>()) {
        let account = signer(fields.kind, index);
        let transaction = codec::decode(sign(&fields, &account)).unwrap();
        prop_assert_eq!(transaction.fields(), &fields);
        prop_assert_eq!(sender(&transaction), Some(account.address()));
    }
}

#[test]
fn accounts_follow_from_seed_scheme_and_index_alone() {
    let address = |seed, scheme, index| Account::derive(seed, scheme, index).address();
    let mut all = vec![
        address(1, Scheme::Secp256k1, 0),
        address(2, Scheme::Secp256k1, 0),
        address(1, Scheme::Secp256k1, 1),
        address(1, Scheme::Ed25519, 0),
        address(1, Scheme::Ed25519, 1),
    ];
    assert_eq!(Account::derive_all(1, Scheme::Ed25519, 0..2)[1].address(), all[4]);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 5);
}

#[test]
#[should_panic(expected = "declared transactions are signed with ed25519")]
fn a_key_of_the_wrong_scheme_is_a_bug() {
    let fields = Fields {
        kind: Kind::DynamicFee,
        chain_id: Some(1),
        nonce: 0,
        gas_limit: 21_000,
        max_fee_per_gas: 1,
        max_priority_fee_per_gas: 1,
        max_contention_fee: 0,
        to: Some(Address::ZERO),
        value: U256::ZERO,
        input: Bytes::new(),
        reads: Vec::new(),
        writes: Vec::new(),
        authorizations: Vec::new(),
    };
    sign(&fields, &signer(Kind::Declared, 0));
}
