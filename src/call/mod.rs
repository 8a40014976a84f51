//! (being built)
pub mod media_types;
