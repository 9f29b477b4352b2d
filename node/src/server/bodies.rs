//! `Bodies`: reads the body of a request before anything else is done with it, within bounds of size and time.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Body, Bytes};
use jsonrpsee::server::{HttpBody, HttpRequest, HttpResponse};
use tokio::time::timeout;
use tower::{BoxError, Service};

use crate::rpc::Node;
use crate::rpc::limits::Limit;

/// Bodies before a service.
#[derive(Clone)]
pub struct Bodies<S> {
    service: S,
    node: Arc<Node>,
}

impl<S> Bodies<S> {
    /// Bodies that count in this node.
    pub fn new(service: S, node: Arc<Node>) -> Bodies<S> {
        Bodies { service, node }
    }
}

impl<S, B> Service<HttpRequest<B>> for Bodies<S>
where
    S: Service<HttpRequest<HttpBody>, Response = HttpResponse, Error = BoxError> + Clone + Send + 'static,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = HttpResponse;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: HttpRequest<B>) -> Self::Future {
        let (mut service, node) = (self.service.clone(), self.node.clone());
        Box::pin(async move {
            let (head, body) = request.into_parts();
            if head.headers.contains_key(header::UPGRADE) {
                // It has no body, and the connection goes on as something else.
                return service.call(HttpRequest::from_parts(head, HttpBody::empty())).await;
            }
            let (bytes_max, patience) = (node.limits().request_bytes_max as usize, node.limits().patience);
            match timeout(patience, Limited::new(body, bytes_max).collect()).await {
                Ok(Ok(body)) => {
                    let body = HttpBody::from(body.to_bytes().to_vec());
                    service.call(HttpRequest::from_parts(head, body)).await
                }
                Ok(Err(error)) if error.is::<LengthLimitError>() => {
                    node.count(Limit::RequestBytes);
                    Ok(refuse(StatusCode::PAYLOAD_TOO_LARGE))
                }
                Ok(Err(_)) => Ok(refuse(StatusCode::BAD_REQUEST)),
                Err(_) => {
                    node.count(Limit::Patience);
                    Ok(refuse(StatusCode::REQUEST_TIMEOUT))
                }
            }
        })
    }
}

/// Refuses a request and ends its connection, whose rest is of no use.
fn refuse(status: StatusCode) -> HttpResponse {
    let mut response = HttpResponse::new(HttpBody::from(format!("{status}\n")));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONNECTION, header::HeaderValue::from_static("close"));
    response
}
