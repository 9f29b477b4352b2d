//! A ceremony as it is held for real, over sockets between its members.
//!
//! Peers are told apart by their ed25519 keys and all that they say is encrypted, as between validators; members with other
//! terms do not even hear each other.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use commonware_cryptography::ed25519::PublicKey;
use commonware_p2p::authenticated::lookup::Network as Peers;
use commonware_p2p::{Address, AddressableManager as _, Blocker as _, Receiver as _, Recipients, Sender};
use commonware_runtime::{Clock as _, Quota, Runner as _, Supervisor as _, tokio};
use commonware_utils::ordered::Map;
use futures_util::future::{Either, select};
use std::num::NonZeroU32;

use super::Outcome;
use super::ceremony::{Ceremony, Effect, Standing, Terms};
use super::outcome::{identity_of, key_of, public_of};
use crate::process::peers;

/// Begins what peers are bound to who greet each other.
const NAMESPACE: &[u8] = b"pelton-ceremony-1 ";
/// How often members say what they have.
const TICK: Duration = Duration::from_millis(250);
/// Messages that one peer may send in a second; who sends more waits.
const QUOTA: Quota = Quota::per_second(NonZeroU32::new(512).expect("it is not zero"));
const THREADS: usize = 2;
/// How long a member that has the result stays for the others. One that has left may have been heard for the last time
/// before it could say that it lacks nothing.
const LINGER: Duration = Duration::from_secs(10);

/// Where the members meet.
#[derive(Clone, Debug)]
pub struct Meeting {
    /// Where this one listens.
    pub listen: SocketAddr,
    /// Where each member can be reached, itself included, by its key.
    pub members: BTreeMap<[u8; 32], SocketAddr>,
    /// How long it is tried.
    pub time_max: Duration,
    /// For files that the runtime may want.
    pub directory: PathBuf,
}

/// Who watches a ceremony, and keeps what has to be kept.
pub trait Keeper {
    /// Puts this on disk, behind what was put there before.
    ///
    /// # Errors
    /// What the system says. The ceremony is given up then.
    fn keep(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Is told how far it is, when that has changed.
    fn told(&mut self, standing: &Standing);
}

/// Holds a ceremony on these terms; none if the members did not come to a result in time.
///
/// # Errors
/// In words, if the terms are none, or the keeper has failed.
pub fn hold(
    (terms, meeting): (Terms, Meeting),
    (identity, seed): ([u8; 32], [u8; 32]),
    kept: &[Vec<u8>],
    keeper: &mut impl Keeper,
) -> Result<Option<Outcome>, String> {
    let namespace = [NAMESPACE, &terms.digest()].concat();
    let ceremony = Ceremony::new(terms, identity, seed, kept).map_err(|failed| failed.to_string())?;
    let identity = identity_of(&identity);
    let config = tokio::Config::new()
        .with_worker_threads(THREADS)
        .with_tcp_nodelay(Some(true))
        .with_storage_directory(meeting.directory.clone());
    tokio::Runner::new(config).start(|context| async move {
        let size = NonZeroUsize::new(meeting.members.len()).expect("this member is one");
        let bytes_max = u32::try_from(ceremony.message_bytes_max()).expect("ceremonies have their bounds");
        let config = peers(identity, &namespace, meeting.listen, size, bytes_max);
        let (mut network, mut oracle) = Peers::new(context.child("network"), config);
        let at = |(key, at): (&[u8; 32], &SocketAddr)| (public(key), Address::from(*at));
        let members: Vec<_> = meeting.members.iter().map(at).collect();
        oracle.track(0, Map::try_from(members).expect("members differ"));
        let (sender, mut receiver) = network.register(0, QUOTA);
        network.start();
        let began = context.current();
        let mut held = Held { ceremony, sender, keeper, standing: Standing::default() };
        let (mut next, mut agreed) = (began, None);
        loop {
            let passed = |at| context.current().duration_since(at).unwrap_or_default();
            if held.ceremony.is_agreed() {
                agreed.get_or_insert(context.current());
            }
            let has_lingered = agreed.is_some_and(|at| passed(at) >= LINGER);
            if passed(began) >= meeting.time_max || has_lingered || held.ceremony.is_over() {
                return held.ceremony.finish().transpose().map_err(|failed| failed.to_string());
            }
            match select(Box::pin(receiver.recv()), Box::pin(context.sleep_until(next))).await {
                Either::Left((Ok((peer, bytes)), _)) => {
                    match held.ceremony.hear(key_of(&peer), &Bytes::from(bytes)) {
                        Some(effects) => held.apply(effects)?,
                        // Where it is cut off already, that is all the same.
                        None => drop(oracle.block(peer)),
                    }
                }
                Either::Left((Err(_), _)) => return Err("the network has ended".to_owned()),
                Either::Right(_) => {
                    next = context.current() + TICK;
                    let effects = held.ceremony.tick(passed(began));
                    held.apply(effects)?;
                }
            }
        }
    })
}

/// A ceremony that is being held.
struct Held<'a, S, K> {
    ceremony: Ceremony,
    sender: S,
    keeper: &'a mut K,
    standing: Standing,
}

impl<S: Sender<PublicKey = PublicKey>, K: Keeper> Held<'_, S, K> {
    fn apply(&mut self, effects: Vec<Effect>) -> Result<(), String> {
        for effect in effects {
            match effect {
                Effect::Keep(bytes) => self.keeper.keep(&bytes).map_err(|error| error.to_string())?,
                // Who is away says later what it lacks.
                Effect::Send(to, bytes) => drop(self.sender.send(Recipients::One(public(&to)), bytes, false)),
            }
        }
        let standing = self.ceremony.standing();
        if standing != self.standing {
            self.keeper.told(&standing);
            self.standing = standing;
        }
        Ok(())
    }
}

fn public(key: &[u8; 32]) -> PublicKey {
    public_of(key).expect("a member's key was read before")
}
