//! What signalling and media agree on about one leg's audio: addresses, codec, direction.
//! Not SDP; the SIP side turns these to and from session descriptions.

use std::net::SocketAddr;

/// The audio codecs of G.711, each 8,000 samples and octets a second (RFC 3551 §6, payload types 0 and 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    Pcmu,
    Pcma,
}

/// Which way audio flows, as seen from us (RFC 3264 §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    SendRecv,
    SendOnly,
    RecvOnly,
    Inactive,
}

/// What the peer's session description says: where it listens, and in which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemoteMedia {
    pub address: SocketAddr,
    pub codec: Codec,
    /// The payload type of telephone-event at 8,000 Hz (RFC 4733), if the peer takes it.
    pub dtmf_payload: Option<u8>,
    pub direction: Direction,
}

/// What our session description says: where we listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalMedia {
    pub address: SocketAddr,
}
