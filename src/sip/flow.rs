//! Where a message came from and where one goes. Not sockets: those are in `transport`.

use std::net::SocketAddr;
use std::sync::Arc;

/// A transport of SIP (RFC 3261 §18).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Transport {
    Udp,
    Tcp,
}

impl Transport {
    /// As a Via header has it.
    pub fn via(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
        }
    }

    /// Whether the transport repeats lost packets itself, so that our transactions need not.
    pub fn is_reliable(self) -> bool {
        self == Self::Tcp
    }
}

/// One TCP connection, numbered by `transport`; never used again after it closes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ConnectionId(pub u64);

/// A path between one of our sockets and a peer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Flow {
    pub transport: Transport,
    /// The address that our socket is bound to.
    pub local: SocketAddr,
    pub peer: SocketAddr,
    /// The TCP connection to use; without one, `transport` finds or opens one to `peer`.
    pub connection: Option<ConnectionId>,
}

/// Bytes to put on the wire. Shared, because a transaction keeps them to send them again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transmit {
    pub flow: Flow,
    pub bytes: Arc<[u8]>,
}
