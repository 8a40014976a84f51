//! RTP ports: binds an even one (RFC 3550 §11), from a range or as the system chooses.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

use mio::net::UdpSocket;

/// How often the system is asked for an even port before an odd one is taken: half of its choices are even.
const SYSTEM_TRIES: u32 = 16;

/// The ports that legs may take, and where to look next.
#[derive(Clone, Debug)]
pub struct PortRange {
    ip: IpAddr,
    range: Option<RangeInclusive<u16>>,
    next: u16,
}

impl PortRange {
    /// `None` leaves the choice to the system.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if the range holds no even port.
    pub fn new(ip: IpAddr, range: Option<RangeInclusive<u16>>) -> io::Result<Self> {
        let next = match &range {
            Some(range) => first_even(range).ok_or_else(|| invalid(range))?,
            None => 0,
        };
        Ok(Self { ip, range, next })
    }

    /// Binds the next free even port. A port is taken again only after all others, so that late
    /// packets of a finished call do not meet the next one.
    ///
    /// # Errors
    ///
    /// `AddrInUse` when every even port of the range is taken; what the system says otherwise.
    pub fn bind(&mut self) -> io::Result<UdpSocket> {
        let Some(range) = self.range.clone() else { return self.bind_any() };
        let first = first_even(&range).ok_or_else(|| invalid(&range))?;
        let pairs = (range.end() - first) / 2 + 1;
        for _ in 0..pairs {
            let port = self.next;
            self.next = port.checked_add(2).filter(|next| range.contains(next)).unwrap_or(first);
            match UdpSocket::bind(SocketAddr::new(self.ip, port)) {
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                bound => return bound,
            }
        }
        let (start, end) = (range.start(), range.end());
        let message = format!("every even port from {start} to {end} is in use: give RTP a wider range");
        Err(io::Error::new(io::ErrorKind::AddrInUse, message))
    }

    fn bind_any(&self) -> io::Result<UdpSocket> {
        let any = SocketAddr::new(self.ip, 0);
        for _ in 0..SYSTEM_TRIES {
            let socket = UdpSocket::bind(any)?;
            if socket.local_addr()?.port() % 2 == 0 {
                return Ok(socket);
            }
        }
        UdpSocket::bind(any)
    }
}

fn first_even(range: &RangeInclusive<u16>) -> Option<u16> {
    let start = (*range.start()).max(2);
    let even = start.checked_add(start % 2)?;
    range.contains(&even).then_some(even)
}

fn invalid(range: &RangeInclusive<u16>) -> io::Error {
    let (start, end) = (range.start(), range.end());
    let message = format!("no even port between {start} and {end}: RTP needs at least one");
    io::Error::new(io::ErrorKind::InvalidInput, message)
}
