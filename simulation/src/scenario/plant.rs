//! Faults that break a promise, to show that who looks for them finds them.

/// See the head of this file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// The files of the chain are never synced.
    ForgottenSync,
    /// The files of consensus are never synced, so that a validator forgets how it has voted.
    ForgottenVotes,
    /// One villain more than a committee can bear, all of whom tell the same two stories.
    TooManyVillains,
    /// What a device could not answer is said to be forged.
    FaultIsAVerdict,
    /// Devices answer known signatures well and lie of all others, as if nobody had asked about known ones.
    UnquestionedDevices,
}

impl Plant {
    /// All of them.
    pub const ALL: [Plant; 5] = [
        Plant::ForgottenSync,
        Plant::ForgottenVotes,
        Plant::TooManyVillains,
        Plant::FaultIsAVerdict,
        Plant::UnquestionedDevices,
    ];

    /// Its name on command lines.
    pub fn as_str(self) -> &'static str {
        match self {
            Plant::ForgottenSync => "forgotten-sync",
            Plant::ForgottenVotes => "forgotten-votes",
            Plant::TooManyVillains => "too-many-villains",
            Plant::FaultIsAVerdict => "fault-is-a-verdict",
            Plant::UnquestionedDevices => "unquestioned-devices",
        }
    }

    /// Whether it needs that every validator has a device.
    pub(super) fn is_of_devices(self) -> bool {
        matches!(self, Plant::FaultIsAVerdict | Plant::UnquestionedDevices)
    }
}
