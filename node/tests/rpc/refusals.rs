//! Transactions that are turned away, and the words that tools look for.

use alloy_primitives::{Address, Bytes, TxKind, U256};
use serde_json::{Value, json};

use crate::client::{call, fail, standard};
use crate::wallet::{MAX_FEE, legacy, payment, sign};

const PAYEE: Address = Address::repeat_byte(0x66);

#[test]
fn each_refusal_has_its_words_and_is_remembered() {
    let node = standard();
    let refuse = |wire: &Bytes| fail(node, "eth_sendRawTransaction", json!([wire]));
    let (wire, id) = sign(payment(0, PAYEE, 1), 0);
    assert_eq!(call(node, "eth_sendRawTransaction", json!([wire])), json!(id));
    assert_eq!(refuse(&wire), (-32_000, "already known".into()));

    call(node, "eth_sendRawTransactionSync", json!([sign(payment(1, PAYEE, 1), 0).0]));
    let (stale, stale_id) = sign(payment(0, PAYEE, 2), 0);
    assert_eq!(
        refuse(&stale).1,
        "replacement transaction underpriced",
        "it is a replacement that offers too little"
    );
    let mut dear = payment(0, PAYEE, 3);
    (dear.max_fee_per_gas, dear.max_priority_fee_per_gas) = (2 * MAX_FEE, MAX_FEE);
    let (dear, dear_id) = sign(dear, 0);
    assert_eq!(refuse(&dear).1, "nonce too low: next nonce 2, tx nonce 0");
    let status = call(node, "pelton_transactionStatus", json!([dear_id]));
    assert_eq!(
        [&status["status"], &status["stage"], &status["reason"]],
        [&json!("rejected"), &json!("schedule"), &json!("StaleNonce")]
    );
    assert_eq!(call(node, "pelton_transactionStatus", json!([stale_id]))["reason"], "ReplacementUnderpriced");
    assert_eq!(
        call(node, "pelton_transactionStatus", json!([alloy_primitives::B256::ZERO]))["status"],
        "unknown"
    );

    let mut rich = payment(2, PAYEE, 0);
    rich.value = U256::from(10).pow(U256::from(30));
    assert!(refuse(&sign(rich, 0).0).1.starts_with("insufficient funds for gas * price + value: balance "));
    let mut short = payment(2, PAYEE, 0);
    short.gas_limit = 20_999;
    assert_eq!(refuse(&sign(short, 0).0).1, "intrinsic gas too low: gas 20999, minimum needed 21000");
    let mut foreign = payment(2, PAYEE, 0);
    foreign.chain_id = 1;
    assert_eq!(refuse(&sign(foreign, 0).0).1, "invalid chain id for signer: have 1 want 31337");
    let mut open = legacy(2, TxKind::Call(PAYEE), Bytes::new());
    open.chain_id = None;
    assert_eq!(refuse(&sign(open, 0).0).1, "only replay-protected (EIP-155) transactions allowed over RPC");
    let mut tall = payment(2, PAYEE, 0);
    tall.max_priority_fee_per_gas = 2 * MAX_FEE;
    assert!(refuse(&sign(tall, 0).0).1.starts_with("max priority fee per gas higher than max fee per gas"));
    let mut greedy = payment(2, PAYEE, 0);
    greedy.gas_limit = 16_777_217;
    assert_eq!(refuse(&sign(greedy, 0).0).1, "transaction gas limit too high (cap: 16777216, tx: 16777217)");
    assert_eq!(refuse(&Bytes::from(vec![3, 0xc0])).1, "transaction type not supported");
    assert!(refuse(&Bytes::from(vec![2, 0xc1])).1.starts_with("rlp: "));
    assert!(refuse(&Bytes::from(vec![0; 200_000])).1.starts_with("oversized data: transaction size 200000"));
}

#[test]
fn a_better_offer_replaces_what_waits() {
    let node = standard();
    let (first, first_id) = sign(payment(1, PAYEE, 1), 5);
    assert_eq!(
        call(node, "eth_sendRawTransaction", json!([first])),
        json!(first_id),
        "its turn has not come"
    );
    let mut better = payment(1, PAYEE, 2);
    (better.max_fee_per_gas, better.max_priority_fee_per_gas) = (2 * MAX_FEE, 2_000);
    let (better, better_id) = sign(better, 5);
    assert_eq!(call(node, "eth_sendRawTransaction", json!([better])), json!(better_id));
    assert_eq!(call(node, "eth_getTransactionByHash", json!([first_id])), Value::Null);
    assert_eq!(call(node, "pelton_transactionStatus", json!([first_id]))["reason"], "Replaced");
    call(node, "eth_sendRawTransactionSync", json!([sign(payment(0, PAYEE, 1), 5).0]));
    crate::chain::wait_until(|| !call(node, "eth_getTransactionReceipt", json!([better_id])).is_null());
    assert_eq!(call(node, "eth_getBalance", json!([PAYEE])), "0x3");
}
