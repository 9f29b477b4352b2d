//! Certificates as a stranger checks them: nothing but the group key, the namespace and the bytes.

use std::num::NonZeroU32;
use std::time::Duration;

use pelton_consensus::simulation::{Scenario, simulate};
use pelton_consensus::{CertificateError, Committee, Secret, deal, verify_certificate};

fn dealt(members: u32) -> (Committee, Vec<Secret>) {
    deal([7; 32], b"a chain", NonZeroU32::new(members).expect("there are members"))
}

/// Numbers that look random and are the same at every run.
fn noise(seed: u64) -> impl Iterator<Item = u8> {
    let mut state = seed | 1;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    })
}

#[test]
fn a_certificate_convinces_a_stranger_and_a_changed_one_does_not() {
    let outcome = simulate(&Scenario::quiet(4, Duration::from_millis(5), Duration::from_millis(500)));
    let told =
        outcome.finals[0].iter().rfind(|told| told.certificate.is_some()).expect("some block is final");
    let certificate = told.certificate.as_ref().expect("it was just looked for");
    let (namespace, key) = (outcome.committee.namespace(), outcome.committee.group_key());
    let certified = verify_certificate(namespace, &key, certificate).expect("the quorum has signed it");
    assert_eq!((certified.id, certified.epoch), (told.id, 0));

    for at in 0..certificate.len() {
        for bit in [1, 0x80] {
            let mut changed = certificate.clone();
            changed[at] ^= bit;
            verify_certificate(namespace, &key, &changed).expect_err("not a bit may be changed");
        }
    }
    for length in 0..certificate.len() {
        let cut = verify_certificate(namespace, &key, &certificate[..length]);
        assert_eq!(cut, Err(CertificateError::Malformed));
    }
    let longer = [&certificate[..], &[0]].concat();
    assert_eq!(verify_certificate(namespace, &key, &longer), Err(CertificateError::Malformed));
    let other = verify_certificate(b"another chain", &key, certificate);
    assert_eq!(other, Err(CertificateError::Forged));
    let stranger = dealt(4).0.group_key();
    assert_eq!(verify_certificate(namespace, &stranger, certificate), Err(CertificateError::Forged));
    assert_eq!(verify_certificate(namespace, &[0; 96], certificate), Err(CertificateError::NoPoint));
}

#[test]
fn no_bytes_make_the_check_fail_otherwise_than_by_an_error() {
    let key = dealt(4).0.group_key();
    for seed in 0..2_000 {
        let bytes: Vec<u8> = noise(seed).take(seed as usize % 200).collect();
        verify_certificate(b"a chain", &key, &bytes).expect_err("noise certifies nothing");
    }
    // Numbers have one form: nothing of the tenth byte but its lowest bit, and no zeros to fill up.
    for head in
        [&[0x80, 0x00][..], &[0xff; 11], &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]]
    {
        let bytes = [head, &[0; 120]].concat();
        assert_eq!(verify_certificate(b"a chain", &key, &bytes), Err(CertificateError::Malformed));
    }
}

#[test]
fn committees_and_secrets_are_read_as_they_were_written_and_each_secret_fits_one_place() {
    for size in [1, 4, 7] {
        let (committee, secrets) = dealt(size);
        assert_eq!(Committee::decode(&committee.encode()), Some(committee.clone()));
        assert_eq!(committee.quorum() as u32, size - (size - 1) / 3);
        for (index, secret) in secrets.iter().enumerate() {
            let read = Secret::decode(&secret.encode()).expect("it was written so");
            assert_eq!(committee.index_of(&read), Some(index));
            assert_eq!(committee.members().nth(index), Some(read.public_key()));
        }
        let (stranger, others) = deal([8; 32], b"a chain", NonZeroU32::new(size).expect("there are members"));
        assert_eq!(committee.index_of(&others[0]), None);
        assert_ne!(stranger.group_key(), committee.group_key());
    }
}

#[test]
fn a_written_committee_that_was_changed_is_no_committee_or_another() {
    let (committee, _) = dealt(4);
    let written = committee.encode();
    for length in 0..written.len() {
        assert_eq!(Committee::decode(&written[..length]), None);
    }
    assert_eq!(Committee::decode(&[&written[..], &[0]].concat()), None);
    for at in 0..written.len() {
        let mut changed = written.clone();
        changed[at] ^= 1;
        assert_ne!(Committee::decode(&changed), Some(committee.clone()));
    }
}
