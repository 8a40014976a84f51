//! Calls: what legs and parties are, and the small machines of one call (collecting digits,
//! dialling, transferring). Pure; knows queues only by name.

pub mod audio;
pub mod cause;
pub mod collect;
pub mod dial;
pub mod leg;
pub mod media_types;
pub mod order;
pub mod record;
pub mod spec;
