//! The sockets under the core: UDP and TCP listeners, connections, bounded queues. No SIP but the framing of streams.
//!
//! Nothing here waits for a peer: a datagram that the system does not take is lost (transactions repeat it), a
//! connection that does not take its messages is closed.

mod connection;
pub mod framing;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use self::connection::{Link, Signal};
use super::flow::{ConnectionId, Flow, Transmit, Transport};
use super::wire::message::MAX_MESSAGE_BYTES;

/// Datagrams taken from one socket before the others and the timers get their turn.
pub const DATAGRAMS_PER_TURN: usize = 64;
/// What the system may keep for us while we work: a burst of some thousand datagrams.
const UDP_BUFFER_BYTES: usize = 8 << 20;
/// Messages and signs of connections that wait for the core; a full lane slows the readers, not the core.
const STREAM_LANE: usize = 1_024;

/// Something from the network.
#[derive(Debug)]
pub enum Inbound {
    /// One datagram, or one message of a stream: for `Core::receive`.
    Message { flow: Flow, bytes: Vec<u8> },
    /// For `Core::connection_closed`.
    Closed(ConnectionId),
    /// For `Core::connect_failed`.
    ConnectFailed(SocketAddr),
}

/// What was lost, for metrics.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Lost {
    pub datagrams_out: u64,
    pub stream_messages_out: u64,
}

struct Datagrams {
    local: SocketAddr,
    socket: UdpSocket,
}

/// All sockets.
pub struct Sockets {
    datagrams: Vec<Datagrams>,
    streams: Vec<SocketAddr>,
    links: BTreeMap<ConnectionId, Link>,
    by_peer: BTreeMap<SocketAddr, ConnectionId>,
    signals: mpsc::Receiver<Signal>,
    signal: mpsc::Sender<Signal>,
    ids: connection::Ids,
    tasks: JoinSet<()>,
    buffer: Box<[u8]>,
    lost: Lost,
}

impl Sockets {
    /// Opens sockets. Port 0 takes any; `bound` says which.
    pub async fn bind(listen: &[(Transport, SocketAddr)]) -> io::Result<Self> {
        let (signal, signals) = mpsc::channel(STREAM_LANE);
        let mut sockets = Self {
            datagrams: Vec::new(),
            streams: Vec::new(),
            links: BTreeMap::new(),
            by_peer: BTreeMap::new(),
            signals,
            signal,
            ids: connection::Ids::default(),
            tasks: JoinSet::new(),
            buffer: vec![0; MAX_MESSAGE_BYTES].into(),
            lost: Lost::default(),
        };
        for (transport, address) in listen {
            let (name, bound) = match transport {
                Transport::Udp => ("udp", sockets.bind_udp(*address).await),
                Transport::Tcp => ("tcp", sockets.bind_tcp(*address).await),
            };
            // The system's words do not say which of the addresses it means.
            bound.map_err(|error| io::Error::new(error.kind(), format!("{name}:{address}: {error}")))?;
        }
        Ok(sockets)
    }

    async fn bind_udp(&mut self, address: SocketAddr) -> io::Result<()> {
        let socket = UdpSocket::bind(address).await?;
        let options = socket2::SockRef::from(&socket);
        // The system may grant less; what it grants is enough to start with.
        let _ = options.set_recv_buffer_size(UDP_BUFFER_BYTES);
        let _ = options.set_send_buffer_size(UDP_BUFFER_BYTES);
        // Until the driver has seen it writable, the first `try_send_to` would be refused.
        socket.writable().await?;
        self.datagrams.push(Datagrams { local: socket.local_addr()?, socket });
        Ok(())
    }

    async fn bind_tcp(&mut self, address: SocketAddr) -> io::Result<()> {
        let listener = TcpListener::bind(address).await?;
        let local = listener.local_addr()?;
        self.streams.push(local);
        self.tasks.spawn(connection::accept(listener, local, self.ids.clone(), self.signal.clone()));
        Ok(())
    }

    /// The addresses really bound, UDP first, each in the order asked for.
    pub fn bound(&self) -> Vec<(Transport, SocketAddr)> {
        let datagrams = self.datagrams.iter().map(|datagrams| (Transport::Udp, datagrams.local));
        datagrams.chain(self.streams.iter().map(|local| (Transport::Tcp, *local))).collect()
    }

    pub fn lost(&self) -> Lost {
        self.lost
    }

    /// Open connections.
    pub fn connections(&self) -> usize {
        self.links.len()
    }

    /// Waits until something came, and adds what is there to the batch. Nothing is lost if the wait is given up.
    pub async fn recv(&mut self, batch: &mut Vec<Inbound>) {
        while self.tasks.try_join_next().is_some() {}
        std::future::poll_fn(|context| self.poll(context, batch)).await;
    }

    fn poll(&mut self, context: &mut Context<'_>, batch: &mut Vec<Inbound>) -> Poll<()> {
        let before = batch.len();
        let mut handled = false;
        for datagrams in &self.datagrams {
            let mut turns = 0;
            while turns < DATAGRAMS_PER_TURN && take_datagram(datagrams, &mut self.buffer, context, batch) {
                turns += 1;
            }
            handled |= turns == DATAGRAMS_PER_TURN;
        }
        for _ in 0..DATAGRAMS_PER_TURN {
            let Poll::Ready(Some(signal)) = self.signals.poll_recv(context) else { break };
            handled = true;
            self.handle(signal, batch);
        }
        if handled && batch.len() == before {
            // There may be more, and nobody has been asked to wake us for it.
            context.waker().wake_by_ref();
        }
        if batch.len() > before { Poll::Ready(()) } else { Poll::Pending }
    }

    fn handle(&mut self, signal: Signal, batch: &mut Vec<Inbound>) {
        match signal {
            Signal::Opened(id, link) => {
                self.by_peer.insert(link.peer, id);
                self.links.insert(id, link);
            }
            Signal::Message(flow, bytes) => batch.push(Inbound::Message { flow, bytes }),
            Signal::Closed(id) => {
                self.forget(id);
                batch.push(Inbound::Closed(id));
            }
            Signal::ConnectFailed(id, peer) => {
                self.forget(id);
                batch.push(Inbound::ConnectFailed(peer));
            }
        }
    }

    fn forget(&mut self, id: ConnectionId) {
        if let Some(link) = self.links.remove(&id)
            && self.by_peer.get(&link.peer) == Some(&id)
        {
            self.by_peer.remove(&link.peer);
        }
    }

    /// Sends now or not at all.
    pub fn send(&mut self, transmit: &Transmit) {
        match transmit.flow.transport {
            Transport::Udp => self.send_datagram(transmit),
            Transport::Tcp => self.send_on_stream(transmit),
        }
    }

    fn send_datagram(&mut self, transmit: &Transmit) {
        let Flow { local, peer, .. } = transmit.flow;
        let socket = self.datagrams.iter().find(|datagrams| datagrams.local == local);
        let sent = socket.is_some_and(|datagrams| datagrams.socket.try_send_to(&transmit.bytes, peer).is_ok());
        self.lost.datagrams_out += u64::from(!sent);
    }

    fn send_on_stream(&mut self, transmit: &Transmit) {
        let peer = transmit.flow.peer;
        let open = transmit.flow.connection.filter(|id| self.links.contains_key(id));
        let id = match open.or_else(|| self.by_peer.get(&peer).copied()) {
            Some(id) => id,
            None => self.connect(transmit.flow.local, peer),
        };
        let sent = self.links.get(&id).is_some_and(|link| link.queue.try_send(Arc::clone(&transmit.bytes)).is_ok());
        if !sent {
            self.lost.stream_messages_out += 1;
            // Its queue is full: dropping our end closes it.
            self.forget(id);
        }
    }

    fn connect(&mut self, local: SocketAddr, peer: SocketAddr) -> ConnectionId {
        let id = self.ids.next();
        let (link, queue) = Link::new(peer);
        self.by_peer.insert(peer, id);
        self.links.insert(id, link);
        let flow = Flow { transport: Transport::Tcp, local, peer, connection: Some(id) };
        self.tasks.spawn(connection::connect(flow, id, queue, self.signal.clone()));
        id
    }
}

/// Takes one datagram; false if there is none.
fn take_datagram(
    datagrams: &Datagrams,
    buffer: &mut [u8],
    context: &mut Context<'_>,
    batch: &mut Vec<Inbound>,
) -> bool {
    if datagrams.socket.poll_recv_ready(context).is_pending() {
        return false;
    }
    match datagrams.socket.try_recv_from(buffer) {
        Ok((len, peer)) => {
            if let Some(bytes) = buffer.get(..len) {
                let flow = Flow { transport: Transport::Udp, local: datagrams.local, peer, connection: None };
                batch.push(Inbound::Message { flow, bytes: bytes.to_vec() });
            }
            true
        }
        // Not really ready: the next round asks to be woken. Anything else is the echo of an earlier datagram
        // that found nobody (ICMP), and says nothing of this socket.
        Err(_) => true,
    }
}
