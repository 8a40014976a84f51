//! What signalling and media tell each other about one leg's audio: addresses, codec, direction.
//! Values only; the SDP they come from is in `sip`, the packets they steer are in `media`.

use std::net::SocketAddr;

/// An audio codec this exchange speaks, both of ITU-T G.711 with their static payload types (RFC 3551 §6).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Codec {
    /// Mu-law, payload type 0.
    Pcmu,
    /// A-law, payload type 8.
    Pcma,
}

/// Which way audio may flow, as seen from us (RFC 3264 §5.1): `SendOnly` means that we send and the peer listens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    SendRecv,
    SendOnly,
    RecvOnly,
    Inactive,
}

/// Where and how a peer wants its audio, agreed by offer and answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RemoteMedia {
    /// The peer's RTP address; an unspecified address means that it wants none (`c=0.0.0.0`).
    pub address: SocketAddr,
    pub codec: Codec,
    /// The payload type of telephone events on this leg (RFC 4733), if both sides have them.
    pub dtmf_payload: Option<u8>,
    pub direction: Direction,
}

/// Where we take a leg's audio.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LocalMedia {
    pub address: SocketAddr,
}
