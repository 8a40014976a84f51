//! The steps of one flow by name.
//!
//! Flows may have many steps and each arrow looks one up, so names are ordered by a number made of
//! them: a search goes through one short list and reads one name, not one at every turn.

use std::sync::Arc;

use crate::base::fnv::Fnv;
use crate::base::span::Span;

/// Steps in the order of the source; of two with one name the first is meant.
#[derive(Default)]
pub struct Steps {
    named: Vec<(Arc<str>, Span)>,
    /// The number of each name with the place of its step, in order.
    order: Vec<(u64, usize)>,
}

impl Steps {
    pub fn of<'n>(names: impl Iterator<Item = (&'n str, Span)>) -> Steps {
        let named: Vec<(Arc<str>, Span)> = names.map(|(name, span)| (Arc::from(name), span)).collect();
        let mut order: Vec<(u64, usize)> =
            named.iter().enumerate().map(|(index, (name, _))| (number(name), index)).collect();
        order.sort_unstable();
        Steps { named, order }
    }

    /// The first step of a name, and where it is named.
    pub fn find(&self, name: &str) -> Option<(usize, Span)> {
        let wanted = number(name);
        let begin = self.order.partition_point(|(number, _)| *number < wanted);
        let alike = self.order.iter().skip(begin).take_while(|(number, _)| *number == wanted);
        alike
            .filter_map(|(_, index)| Some((*index, self.named.get(*index)?)))
            .find_map(|(index, (own, span))| (own.as_ref() == name).then_some((index, *span)))
    }

    /// The name of a step by its place.
    pub fn name(&self, index: usize) -> Option<Arc<str>> {
        self.named.get(index).map(|(name, _)| Arc::clone(name))
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.named.iter().map(|(name, _)| name.as_ref())
    }
}

/// Names of one number are compared, so that it need not be hard to find two.
fn number(name: &str) -> u64 {
    Fnv::new().and(name.as_bytes()).value()
}
