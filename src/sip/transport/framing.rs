//! Messages out of a stream: by Content-Length, with bounds (RFC 3261 §18.3), and keep-alives between them (RFC 5626 §3.5.1).

use crate::sip::wire::fields;
use crate::sip::wire::message::{MAX_MESSAGE_BYTES, head_len};
use crate::sip::wire::name::Name;

/// Bytes of one message's head; a peer that sends more without an empty line does not speak SIP.
pub const MAX_HEAD_BYTES: usize = 32 * 1024;

/// One thing found in a stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Frame {
    Message(Vec<u8>),
    /// A double line end between messages, answered with a single one.
    Ping,
}

/// The stream is not SIP, or a message is beyond the bounds: nothing after it can be found, so it is closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Broken;

/// Collects what a stream brings.
#[derive(Default)]
pub struct Framer {
    buffer: Vec<u8>,
    /// How far the search for the end of the head has come, so that a slow peer costs no more than a fast one.
    searched: usize,
}

impl Framer {
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Whether a message has begun and not ended.
    pub fn is_midway(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// The next frame, if it is complete.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, Broken> {
        let ends = self.buffer.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        if ends >= 4 {
            self.take(4);
            return Ok(Some(Frame::Ping));
        }
        if ends == self.buffer.len() {
            return Ok(None);
        }
        if ends > 0 {
            self.take(ends);
        }
        let from = self.searched.saturating_sub(3);
        let Some(head) = self.buffer.get(from..).and_then(head_len).map(|at| at + from) else {
            self.searched = self.buffer.len();
            return if self.buffer.len() > MAX_HEAD_BYTES { Err(Broken) } else { Ok(None) };
        };
        let total = head + 4 + self.body_len(head)?;
        if head > MAX_HEAD_BYTES || total > MAX_MESSAGE_BYTES {
            return Err(Broken);
        }
        if self.buffer.len() < total {
            self.searched = head;
            return Ok(None);
        }
        Ok(Some(Frame::Message(self.take(total))))
    }

    fn take(&mut self, len: usize) -> Vec<u8> {
        self.searched = 0;
        let rest = self.buffer.split_off(len.min(self.buffer.len()));
        std::mem::replace(&mut self.buffer, rest)
    }

    /// Content-Length of the head. On a stream it is mandatory (RFC 3261 §20.14); without it, or with two that
    /// differ, the end of the message is unknown.
    fn body_len(&self, head: usize) -> Result<usize, Broken> {
        let head = self.buffer.get(..head).and_then(|head| std::str::from_utf8(head).ok()).ok_or(Broken)?;
        let mut found = None;
        for line in head.split("\r\n").skip(1) {
            let Some((name, value)) = line.split_once(':') else { continue };
            if Name::of(name.trim_end()) == Name::ContentLength {
                let len = fields::number(value).and_then(|len| usize::try_from(len).ok()).ok_or(Broken)?;
                if found.is_some_and(|earlier| earlier != len) {
                    return Err(Broken);
                }
                found = Some(len);
            }
        }
        found.ok_or(Broken)
    }
}
