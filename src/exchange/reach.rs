//! Where a target leads, after the site's directory and the registered devices were asked.

use std::sync::Arc;

use super::observe::Standing;
use super::session::Session;
use super::shared::Shared;
use super::transfer::{By, Failure};
use crate::call::leg::{ContactId, Name};
use crate::call::spec::{QueueEntry, Target};

pub enum Reached {
    User { user: Name, contacts: Vec<ContactId> },
    Queue(QueueEntry),
    Flow { flow: Name, number: Arc<str> },
    Outside { number: Arc<str>, tainted: bool },
}

impl Session {
    pub fn reach(&self, shared: &Shared, target: &Target, by: &By) -> Result<Reached, Failure> {
        let site = &self.plan.site;
        match target {
            Target::User(name) => self.reach_user(shared, name),
            Target::Agent(name) => {
                let reached = self.reach_user(shared, name)?;
                match shared.standing_of(name) {
                    Standing::Busy => Err(Failure::new("busy")),
                    Standing::WrapUp => Err(Failure::new("dnd")),
                    Standing::Free => Ok(reached),
                }
            }
            Target::Queue(entry) => Ok(Reached::Queue(entry.clone())),
            Target::Extension(extension) => self.inside(shared, extension).unwrap_or(Err(Failure::new("not_found"))),
            Target::Number { number, tainted } => {
                if let Some(inside) = self.inside(shared, number) {
                    return inside;
                }
                // The flow of a number may transfer to that very number: it means the trunk behind it.
                if let Some(entry) = site.numbers.flow(number)
                    && !matches!(by, By::Flow { flow, .. } if *flow == entry.flow)
                {
                    return Ok(Reached::Flow { flow: entry.flow.clone(), number: number.clone() });
                }
                Ok(Reached::Outside { number: number.clone(), tainted: *tainted })
            }
            Target::Pstn { number, tainted } => Ok(Reached::Outside { number: number.clone(), tainted: *tainted }),
        }
    }

    /// A transferor talks to the target first: not to a flow, which has the caller or nobody, nor to himself.
    pub fn can_be_consulted(&self, reached: &Reached, by: &By) -> Result<(), Failure> {
        let transferor = by.transferor().and_then(|leg| self.party(leg)?.user());
        match reached {
            Reached::Flow { .. } => {
                Err(Failure::because("declined", "a flow answers that number: transfer blind, it cannot be consulted"))
            }
            Reached::User { user, .. } if Some(user) == transferor => {
                Err(Failure::because("busy", "the target is who transfers: nobody consults himself"))
            }
            _ => Ok(()),
        }
    }

    /// Whether a number is neither the site's own nor an extension of it.
    pub fn leaves(&self, shared: &Shared, number: &Arc<str>, by: &By) -> bool {
        let target = Target::Number { number: number.clone(), tainted: false };
        matches!(self.reach(shared, &target, by), Ok(Reached::Outside { .. }))
    }

    /// An extension of the site's directory.
    fn inside(&self, shared: &Shared, number: &str) -> Option<Result<Reached, Failure>> {
        let site = &self.plan.site;
        if let Some(user) = site.user_of_extension(number) {
            return Some(self.reach_user(shared, &user.name));
        }
        let queue = site.queue_of_extension(number)?;
        Some(Ok(Reached::Queue(QueueEntry::to(queue.name.clone()))))
    }

    fn reach_user(&self, shared: &Shared, name: &Name) -> Result<Reached, Failure> {
        let contacts = shared.contacts_of(name);
        if contacts.is_empty() {
            return Err(Failure::new("offline"));
        }
        Ok(Reached::User { user: name.clone(), contacts })
    }
}
