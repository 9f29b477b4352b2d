//! What QUIC encrypts with: an ed25519 key of the node's, made anew each time it starts, and shown bare (RFC 7250). A
//! certificate would say no more than that.

use std::io;
use std::sync::Arc;

use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use quinn::rustls::crypto::{CryptoProvider, ring, verify_tls13_signature_with_raw_key};
use quinn::rustls::pki_types::{
    CertificateDer, PrivatePkcs8KeyDer, ServerName, SubjectPublicKeyInfoDer, UnixTime,
};
use quinn::rustls::server::AlwaysResolvesServerRawPublicKeys;
use quinn::rustls::sign::CertifiedKey;
use quinn::rustls::{self, ClientConfig, DigitallySignedStruct, ServerConfig, SignatureScheme, version};

/// What is spoken: frames and words of this shape.
const PROTOCOL: &[u8] = b"pelton-feed/1";
/// What stands before the 32 bytes of an ed25519 secret in PKCS #8 (RFC 8410).
const PKCS8_HEAD: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// The node's side.
pub(super) fn server() -> io::Result<Arc<QuicServerConfig>> {
    let mut secret = [0; 48];
    secret[..16].copy_from_slice(&PKCS8_HEAD);
    rustix::rand::getrandom(&mut secret[16..], rustix::rand::GetRandomFlags::empty())?;
    let key = ring::sign::any_eddsa_type(&PrivatePkcs8KeyDer::from(&secret[..])).map_err(io::Error::other)?;
    let public = key.public_key().ok_or_else(|| io::Error::other("an ed25519 key has a public one"))?;
    let bare = CertificateDer::from(public.to_vec());
    let certified = Arc::new(CertifiedKey::new(vec![bare], key));
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&version::TLS13])
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(AlwaysResolvesServerRawPublicKeys::new(certified)));
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    QuicServerConfig::try_from(config).map(Arc::new).map_err(io::Error::other)
}

/// The other end's side: any key will do.
pub(super) fn client() -> io::Result<Arc<QuicClientConfig>> {
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&version::TLS13])
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyKey(provider())))
        .with_no_client_auth();
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    QuicClientConfig::try_from(config).map(Arc::new).map_err(io::Error::other)
}

/// Whoever holds the key that it shows is who it is.
#[derive(Debug)]
struct AnyKey(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyKey {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("QUIC has TLS 1.3 only".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        key: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let key = SubjectPublicKeyInfoDer::from(key.as_ref());
        verify_tls13_signature_with_raw_key(
            message,
            &key,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}
