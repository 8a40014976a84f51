//! The RTP header (RFC 3550 §5.1): read from and written to bytes. Knows no codec and no stream.

/// Octets of a header without contributing sources and extension.
pub const HEADER_LEN: usize = 12;

/// The fields of a header that we use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    pub marker: bool,
    /// 7 bits.
    pub payload_type: u8,
    pub sequence: u16,
    /// In samples, here of 8,000 Hz.
    pub timestamp: u32,
    pub ssrc: u32,
}

/// A packet that was read; the payload is without padding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Packet<'a> {
    pub header: Header,
    pub payload: &'a [u8],
}

/// Reads one packet. `None` for what is not RTP version 2 or whose lengths do not add up.
///
/// Contributing sources and the extension (RFC 3550 §5.3.1) are skipped, padding is cut off.
/// STUN and RTCP on the same port are told apart by the version bits and, for RTCP, by payload
/// types 64 to 95 (RFC 5761 §4), which no leg negotiates.
pub fn parse(datagram: &[u8]) -> Option<Packet<'_>> {
    let (fixed, rest) = datagram.split_first_chunk::<HEADER_LEN>()?;
    let [flags, kind, s0, s1, t0, t1, t2, t3, c0, c1, c2, c3] = *fixed;
    if flags >> 6 != 2 {
        return None;
    }
    let sources = usize::from(flags & 0x0f);
    let mut payload = rest.get(sources * 4..)?;
    if flags & 0x10 != 0 {
        let (extension, after) = payload.split_first_chunk::<4>()?;
        let [_, _, l0, l1] = *extension;
        payload = after.get(usize::from(u16::from_be_bytes([l0, l1])) * 4..)?;
    }
    if flags & 0x20 != 0 {
        let padding = usize::from(*payload.last()?);
        if padding == 0 {
            return None;
        }
        payload = payload.get(..payload.len().checked_sub(padding)?)?;
    }
    let header = Header {
        marker: kind & 0x80 != 0,
        payload_type: kind & 0x7f,
        sequence: u16::from_be_bytes([s0, s1]),
        timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
        ssrc: u32::from_be_bytes([c0, c1, c2, c3]),
    };
    Some(Packet { header, payload })
}

impl Header {
    /// The twelve octets, with neither contributing sources nor extension nor padding.
    pub fn to_bytes(self) -> [u8; HEADER_LEN] {
        let [s0, s1] = self.sequence.to_be_bytes();
        let [t0, t1, t2, t3] = self.timestamp.to_be_bytes();
        let [c0, c1, c2, c3] = self.ssrc.to_be_bytes();
        let kind = (u8::from(self.marker) << 7) | (self.payload_type & 0x7f);
        [0x80, kind, s0, s1, t0, t1, t2, t3, c0, c1, c2, c3]
    }
}
