//! A site: what `strowger.yaml` says, checked. Gets bytes, opens no file.

pub mod check;
pub mod declared;
pub mod model;
pub mod table;

pub use check::HOURS_RULE;
