//! What the signalling core is told about the site. Values with names resolved and secrets read; no files.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use ipnet::IpNet;

use super::auth::digest::Algorithm;
use super::flow::Transport;
use crate::base::time::Micros;

/// One of our sockets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listen {
    pub transport: Transport,
    /// What it is bound to; the `local` of every flow through it.
    pub bound: SocketAddr,
    /// What peers are told: differs when bound to all addresses or behind a translator.
    pub advertised: SocketAddr,
}

/// A user that may register and call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UserAccount {
    pub name: Arc<str>,
    /// A second name for the same account, usually what others dial.
    pub extension: Option<Arc<str>>,
    pub password: Arc<str>,
}

/// A peer that is known by its addresses and not by a password.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrunkPeer {
    pub name: Arc<str>,
    /// The host part of its Request-URIs.
    pub host: Arc<str>,
    /// Where its requests go.
    pub address: SocketAddr,
    pub transport: Transport,
    /// Whether it also listens on TCP at the same address, for requests over 1,300 bytes (RFC 3261 §18.1.1).
    pub large_over_tcp: bool,
    /// Networks its requests come from.
    pub sources: Vec<IpNet>,
    /// Whether its REFERs are looked at; otherwise they are declined. Its Replaces always are.
    pub transfers_allowed: bool,
}

/// Everything the core is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// For User-Agent and Server.
    pub user_agent: Arc<str>,
    /// Digest realm, and the host of our From and Call-ID.
    pub domain: Arc<str>,
    pub listen: Vec<Listen>,
    pub users: Vec<UserAccount>,
    pub trunks: Vec<TrunkPeer>,
    /// Challenges offered, the preferred first (RFC 8760 §2.3). An algorithm that is not offered is not accepted.
    pub digests: Vec<Algorithm>,
    /// Legs that may exist at one time; a new call above it is answered 503.
    pub max_legs: usize,
    /// How long a REGISTER holds, at least and at most (RFC 3261 §10.3).
    pub min_registration: Micros,
    pub max_registration: Micros,
}

impl Config {
    /// A site without users and trunks, with the usual bounds.
    pub fn new(domain: &str, listen: Vec<Listen>) -> Self {
        Self {
            user_agent: concat!("strowger/", env!("CARGO_PKG_VERSION")).into(),
            domain: domain.into(),
            listen,
            users: Vec::new(),
            trunks: Vec::new(),
            // Seen in the wild: a phone (libre before 2.0) that finds a second challenge it does not know
            // gives up on both. So one by default, and the one that every phone knows.
            digests: vec![Algorithm::Md5],
            max_legs: 20_000,
            min_registration: Micros::from_secs(60),
            max_registration: Micros::from_secs(3600),
        }
    }

    /// Users by name and by extension; a name goes before an extension that reads the same.
    pub fn user_index(&self) -> BTreeMap<Arc<str>, usize> {
        let extensions = self.users.iter().enumerate().filter_map(|(n, user)| Some((user.extension.clone()?, n)));
        let names = self.users.iter().enumerate().map(|(n, user)| (Arc::clone(&user.name), n));
        extensions.chain(names).collect()
    }

    pub fn trunk(&self, name: &str) -> Option<&TrunkPeer> {
        self.trunks.iter().find(|trunk| &*trunk.name == name)
    }

    /// The trunk that a request from this address belongs to: the one that lives exactly there, else the
    /// one with the narrowest network around it.
    pub fn trunk_of(&self, source: SocketAddr) -> Option<&TrunkPeer> {
        let covering = |trunk: &TrunkPeer| {
            trunk.sources.iter().filter(|net| net.contains(&source.ip())).map(IpNet::prefix_len).max()
        };
        self.trunks
            .iter()
            .filter_map(|trunk| {
                covering(trunk).map(|len| (trunk.address == source, trunk.address.ip() == source.ip(), len, trunk))
            })
            .max_by_key(|(exact, host, len, _)| (*exact, *host, *len))
            .map(|(_, _, _, trunk)| trunk)
    }

    /// Our socket for requests to an address.
    pub fn listen_for(&self, transport: Transport, peer: SocketAddr) -> Option<&Listen> {
        let fits = |listen: &&Listen| listen.transport == transport && listen.bound.is_ipv4() == peer.is_ipv4();
        // A socket bound to loopback cannot reach outside, nor should an outside address show in a loopback call.
        let near = |listen: &&Listen| listen.advertised.ip().is_loopback() == peer.ip().is_loopback();
        self.listen.iter().filter(fits).find(near).or_else(|| self.listen.iter().find(fits))
    }

    /// What peers are told of one of our sockets.
    pub fn advertised(&self, transport: Transport, bound: SocketAddr) -> SocketAddr {
        let known = self.listen.iter().find(|listen| listen.transport == transport && listen.bound == bound);
        known.map_or(bound, |listen| listen.advertised)
    }
}
