//! A virtual world around the exchange: phones, trunks, a disk and a clock that exist only here.
//! Flow tests, `strowger run` and the simulator drive it; the exchange cannot tell the difference.

mod carry_out;
pub mod explore;
pub mod far_end;
pub mod moment;
pub mod narrate;
pub mod orders;
pub mod promises;
pub mod services;
pub mod walk;
pub mod world;

pub use explore::{Exploration, explore};
pub use far_end::{Answer, FarEnd};
pub use moment::{Moment, Trace};
pub use narrate::{narrate, told};
pub use walk::{Walk, walk};
pub use world::{Heard, Ties, World};
