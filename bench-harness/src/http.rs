//! `Endpoint` and `Connection`: JSON-RPC over plain HTTP, for whoever asks a node.
//!
//! A connection is kept from one question to the next, and opened again once if the node has closed it meanwhile.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use serde_json::{Value, json};

/// How long a question may take.
const PATIENCE: Duration = Duration::from_secs(90);
/// Bytes of an answer, and of its head.
const ANSWER_BYTES_MAX: usize = 256 << 20;
const HEAD_BYTES_MAX: u64 = 64 << 10;

/// Where a node answers.
#[derive(Clone, Debug, PartialEq, Eq)]
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

    /// Calls a method, over a connection of its own.
    ///
    /// # Errors
    /// As [`Connection::call`].
    pub fn call(&self, method: &str, params: &Value) -> Result<Value, String> {
        self.connection().call(method, params)
    }

    /// A connection that is opened when it is first needed.
    pub fn connection(&self) -> Connection {
        Connection { endpoint: self.clone(), stream: None }
    }
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.authority)
    }
}

/// A connection to a node.
pub struct Connection {
    endpoint: Endpoint,
    stream: Option<BufReader<TcpStream>>,
}

impl Connection {
    /// Calls a method.
    ///
    /// # Errors
    /// Whatever is in the way, in words: the system's, or the node's.
    pub fn call(&mut self, method: &str, params: &Value) -> Result<Value, String> {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        result(method, self.parsed(body.as_bytes())?)
    }

    /// Calls a method with many parameters, in batches of so many; gives the results in their order.
    ///
    /// # Errors
    /// As [`Connection::call`], if any of them fails.
    pub fn call_all(
        &mut self,
        method: &str,
        params: &[Value],
        batch_max: usize,
    ) -> Result<Vec<Value>, String> {
        let mut results = Vec::with_capacity(params.len());
        for params in params.chunks(batch_max) {
            let request =
                |(id, params)| json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
            let body: Value = params.iter().enumerate().map(request).collect();
            let Value::Array(mut answers) = self.parsed(body.to_string().as_bytes())? else {
                return Err(format!("{}: it answers no batch", self.endpoint));
            };
            // The protocol leaves their order open.
            answers.sort_by_key(|answer| answer["id"].as_u64());
            if answers.len() != params.len() {
                return Err(format!("{}: it answers {} of {}", self.endpoint, answers.len(), params.len()));
            }
            for answer in answers {
                results.push(result(method, answer)?);
            }
        }
        Ok(results)
    }

    fn parsed(&mut self, body: &[u8]) -> Result<Value, String> {
        let answer = self.post(body)?;
        serde_json::from_slice(&answer).map_err(|_| format!("{}: it answers no JSON-RPC", self.endpoint))
    }

    /// Posts a body; gives the answer's.
    ///
    /// # Errors
    /// In words.
    pub fn post(&mut self, body: &[u8]) -> Result<Vec<u8>, String> {
        let kept = self.stream.take();
        let was_kept = kept.is_some();
        let answered = match self.exchange(kept, body) {
            // A node may close what was idle; nothing of an answer has come then.
            Err(error) if was_kept && is_closed(&error) => self.exchange(None, body),
            answered => answered,
        };
        answered.map_err(|error| format!("{}: {error}", self.endpoint))
    }

    fn exchange(&mut self, kept: Option<BufReader<TcpStream>>, body: &[u8]) -> io::Result<Vec<u8>> {
        let mut stream = match kept {
            Some(stream) => stream,
            None => BufReader::new(self.open()?),
        };
        let Endpoint { authority, path } = &self.endpoint;
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nHost: {authority}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        stream.get_mut().write_all(&request)?;
        let (answer, stays_open) = read_answer(&mut stream)?;
        self.stream = stays_open.then_some(stream);
        Ok(answer)
    }

    fn open(&self) -> io::Result<TcpStream> {
        let address = self.endpoint.authority.to_socket_addrs()?.next();
        let address = address.ok_or_else(|| io::Error::other("no such host"))?;
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(stream)
    }
}

fn result(method: &str, mut answer: Value) -> Result<Value, String> {
    match answer.get("error").filter(|error| !error.is_null()) {
        Some(error) => Err(format!("{method}: {}", error["message"].as_str().unwrap_or("no words"))),
        None => Ok(answer["result"].take()),
    }
}

fn is_closed(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

/// Reads an answer; gives its body, and whether the connection stays open.
fn read_answer(stream: &mut impl BufRead) -> io::Result<(Vec<u8>, bool)> {
    let mut head = stream.take(HEAD_BYTES_MAX);
    let status = line(&mut head)?;
    if !status.starts_with("HTTP/1.1 ") {
        return Err(wrong("it answers no HTTP"));
    }
    let (mut length, mut is_chunked, mut stays_open) = (None, false, true);
    loop {
        let header = line(&mut head)?.to_ascii_lowercase();
        match header.split_once(':').map(|(name, value)| (name, value.trim())) {
            Some(("content-length", value)) => length = value.parse().ok(),
            Some(("transfer-encoding", value)) => is_chunked = value.ends_with("chunked"),
            Some(("connection", value)) => stays_open = value != "close",
            _ if header.is_empty() => break,
            _ => {}
        }
    }
    let mut body = Vec::new();
    match length {
        _ if is_chunked => {
            while let length @ 1.. = chunk_length(stream)? {
                read_on(stream, length, &mut body)?;
                line(stream)?;
            }
            line(stream)?;
        }
        Some(length) => read_on(stream, length, &mut body)?,
        None => return Err(wrong("it does not say how long its answer is")),
    }
    match &status["HTTP/1.1 ".len()..] {
        good if good.starts_with("200") => Ok((body, stays_open)),
        bad => Err(io::Error::other(format!("HTTP {bad}"))),
    }
}

/// A line without its end.
fn line(stream: &mut impl BufRead) -> io::Result<String> {
    let mut text = String::new();
    stream.take(HEAD_BYTES_MAX).read_line(&mut text)?;
    let line = text.strip_suffix("\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok(line.to_owned())
}

fn chunk_length(stream: &mut impl BufRead) -> io::Result<usize> {
    let line = line(stream)?;
    let digits = line.split(';').next().unwrap_or_default().trim();
    usize::from_str_radix(digits, 16).map_err(|_| wrong("a chunk of its answer has no length"))
}

/// Reads exactly so many bytes more.
fn read_on(stream: &mut impl BufRead, length: usize, body: &mut Vec<u8>) -> io::Result<()> {
    if length > ANSWER_BYTES_MAX - body.len() {
        return Err(wrong("its answer is too long"));
    }
    let read = stream.take(length as u64).read_to_end(body)?;
    if read == length { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

#[cfg(test)]
mod tests {
    use super::{Endpoint, read_answer};

    #[test]
    fn urls_name_a_host_and_perhaps_a_port_and_a_path() {
        let parts = |url| Endpoint::new(url).ok().map(|endpoint| (endpoint.authority, endpoint.path));
        let of = |authority: &str, path: &str| Some((authority.to_owned(), path.to_owned()));
        assert_eq!(parts("http://127.0.0.1:8545"), of("127.0.0.1:8545", "/"));
        assert_eq!(parts("http://node/rpc/x"), of("node:80", "/rpc/x"));
        assert_eq!(parts("http://[::1]:80"), of("[::1]:80", "/"));
        assert_eq!((parts("https://node"), parts("node:1"), parts("http:///x")), (None, None, None));
    }

    #[test]
    fn answers_are_read_to_their_end_and_no_further() {
        let read = |text: &str| read_answer(&mut text.as_bytes()).map_err(|error| error.to_string());
        let good = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]and more";
        assert_eq!(read(good), Ok((b"[]".to_vec(), true)));
        let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nConnection: close\r\n\r\n\
            3\r\nabc\r\n10;x=y\r\n0123456789abcdef\r\n0\r\n\r\n";
        assert_eq!(read(chunked), Ok((b"abc0123456789abcdef".to_vec(), false)));
        let refused = "HTTP/1.1 413 Payload Too Large\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(read(refused), Err("HTTP 413 Payload Too Large".to_owned()));
        for cut in 0..good.len() - "]and more".len() {
            assert!(read(&good[..cut]).is_err(), "{}", &good[..cut]);
        }
        for wrong in ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
