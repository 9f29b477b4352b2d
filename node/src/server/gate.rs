//! `Gate`: what every request passes on its way to its method. It bounds batches, and lets what is in one run side by side,
//! so that a batch of transactions waits for the pipeline once and not for each of them.

use std::future::Future;
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesOrdered;
use jsonrpsee::core::middleware::{Batch, BatchEntry, Notification, RpcServiceT};
use jsonrpsee::server::{BatchResponseBuilder, MethodResponse};
use jsonrpsee::types::error::{
    OVERSIZED_RESPONSE_CODE, TOO_BIG_BATCH_RESPONSE_CODE, TOO_MANY_SUBSCRIPTIONS_CODE,
};
use jsonrpsee::types::{ErrorObject, Id, Request};

use crate::rpc::Node;
use crate::rpc::limits::Limit;

const LIMIT_EXCEEDED: i32 = -32_005;

/// The gate before a service.
#[derive(Clone)]
pub struct Gate<S> {
    service: S,
    node: Arc<Node>,
}

impl<S> Gate<S> {
    /// A gate that counts in this node.
    pub fn new(service: S, node: Arc<Node>) -> Gate<S> {
        Gate { service, node }
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

    fn call<'a>(&self, request: Request<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let (response, node) = (self.service.call(request), self.node.clone());
        async move {
            let response = response.await;
            note(&node, &response);
            response
        }
    }

    fn batch<'a>(&self, batch: Batch<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let (service, node) = (self.service.clone(), self.node.clone());
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
            let response = run(&service, batch, &node).await;
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

/// Counts a response that says that a limit was hit which the library keeps.
fn note(node: &Node, response: &MethodResponse) {
    match response.as_error_code() {
        Some(TOO_MANY_SUBSCRIPTIONS_CODE) => node.count(Limit::Subscriptions),
        Some(OVERSIZED_RESPONSE_CODE | TOO_BIG_BATCH_RESPONSE_CODE) => node.count(Limit::ResponseBytes),
        _ => {}
    }
}

/// Answers all requests of a batch, in their order.
async fn run<S>(service: &S, batch: Batch<'_>, node: &Node) -> MethodResponse
where
    S: RpcServiceT<MethodResponse = MethodResponse> + Send + Sync,
{
    let mut running = FuturesOrdered::new();
    let mut is_empty = true;
    for entry in batch {
        match entry {
            Ok(BatchEntry::Call(request)) => {
                is_empty = false;
                let response = service.call(request);
                let noted = async move {
                    let response = response.await;
                    note(node, &response);
                    response
                };
                running.push_back(futures_util::future::Either::Left(noted));
            }
            Ok(BatchEntry::Notification(_)) => is_empty = false,
            Err(error) => {
                is_empty = false;
                let (error, id) = error.into_parts();
                let response = MethodResponse::error(id, error);
                running.push_back(futures_util::future::Either::Right(std::future::ready(response)));
            }
        }
    }
    let mut responses = BatchResponseBuilder::new_with_limit(node.limits().response_bytes_max as usize);
    let count = running.len();
    while let Some(response) = running.next().await {
        if let Err(too_large) = responses.append(response) {
            return too_large;
        }
    }
    match (is_empty, count) {
        (false, 0) => MethodResponse::notification(),
        _ => MethodResponse::from_batch(responses.finish()),
    }
}
