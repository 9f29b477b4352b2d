//! The state that a transaction saw, or what it made of it, as geth's prestateTracer writes it.

use alloy_primitives::{Address, B256, KECCAK256_EMPTY, U256};
use pelton_engine::evm::call::{Call, Calls, Ran, Reads, Refused, Rules};
use pelton_engine::transaction::Listed;
use serde_json::{Map, Value, json};

use super::{BYTES_MAX, TracerOptions};

/// Runs a call twice: once to see what it touches, once for good.
pub(super) fn trace<R: Reads>(
    calls: &mut Calls<R>,
    call: &Call,
    rules: Rules,
    options: &TracerOptions,
) -> Result<(Ran, Option<Value>), Refused> {
    let touched = calls.ask(call)?.touched;
    let (before, bytes) = states(calls, &touched, options);
    let ran = calls.run(call, rules)?;
    if bytes > BYTES_MAX {
        return Ok((ran, None));
    }
    if !options.diff_mode {
        let shown = before.into_iter().map(|(address, fields)| (address, plain(fields)));
        return Ok((ran, Some(shown.collect::<Map<_, _>>().into())));
    }
    let (after, _) = states(calls, &touched, options);
    let (mut pre, mut post) = (Map::new(), Map::new());
    for (address, was) in before {
        let is = after.get(&address).cloned().unwrap_or_default();
        if was != is {
            let changed = changed(&was, &is);
            pre.insert(address.clone(), plain(was));
            if !is.is_null() {
                post.insert(address, changed);
            }
        }
    }
    Ok((ran, Some(json!({ "pre": pre, "post": post }))))
}

/// Accounts with slots, whole, as they are now; and how many bytes they take.
fn states<R: Reads>(
    calls: &Calls<R>,
    touched: &[Listed],
    options: &TracerOptions,
) -> (Map<String, Value>, usize) {
    let mut bytes = 0;
    let mut state_of = |one: &Listed| {
        let shown = state(calls, &one.address, &one.slots, options);
        bytes += shown.to_string().len();
        (one.address.to_string().to_lowercase(), shown)
    };
    let states = touched.iter().map(&mut state_of).collect();
    (states, bytes)
}

fn state<R: Reads>(calls: &Calls<R>, address: &Address, slots: &[U256], options: &TracerOptions) -> Value {
    let Some(account) = calls.account(address) else { return Value::Null };
    let mut state = json!({ "balance": account.balance, "nonce": account.nonce });
    let code = Some(account.code_hash).filter(|hash| *hash != KECCAK256_EMPTY && !options.disable_code);
    if let Some(code) = code.and_then(|hash| calls.code(&hash)) {
        state["code"] = json!(code.bytes());
    }
    if !options.disable_storage {
        let storage = slots
            .iter()
            .map(|slot| (B256::from(*slot).to_string(), json!(B256::from(calls.slot(address, slot)))));
        state["storage"] = storage.collect::<Map<_, _>>().into();
    }
    state
}

/// Without what is as in an account that was never used.
fn plain(state: Value) -> Value {
    let Value::Object(mut fields) = state else { return json!({ "balance": "0x0" }) };
    fields.retain(|name, value| match name.as_str() {
        "nonce" => *value != json!(0),
        "storage" => value.as_object().is_some_and(|slots| !slots.is_empty()),
        _ => true,
    });
    fields.into()
}

/// The fields that are otherwise now.
fn changed(was: &Value, is: &Value) -> Value {
    let mut changed = Map::new();
    for (name, value) in is.as_object().into_iter().flatten() {
        match (name.as_str(), &was[name]) {
            ("storage", before) => {
                let slots = value.as_object().into_iter().flatten();
                let zero = json!(B256::ZERO);
                let slots = slots.filter(|(slot, value)| before[slot.as_str()] != **value && **value != zero);
                let slots: Map<String, Value> =
                    slots.map(|(slot, value)| (slot.clone(), value.clone())).collect();
                if !slots.is_empty() {
                    changed.insert(name.clone(), slots.into());
                }
            }
            (_, before) if before != value => drop(changed.insert(name.clone(), value.clone())),
            _ => {}
        }
    }
    changed.into()
}
