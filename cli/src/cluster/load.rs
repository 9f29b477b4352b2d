//! What makes the load of a cluster: as many connections as there are validators, each with every so-many-th transaction.
//!
//! A sender's transactions so go to different validators, which is the hardest that a client may do to them: their order has to
//! be found again by the validators.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pelton_node::feed::{Client, Lost};
use pelton_workloads::Workload;

/// How long a validator may take nothing before the load gives up.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a transaction that is due may lie with others that are due before they are sent together.
const TOGETHER: Duration = Duration::from_millis(1);

/// How the load is offered.
#[derive(Clone, Copy, Debug)]
pub struct Offer {
    /// When the first transaction is due, in nanoseconds since 1970.
    pub start_ns: u64,
    /// Transactions a second; none for as fast as they are taken.
    pub per_second: Option<f64>,
    /// Whether senders are claimed.
    pub claims: bool,
}

impl Offer {
    /// When the transaction of this index is due, if that is known beforehand.
    pub fn due_ns(&self, index: usize) -> Option<u64> {
        self.per_second.map(|rate| self.start_ns + (index as f64 / rate * 1e9) as u64)
    }
}

/// Offers the part of one validator; gives index and time at which each was due.
///
/// # Errors
/// If the connection is lost, or nothing is taken for long.
pub fn offer(
    workload: &Workload,
    to: SocketAddr,
    (part, parts): (usize, usize),
    offer: Offer,
) -> Result<Vec<(usize, u64)>, Lost> {
    let mut client = Client::connect(to, PATIENCE)?;
    let mut due = Vec::with_capacity(workload.transactions.len() / parts + 1);
    for index in (part..workload.transactions.len()).step_by(parts) {
        let due_ns = match offer.due_ns(index) {
            Some(due_ns) => {
                let early = Duration::from_nanos(due_ns.saturating_sub(now_ns()));
                if early > TOGETHER {
                    client.flush()?;
                    rest(early);
                }
                due_ns
            }
            None => now_ns(),
        };
        let claim = offer.claims.then(|| &workload.senders[index]);
        client.send(&workload.transactions[index].0, claim)?;
        due.push((index, due_ns));
    }
    client.finish()?;
    Ok(due)
}

/// Nanoseconds since 1970: the clock that all processes of a machine share.
#[expect(clippy::disallowed_methods, reason = "processes are compared by the system's clock")]
pub fn now_ns() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64)
}

#[expect(clippy::disallowed_methods, reason = "a load that is paced has to wait")]
fn rest(time: Duration) {
    std::thread::sleep(time);
}
