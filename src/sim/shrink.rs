//! Cuts a list of actions down to what is needed for a thing to happen (delta debugging): whole stretches are left out,
//! then single actions, then waits are made shorter, and what an action says beside its purpose goes. What is left is
//! minimal, not the least there is.

use super::action::Action;
use crate::base::time::Micros;

/// Runs that are tried; a list of a few hundred actions needs some hundred.
const MOST_RUNS: u32 = 3_000;

/// The shortest list found that still `fires`.
pub fn shrink(actions: &[Action], mut fires: impl FnMut(&[Action]) -> bool) -> Vec<Action> {
    let mut cut = Cut { actions: actions.to_vec(), runs: 0 };
    loop {
        let before = cut.actions.clone();
        cut.leave_out(&mut fires);
        cut.wait_once(&mut fires);
        cut.wait_less(&mut fires);
        cut.say_less(&mut fires);
        if cut.actions == before || cut.runs >= MOST_RUNS {
            return cut.actions;
        }
    }
}

struct Cut {
    actions: Vec<Action>,
    runs: u32,
}

impl Cut {
    /// Takes the other list if it does as well.
    fn take(&mut self, other: Vec<Action>, fires: &mut impl FnMut(&[Action]) -> bool) -> bool {
        self.runs += 1;
        let does = self.runs <= MOST_RUNS && fires(&other);
        if does {
            self.actions = other;
        }
        does
    }

    /// From the end: what comes after the thing is the first to go.
    fn leave_out(&mut self, fires: &mut impl FnMut(&[Action]) -> bool) {
        let mut size = self.actions.len().div_ceil(2);
        while size > 0 {
            let mut end = self.actions.len();
            while end > 0 {
                let begin = end.saturating_sub(size);
                let kept = self.actions.iter().take(begin).chain(self.actions.iter().skip(end));
                let kept: Vec<Action> = kept.cloned().collect();
                self.take(kept, fires);
                end = begin;
            }
            size /= 2;
        }
    }

    /// Two waits in a row are one.
    fn wait_once(&mut self, fires: &mut impl FnMut(&[Action]) -> bool) {
        let mut at = 0;
        while at + 1 < self.actions.len() {
            let both = match (self.actions.get(at), self.actions.get(at + 1)) {
                (Some(Action::Wait(one)), Some(Action::Wait(two))) => Some(Micros(one.0.saturating_add(two.0))),
                _ => None,
            };
            let took = both.is_some_and(|both| {
                let mut other = self.actions.clone();
                other.splice(at..at + 2, [Action::Wait(both)]);
                self.take(other, fires)
            });
            at += usize::from(!took);
        }
    }

    fn wait_less(&mut self, fires: &mut impl FnMut(&[Action]) -> bool) {
        for at in 0..self.actions.len() {
            for (part, of) in PARTS {
                while let Some(Action::Wait(Micros(time))) = self.actions.get(at)
                    && *time > SHORTEST.0
                {
                    // Whole milliseconds are read more easily.
                    let less = Micros::from_ms(Micros(*time / of * part).as_ms());
                    if !self.replace(at, Action::Wait(less), fires) {
                        break;
                    }
                }
            }
        }
    }

    fn say_less(&mut self, fires: &mut impl FnMut(&[Action]) -> bool) {
        for at in 0..self.actions.len() {
            let mut plain = self.actions.get(at).cloned();
            match &mut plain {
                Some(Action::Call { replaces, .. }) if replaces.is_some() => *replaces = None,
                Some(Action::Refer { replaces, .. }) if replaces.is_some() => *replaces = None,
                _ => plain = None,
            }
            if let Some(plain) = plain {
                self.replace(at, plain, fires);
            }
        }
    }

    fn replace(&mut self, at: usize, by: Action, fires: &mut impl FnMut(&[Action]) -> bool) -> bool {
        let mut other = self.actions.clone();
        if let Some(action) = other.get_mut(at) {
            *action = by;
        }
        self.take(other, fires)
    }
}

/// A wait that is not made shorter.
const SHORTEST: Micros = Micros::from_ms(1);
/// To how much of itself a wait is shortened, as long as that does.
const PARTS: [(u64, u64); 3] = [(1, 2), (3, 4), (15, 16)];
