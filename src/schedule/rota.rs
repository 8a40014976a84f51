//! Rotas: who is on duty at one instant, in order.

use std::fmt;
use std::sync::Arc;

use super::calendar::civil;
use super::rules::Rules;
use super::zone::Zone;
use crate::base::time::Wall;
use crate::call::leg::Name;

/// Somebody who can be on duty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Member {
    /// A user of the site.
    User(Name),
    /// A canonical number.
    Number(Arc<str>),
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Member::User(name) => f.write_str(name),
            Member::Number(number) => f.write_str(number),
        }
    }
}

/// People and when they are on duty.
#[derive(Clone, PartialEq, Debug)]
pub struct Shift {
    pub who: Vec<Member>,
    pub on: Rules,
}

/// Shifts in the order in which their people are called.
#[derive(Clone, PartialEq, Debug)]
pub struct Rota {
    pub zone: Zone,
    pub shifts: Vec<Shift>,
}

impl Rota {
    /// Who is on duty at an instant, in the order of the shifts, each once.
    pub fn on_duty(&self, at: Wall) -> Vec<Member> {
        let Some(local) = self.zone.local(at) else { return Vec::new() };
        let Some(day) = civil(local.date) else { return Vec::new() };
        let minute = u16::from(local.hour) * 60 + u16::from(local.minute);
        let mut found: Vec<Member> = Vec::new();
        for shift in self.shifts.iter().filter(|s| s.on.at(day, minute).0) {
            for member in &shift.who {
                if !found.contains(member) {
                    found.push(member.clone());
                }
            }
        }
        found
    }
}
