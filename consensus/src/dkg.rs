//! `Round`: one round of distributed key generation, after which members hold shares of a key that nobody has ever held.
//!
//! ```text
//!   every dealer                            every player
//!   draws a polynomial ────dealing────────> compares its point with the commitment to the polynomial
//!     log              <─────ack─────────── and says so, if it lies on it
//!      │ commitment, and for each player its ack, or else its point for all to see
//!      v
//!   the same logs at all ──> sum of the polynomials: the group's key, and a share of it for each
//! ```
//!
//! This is the protocol of Pedersen, Feldman and Gennaro with acknowledgements in the place of complaints, as the consensus
//! library has it (`bls12381::dkg::feldman_desmedt`); from shares of an older round, that of Desmedt and Jajodia, which
//! hands the same key on to others. What it takes:
//!
//! 1. A dealing goes to its player alone, and the player knows whose it is: the channel is encrypted and authenticated.
//! 2. All use the same logs. A chain says which, see [`Handover`], or a [`Ceremony`](ceremony::Ceremony) does.
//! 3. A quorum of dealers has usable logs. One that has dealt wrongly has no acks for it; if it reveals more points than
//!    members may be faulty, or others than it has committed to, its log is not used.
//! 4. Who did not acknowledge has its points revealed. Who has too many of them revealed has a share that others can work
//!    out: it is listed in [`Outcome::revealed`], and counts with the faulty.
//!
//! Nothing here waits, reads a clock or sends.

pub mod ceremony;
#[cfg(feature = "simulation")]
pub(crate) mod formats;
mod handover;
pub(crate) mod message;
mod network;
pub(crate) mod outcome;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use bytes::Bytes;
use commonware_codec::{Encode as _, Read as _};
use commonware_cryptography::Signer as _;
use commonware_cryptography::bls12381::dkg::feldman_desmedt::{
    self, Dealer, DealerLogSummary, Logs, Player, Reveal, observe,
};
use commonware_cryptography::bls12381::primitives::group::Share;
use commonware_cryptography::bls12381::primitives::sharing::{Mode, ModeVersion};
use commonware_cryptography::bls12381::primitives::variant::MinSig;
use commonware_cryptography::ed25519::{PrivateKey, PublicKey};
use commonware_parallel::Sequential;
use commonware_utils::N3f1;
use commonware_utils::ordered::Set;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

pub use self::handover::{Handover, Part};
pub use self::network::{Keeper, Meeting, hold};
pub use self::outcome::{Failed, Outcome};
use self::outcome::{identity_of, key_of, keys};
use crate::committee::{Committee, MEMBERS_MAX, Secret};

pub(crate) type Commitment = feldman_desmedt::DealerPubMsg<MinSig>;
pub(crate) type Point = feldman_desmedt::DealerPrivMsg;
pub(crate) type Ack = feldman_desmedt::PlayerAck<PublicKey>;
pub(crate) type Log = feldman_desmedt::SignedDealerLog<MinSig, PublicKey>;
pub(crate) type Output = feldman_desmedt::Output<MinSig, PublicKey>;
type Info = feldman_desmedt::Info<MinSig, PublicKey>;

/// Begins what the messages of a round are bound to; what the votes of the committee before are bound to ends it.
const NAMESPACE: &[u8] = b"pelton-dkg-1 ";

/// Who hands what on to whom.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// Counts rounds, also those that have failed.
    pub number: u64,
    /// Those whose shares are handed on; none where there are no shares yet, and those who are to hold them deal.
    pub from: Option<Committee>,
    /// Who is to hold shares.
    pub players: Set<PublicKey>,
}

/// What a member deals.
struct Deals {
    /// Until the log is closed.
    dealer: Option<Dealer<MinSig, PrivateKey>>,
    commitment: Commitment,
    points: BTreeMap<PublicKey, Point>,
    acked: BTreeSet<PublicKey>,
}

/// One member's part in a round; see the head of this file.
pub(crate) struct Round {
    change: Change,
    dealers: Set<PublicKey>,
    info: Info,
    identity: PrivateKey,
    random: StdRng,
    deals: Option<Deals>,
    player: Option<Player<MinSig, PrivateKey>>,
    acks: BTreeMap<PublicKey, Ack>,
    logs: BTreeMap<PublicKey, Log>,
}

impl Round {
    /// The part of the member with this identity, and this share from before. Equal seeds, equal dealings: who is started
    /// again deals what it has dealt before.
    pub fn new(
        change: Change,
        identity: PrivateKey,
        share: Option<Share>,
        seed: [u8; 32],
    ) -> Result<Round, Failed> {
        if change.players.len() > MEMBERS_MAX as usize {
            return Err(Failed::Unfit(format!("{MEMBERS_MAX} members are the most")));
        }
        let (dealers, info) = info(&change)?;
        let mut random = StdRng::from_seed(seed);
        // Who deals nothing, or is to hold nothing, goes without.
        let dealt = Dealer::start::<N3f1>(&mut random, info.clone(), identity.clone(), share).ok();
        let deals = dealt.map(|(dealer, commitment, points)| Deals {
            dealer: Some(dealer),
            commitment,
            points: points.into_iter().collect(),
            acked: BTreeSet::new(),
        });
        let player = Player::new(info.clone(), identity.clone()).ok();
        if deals.is_none() && player.is_none() {
            return Err(Failed::Unfit("this key has no part in the round".into()));
        }
        let (acks, logs) = (BTreeMap::new(), BTreeMap::new());
        Ok(Round { change, dealers, info, identity, random, deals, player, acks, logs })
    }

    /// This member's identity.
    pub fn identity(&self) -> &PrivateKey {
        &self.identity
    }

    /// Who is to hold shares.
    pub fn players(&self) -> &Set<PublicKey> {
        &self.change.players
    }

    /// What this member deals to a player; none if it does not deal.
    pub fn dealing_for(&self, player: &PublicKey) -> Option<(Commitment, Point)> {
        let deals = self.deals.as_ref()?;
        Some((deals.commitment.clone(), deals.points.get(player)?.clone()))
    }

    /// Takes a dealing, and gives the ack: that of before, if there was one. None if the dealing is wrong.
    pub fn take_dealing(&mut self, dealer: &PublicKey, commitment: Commitment, point: Point) -> Option<Ack> {
        if let Some(ack) = self.acks.get(dealer) {
            return Some(ack.clone());
        }
        let ack = self.player.as_mut()?.dealer_message::<N3f1>(dealer.clone(), commitment, point).ok()??;
        self.acks.insert(dealer.clone(), ack.clone());
        Some(ack)
    }

    /// Whether a dealing of this dealer was taken.
    pub fn has_dealing(&self, dealer: &PublicKey) -> bool {
        self.acks.contains_key(dealer)
    }

    /// Whether this member knows its point of what this dealer has dealt: from itself, or from its log.
    pub fn has_point(&self, dealer: &PublicKey) -> bool {
        let me = self.identity.public_key();
        let is_revealed = |log: &Log| match log.clone().check(&self.info).map(|(_, log)| log.summary()) {
            Some(DealerLogSummary::Ok { reveals, .. }) => reveals.position(&me).is_some(),
            _ => false,
        };
        self.has_dealing(dealer) || self.player.is_none() || self.logs.get(dealer).is_some_and(is_revealed)
    }

    /// Takes an ack; false if it is of something else. One that comes too late is as good as none.
    pub fn take_ack(&mut self, player: &PublicKey, ack: Ack) -> bool {
        let Some(deals) = self.deals.as_mut() else { return false };
        let Some(dealer) = deals.dealer.as_mut() else { return true };
        let is_good = dealer.receive_player_ack(player.clone(), ack).is_ok();
        if is_good {
            deals.acked.insert(player.clone());
        }
        is_good
    }

    /// Who has acknowledged what this member deals; none if it does not deal, or its log is closed.
    pub fn acked(&self) -> Option<&BTreeSet<PublicKey>> {
        self.deals.as_ref().filter(|deals| deals.dealer.is_some()).map(|deals| &deals.acked)
    }

    /// Closes this member's log: no ack is taken any more, and the points of who gave none are in it.
    pub fn close(&mut self) -> Option<Log> {
        let dealer = self.deals.as_mut()?.dealer.take()?;
        Some(dealer.finalize::<N3f1>())
    }

    /// Takes a signed log and says whose it is, and whether its dealer has signed another one before. None if it is no
    /// dealer's, or of another round.
    pub fn take_log(&mut self, log: Log) -> Option<(PublicKey, bool)> {
        let (dealer, _) = log.clone().check(&self.info)?;
        self.dealers.position(&dealer)?;
        let known = self.logs.entry(dealer.clone()).or_insert_with(|| log.clone());
        Some((dealer, *known != log))
    }

    /// The logs that were taken, by dealer.
    pub fn logs(&self) -> &BTreeMap<PublicKey, Log> {
        &self.logs
    }

    /// What the logs of these dealers come to, for everybody.
    pub fn observe(&mut self, of: impl Fn(&PublicKey) -> bool) -> Result<Output, Failed> {
        let logs = self.selected(of);
        Ok(observe::<MinSig, PublicKey, N3f1>(&mut self.random, logs, &Sequential)?)
    }

    /// What the logs of these dealers come to, for everybody and for this member.
    pub fn finish(mut self, of: impl Fn(&PublicKey) -> bool) -> Result<Outcome, Failed> {
        let logs = self.selected(of);
        let (output, share) = match self.player.take() {
            Some(player) => {
                let (output, share) = player.finalize::<N3f1>(&mut self.random, logs, &Sequential)?;
                (output, Some(share))
            }
            None => (observe::<MinSig, PublicKey, N3f1>(&mut self.random, logs, &Sequential)?, None),
        };
        let namespace = self.change.from.as_ref().map_or(Vec::new(), |from| from.namespace().to_vec());
        let committee = Committee::of(namespace, output.public().clone(), output.players().clone());
        let secret = share.map(|share| Secret { identity: self.identity.clone(), share });
        Ok(Outcome { committee, secret, dealers: keys(output.dealers()), revealed: keys(output.revealed()) })
    }

    fn selected(&self, of: impl Fn(&PublicKey) -> bool) -> Logs<MinSig, PublicKey, N3f1> {
        let mut logs = Logs::new(self.info.clone());
        for (dealer, log) in self.logs.iter().filter(|(dealer, _)| of(dealer)) {
            let (dealer, log) = (dealer.clone(), log.clone().check(&self.info));
            logs.record(dealer, log.expect("it was checked when it was taken").1);
        }
        logs
    }
}

/// The public key of a secret one of ed25519.
pub fn public_key(identity: &[u8; 32]) -> [u8; 32] {
    key_of(&identity_of(identity).public_key())
}

fn info(change: &Change) -> Result<(Set<PublicKey>, Info), Failed> {
    let Change { number, from, players } = change;
    let dealers = from.as_ref().map_or(players, |from| &from.members).clone();
    let namespace = [NAMESPACE, from.as_ref().map_or(&[], |from| from.namespace())].concat();
    let previous = from.as_ref().map(output_of);
    let (mode, players) = (Mode::NonZeroCounter, players.clone());
    let info = Info::new::<N3f1>(&namespace, *number, previous, mode, Reveal::V1, dealers.clone(), players);
    Ok((dealers, info.map_err(|error| Failed::Unfit(error.to_string()))?))
}

/// A committee as the library wants to see those who hold shares already. It looks at the polynomial and at the players;
/// of how these came about, all have to say the same, and they say nothing.
fn output_of(committee: &Committee) -> Output {
    let (nobody, origin) = (Set::<PublicKey>::default(), [0; 32]);
    let members = &committee.members;
    let bytes =
        [&origin[..], &committee.sharing.encode(), &members.encode(), &members.encode(), &nobody.encode()];
    let bounds = (NonZeroU32::new(MEMBERS_MAX).expect("it is not zero"), ModeVersion::v0());
    Output::read_cfg(&mut Bytes::from(bytes.concat()), &bounds).expect("a committee has these bounds")
}
