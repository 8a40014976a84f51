//! `strowger run --step`: a simulated call, moment by moment, forwards and back.
//!
//! The call was made before; what moves is the place one looks at. It reads commands from standard input, a line
//! each, so that a script can drive it as a person does.

use std::io::{self, BufRead};

use super::terminal::Terminal;
use super::{Ended, Exit};
use crate::base::span::{Sources, Span};
use crate::base::time::Mono;
use crate::exchange::Plan;
use crate::sim::moment::Moment;
use crate::sim::{World, told};

const HELP: &str = "Enter or n: next   b: back   s: next step of the flow   r: the step before   \
                    NUMBER: that moment   a: all from here   q: quit";
/// Lines of a step that are shown.
const MAX_LINES: usize = 12;

/// What somebody wants to see next.
enum Wish {
    Moment(usize),
    All,
    Quit,
    Help,
}

struct Walkthrough<'a> {
    plan: &'a Plan,
    sources: &'a Sources,
    trace: Vec<&'a (Mono, Moment)>,
    told: Vec<String>,
}

pub fn go(plan: &Plan, sources: &Sources, world: &World, terminal: &mut Terminal) -> Ended {
    // What nobody hears or sees is no moment of a call.
    let (told, trace) = told(&world.trace).into_iter().zip(&world.trace).filter(|(told, _)| !told.is_empty()).unzip();
    let walk = Walkthrough { plan, sources, trace, told };
    terminal.say(&format!("{} moments. {HELP}", walk.told.len()));
    let mut here = 0;
    walk.show(here, terminal);
    for line in io::stdin().lock().lines() {
        match walk.wish(line?.trim(), here) {
            Wish::Quit => break,
            Wish::Help => terminal.say(HELP),
            Wish::All => {
                let rest = walk.told.get(here.saturating_add(1)..).unwrap_or_default();
                terminal.write(&rest.concat());
                here = walk.last();
            }
            Wish::Moment(at) if at > walk.last() => terminal.say("the call is over; b goes back, q quits"),
            Wish::Moment(at) => {
                here = at;
                walk.show(here, terminal);
            }
        }
    }
    Ok(Exit::Done)
}

impl Walkthrough<'_> {
    fn last(&self) -> usize {
        self.told.len().saturating_sub(1)
    }

    fn wish(&self, word: &str, here: usize) -> Wish {
        let is_step = |at: &usize| matches!(self.trace.get(*at), Some((_, Moment::Step { .. })));
        match word {
            "" | "n" => Wish::Moment(here.saturating_add(1)),
            "b" => Wish::Moment(here.saturating_sub(1)),
            "s" => {
                let next = (here.saturating_add(1)..self.told.len()).find(is_step);
                Wish::Moment(next.unwrap_or(self.told.len()))
            }
            "r" => Wish::Moment((0..here).rev().find(is_step).unwrap_or(0)),
            "a" => Wish::All,
            "q" => Wish::Quit,
            other => match other.parse::<usize>() {
                Ok(n @ 1..) => Wish::Moment(n.saturating_sub(1)),
                _ => Wish::Help,
            },
        }
    }

    fn show(&self, at: usize, terminal: &mut Terminal) {
        let Some(text) = self.told.get(at) else { return };
        terminal.write(&format!("{:>4}  {}", at.saturating_add(1), text.replace("\n ", "\n       ")));
        if let Some((_, Moment::Step { flow, step, .. })) = self.trace.get(at)
            && let Some(place) = self.place(flow, step)
        {
            terminal.write(&self.source(place));
        }
    }

    fn place(&self, flow: &str, step: &str) -> Option<Span> {
        let graph = self.plan.flows.get(flow)?;
        graph.steps.iter().find(|s| s.name.as_ref() == step).map(|s| s.span)
    }

    /// The step as it is written, up to the one behind it.
    fn source(&self, place: Span) -> String {
        let Some(source) = self.sources.get(place.file) else { return String::new() };
        let (first, _) = self.sources.line_column(place.file, place.start);
        let lines = source.text.lines().zip(1_u32..).skip_while(|(_, n)| *n < first);
        let begins = |line: &str| line.trim_start().starts_with("step ") || line.trim_start().starts_with("///");
        let own = lines.take_while(|(line, n)| *n == first || !(begins(line) || line.trim() == "}" && line.len() < 2));
        let own = own.filter(|(line, _)| !line.trim().is_empty()).take(MAX_LINES);
        own.map(|(line, n)| format!("      {n:>4} | {line}\n")).collect()
    }
}
