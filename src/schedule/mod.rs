//! Schedules: opening hours with holidays and exceptions, rotas, and the time zones they are read in.
//!
//! Everything here is a function of an instant that is passed in. What a site writes is read by
//! `site`; here is only what it means.

mod calendar;
mod coverage;
mod hours;
mod rota;
mod rules;
mod zone;

pub use calendar::{Calendar, is_country, parse_date};
pub use coverage::{Fault, Weight, hours_faults, rota_faults};
pub use hours::{Hours, State};
pub use rota::{Member, Rota, Shift};
pub use rules::{Mistake, Rules};
pub use zone::{Local, Moment, Zone};
