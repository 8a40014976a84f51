//! The sockets, over loopback: datagrams, streams in both directions, closing, peers that are not there.

use std::sync::Arc;
use std::time::Duration;

use strowger::sip::flow::{Flow, Transmit, Transport};
use strowger::sip::transport::{Inbound, Sockets};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::time::timeout;

use super::harness::{addr, crlf};

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { timeout(Duration::from_secs(10), test).await.expect("in time") });
}

async fn bind(transports: &[Transport]) -> Sockets {
    let listen: Vec<_> = transports.iter().map(|transport| (*transport, addr("127.0.0.1:0"))).collect();
    Sockets::bind(&listen).await.unwrap()
}

async fn next(sockets: &mut Sockets) -> Inbound {
    let mut batch = Vec::new();
    sockets.recv(&mut batch).await;
    assert_eq!(batch.len(), 1, "{batch:?}");
    batch.remove(0)
}

fn message() -> String {
    crlf("OPTIONS sip:a SIP/2.0\nContent-Length: 4\n\nbody")
}

fn transmit(flow: Flow) -> Transmit {
    Transmit { flow, bytes: Arc::from(message().as_bytes()) }
}

#[test]
fn datagrams_go_both_ways_on_each_socket() {
    run(async {
        let mut sockets = bind(&[Transport::Udp, Transport::Udp]).await;
        let peer = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        for (_, bound) in sockets.bound() {
            peer.send_to(message().as_bytes(), bound).await.unwrap();
            let Inbound::Message { flow, bytes } = next(&mut sockets).await else { panic!() };
            assert_eq!((flow.local, flow.peer, bytes), (bound, peer.local_addr().unwrap(), message().into_bytes()));
            sockets.send(&transmit(flow));
            let mut buffer = [0; 100];
            let (len, from) = peer.recv_from(&mut buffer).await.unwrap();
            assert_eq!((&buffer[..len], from), (message().as_bytes(), bound));
        }
        assert_eq!(sockets.lost(), Default::default());
    });
}

#[test]
fn a_burst_of_datagrams_comes_in_whole() {
    run(async {
        let mut sockets = bind(&[Transport::Udp]).await;
        let peer = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        for _ in 0..300 {
            peer.send_to(b"x", sockets.bound()[0].1).await.unwrap();
        }
        let mut batch = Vec::new();
        while batch.len() < 300 {
            sockets.recv(&mut batch).await;
        }
    });
}

#[test]
fn a_stream_carries_messages_pings_and_answers_until_it_closes() {
    run(async {
        let mut sockets = bind(&[Transport::Tcp]).await;
        let mut peer = TcpStream::connect(sockets.bound()[0].1).await.unwrap();
        peer.write_all(format!("\r\n\r\n{}", message()).as_bytes()).await.unwrap();
        let Inbound::Message { flow, bytes } = next(&mut sockets).await else { panic!() };
        assert_eq!(bytes, message().into_bytes());
        sockets.send(&transmit(flow));
        let mut got = vec![0; message().len() + 2];
        peer.read_exact(&mut got).await.unwrap();
        let got = String::from_utf8(got).unwrap();
        assert!(got == format!("\r\n{}", message()) || got == format!("{}\r\n", message()), "{got:?}");
        drop(peer);
        let Inbound::Closed(id) = next(&mut sockets).await else { panic!() };
        assert_eq!(Some(id), flow.connection);
        assert_eq!(sockets.connections(), 0);
    });
}

#[test]
fn a_stream_that_is_not_sip_is_closed() {
    run(async {
        let mut sockets = bind(&[Transport::Tcp]).await;
        let mut peer = TcpStream::connect(sockets.bound()[0].1).await.unwrap();
        peer.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let Inbound::Closed(_) = next(&mut sockets).await else { panic!() };
        assert_eq!(peer.read(&mut [0; 10]).await.unwrap(), 0);
    });
}

#[test]
fn we_connect_once_and_use_the_connection_again() {
    run(async {
        let mut sockets = bind(&[Transport::Tcp]).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let flow = Flow {
            transport: Transport::Tcp,
            local: sockets.bound()[0].1,
            peer: listener.local_addr().unwrap(),
            connection: None,
        };
        sockets.send(&transmit(flow));
        sockets.send(&transmit(flow));
        let (mut peer, _) = listener.accept().await.unwrap();
        let mut got = vec![0; 2 * message().len()];
        peer.read_exact(&mut got).await.unwrap();
        peer.write_all(message().as_bytes()).await.unwrap();
        let Inbound::Message { flow: back, .. } = next(&mut sockets).await else { panic!() };
        assert_eq!((back.peer, back.local), (flow.peer, flow.local));
        assert_eq!(sockets.connections(), 1);
    });
}

#[test]
fn a_peer_that_is_not_there_is_told() {
    run(async {
        let mut sockets = bind(&[Transport::Tcp]).await;
        let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let local = sockets.bound()[0].1;
        sockets.send(&transmit(Flow { transport: Transport::Tcp, local, peer: gone, connection: None }));
        let Inbound::ConnectFailed(peer) = next(&mut sockets).await else { panic!() };
        assert_eq!(peer, gone);
        assert_eq!(sockets.connections(), 0);
    });
}

/// Of several addresses, the one that is taken is named.
#[test]
fn an_address_that_is_taken_is_named() {
    run(async {
        for transport in [Transport::Udp, Transport::Tcp] {
            let first = bind(&[transport]).await;
            let (_, taken) = first.bound()[0];
            let listen = [(Transport::Udp, addr("127.0.0.1:0")), (transport, taken)];
            let Err(error) = Sockets::bind(&listen).await else { panic!("{taken} is taken twice") };
            assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
            let name = if transport == Transport::Udp { "udp" } else { "tcp" };
            assert!(error.to_string().starts_with(&format!("{name}:{taken}: ")), "{error}");
        }
    });
}
