//! Each order of the API has exactly one answer.

use std::collections::BTreeMap;

use super::Found;
use crate::base::id::OrderId;
use crate::sim::moment::Moment;

const PROMISE: &str = "orders";

#[derive(Debug, Default)]
pub struct Orders {
    /// Answers, by order.
    answers: BTreeMap<OrderId, u32>,
}

impl Orders {
    pub fn see(&mut self, moment: &Moment, found: &mut Found) {
        match moment {
            Moment::Ordered { id, .. } => {
                self.answers.insert(*id, 0);
            }
            Moment::OrderAnswered { id, .. } => match self.answers.get_mut(id) {
                None => found.add(PROMISE, format!("order {} was never given and is answered", id.0)),
                Some(0) => {
                    self.answers.insert(*id, 1);
                }
                Some(_) => found.add(PROMISE, format!("order {} is answered twice", id.0)),
            },
            _ => {}
        }
    }

    /// All is over.
    pub fn close(&self, found: &mut Found) {
        for (id, _) in self.answers.iter().filter(|(_, answers)| **answers == 0) {
            found.add(PROMISE, format!("order {} has no answer", id.0));
        }
    }
}
