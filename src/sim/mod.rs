//! A virtual world around the exchange: phones, trunks, a disk and a clock that exist only here.
//! Flow tests, `strowger run` and the simulator drive it; the exchange cannot tell the difference.

pub mod far_end;
pub mod world;

pub use far_end::{Answer, FarEnd};
pub use world::{Heard, Moment, World};
