//! `Endpoint`: a node's JSON-RPC, asked over plain HTTP, one connection a question.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use serde_json::{Value, json};

/// How long a question may take.
const PATIENCE: Duration = Duration::from_secs(90);
/// Bytes of an answer.
const ANSWER_BYTES_MAX: u64 = 64 << 20;

/// Where a node answers.
pub struct Endpoint {
    /// Host and port.
    authority: String,
    path: String,
}

impl Endpoint {
    /// The endpoint of a URL.
    ///
    /// # Errors
    /// If it is none of plain HTTP.
    pub fn new(url: &str) -> Result<Endpoint, String> {
        let rest = url.strip_prefix("http://").ok_or(format!("{url}: only http:// is spoken here"))?;
        let (authority, path) =
            rest.split_once('/').map_or((rest, ""), |(authority, path)| (authority, path));
        if authority.is_empty() {
            return Err(format!("{url}: it names no host"));
        }
        let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let authority = if has_port { authority.to_owned() } else { format!("{authority}:80") };
        Ok(Endpoint { authority, path: format!("/{path}") })
    }

    /// Calls a method.
    ///
    /// # Errors
    /// Whatever is in the way, in words: the system's, or the node's.
    pub fn call(&self, method: &str, params: &Value) -> Result<Value, String> {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let answer = self.post(&body).map_err(|error| format!("{}: {error}", self.authority))?;
        let mut answer: Value = serde_json::from_str(&answer)
            .map_err(|_| format!("{}: it answers no JSON-RPC", self.authority))?;
        match answer.get("error").filter(|error| !error.is_null()) {
            Some(error) => Err(format!("{method}: {}", error["message"].as_str().unwrap_or("no words"))),
            None => Ok(answer["result"].take()),
        }
    }

    fn post(&self, body: &str) -> io::Result<String> {
        let address = self.authority.to_socket_addrs()?.next();
        let address = address.ok_or_else(|| io::Error::other("no such host"))?;
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let (authority, path, length) = (&self.authority, &self.path, body.len());
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: {authority}\r\nContent-Type: application/json\r\nConnection: close\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        )?;
        let mut answer = Vec::new();
        stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer)?;
        let text = String::from_utf8_lossy(&answer);
        let body = text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
        body.ok_or_else(|| io::Error::other("it answers no HTTP"))
    }
}

#[cfg(test)]
mod tests {
    use super::Endpoint;

    #[test]
    fn urls_name_a_host_and_perhaps_a_port_and_a_path() {
        let parts = |url| Endpoint::new(url).ok().map(|endpoint| (endpoint.authority, endpoint.path));
        let of = |authority: &str, path: &str| Some((authority.to_owned(), path.to_owned()));
        assert_eq!(parts("http://127.0.0.1:8545"), of("127.0.0.1:8545", "/"));
        assert_eq!(parts("http://node/rpc/x"), of("node:80", "/rpc/x"));
        assert_eq!(parts("http://[::1]:80"), of("[::1]:80", "/"));
        assert_eq!((parts("https://node"), parts("node:1"), parts("http:///x")), (None, None, None));
    }
}
