//! `Gate`: what every request passes on its way to its method. It bounds batches, and lets what is in one run side by side.
//! The transactions of a batch are handed to the pipeline together, and waited for once.

use std::future::{Future, ready};
use std::sync::Arc;

use alloy_primitives::B256;
use futures_util::StreamExt as _;
use futures_util::future::{Either, join};
use futures_util::stream::FuturesOrdered;
use jsonrpsee::ResponsePayload;
use jsonrpsee::core::middleware::{Batch, BatchEntry, Notification, RpcServiceT};
use jsonrpsee::server::{BatchResponseBuilder, MethodResponse};
use jsonrpsee::types::error::{
    OVERSIZED_RESPONSE_CODE, TOO_BIG_BATCH_RESPONSE_CODE, TOO_MANY_SUBSCRIPTIONS_CODE,
};
use jsonrpsee::types::{ErrorObject, Id, Request};

use crate::rpc::counts::Counted;
use crate::rpc::failure::Failure;
use crate::rpc::limits::Limit;
use crate::rpc::send::wire_of;
use crate::rpc::{Node, SENDING};
use crate::server::source::Source;

const LIMIT_EXCEEDED: i32 = -32_005;

/// The gate before a service.
#[derive(Clone)]
pub struct Gate<S> {
    service: S,
    node: Arc<Node>,
    source: Source,
}

impl<S> Gate<S> {
    /// A gate for one connection, that counts in this node.
    pub(super) fn new(service: S, node: Arc<Node>, source: Source) -> Gate<S> {
        Gate { service, node, source }
    }
}

impl<S> RpcServiceT for Gate<S>
where
    S: RpcServiceT<
            MethodResponse = MethodResponse,
            BatchResponse = MethodResponse,
            NotificationResponse = MethodResponse,
        > + Send
        + Sync
        + Clone
        + 'static,
{
    type MethodResponse = MethodResponse;
    type BatchResponse = MethodResponse;
    type NotificationResponse = MethodResponse;

    fn call<'a>(&self, mut request: Request<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let (service, node) = (self.service.clone(), self.node.clone());
        request.extensions_mut().insert(self.source);
        async move { answer(&service, request, &node).await }
    }

    fn batch<'a>(&self, batch: Batch<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let (service, node, source) = (self.service.clone(), self.node.clone(), self.source);
        async move {
            let max = node.limits().batch_max;
            if batch.len() > max {
                node.count(Limit::Batch);
                let words = format!("batch too large: {} requests, at most {max}", batch.len());
                return MethodResponse::error(
                    Id::Null,
                    ErrorObject::owned(LIMIT_EXCEEDED, words, None::<()>),
                );
            }
            let response = run(&service, batch, &node, source).await;
            note(&node, &response);
            response
        }
    }

    fn notification<'a>(
        &self,
        notification: Notification<'a>,
    ) -> impl Future<Output = MethodResponse> + Send + 'a {
        self.service.notification(notification)
    }
}

/// Answers one request, and counts it.
async fn answer<S>(service: &S, request: Request<'_>, node: &Node) -> MethodResponse
where
    S: RpcServiceT<MethodResponse = MethodResponse> + Send + Sync,
{
    let counted = node.counts().begin(request.method_name());
    let response = service.call(request).await;
    counted.end(response.is_success());
    note(node, &response);
    response
}

/// Counts a response that says that a limit was hit which the library keeps.
fn note(node: &Node, response: &MethodResponse) {
    match response.as_error_code() {
        Some(TOO_MANY_SUBSCRIPTIONS_CODE) => node.count(Limit::Subscriptions),
        Some(OVERSIZED_RESPONSE_CODE | TOO_BIG_BATCH_RESPONSE_CODE) => node.count(Limit::ResponseBytes),
        _ => {}
    }
}

/// How a request of a batch is answered.
enum Slot<'a> {
    /// With those that send transactions.
    Sends(Id<'a>, Counted<'a>),
    /// By itself.
    Alone,
}

/// Answers all requests of a batch, in their order.
async fn run<'a, S>(service: &S, batch: Batch<'a>, node: &'a Node, source: Source) -> MethodResponse
where
    S: RpcServiceT<MethodResponse = MethodResponse> + Send + Sync,
{
    let mut slots = Vec::with_capacity(batch.len());
    let (mut wires, mut running) = (Vec::new(), FuturesOrdered::new());
    let is_empty = batch.is_empty();
    for entry in batch {
        let request = match entry {
            Ok(BatchEntry::Call(mut request)) => {
                request.extensions_mut().insert(source);
                request
            }
            Ok(BatchEntry::Notification(_)) => continue,
            Err(error) => {
                let (error, id) = error.into_parts();
                running.push_back(Either::Right(ready(MethodResponse::error(id, error))));
                slots.push(Slot::Alone);
                continue;
            }
        };
        if !SENDING.contains(&request.method_name()) {
            running.push_back(Either::Left(answer(service, request, node)));
            slots.push(Slot::Alone);
            continue;
        }
        let counted = node.counts().begin(request.method_name());
        match wire_of(request.params().as_str()) {
            Ok(wire) => {
                wires.push(wire);
                slots.push(Slot::Sends(request.id, counted));
            }
            Err(failure) => {
                counted.end(false);
                let error = ErrorObject::from(failure);
                running.push_back(Either::Right(ready(MethodResponse::error(request.id, error))));
                slots.push(Slot::Alone);
            }
        }
    }
    if slots.is_empty() && !is_empty {
        return MethodResponse::notification();
    }
    let (sent, alone) = join(node.submit_all(&wires, source), running.collect::<Vec<_>>()).await;
    gather(slots, sent.into_iter(), alone.into_iter(), node)
}

/// The responses of a batch as one.
fn gather(
    slots: Vec<Slot<'_>>,
    mut sent: impl Iterator<Item = Result<B256, Failure>>,
    mut alone: impl Iterator<Item = MethodResponse>,
    node: &Node,
) -> MethodResponse {
    let bytes_max = node.limits().response_bytes_max as usize;
    let mut responses = BatchResponseBuilder::new_with_limit(bytes_max);
    for slot in slots {
        let response = match slot {
            Slot::Alone => alone.next().expect("one response for each"),
            Slot::Sends(id, counted) => {
                let result = sent.next().expect("one result for each");
                counted.end(result.is_ok());
                let response = match result {
                    Ok(hash) => MethodResponse::response(id, ResponsePayload::success(hash), bytes_max),
                    Err(failure) => MethodResponse::error(id, ErrorObject::from(failure)),
                };
                note(node, &response);
                response
            }
        };
        if let Err(too_large) = responses.append(response) {
            return too_large;
        }
    }
    MethodResponse::from_batch(responses.finish())
}
