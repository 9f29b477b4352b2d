//! Why a datagram was dropped, and how often.

/// Why a datagram was dropped. Looked at in this order, the checksum last because it costs most: so what is
/// late or repeated may be damaged as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ShredReject {
    /// It does not begin with our [`VERSION`](super::VERSION).
    Foreign,
    /// Its lengths and counts do not fit together.
    Malformed,
    /// Its block is longer than the limit.
    TooLong,
    /// Its block was rebuilt already, or is below the lowest height that is still of use.
    Late,
    /// A shred with its claim and index is there already.
    Duplicate,
    /// Its checksum is wrong: damaged, or made under another key.
    Corrupt,
}

impl ShredReject {
    /// All reasons; the place of each is that of its count.
    pub const ALL: [ShredReject; 6] = [
        ShredReject::Foreign,
        ShredReject::Malformed,
        ShredReject::TooLong,
        ShredReject::Late,
        ShredReject::Duplicate,
        ShredReject::Corrupt,
    ];

    /// The reason as a metric label.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ShredReject::Foreign => "foreign",
            ShredReject::Malformed => "malformed",
            ShredReject::TooLong => "too_long",
            ShredReject::Late => "late",
            ShredReject::Duplicate => "duplicate",
            ShredReject::Corrupt => "corrupt",
        }
    }
}

/// What an assembler did so far. Datagrams taken = accepted + all rejected; claims begun = rebuilt +
/// mismatched + given up + in flight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AssemblerCounts {
    /// Datagrams filed.
    pub accepted: u64,
    /// Datagrams dropped, by [`ShredReject::ALL`].
    pub rejected: [u64; ShredReject::ALL.len()],
    /// Claims of which a first shred was filed.
    pub begun: u64,
    /// Blocks rebuilt with the right id.
    pub rebuilt: u64,
    /// Claims whose bytes did not have the id: forged shreds.
    pub mismatched: u64,
    /// Claims dropped unfinished.
    pub given_up: u64,
}

impl AssemblerCounts {
    /// Datagrams dropped for this reason.
    #[must_use]
    pub fn rejected_for(&self, reason: ShredReject) -> u64 {
        self.rejected[reason as usize]
    }
}
