//! (being built)

pub mod audio;
pub mod media_types;
