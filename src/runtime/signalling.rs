//! What the SIP core is told of a site: users with their passwords, trunks with their addresses.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use crate::call::leg::Name;
use crate::sip::config::{Config, Listen, TrunkPeer, UserAccount};
use crate::sip::flow::Transport;
use crate::site::model::{self, Site, TrunkTransfers};

/// The SIP side of a site. `passwords` are those of the users, by name; a user without one cannot
/// register. Host names of trunks are looked up here, so this waits for the resolver.
///
/// # Errors
/// In words, for each trunk whose host has no address or whose network is none.
pub async fn config(
    site: &Site,
    passwords: &BTreeMap<Name, String>,
    listen: Vec<Listen>,
) -> Result<Config, Vec<String>> {
    let domain = listen.first().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |l| l.advertised.ip()).to_string();
    let mut config = Config::new(&domain, listen);
    let mut errors = Vec::new();
    for user in site.users.values() {
        let Some(password) = passwords.get(&user.name) else { continue };
        config.users.push(UserAccount {
            name: user.name.clone(),
            extension: user.extension.clone(),
            password: Arc::from(password.as_str()),
        });
    }
    for trunk in site.trunks.values() {
        match peer(trunk).await {
            Ok(peer) => config.trunks.push(peer),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(config) } else { Err(errors) }
}

async fn peer(trunk: &model::Trunk) -> Result<TrunkPeer, String> {
    let address = resolve(&trunk.host, trunk.port)
        .await
        .ok_or_else(|| format!("trunk `{}`: the host `{}` has no address", trunk.name, trunk.host))?;
    let networks: Result<Vec<ipnet::IpNet>, String> = trunk
        .sources
        .iter()
        .map(|text| {
            let network = text.parse::<ipnet::IpNet>().or_else(|_| text.parse::<IpAddr>().map(ipnet::IpNet::from));
            network.map_err(|_| format!("trunk `{}`: `{text}` is no network such as 10.0.0.0/8", trunk.name))
        })
        .collect();
    let mut sources = networks?;
    if sources.is_empty() {
        sources.push(ipnet::IpNet::from(address.ip()));
    }
    Ok(TrunkPeer {
        name: trunk.name.clone(),
        host: Arc::from(trunk.host.as_str()),
        address,
        transport: transport(trunk.transport),
        large_over_tcp: false,
        sources,
        transfers_allowed: trunk.transfers == TrunkTransfers::Guarded,
    })
}

async fn resolve(host: &str, port: u16) -> Option<SocketAddr> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Some(SocketAddr::new(ip, port));
    }
    tokio::net::lookup_host((host, port)).await.ok()?.next()
}

pub fn transport(transport: model::Transport) -> Transport {
    match transport {
        model::Transport::Udp => Transport::Udp,
        model::Transport::Tcp => Transport::Tcp,
    }
}
