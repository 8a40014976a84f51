//! SIP as text: messages, header fields, URIs, what is valid, and how ours are written (RFC 3261 §7, §20, §25).
//! Nothing here knows a transaction or a call.

pub mod address;
pub mod compose;
pub mod fields;
pub mod lists;
pub mod message;
pub mod method;
pub mod name;
pub mod uri;
pub mod validate;
