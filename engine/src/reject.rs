//! `Reject`: every reason for which a transaction is turned away.
//!
//! The list is closed: a report, a metric and a dashboard can name each of its members. A rejection is about *input*;
//! a fault of a device, disk or network is never one of these.

macro_rules! rejects {
    ($($(#[doc = $help:literal])+ $name:ident),+ $(,)?) => {
        /// Why a transaction was turned away.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Reject { $($(#[doc = $help])+ $name),+ }

        impl Reject {
            /// Every reason, in the order in which the pipeline can first give it.
            pub const ALL: &'static [Reject] = &[$(Reject::$name),+];

            /// The name that reports and metrics use.
            pub const fn name(self) -> &'static str {
                match self { $(Reject::$name => stringify!($name)),+ }
            }

            /// What it means, in one sentence.
            pub const fn help(self) -> &'static str {
                match self { $(Reject::$name => concat!($($help),+).trim_ascii()),+ }
            }
        }
    };
}

rejects! {
    /// The bytes equal ones that are already on their way.
    Repeat,
    /// More bytes than a transaction may have.
    Oversized,
    /// The bytes end before the transaction does.
    Truncated,
    /// The bytes are not an encoded transaction.
    Malformed,
    /// The bytes decode, but are not the one encoding of what they say.
    NonCanonical,
    /// A transaction type that this chain does not know.
    UnknownType,
    /// Signed for another chain.
    WrongChain,
    /// A legacy transaction without a chain id, which anyone could replay.
    Unprotected,
    /// A nonce that no account can ever reach.
    NonceTooHigh,
    /// The gas limit does not pay for the transaction's own bytes.
    IntrinsicGas,
    /// The gas limit is above what one transaction may use.
    GasLimitTooHigh,
    /// The priority fee is above the maximum fee, or value plus fees overflow.
    FeeFields,
    /// More access list entries or slots than allowed.
    AccessListTooLong,
    /// Declared access that is not sorted, or names a key twice.
    AccessListUnsorted,
    /// Contract creation code above the limit.
    InitCodeTooLarge,
    /// No delegation, or more of them than allowed, or in a contract creation.
    Authorizations,
    /// The signature is not one over this transaction.
    BadSignature,
    /// The same transaction is already on its way.
    Duplicate,
    /// Another one with this sender and nonce is waiting, and this one does not pay enough more.
    ReplacementUnderpriced,
    /// The sender has already used this nonce.
    StaleNonce,
    /// The nonces before this one never came.
    NonceGap,
    /// The sender cannot pay for value and gas.
    InsufficientFunds,
    /// The sender is a contract.
    SenderIsContract,
    /// The maximum fee stayed below the block's base fee.
    FeeTooLow,
    /// What may be paid for contention stayed below the price of the hot keys that it claims.
    ContentionFeeTooLow,
    /// The sender has too many transactions waiting.
    SenderFull,
    /// The pool is full of better paying ones.
    PoolFull,
    /// Another one with this sender and nonce paid more.
    Replaced,
}

impl std::fmt::Display for Reject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
