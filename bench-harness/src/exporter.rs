//! `Exporter`: answers `GET /metrics`, for Prometheus and `pelton top`.
//!
//! ```text
//!   connection ──> head, 4 KiB and 2 s at most ──> ask the board, wait 100 ms at most ──> text ──> close
//! ```
//!
//! One thread, one connection at a time, one answer for each: who is slow makes others who watch wait for two seconds, and
//! the pipeline not at all. It knows one path and takes nothing in, so anyone may be let near it who may see the figures;
//! for an address beyond this machine that is for its user to decide.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::Mutex;
use pelton_pipeline::clock::{Clock, Nanos, WallClock};
use pelton_pipeline::metrics::CONTENT_TYPE;
use pelton_pipeline::metrics::board::Board;

/// Longest head of a request, in bytes.
const HEAD_BYTES_MAX: usize = 4_096;
/// How long a request, and the taking of its answer, may last.
const CONNECTION_NS: Nanos = 2_000_000_000;
/// How long stages have to answer. One that is not turned in this time is shown as it was.
const ANSWER_NS: Nanos = 100_000_000;
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// A way to look at what runs, until it is dropped.
pub struct Exporter {
    address: SocketAddr,
    shown: Arc<Shown>,
    thread: Option<JoinHandle<()>>,
}

/// What is shown, and whether still.
#[derive(Default)]
struct Shown {
    board: Mutex<Option<Arc<Board>>>,
    stop: AtomicBool,
}

impl Exporter {
    /// Listens there; port 0 is any free one.
    ///
    /// # Errors
    /// What the system says against this address.
    pub fn start(address: SocketAddr) -> io::Result<Exporter> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let shown = Arc::<Shown>::default();
        let served = shown.clone();
        let thread = std::thread::Builder::new().name("metrics".to_owned());
        let thread = thread.spawn(move || serve(&listener, &served))?;
        Ok(Exporter { address, shown, thread: Some(thread) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Shows this board from now on. Until there is one, the answer is that nothing runs yet.
    pub fn show(&self, board: Arc<Board>) {
        *self.shown.board.lock() = Some(board);
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        self.shown.stop.store(true, Ordering::Release);
        // Wakes the thread, which waits for somebody to come. Where this fails it has ended already.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(listener: &TcpListener, shown: &Shown) {
    let clock = WallClock::new();
    for connection in listener.incoming() {
        if shown.stop.load(Ordering::Acquire) {
            return;
        }
        // Whoever goes away early is no loss.
        let _ = connection.and_then(|connection| answer(connection, shown, &clock));
    }
}

fn answer(mut connection: TcpStream, shown: &Shown, clock: &dyn Clock) -> io::Result<()> {
    let until_ns = clock.now_ns() + CONNECTION_NS;
    connection.set_write_timeout(Some(Duration::from_nanos(CONNECTION_NS)))?;
    let head = read_head(&mut connection, clock, until_ns)?;
    let mut words = head.split(|byte| byte.is_ascii_whitespace());
    let path = words.nth(1).unwrap_or_default().split(|byte| *byte == b'?').next();
    let (status, body) = match (head.starts_with(b"GET "), path) {
        (true, Some(b"/metrics")) => match shown.board.lock().clone() {
            Some(board) => ("200 OK", asked(&board, clock)),
            None => ("503 Service Unavailable", "nothing runs yet\n".to_owned()),
        },
        (true, _) => ("404 Not Found", "look at /metrics\n".to_owned()),
        (false, _) => ("405 Method Not Allowed", "only GET is known here\n".to_owned()),
    };
    let length = body.len();
    write!(
        connection,
        "HTTP/1.1 {status}\r\nContent-Type: {CONTENT_TYPE}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

/// The bytes up to the first empty line.
fn read_head(connection: &mut TcpStream, clock: &dyn Clock, until_ns: Nanos) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut buffer = [0; 1_024];
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        let left_ns = until_ns.saturating_sub(clock.now_ns());
        if left_ns == 0 || head.len() > HEAD_BYTES_MAX {
            return Err(io::ErrorKind::TimedOut.into());
        }
        connection.set_read_timeout(Some(Duration::from_nanos(left_ns)))?;
        match connection.read(&mut buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => head.extend_from_slice(&buffer[..count]),
        }
    }
    Ok(head)
}

/// Asks a board, gives its stages a moment, and takes what is there.
#[expect(clippy::disallowed_methods, reason = "who scrapes may wait; no stage waits for them")]
fn asked(board: &Board, clock: &dyn Clock) -> String {
    board.ask();
    let until_ns = clock.now_ns() + ANSWER_NS;
    while !board.is_answered() && clock.now_ns() < until_ns {
        std::thread::sleep(LOOK_AGAIN);
    }
    board.text()
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{Ipv4Addr, TcpStream};

    use pelton_pipeline::metrics::THREADS;
    use pelton_pipeline::metrics::board::Board;

    use super::{Exporter, HEAD_BYTES_MAX};

    fn exporter() -> Exporter {
        Exporter::start((Ipv4Addr::LOCALHOST, 0).into()).expect("there is a free port")
    }

    fn ask(exporter: &Exporter, request: &[u8]) -> String {
        let mut connection = TcpStream::connect(exporter.address()).expect("somebody listens");
        connection.write_all(request).expect("it is taken");
        let mut answer = String::new();
        // A refusal may come as a connection that is reset.
        let _ = connection.read_to_string(&mut answer);
        answer
    }

    #[test]
    fn a_board_is_shown_once_there_is_one() {
        let exporter = exporter();
        assert!(ask(&exporter, b"GET /metrics HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 503"));
        let source = Box::new(|samples: &mut pelton_pipeline::metrics::sample::Samples| {
            samples.count(&THREADS, [], 3);
        });
        exporter.show(Board::watch(Vec::new(), vec![source]).0);
        let answer = ask(&exporter, b"GET /metrics?x=y HTTP/1.1\r\nHost: x\r\n\r\n");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4"), "{answer}");
        assert!(answer.ends_with("\npelton_threads 3\n"), "{answer}");
    }

    #[test]
    fn whatever_else_is_asked_is_refused_and_the_next_one_is_answered() {
        let exporter = exporter();
        let long = [b"GET /".as_slice(), &vec![b'x'; 2 * HEAD_BYTES_MAX]].concat();
        for (request, answer) in [
            (b"GET / HTTP/1.1\r\n\r\n".as_slice(), "HTTP/1.1 404"),
            (b"POST /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 405"),
            (b"\r\n\r\n", "HTTP/1.1 405"),
            (b"\xff\xfe\r\n\r\n", "HTTP/1.1 405"),
            (&long, ""),
        ] {
            let got = ask(&exporter, request);
            assert!(got.starts_with(answer) && (answer.is_empty() == got.is_empty()), "{got}");
        }
        drop(TcpStream::connect(exporter.address()).expect("somebody listens"));
        assert!(ask(&exporter, b"GET /metrics HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 503"));
    }
}
