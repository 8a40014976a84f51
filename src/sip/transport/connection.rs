//! One TCP connection: a task that reads frames and writes what is queued, within bounds of time and number.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::framing::{Frame, Framer};
use crate::sip::flow::{ConnectionId, Flow, Transport};

/// Connections at one time, by listener; above it new ones are closed at once.
const MAX_CONNECTIONS: usize = 4_096;
/// Messages waiting for one peer to read them.
const QUEUE: usize = 256;
/// A peer that takes no byte for so long is gone.
const WRITE_PATIENCE: Duration = Duration::from_secs(10);
/// How long opening a connection may take: well below the patience of the transaction that waits for it.
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// A message that has begun must end, and a new connection must say something.
const MESSAGE_PATIENCE: Duration = Duration::from_secs(30);
/// A phone in use sends at least a keep-alive or a REGISTER within this.
const IDLE_PATIENCE: Duration = Duration::from_secs(3_900);
/// Bytes read at one time.
const CHUNK: usize = 8 * 1024;

/// Numbers for connections.
#[derive(Clone, Default)]
pub(super) struct Ids(Arc<AtomicU64>);

impl Ids {
    pub fn next(&self) -> ConnectionId {
        ConnectionId(self.0.fetch_add(1, Ordering::Relaxed).wrapping_add(1))
    }
}

/// Our end of a connection: dropping it closes the connection.
#[derive(Debug)]
pub(super) struct Link {
    pub peer: SocketAddr,
    pub queue: mpsc::Sender<Arc<[u8]>>,
}

impl Link {
    pub fn new(peer: SocketAddr) -> (Self, mpsc::Receiver<Arc<[u8]>>) {
        let (queue, outgoing) = mpsc::channel(QUEUE);
        (Self { peer, queue }, outgoing)
    }
}

/// What the tasks tell.
pub(super) enum Signal {
    Opened(ConnectionId, Link),
    Message(Flow, Vec<u8>),
    Closed(ConnectionId),
    ConnectFailed(ConnectionId, SocketAddr),
}

/// Takes connections until the listener is dropped.
pub(super) async fn accept(listener: TcpListener, local: SocketAddr, ids: Ids, signals: mpsc::Sender<Signal>) {
    let open = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    loop {
        while tasks.try_join_next().is_some() {}
        let Ok((stream, peer)) = listener.accept().await else {
            // Out of descriptors, most likely: waiting is all there is to do.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        if open.load(Ordering::Relaxed) >= MAX_CONNECTIONS {
            continue;
        }
        let id = ids.next();
        let (link, outgoing) = Link::new(peer);
        if signals.send(Signal::Opened(id, link)).await.is_err() {
            return;
        }
        open.fetch_add(1, Ordering::Relaxed);
        let flow = Flow { transport: Transport::Tcp, local, peer, connection: Some(id) };
        let (signals, open) = (signals.clone(), Arc::clone(&open));
        tasks.spawn(async move {
            serve(stream, flow, id, outgoing, signals).await;
            open.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

/// Opens a connection and serves it. What is queued meanwhile is sent once it is open.
pub(super) async fn connect(
    flow: Flow,
    id: ConnectionId,
    outgoing: mpsc::Receiver<Arc<[u8]>>,
    signals: mpsc::Sender<Signal>,
) {
    match timeout(CONNECT_PATIENCE, TcpStream::connect(flow.peer)).await {
        Ok(Ok(stream)) => serve(stream, flow, id, outgoing, signals).await,
        _ => {
            // The other end is the core itself; if it is gone there is nobody to tell.
            let _ = signals.send(Signal::ConnectFailed(id, flow.peer)).await;
        }
    }
}

async fn serve(
    stream: TcpStream,
    flow: Flow,
    id: ConnectionId,
    outgoing: mpsc::Receiver<Arc<[u8]>>,
    signals: mpsc::Sender<Signal>,
) {
    let _ = stream.set_nodelay(true);
    let (reader, writer) = stream.into_split();
    let (pong, pongs) = mpsc::channel(1);
    tokio::select! {
        () = read(reader, flow, &signals, pong) => {}
        () = write(writer, outgoing, pongs) => {}
    }
    let _ = signals.send(Signal::Closed(id)).await;
}

async fn read(mut reader: OwnedReadHalf, flow: Flow, signals: &mpsc::Sender<Signal>, pong: mpsc::Sender<()>) {
    let mut framer = Framer::default();
    let mut chunk = vec![0; CHUNK];
    let mut spoke = false;
    loop {
        let patience = if framer.is_midway() || !spoke { MESSAGE_PATIENCE } else { IDLE_PATIENCE };
        let Ok(Ok(len)) = timeout(patience, reader.read(&mut chunk)).await else { return };
        let Some(bytes) = chunk.get(..len).filter(|bytes| !bytes.is_empty()) else { return };
        framer.push(bytes);
        loop {
            match framer.next_frame() {
                Ok(Some(Frame::Message(bytes))) => {
                    spoke = true;
                    if signals.send(Signal::Message(flow, bytes)).await.is_err() {
                        return;
                    }
                }
                Ok(Some(Frame::Ping)) => {
                    spoke = true;
                    // One answer waiting is as good as many.
                    let _ = pong.try_send(());
                }
                Ok(None) => break,
                Err(_) => return,
            }
        }
    }
}

async fn write(mut writer: OwnedWriteHalf, mut outgoing: mpsc::Receiver<Arc<[u8]>>, mut pongs: mpsc::Receiver<()>) {
    loop {
        let bytes: Arc<[u8]> = tokio::select! {
            next = outgoing.recv() => match next {
                Some(bytes) => bytes,
                None => return,
            },
            Some(()) = pongs.recv() => Arc::from(&b"\r\n"[..]),
        };
        if !matches!(timeout(WRITE_PATIENCE, writer.write_all(&bytes)).await, Ok(Ok(()))) {
            return;
        }
    }
}
