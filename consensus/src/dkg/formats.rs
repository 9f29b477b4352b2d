//! One of each message that members send each other while they make a key, for tests.

use std::num::NonZeroU32;

use bytes::Bytes;
use commonware_cryptography::Signer as _;
use commonware_utils::ordered::Set;

use super::message::{Choice, Confirmation, Have, Message};
use super::outcome::identity_of;
use super::{Change, Round};

const MEMBERS: NonZeroU32 = NonZeroU32::new(4).expect("it is not zero");
const NUMBER: u64 = 3;

/// One of each, with a name.
pub fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let identities = [1, 2, 3, 4].map(|byte| identity_of(&[byte; 32]));
    let members = Set::from_iter_dedup(identities.iter().map(|identity| identity.public_key()));
    let change = Change { number: NUMBER, from: None, players: members.clone() };
    let round = |index: usize| {
        let seed = [index as u8; 32];
        Round::new(change.clone(), identities[index].clone(), None, seed).expect("it is a member")
    };
    let mut dealer = round(0);
    let me = identities[0].public_key();
    let dealing = |dealer: &Round, to: usize| {
        dealer.dealing_for(&identities[to].public_key()).expect("members deal to members")
    };
    let mut acks = (0..3).map(|to| {
        let (commitment, point) = dealing(&dealer, to);
        let ack = round(to).take_dealing(&me, commitment, point).expect("the dealing is good");
        (identities[to].public_key(), ack)
    });
    let acks: Vec<_> = acks.by_ref().collect();
    let (commitment, point) = dealing(&dealer, 1);
    let ack = acks[1].1.clone();
    acks.into_iter().for_each(|(player, ack)| assert!(dealer.take_ack(&player, ack), "the ack is good"));
    let log = Box::new(dealer.close().expect("members deal"));
    let choice = Choice { dealers: vec![true, false, true, true], digest: [0x44; 32] };
    let signature = identities[0].sign(b"a sample", &choice.encode());
    let confirmation = Confirmation { member: me, choice, signature };
    let have = Have {
        dealings: vec![true, true, false, true],
        logs: vec![[0; 8], [1; 8], [0xff; 8], [2; 8]],
        confirmations: vec![false, false, false, true],
    };
    let messages = [
        ("ceremony: dealing", Message::Dealing(commitment, point)),
        ("ceremony: ack", Message::Ack(ack)),
        ("ceremony: log", Message::Log(log)),
        ("ceremony: confirmation", Message::Confirmation(Box::new(confirmation))),
        ("ceremony: have", Message::Have(have)),
    ];
    messages.map(|(name, message)| (name, message.encode(NUMBER).to_vec())).into()
}

/// What these bytes are written as once they were read; none if they are refused.
pub fn read(bytes: &Bytes) -> Option<Vec<u8>> {
    let (number, message) = Message::decode(bytes, MEMBERS)?;
    Some(message.encode(number).to_vec())
}
