//! `eth_subscribe`: new heads, logs, and transactions that begin to wait.
//!
//! Each subscription is a task that follows the news. A client that does not read loses its subscription once as many messages
//! wait for it as may; nobody else notices.

use std::sync::Arc;

use alloy_rpc_types_eth::Filter;
use jsonrpsee::server::{SubscriptionMessage, SubscriptionSink};
use jsonrpsee::types::{ErrorObjectOwned, Params};
use jsonrpsee::{PendingSubscriptionSink, RpcModule};
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::arguments::Arguments;
use super::failure::Failure;
use super::limits::Limit;
use super::{Node, logs};
use crate::json;

pub(super) const SUBSCRIBE: &str = "eth_subscribe";
pub(super) const UNSUBSCRIBE: &str = "eth_unsubscribe";

/// What somebody wants to hear of.
enum Topic {
    Heads,
    Logs(Box<Filter>),
    Waiting { whole: bool },
}

pub(super) fn register(module: &mut RpcModule<Arc<Node>>) {
    let follow = |params: Params<'static>, pending: PendingSubscriptionSink, node: Arc<Arc<Node>>, _| async move {
        let node = node.as_ref().clone();
        match topic(&params, &node) {
            Ok(topic) => {
                if let Ok(sink) = pending.accept().await {
                    tokio::spawn(run(topic, node, sink));
                }
            }
            Err(failure) => pending.reject(ErrorObjectOwned::from(failure)).await,
        }
    };
    let registered = module.register_subscription(SUBSCRIBE, "eth_subscription", UNSUBSCRIBE, follow);
    registered.expect("the names are taken by nothing else");
}

fn topic(params: &Params<'_>, node: &Node) -> Result<Topic, Failure> {
    let arguments = Arguments::parse(params.as_str(), 2)?;
    let name: String = arguments.required(0)?;
    match name.as_str() {
        "newHeads" => Ok(Topic::Heads),
        "logs" => {
            let given = arguments.value(1).cloned().unwrap_or_else(|| json!({}));
            let fields = json!([given]).to_string();
            Ok(Topic::Logs(Box::new(logs::read(&Arguments::parse(Some(&fields), 1)?)?)))
        }
        "newPendingTransactions" => {
            node.writable()?;
            Ok(Topic::Waiting { whole: arguments.optional(1)?.unwrap_or(false) })
        }
        _ => Err(Failure::new(-32_601, format!("no \"{name}\" subscription in eth namespace"))),
    }
}

async fn run(topic: Topic, node: Arc<Node>, mut sink: SubscriptionSink) {
    match topic {
        Topic::Heads => {
            let news = node.heads.subscribe();
            follow(&node, &mut sink, news, |entry| vec![json::header(&entry).into()]).await;
        }
        Topic::Logs(filter) => {
            let news = node.heads.subscribe();
            follow(&node, &mut sink, news, |entry| logs::of_block(&entry, &filter)).await;
        }
        Topic::Waiting { whole } => {
            let Some(way) = node.way() else { return };
            let news = way.mempool.subscribe();
            let show = |one: pelton_engine::transaction::Verified| {
                vec![if whole { node.waiting(&one) } else { json!(one.id()) }]
            };
            follow(&node, &mut sink, news, show).await;
        }
    }
}

/// Sends what each piece of news becomes, until the client is gone or too slow.
async fn follow<T: Clone>(
    node: &Node,
    sink: &mut SubscriptionSink,
    mut news: Receiver<T>,
    show: impl Fn(T) -> Vec<Value>,
) {
    loop {
        let next = tokio::select! {
            () = sink.closed() => return,
            next = news.recv() => next,
        };
        let one = match next {
            Ok(one) => one,
            Err(RecvError::Lagged(_)) => return node.count(Limit::SlowSubscriber),
            Err(RecvError::Closed) => return,
        };
        for message in show(one) {
            let Ok(message) = serde_json::value::to_raw_value(&message) else { return };
            if sink.try_send(SubscriptionMessage::from(message)).is_err() {
                if !sink.is_closed() {
                    node.count(Limit::SlowSubscriber);
                }
                return;
            }
        }
    }
}
