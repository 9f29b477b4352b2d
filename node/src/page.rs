//! The page for browsers: files that are part of the program, and who gives them out.
//!
//! ```text
//!   GET, HEAD ──> a file of the table, or 404
//!   all else, and what becomes a WebSocket ──> the service behind: JSON-RPC
//! ```
//!
//! It is on the port of JSON-RPC and has no interface of its own: whatever it shows, it asks for by JSON-RPC over a WebSocket.
//! The files are few and small and never change while the program runs, so they are named here one by one. A browser that
//! keeps to the policy that comes with each file runs and asks for nothing from elsewhere, nor anything inline.

use std::future::{Ready, ready};
use std::task::{Context, Poll};

use futures_util::future::Either;
use http::header::{self, HeaderValue};
use http::{Method, StatusCode};
use jsonrpsee::server::{HttpBody, HttpRequest, HttpResponse};
use tower::{BoxError, Service};

/// Where things may come from, and who may frame the page: nobody but this server.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

macro_rules! files {
    ($($path:literal $kind:ident $name:literal),+ $(,)?) => {
        /// Path, type and bytes of each.
        const FILES: &[(&str, &str, &[u8])] =
            &[$(($path, $kind, include_bytes!(concat!("../page/", $name)))),+];
    };
}

files! {
    "/" HTML "index.html",
    "/account.js" SCRIPT "account.js",
    "/block.js" SCRIPT "block.js",
    "/client.js" SCRIPT "client.js",
    "/dom.js" SCRIPT "dom.js",
    "/flow.js" SCRIPT "flow.js",
    "/format.js" SCRIPT "format.js",
    "/icon.svg" SVG "icon.svg",
    "/main.js" SCRIPT "main.js",
    "/overview.js" SCRIPT "overview.js",
    "/page.css" CSS "page.css",
    "/rates.js" SCRIPT "rates.js",
    "/transaction.js" SCRIPT "transaction.js",
    "/view.js" SCRIPT "view.js",
}

/// The page before a service.
#[derive(Clone)]
pub struct Page<S>(pub S);

impl<S, B> Service<HttpRequest<B>> for Page<S>
where
    S: Service<HttpRequest<B>, Response = HttpResponse, Error = BoxError>,
{
    type Response = HttpResponse;
    type Error = BoxError;
    type Future = Either<Ready<Result<HttpResponse, BoxError>>, S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: HttpRequest<B>) -> Self::Future {
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        if is_read && !request.headers().contains_key(header::UPGRADE) {
            let response = give(request.uri().path(), request.method() == Method::HEAD);
            return Either::Left(ready(Ok(response)));
        }
        Either::Right(self.0.call(request))
    }
}

/// What a path is answered with.
fn give(path: &str, without_body: bool) -> HttpResponse {
    let file = FILES.iter().find(|(known, ..)| *known == path);
    let (status, kind, bytes): (_, _, &'static [u8]) = match file {
        Some((_, kind, bytes)) => (StatusCode::OK, *kind, *bytes),
        None => (StatusCode::NOT_FOUND, "text/plain; charset=utf-8", b"404 Not Found\n"),
    };
    let body = if without_body { HttpBody::empty() } else { HttpBody::from(bytes.to_vec()) };
    let mut response = HttpResponse::new(body);
    *response.status_mut() = status;
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        // Another version of the program may listen here next time.
        (header::CACHE_CONTROL, "no-cache"),
        // All that follows goes over a WebSocket; a connection that waits in vain would count as one that took too long.
        (header::CONNECTION, "close"),
        (header::CONTENT_TYPE, kind),
    ];
    for (name, value) in fixed {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response.headers_mut().insert(header::CONTENT_LENGTH, bytes.len().into());
    response
}
