//! `Process`: a validator's core as it runs for real, on threads, sockets and files of its own.
//!
//! Peers are told apart by their ed25519 keys, and all that they say is encrypted. A peer that sends what cannot be, or too
//! much, is cut off for a while; who is no member is not listened to.

use std::io;
use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use commonware_cryptography::ChaCha20Poly1305;
use commonware_cryptography::ed25519::{PrivateKey, PublicKey};
use commonware_p2p::authenticated::lookup::{self, Network as Peers};
use commonware_p2p::{Address, AddressableManager as _};
use commonware_runtime::{Metrics as _, Quota, Runner as _, Supervisor as _, tokio};
use commonware_stream::cups::{self, Cups};
use commonware_stream::sake::{self, Sake};
use commonware_utils::channel::oneshot;
use commonware_utils::ordered::Map;

use crate::catch_up::{Outcome, Sink};
use crate::core::catch_up::Taker;
use crate::core::{self, Channel, Network, Settings, Threshold, Voting};
#[cfg(feature = "signing")]
use crate::signing::Signing;

/// Where a validator is, and where the others are.
#[derive(Clone, Debug)]
pub struct Place {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Where each member of the committee can be reached, in their order; itself included.
    pub members: Vec<SocketAddr>,
    /// Where its files are.
    pub directory: PathBuf,
    /// Threads for it alone.
    pub threads: usize,
}

/// Bytes through all sockets of a validator's core since it was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// To others.
    pub sent: u64,
    /// From others.
    pub received: u64,
}

type Report = Arc<dyn Fn() -> String + Send + Sync>;

/// A running core. It ends when this is dropped; what it has promised to others is on disk.
pub struct Process {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    report: Report,
}

const MAILBOX: NonZeroUsize = NonZeroUsize::new(1_024).expect("it is not zero");
/// How far clocks of peers may be apart, and how old what they say when they meet.
const CLOCKS: Duration = Duration::from_secs(5);
const DIAL: Duration = Duration::from_millis(200);
const PING: Duration = Duration::from_secs(2);
const CUT_OFF: Duration = Duration::from_secs(60);
/// Between two connections with one peer. A validator that has caught up comes back at once.
const COOL_DOWN: Duration = Duration::from_millis(250);

impl Process {
    /// Starts the core of one validator.
    ///
    /// # Errors
    /// Where the system gives no thread.
    ///
    /// # Panics
    /// If the place does not say where each member is.
    pub fn start(settings: Settings, place: Place) -> io::Result<Process> {
        Process::begin::<Threshold>(settings, place)
    }

    /// The same, whose votes and those of all others are signed like this.
    ///
    /// # Errors
    /// As [`Process::start`].
    ///
    /// # Panics
    /// As [`Process::start`].
    #[cfg(feature = "signing")]
    pub fn start_signing(settings: Settings, place: Place, signing: Signing) -> io::Result<Process> {
        match signing {
            Signing::Threshold => Process::begin::<Threshold>(settings, place),
            Signing::InTurn => Process::begin::<core::InTurn>(settings, place),
            Signing::Listed => Process::begin::<core::Listed>(settings, place),
        }
    }

    fn begin<V: Voting>(settings: Settings, place: Place) -> io::Result<Process> {
        assert_eq!(place.members.len(), settings.committee.size(), "each member is somewhere");
        let (stop, stopped) = oneshot::channel();
        let (ready, started) = mpsc::channel();
        let config = runtime(&place);
        let run = move || {
            tokio::Runner::new(config).start(|context| async move {
                let shown = context.child("report");
                // If nobody waits for it, nobody asks.
                let _ = ready.send(Arc::new(move || shown.encode()) as Report);
                let core = start::<V>(context, settings, &place).await;
                // Whichever ends first ends the other.
                futures_util::future::select(stopped, core).await;
            });
        };
        let thread = std::thread::Builder::new().name("pelton-consensus".into()).spawn(run)?;
        let report = started.recv().map_err(|_| io::Error::other("the core ended before it began"))?;
        Ok(Process { stop: Some(stop), thread: Some(thread), report })
    }

    /// Asks the others where they stand, and gets the state from them if this validator is far behind; see
    /// [`catch_up`](crate::catch_up). To be called before [`Process::start`], and waited for.
    ///
    /// # Errors
    /// Where the system gives no thread, or the sink's disk fails.
    ///
    /// # Panics
    /// As [`Process::start`].
    pub fn catch_up(settings: Settings, place: Place, sink: Box<dyn Sink>) -> io::Result<Outcome> {
        assert_eq!(place.members.len(), settings.committee.size(), "each member is somewhere");
        let run = move || {
            tokio::Runner::new(runtime(&place)).start(|context| async move {
                let Network { channels, .. } = connect::<Threshold>(&context, &settings, &place);
                // Nobody here listens to votes and blocks yet.
                let [.., (sender, receiver)] = channels;
                let taker = Taker::<Threshold, _, _>::new(context.child("taker"), &settings, sink, sender);
                taker.run(receiver).await
            })
        };
        let thread = std::thread::Builder::new().name("pelton-catch-up".into()).spawn(run)?;
        thread.join().map_err(|_| io::Error::other("catching up has failed"))?
    }

    /// Whether it still runs; if not, it has failed and said so.
    pub fn is_running(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// What went through its sockets.
    pub fn traffic(&self) -> Traffic {
        let report = (self.report)();
        Traffic { sent: total(&report, "outbound_bandwidth"), received: total(&report, "inbound_bandwidth") }
    }

    /// Says how many peers are connected. It takes about as long as a report.
    pub fn connected(&self) -> impl Fn() -> usize + Send + Sync + use<> {
        let report = self.report.clone();
        move || connected(&report())
    }

    /// Says all that the consensus library counts, in the text form of Prometheus.
    pub fn reporter(&self) -> impl Fn() -> String + Send + Sync + use<> {
        let report = self.report.clone();
        move || report()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // If nobody hears it, it has ended already.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            // If it panicked, that was said when it did.
            let _ = thread.join();
        }
    }
}

fn runtime(place: &Place) -> tokio::Config {
    tokio::Config::new()
        .with_worker_threads(place.threads)
        .with_tcp_nodelay(Some(true))
        .with_catch_panics(false)
        .with_storage_directory(place.directory.clone())
}

type Oracle = lookup::Oracle<PublicKey>;
type Ends = Network<Oracle, Oracle, lookup::Sender<PublicKey, tokio::Context>, lookup::Receiver<PublicKey>>;

fn connect<V: Voting>(context: &tokio::Context, settings: &Settings, place: &Place) -> Ends {
    let bytes_max = core::message_bytes_max::<V>(settings);
    let members = settings.committee.members.iter().cloned();
    let members = members.zip(place.members.iter().map(|at| Address::from(*at)));
    let members: Map<PublicKey, Address> = members.collect::<Vec<_>>().try_into().expect("members differ");
    let size = NonZeroUsize::new(members.len()).expect("a committee has members");
    let identity = settings.secret.identity.clone();
    let config = peers(identity, settings.committee.namespace(), place.listen, size, bytes_max);
    let (mut peers, mut oracle) = Peers::new(context.child("network"), config);
    oracle.track(0, members);
    let channels = Channel::ALL.map(|channel| peers.register(channel as u64, quota(channel)));
    peers.start();
    Network { peers: oracle.clone(), blocker: oracle, channels }
}

async fn start<V: Voting>(
    context: tokio::Context,
    settings: Settings,
    place: &Place,
) -> commonware_runtime::Handle<()> {
    let network = connect::<V>(&context, &settings, place);
    core::start::<V, _, _, _, _, _>(context.child("core"), settings, network).await
}

/// A network of so many peers that are bound to this namespace.
pub(crate) fn peers(
    identity: PrivateKey,
    namespace: &[u8],
    listen: SocketAddr,
    size: NonZeroUsize,
    bytes_max: u32,
) -> lookup::Config<Cups<Sake<PrivateKey>, ChaCha20Poly1305>> {
    lookup::Config {
        dial_frequency: DIAL,
        ping_frequency: PING,
        block_duration: CUT_OFF,
        peer_connection_cooldown: COOL_DOWN,
        tracked_peer_sets: NonZeroUsize::MIN,
        ..lookup::Config::local(handshake(identity), namespace, listen, size, bytes_max, MAILBOX)
    }
}

fn handshake(signer: PrivateKey) -> Cups<Sake<PrivateKey>, ChaCha20Poly1305> {
    let sake =
        Sake { signer, synchrony_bound: CLOCKS, max_handshake_age: 2 * CLOCKS, version: sake::Version::V1 };
    Cups::new(sake, cups::Version::V1)
}

/// Messages of a kind that one peer may send in a second; who sends more waits.
fn quota(channel: Channel) -> Quota {
    let messages = match channel {
        Channel::Votes | Channel::Certificates => 2_048,
        Channel::Asked | Channel::Backfill => 512,
        Channel::Blocks => 128,
        Channel::CatchUp => 32,
    };
    Quota::per_second(NonZeroU32::new(messages).expect("it is not zero"))
}

/// Peers that a text of Prometheus says since when they are connected. Of the others it says nothing, or 0.
fn connected(report: &str) -> usize {
    let lines = report.lines().filter(|line| !line.starts_with('#') && line.contains("_connected{"));
    lines.filter(|line| line.rsplit(' ').next().is_some_and(|since| since != "0")).count()
}

/// Sum of a counter in a text of Prometheus.
fn total(report: &str, name: &str) -> u64 {
    let lines = report.lines().filter(|line| !line.starts_with('#') && line.contains(name));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}
