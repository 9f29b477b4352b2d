//! The validator that does what it must not.

use bytes::Bytes;
use commonware_codec::{DecodeExt as _, Encode as _};
use commonware_consensus::simplex::types::{Notarize, Proposal, Vote};
use commonware_cryptography::ed25519::PublicKey;
use commonware_p2p::{Receiver, Recipients, Sender};
use commonware_runtime::{Spawner, Supervisor};

use crate::core::carrier::message::Message;
use crate::core::{Channel, Digest, Settings, Threshold, Voting};
use crate::ordering::BlockId;

/// What it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misdeed {
    /// Nothing at all: it is silent.
    Silence,
    /// It votes for the block that others vote for, and for another one that nobody has.
    TwoVotes,
    /// It answers each proposed block with bytes that are none.
    Garbage,
    /// It sends on each proposed block's few words under its own name, and answers no question.
    EmptyWords,
}

/// Starts it on these channels.
pub(super) fn start<E, S, R>(
    context: E,
    misdeed: Misdeed,
    settings: Settings,
    channels: [(S, R); Channel::ALL.len()],
) where
    E: Spawner + Supervisor,
    S: Sender<PublicKey = PublicKey>,
    R: Receiver<PublicKey = PublicKey>,
{
    let [votes, _, _, blocks, ..] = channels;
    match misdeed {
        Misdeed::Silence => {}
        Misdeed::TwoVotes => drop(context.spawn(move |_| vote_twice(Threshold::scheme(&settings), votes))),
        Misdeed::Garbage => {
            let of = |_: &Bytes| Some(Bytes::from_static(&[9; 100]));
            drop(context.spawn(move |_| answer(of, blocks)));
        }
        Misdeed::EmptyWords => {
            let of = |heard: &Bytes| match Message::decode(heard)? {
                Message::Brief(brief) => {
                    // Of another block, whose words nobody can put together.
                    let mut brief = brief.to_vec();
                    brief[..32].fill(0xee);
                    Some(Message::Brief(brief.into()).encode())
                }
                // Asked for it, it says something else.
                Message::Lacks(BlockId(id), _) => Some(Message::Parts(BlockId(id), Bytes::new()).encode()),
                _ => None,
            };
            drop(context.spawn(move |_| answer(of, blocks)));
        }
    }
}

async fn vote_twice<S, R>(scheme: <Threshold as Voting>::Scheme, (mut sender, mut receiver): (S, R))
where
    S: Sender<PublicKey = PublicKey>,
    R: Receiver<PublicKey = PublicKey>,
{
    while let Ok((_, heard)) = receiver.recv().await {
        let Ok(Vote::Notarize(heard)) = Vote::<<Threshold as Voting>::Scheme, Digest>::decode(heard) else {
            continue;
        };
        let other = Proposal::new(heard.round(), heard.proposal.parent, Digest::from([0xee; 32]));
        for proposal in [other, heard.proposal] {
            let vote = Notarize::sign(&scheme, proposal).expect("a member signs");
            let vote: Vote<<Threshold as Voting>::Scheme, Digest> = Vote::Notarize(vote);
            let _ = sender.send(Recipients::All, vote.encode(), true);
        }
    }
}

/// Sends to all whatever it has to say to each message.
async fn answer<S, R>(of: impl Fn(&Bytes) -> Option<Bytes> + Send, (mut sender, mut receiver): (S, R))
where
    S: Sender<PublicKey = PublicKey>,
    R: Receiver<PublicKey = PublicKey>,
{
    while let Ok((_, heard)) = receiver.recv().await {
        if let Some(message) = of(&Bytes::from(heard)) {
            let _ = sender.send(Recipients::All, message, false);
        }
    }
}
