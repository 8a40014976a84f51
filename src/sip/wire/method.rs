//! Request methods, those we serve and those we only know.

/// A request method (RFC 3261 §7.1). Names are case-sensitive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    Invite,
    Ack,
    Bye,
    Cancel,
    Register,
    Options,
    Info,
    Update,
    Refer,
    Notify,
    Subscribe,
    Message,
    Publish,
    Prack,
    /// One that no RFC we know defines.
    Unknown,
}

/// What we serve, as an Allow header has it.
pub const ALLOW: &str = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, PRACK, UPDATE, REFER, NOTIFY, REGISTER";

const NAMES: [(&str, Method); 14] = [
    ("INVITE", Method::Invite),
    ("ACK", Method::Ack),
    ("BYE", Method::Bye),
    ("CANCEL", Method::Cancel),
    ("REGISTER", Method::Register),
    ("OPTIONS", Method::Options),
    ("INFO", Method::Info),
    ("UPDATE", Method::Update),
    ("REFER", Method::Refer),
    ("NOTIFY", Method::Notify),
    ("SUBSCRIBE", Method::Subscribe),
    ("MESSAGE", Method::Message),
    ("PUBLISH", Method::Publish),
    ("PRACK", Method::Prack),
];

impl Method {
    pub fn of(name: &str) -> Self {
        NAMES.iter().find(|(known, _)| *known == name).map_or(Self::Unknown, |(_, method)| *method)
    }

    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, method)| *method == self).map_or("UNKNOWN", |(name, _)| name)
    }

    /// Known to us but not served, in or out of a dialog: answered 405 (RFC 3261 §8.2.1).
    pub fn is_refused(self) -> bool {
        matches!(self, Self::Subscribe | Self::Message | Self::Publish)
    }
}
