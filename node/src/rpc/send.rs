//! Transactions in, and the words for those that are turned away.
//!
//! A transaction is handed to the pipeline at once, and the client hears what the pool said: it waits for a block, or why it
//! does not. Under so much load that this takes long, the client has the hash at hand and can ask later. What comes in one
//! batch is handed over and waited for together.

use std::collections::HashMap;
use std::time::Duration;

use alloy_primitives::{B256, Bytes, U256, keccak256};
use pelton_engine::checks::intrinsic_gas;
use pelton_engine::codec;
use pelton_engine::evm::call::Reads as _;
use pelton_engine::limits::Limits;
use pelton_engine::reject::Reject;
use pelton_engine::transaction::{Kind, Signature, Transaction};
use pelton_kernels::Level;
use pelton_kernels::keccak::keccak256_many;
use pelton_pipeline::origin::Origin;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::Node;
use super::arguments::Arguments;
use super::failure::{Answer, Failure};
use super::limits::Limit;
use crate::devnet::Way;
use crate::json;
use crate::server::source::Source;

/// How long a client waits for the pool's word.
const WORD: Duration = Duration::from_secs(2);
/// How long a client that wants the receipt may wait at most, and does by default.
const RECEIPT_MAX: Duration = Duration::from_secs(60);
const RECEIPT: Duration = Duration::from_secs(2);

/// Hands in a transaction; gives its hash once it waits for a block.
pub(super) async fn send(node: &Node, arguments: Arguments, source: Source) -> Answer {
    let wire: Bytes = arguments.required(0)?;
    node.submit(wire, source).await.map(|id| json!(id))
}

/// The same, but gives the receipt (EIP-7966).
pub(super) async fn send_sync(node: &Node, arguments: Arguments, source: Source) -> Answer {
    let wire: Bytes = arguments.required(0)?;
    let patience = arguments.quantity(1)?.map_or(RECEIPT, Duration::from_millis).min(RECEIPT_MAX);
    let id = keccak256(&wire);
    let way = node.writable()?;
    let settled = way.mempool.want(id);
    let sent = node.submit(wire.clone(), source).await;
    if sent.is_ok() {
        // If it takes too long, that is told below.
        let _ = timeout(patience, settled.all()).await;
    }
    let verdict = settled.known().pop().flatten();
    way.mempool.leave(&[id]);
    sent?;
    match verdict {
        Some(Ok(())) => {
            let found = node.history().transaction(&id)?;
            let (entry, index) = found.ok_or_else(|| Failure::server("the receipt is forgotten already"))?;
            Ok(json::receipt(&entry, index))
        }
        Some(Err(reason)) => Err(node.refusal(&wire, reason)),
        None => {
            let words =
                format!("The transaction was added to the mempool but wasn't processed in {patience:?}.");
            Err(Failure { code: Failure::TIMEOUT, message: words, data: Some(id.into()) })
        }
    }
}

/// The transaction that a request to send one brings.
pub(crate) fn wire_of(params: Option<&str>) -> Result<Bytes, Failure> {
    // Where this fails the long way has the words for it.
    match params.and_then(|text| serde_json::from_str::<(Bytes,)>(text).ok()) {
        Some((wire,)) => Ok(wire),
        None => Arguments::parse(params, 1)?.required(0),
    }
}

impl Node {
    /// Hands a transaction to the pipeline, and waits for what the pool says.
    async fn submit(&self, wire: Bytes, source: Source) -> Result<B256, Failure> {
        let mut results = self.submit_all(&[wire], source).await;
        results.pop().expect("one result for each")
    }

    /// Hands transactions of one source to the pipeline, in order, and waits once for what the pool says of all.
    pub(crate) async fn submit_all(&self, wires: &[Bytes], source: Source) -> Vec<Result<B256, Failure>> {
        let way = match self.writable() {
            Ok(way) => way,
            Err(failure) => return vec![Err(failure); wires.len()],
        };
        let mut ids = Vec::with_capacity(wires.len());
        keccak256_many(Level::best(), wires.iter().map(AsRef::as_ref), &mut ids);
        let ids: Vec<B256> = ids.into_iter().map(B256::from).collect();
        let answers = way.mempool.ask(&ids);
        let mut refused = HashMap::new();
        for (at, wire) in wires.iter().enumerate() {
            if let Err(failure) = self.hand_in(way, wire, source) {
                refused.insert(at, failure);
            }
        }
        answers.give_up(refused.keys().copied());
        // Whoever gets no word in time has the hash, and can ask later.
        let is_complete = timeout(WORD, answers.all()).await.is_ok();
        let verdicts = answers.known();
        if !is_complete || !refused.is_empty() {
            way.mempool.leave(&ids);
        }
        let mut results = Vec::with_capacity(wires.len());
        for (at, (id, verdict)) in ids.into_iter().zip(verdicts).enumerate() {
            results.push(match (refused.remove(&at), verdict) {
                (Some(failure), _) => Err(failure),
                (None, Some(Err(reason))) => {
                    // The words may take the recovery of a key: others have their turn in between.
                    tokio::task::yield_now().await;
                    Err(self.refusal(&wires[at], reason))
                }
                (None, _) => Ok(id),
            });
        }
        results
    }

    /// Hands a transaction to the pipeline, if it is not too long and there is room.
    fn hand_in(&self, way: &Way, wire: &Bytes, Source(source): Source) -> Result<(), Failure> {
        let (size, limit) = (wire.len(), self.transaction_bytes_max());
        if size > limit {
            return Err(Failure::server(format!("oversized data: transaction size {size}, limit {limit}")));
        }
        let full = |_| self.hit(Limit::Door, "txpool is full".to_owned());
        way.submitter.submit(wire.clone(), Origin { source, claimed_sender: None }).map_err(full)
    }

    /// Why a transaction was turned away, in geth's words.
    pub(super) fn refusal(&self, wire: &Bytes, reason: Reject) -> Failure {
        let decoded = codec::decode(wire.clone()).ok();
        let words = decoded.and_then(|transaction| self.exact_words(&transaction, reason));
        Failure::server(words.unwrap_or_else(|| words_of(reason, self.chain_limits())))
    }

    /// The words that hold figures.
    fn exact_words(&self, transaction: &Transaction, reason: Reject) -> Option<String> {
        let fields = transaction.fields();
        match reason {
            Reject::StaleNonce => {
                let next = self.sender_account(transaction)?.0;
                Some(format!("nonce too low: next nonce {next}, tx nonce {}", fields.nonce))
            }
            Reject::InsufficientFunds => {
                let (balance, cost) = (self.sender_account(transaction)?.1, fields.cost_max()?);
                let over = cost.saturating_sub(balance);
                Some(format!(
                    "insufficient funds for gas * price + value: balance {balance}, tx cost {cost}, overshot {over}"
                ))
            }
            Reject::IntrinsicGas => {
                let (gas, least) = (fields.gas_limit, intrinsic_gas(fields));
                Some(format!("intrinsic gas too low: gas {gas}, minimum needed {least}"))
            }
            Reject::GasLimitTooHigh => {
                let (cap, gas) = (self.chain_limits().transaction_gas_max, fields.gas_limit);
                Some(format!("transaction gas limit too high (cap: {cap}, tx: {gas})"))
            }
            Reject::WrongChain => {
                let (have, want) = (fields.chain_id?, self.chain_limits().chain_id);
                Some(format!("invalid chain id for signer: have {have} want {want}"))
            }
            Reject::FeeFields if fields.max_priority_fee_per_gas > fields.max_fee_per_gas => Some(format!(
                "max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas: {}, maxFeePerGas: {}",
                fields.max_priority_fee_per_gas, fields.max_fee_per_gas
            )),
            Reject::InitCodeTooLarge => {
                let (size, limit) = (fields.input.len(), self.chain_limits().init_code_bytes_max);
                Some(format!("max initcode size exceeded: code size {size}, limit {limit}"))
            }
            _ => None,
        }
    }

    /// Next nonce and balance of whoever signed this.
    fn sender_account(&self, transaction: &Transaction) -> Option<(u64, U256)> {
        let sender = match transaction.signature() {
            Signature::Secp256k1 { rs, y_parity } => {
                let mut payload = Vec::new();
                transaction.signing_payload(&mut payload);
                pelton_kernels::ecdsa::signer(&payload, rs, *y_parity)?
            }
            Signature::Ed25519 { key, .. } => pelton_kernels::address::of_ed25519(key),
        };
        let newest = self.history().newest().number();
        let account = self.history().at(newest).account(&sender.into()).unwrap_or_default();
        Some((account.nonce, account.balance))
    }

    /// A transaction that waits, as clients see it.
    pub(super) fn waiting(&self, transaction: &pelton_engine::transaction::Verified) -> Value {
        let fields = transaction.fields();
        let is_one_price = matches!(fields.kind, Kind::Legacy | Kind::AccessList);
        let base_fee = self.history().newest().next.base_fee;
        let tip = fields.tip(base_fee).filter(|_| !is_one_price);
        let price = tip.map_or(fields.max_fee_per_gas, |tip| u128::from(base_fee) + tip);
        json::waiting(transaction.transaction().wire(), transaction.sender(), price)
    }
}

/// The words for a reason alone.
fn words_of(reason: Reject, limits: &Limits) -> String {
    match reason {
        Reject::Repeat | Reject::Duplicate => "already known".into(),
        Reject::Oversized => format!("oversized data: limit {}", limits.transaction_bytes_max),
        Reject::Truncated | Reject::Malformed | Reject::NonCanonical => {
            format!("rlp: {}", reason.help().trim_end_matches('.').to_lowercase())
        }
        Reject::UnknownType => "transaction type not supported".into(),
        Reject::Unprotected => "only replay-protected (EIP-155) transactions allowed over RPC".into(),
        Reject::NonceTooHigh => "nonce has max value".into(),
        Reject::BadSignature => "invalid sender: invalid transaction v, r, s values".into(),
        Reject::ReplacementUnderpriced => "replacement transaction underpriced".into(),
        Reject::StaleNonce => "nonce too low".into(),
        Reject::NonceGap => "nonce too high: the nonces before it never came".into(),
        Reject::InsufficientFunds => "insufficient funds for gas * price + value".into(),
        Reject::SenderIsContract => "sender not an eoa".into(),
        Reject::FeeTooLow => "max fee per gas less than block base fee".into(),
        Reject::SenderFull => "account limit exceeded".into(),
        Reject::PoolFull => "txpool is full".into(),
        other => other.help().trim_end_matches('.').to_lowercase(),
    }
}
