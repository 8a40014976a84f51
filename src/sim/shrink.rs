//! Cuts a list of actions down to what is needed for a thing to happen (delta debugging): whole stretches are left out,
//! then single actions, then waits are made shorter. What is left is minimal, not the least there is.

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
        cut.wait_less(&mut fires);
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

    fn wait_less(&mut self, fires: &mut impl FnMut(&[Action]) -> bool) {
        for at in 0..self.actions.len() {
            while let Some(Action::Wait(Micros(time))) = self.actions.get(at)
                && *time > SHORTEST.0
            {
                // Whole milliseconds are read more easily.
                let less = Micros::from_ms(Micros(*time / 2).as_ms());
                let mut other = self.actions.clone();
                if let Some(wait) = other.get_mut(at) {
                    *wait = Action::Wait(less);
                }
                if !self.take(other, fires) {
                    break;
                }
            }
        }
    }
}

/// A wait that is not made shorter.
const SHORTEST: Micros = Micros::from_ms(1);
