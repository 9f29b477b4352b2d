//! Fields and a key to canonical bytes: what `engine::codec` decodes, and lays out in its first lines.

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_rlp::{EMPTY_STRING_CODE, Encodable, Header};
use pelton_engine::transaction::{Authorization, Fields, Kind, Listed, Signature};

use crate::spec::Scheme;
use crate::wallet::Account;

/// First byte of what an authority signs (EIP-7702).
const AUTHORIZATION_MAGIC: u8 = 0x05;

/// Signs the fields and gives the wire bytes.
///
/// # Panics
/// When the account's scheme is not the one of the fields' kind, or a field is set that the kind does not have.
pub fn sign(fields: &Fields, account: &Account) -> Bytes {
    let scheme = if fields.kind == Kind::Declared { Scheme::Ed25519 } else { Scheme::Secp256k1 };
    assert_eq!(
        account.scheme(),
        scheme,
        "declared transactions are signed with ed25519, all others with secp256k1"
    );
    let unsigned = Unsigned::new(fields);
    unsigned.with(&account.sign(&unsigned.message(account)))
}

/// Signs the delegation of an account to the code at `address`; chain id 0 stands for any chain.
///
/// # Panics
/// When the account is not one of secp256k1.
pub fn authorize(chain_id: U256, address: Address, nonce: u64, account: &Account) -> Authorization {
    let mut body = Vec::new();
    chain_id.encode(&mut body);
    address.encode(&mut body);
    nonce.encode(&mut body);
    let mut message = vec![AUTHORIZATION_MAGIC];
    put_list(&body, &mut message);
    let Signature::Secp256k1 { rs, y_parity } = account.sign(&message) else {
        panic!("an authority signs with secp256k1");
    };
    let (r, s) = scalars(&rs);
    Authorization { chain_id, address, nonce, y_parity, r, s }
}

/// The encoded fields of a transaction that waits for its signature.
pub struct Unsigned {
    kind: Kind,
    chain_id: Option<u64>,
    body: Vec<u8>,
}

impl Unsigned {
    /// Encodes the fields.
    ///
    /// # Panics
    /// When a field is set that the kind does not have.
    pub fn new(fields: &Fields) -> Unsigned {
        check(fields);
        let mut body = Vec::with_capacity(256 + fields.input.len());
        if fields.kind != Kind::Legacy {
            fields.chain_id.expect("every kind but legacy names its chain").encode(&mut body);
        }
        fields.nonce.encode(&mut body);
        if !one_price(fields.kind) {
            fields.max_priority_fee_per_gas.encode(&mut body);
        }
        fields.max_fee_per_gas.encode(&mut body);
        if fields.kind == Kind::Declared {
            fields.max_contention_fee.encode(&mut body);
        }
        fields.gas_limit.encode(&mut body);
        match fields.to {
            Some(to) => to.encode(&mut body),
            None => body.push(EMPTY_STRING_CODE),
        }
        fields.value.encode(&mut body);
        fields.input.encode(&mut body);
        if fields.kind == Kind::Declared {
            put_access(&fields.reads, &mut body);
        }
        if fields.kind != Kind::Legacy {
            put_access(&fields.writes, &mut body);
        }
        if fields.kind == Kind::SetCode {
            put_authorizations(&fields.authorizations, &mut body);
        }
        Unsigned { kind: fields.kind, chain_id: fields.chain_id, body }
    }

    /// The bytes that this account is to sign. Declared transactions name their signer, and so its key is signed too.
    pub fn message(&self, account: &Account) -> Vec<u8> {
        let mut body = self.body.clone();
        if let (Kind::Declared, Some(key)) = (self.kind, account.ed25519_key()) {
            key.encode(&mut body);
        }
        if let (Kind::Legacy, Some(id)) = (self.kind, self.chain_id) {
            id.encode(&mut body);
            body.extend_from_slice(&[EMPTY_STRING_CODE; 2]);
        }
        self.framed(&body)
    }

    /// The wire bytes under this signature, which need not be a good one.
    pub fn with(&self, signature: &Signature) -> Bytes {
        let mut body = Vec::with_capacity(self.body.len() + 100);
        body.extend_from_slice(&self.body);
        match signature {
            Signature::Secp256k1 { rs, y_parity } => {
                self.v(*y_parity).encode(&mut body);
                let (r, s) = scalars(rs);
                r.encode(&mut body);
                s.encode(&mut body);
            }
            Signature::Ed25519 { rs, key } => {
                key.encode(&mut body);
                rs.encode(&mut body);
            }
        }
        self.framed(&body).into()
    }

    /// The parity as the kind writes it; for a large chain id, EIP-155's number is longer than 64 bits.
    fn v(&self, y_parity: u8) -> u128 {
        let first = match (self.kind, self.chain_id) {
            (Kind::Legacy, Some(id)) => 35 + 2 * u128::from(id),
            (Kind::Legacy, None) => 27,
            _ => 0,
        };
        first + u128::from(y_parity)
    }

    fn framed(&self, body: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(body.len() + 10);
        if self.kind != Kind::Legacy {
            out.push(self.kind as u8);
        }
        put_list(body, &mut out);
        out
    }
}

/// Whether a kind has a single price, with no priority fee of its own.
fn one_price(kind: Kind) -> bool {
    matches!(kind, Kind::Legacy | Kind::AccessList)
}

/// A field that the kind has no room for would silently be lost.
fn check(fields: &Fields) {
    let kind = fields.kind;
    assert!(kind == Kind::Declared || fields.reads.is_empty(), "only declared transactions name reads");
    let contention = fields.max_contention_fee;
    assert!(kind == Kind::Declared || contention == 0, "only declared transactions name a contention fee");
    assert!(kind != Kind::Legacy || fields.writes.is_empty(), "a legacy transaction has no access list");
    assert!(kind == Kind::SetCode || fields.authorizations.is_empty(), "only 0x04 carries delegations");
    let equal = fields.max_fee_per_gas == fields.max_priority_fee_per_gas;
    assert!(!one_price(kind) || equal, "legacy and 2930 transactions have one price");
}

fn scalars(rs: &[u8; 64]) -> (U256, U256) {
    (U256::from_be_slice(&rs[..32]), U256::from_be_slice(&rs[32..]))
}

fn put_list(body: &[u8], out: &mut Vec<u8>) {
    Header { list: true, payload_length: body.len() }.encode(out);
    out.extend_from_slice(body);
}

fn put_access(list: &[Listed], out: &mut Vec<u8>) {
    let mut items = Vec::new();
    for listed in list {
        let mut item = Vec::with_capacity(24 + 33 * listed.slots.len());
        listed.address.encode(&mut item);
        let slots: Vec<B256> = listed.slots.iter().map(|slot| B256::from(*slot)).collect();
        slots.encode(&mut item);
        put_list(&item, &mut items);
    }
    put_list(&items, out);
}

fn put_authorizations(list: &[Authorization], out: &mut Vec<u8>) {
    let mut items = Vec::new();
    for authorization in list {
        let mut item = Vec::new();
        authorization.chain_id.encode(&mut item);
        authorization.address.encode(&mut item);
        authorization.nonce.encode(&mut item);
        authorization.y_parity.encode(&mut item);
        authorization.r.encode(&mut item);
        authorization.s.encode(&mut item);
        put_list(&item, &mut items);
    }
    put_list(&items, out);
}
