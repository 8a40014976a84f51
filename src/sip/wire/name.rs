//! Header field names with their compact forms (RFC 3261 §7.3.3).

/// A header field that we read. All others are `Other` and are carried past unread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Name {
    Accept,
    Allow,
    Authorization,
    CSeq,
    CallId,
    Contact,
    ContentEncoding,
    ContentLength,
    ContentType,
    Diversion,
    Expires,
    From,
    HistoryInfo,
    InfoPackage,
    Join,
    MaxForwards,
    MinSe,
    PAssertedIdentity,
    Privacy,
    ProxyAuthorization,
    ProxyRequire,
    RAck,
    Reason,
    RecordRoute,
    ReferSub,
    ReferTo,
    ReferredBy,
    Replaces,
    Require,
    RetryAfter,
    Route,
    SessionExpires,
    Supported,
    To,
    Via,
    Other,
}

/// Bytes of the longest name below; a longer one is `Other` without a look.
const LONGEST: usize = 20;

impl Name {
    /// The name, whatever its case, long or compact.
    pub fn of(name: &str) -> Self {
        let mut buffer = [0u8; LONGEST];
        let Some(lower) = buffer.get_mut(..name.len()) else { return Self::Other };
        lower.copy_from_slice(name.as_bytes());
        lower.make_ascii_lowercase();
        match &*lower {
            b"accept" => Self::Accept,
            b"allow" => Self::Allow,
            b"authorization" => Self::Authorization,
            b"cseq" => Self::CSeq,
            b"call-id" | b"i" => Self::CallId,
            b"contact" | b"m" => Self::Contact,
            b"content-encoding" | b"e" => Self::ContentEncoding,
            b"content-length" | b"l" => Self::ContentLength,
            b"content-type" | b"c" => Self::ContentType,
            b"diversion" => Self::Diversion,
            b"expires" => Self::Expires,
            b"from" | b"f" => Self::From,
            b"history-info" => Self::HistoryInfo,
            b"info-package" => Self::InfoPackage,
            b"join" => Self::Join,
            b"max-forwards" => Self::MaxForwards,
            b"min-se" => Self::MinSe,
            b"p-asserted-identity" => Self::PAssertedIdentity,
            b"privacy" => Self::Privacy,
            b"proxy-authorization" => Self::ProxyAuthorization,
            b"proxy-require" => Self::ProxyRequire,
            b"rack" => Self::RAck,
            b"reason" => Self::Reason,
            b"record-route" => Self::RecordRoute,
            b"refer-sub" => Self::ReferSub,
            b"refer-to" | b"r" => Self::ReferTo,
            b"referred-by" | b"b" => Self::ReferredBy,
            b"replaces" => Self::Replaces,
            b"require" => Self::Require,
            b"retry-after" => Self::RetryAfter,
            b"route" => Self::Route,
            b"session-expires" | b"x" => Self::SessionExpires,
            b"supported" | b"k" => Self::Supported,
            b"to" | b"t" => Self::To,
            b"via" | b"v" => Self::Via,
            _ => Self::Other,
        }
    }
}
