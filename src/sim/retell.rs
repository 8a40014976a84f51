//! A call of the past as moments, so that a replay is told in the words of a simulated call.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::moment::{Moment, Outside, Trace};
use super::narrate::told;
use crate::base::id::{CallId, LegId, OrderId, RequestId};
use crate::base::time::Mono;
use crate::call::cause::{Cause, CauseKind};
use crate::call::leg::{Incoming, LegEvent, Name, Origin};
use crate::call::order::{Order, Which};
use crate::exchange::happened::Happened;
use crate::exchange::order::Act;
use crate::exchange::replay::Again;
use crate::exchange::wire::HIDDEN_KEY;
use crate::exchange::{FlowTrace, LegNotice, LegRequest, Output, Place, PlaceOutside};
use crate::graph::{Exit, Op};
use crate::interp::{Taken, Way};

/// What an answer is about.
#[derive(Debug)]
enum Asked {
    Placed(LegId),
    Service(&'static str),
    Decisions(Vec<String>),
}

/// Turns of calls as they come, and what has to be remembered to tell the next.
#[derive(Debug)]
pub struct Retelling {
    /// Times are told from here on.
    began: Mono,
    asked: BTreeMap<RequestId, Asked>,
    /// Legs that we ended, or that failed: their end is no news.
    over: BTreeSet<LegId>,
    talks: BTreeMap<LegId, LegId>,
    pub trace: Trace,
}

impl Retelling {
    pub fn new(began: Mono) -> Self {
        Self { began, asked: BTreeMap::new(), over: BTreeSet::new(), talks: BTreeMap::new(), trace: Vec::new() }
    }

    /// One more turn.
    pub fn add(&mut self, again: Again<'_>) {
        let mut moments = self.happened(again.call, again.what);
        moments.extend(again.trace.iter().flat_map(of_flow));
        for output in again.outputs {
            self.put_out(output, again.call, &mut moments);
        }
        let at = Mono(again.now.mono.since(self.began).0);
        self.trace.extend(moments.into_iter().map(|moment| (at, moment)));
    }

    fn happened(&mut self, call: CallId, what: &Happened) -> Vec<Moment> {
        match what {
            Happened::Began { leg, incoming } | Happened::Replacing { leg, incoming, .. } => {
                vec![dialled(*leg, incoming)]
            }
            Happened::Leg { leg, event } => self.leg_event(*leg, event).into_iter().collect(),
            Happened::Done { request, result } => self.done(*request, *result).into_iter().collect(),
            Happened::Served { request, outcome, .. } => match self.asked.remove(request) {
                Some(Asked::Service(verb)) => {
                    vec![Moment::Gets { call, verb, outcome: outcome.clone() }]
                }
                _ => Vec::new(),
            },
            Happened::Transfer { order, from, target, mode } => {
                let order_given = Order::Transfer { call, from: from.clone(), target: target.clone(), mode: *mode };
                vec![ordered(*order, order_given)]
            }
            Happened::Act { order, transfer, act } => {
                let which = Which::Transfer(*transfer);
                let given = match act {
                    Act::Complete => Order::Complete(which),
                    Act::Cancel => Order::Cancel(which),
                    Act::ThreeWay => Order::ThreeWay(which),
                    Act::Swap => Order::Swap(which),
                };
                vec![ordered(*order, given)]
            }
            Happened::HangUp { order } => vec![ordered(*order, Order::HangUp { call })],
            Happened::Merge { leg, token, .. } => {
                vec![Moment::Refers {
                    leg: *leg,
                    token: *token,
                    to: Arc::from("whom it called in the meantime"),
                    attended: true,
                }]
            }
            // Who is there is told by what they hear.
            Happened::Recovered { .. } => vec![Moment::Crashed],
            Happened::Timer(_) | Happened::GoesOn | Happened::Queue(_) | Happened::MergedInto(_) => Vec::new(),
        }
    }

    fn leg_event(&mut self, leg: LegId, event: &LegEvent) -> Option<Moment> {
        Some(match event {
            LegEvent::Ringing => Moment::Rings { leg },
            LegEvent::Confirmed => return None,
            LegEvent::Digit { digit, .. } if *digit == char::from(HIDDEN_KEY) => Moment::Presses { leg, key: '*' },
            LegEvent::Digit { digit, .. } => Moment::Presses { leg, key: *digit },
            LegEvent::Held => Moment::Holds { leg, holding: true },
            LegEvent::Resumed => Moment::Holds { leg, holding: false },
            LegEvent::ReferRequested { token, to, .. } => {
                Moment::Refers { leg, token: *token, to: to.clone(), attended: false }
            }
            LegEvent::Gone { .. } => {
                self.talks.remove(&leg);
                return self.over.insert(leg).then_some(Moment::HangsUp { leg });
            }
        })
    }

    fn done(&mut self, request: RequestId, result: Result<(), Cause>) -> Option<Moment> {
        match (self.asked.remove(&request)?, result) {
            (Asked::Placed(leg), Ok(())) => Some(Moment::TargetAnswered { leg }),
            // We gave it up ourselves, and have said so.
            (Asked::Placed(leg), Err(Cause { kind: CauseKind::Cancelled, .. })) if self.over.contains(&leg) => None,
            (Asked::Placed(leg), Err(cause)) => {
                self.over.insert(leg);
                Some(Moment::TargetFailed { leg, cause })
            }
            (Asked::Decisions(decisions), result) => Some(Moment::Disk { decisions, works: result.is_ok() }),
            (Asked::Service(_), _) => None,
        }
    }

    fn put_out(&mut self, output: Output, call: CallId, moments: &mut Vec<Moment>) {
        let moment = match output {
            Output::Request { request, leg, op } => match self.request(request, leg, op) {
                Some(moment) => moment,
                None => return,
            },
            Output::Notice { leg, op } => match self.notice(leg, op) {
                Some(moment) => moment,
                None => return,
            },
            Output::Commit { request, decisions } => {
                let ids = decisions.iter().map(|d| d.decision_id.clone()).collect();
                self.asked.insert(request, Asked::Decisions(ids));
                let decided = |record| Moment::Decided { record: Box::new(record) };
                moments.extend(decisions.into_iter().map(decided));
                return;
            }
            Output::Serve { request, spec, tokens, .. } => {
                self.asked.insert(request, Asked::Service(spec.verb));
                let outside =
                    |t: &crate::policy::GuardToken| (Arc::from(t.target().canonical()), t.decision().to_string());
                let outside = tokens.iter().map(outside).collect();
                Moment::Asks { call, verb: spec.verb, subject: spec.subject.clone(), outside }
            }
            Output::Forget { request } => match self.asked.remove(&request) {
                Some(Asked::Service(verb)) => Moment::Forgets { call, verb },
                _ => return,
            },
            Output::Note { call, channel, text } => Moment::Told { call, channel, text },
            Output::Answer { order, result } => Moment::OrderAnswered { id: order, result },
            Output::Event(event) => Moment::Event(event),
            Output::Record(record) => Moment::Record(record),
            Output::Journal(_) | Output::Live(_) => return,
        };
        moments.push(moment);
    }

    fn request(&mut self, request: RequestId, leg: LegId, op: LegRequest) -> Option<Moment> {
        Some(match op {
            LegRequest::Answer => Moment::Answered { leg },
            LegRequest::Place(Place { user, presented, .. }) => {
                self.asked.insert(request, Asked::Placed(leg));
                Moment::Placed { leg, to: user, presented, outside: None }
            }
            LegRequest::PlaceOutside(PlaceOutside { token, trunk, presented }) => {
                self.asked.insert(request, Asked::Placed(leg));
                let outside = Some(Outside { trunk, decision: token.decision().to_string() });
                Moment::Placed { leg, to: Name::from(token.target().canonical()), presented, outside }
            }
            LegRequest::Play(sources) => Moment::Hears { leg, sources },
            LegRequest::DetectMachine => return None,
        })
    }

    fn notice(&mut self, leg: LegId, op: LegNotice) -> Option<Moment> {
        Some(match op {
            LegNotice::Ring => Moment::Alerted { leg },
            LegNotice::Reject { cause } => {
                self.over.insert(leg);
                Moment::Refused { leg, cause }
            }
            LegNotice::Hangup { cause } => {
                self.over.insert(leg);
                Moment::Ended { leg, cause }
            }
            LegNotice::StopPlay => Moment::Silence { leg },
            LegNotice::Background(sources) => Moment::Hears { leg, sources },
            LegNotice::Connect { peer } => {
                self.talks.insert(leg, peer);
                self.talks.insert(peer, leg);
                Moment::Talk { a: leg, b: peer }
            }
            LegNotice::Disconnect { peer } => {
                let talked = self.talks.get(&leg) == Some(&peer);
                self.talks.remove(&leg);
                self.talks.remove(&peer);
                return talked.then_some(Moment::Apart { a: leg, b: peer });
            }
            LegNotice::Mix { room } => Moment::Joins { leg, room },
            LegNotice::Record(op) => Moment::Recording { leg, op },
            LegNotice::Connected { peer } => Moment::Sees { leg, peer },
            // What two parties press for each other is not in a journal.
            LegNotice::Key(_) => Moment::IsSent { leg, key: '*' },
            LegNotice::AnswerRefer { token, status } => Moment::ReferAnswered { leg, token, status },
            LegNotice::NotifyRefer { token, status } => Moment::Notified { leg, token, status },
        })
    }
}

fn ordered(id: OrderId, order: Order) -> Moment {
    Moment::Ordered { id, order: Box::new(order) }
}

fn dialled(leg: LegId, incoming: &Incoming) -> Moment {
    let by = match &incoming.origin {
        Origin::User(user) => Some(user.clone()),
        Origin::Trunk(_) => None,
    };
    Moment::Dialled { leg, by, from: incoming.caller.number.clone(), to: incoming.dialed.clone() }
}

/// The story of these moments, a text each; a decision of a policy with the keys of the policy behind it, and why.
pub fn story(trace: &[(Mono, Moment)]) -> Vec<String> {
    let with_rules = |(mut text, (_, moment)): (String, &(Mono, Moment))| {
        if let Moment::Decided { record } = moment
            && !record.rule_ids.is_empty()
        {
            let why = record.explanations.join("; ");
            text.push_str(&format!("             by {}: {why}\n", record.rule_ids.join(", ")));
        }
        text
    };
    told(trace).into_iter().zip(trace).map(with_rules).collect()
}

/// The steps and arms that a flow took.
pub fn of_flow(trace: &FlowTrace) -> Vec<Moment> {
    trace.ways.iter().filter_map(|way| of_way(trace, way)).collect()
}

fn of_way(trace: &FlowTrace, Way { taken, outcome }: &Way) -> Option<Moment> {
    let graph = &trace.graph;
    match taken {
        Taken::Step(node) => {
            let step = Arc::from(graph.step_name(*node));
            let (flow, in_subflow) = (graph.name.clone(), graph.is_subflow());
            Some(Moment::Step { call: trace.call, flow, step, in_subflow })
        }
        Taken::Arm(node, arm) => {
            let labels = match graph.node(*node) {
                Some(Op::Act(act)) => &act.labels,
                Some(Op::Run(run)) => &run.labels,
                Some(Op::Split(split)) => &split.labels,
                _ => return None,
            };
            let own = labels.get(usize::from(*arm)).map(|(label, _)| label.clone());
            let label = if *arm == Exit::HEADER { None } else { own };
            let verb = graph.place(*node).map_or("", |p| p.verb);
            let label = label.unwrap_or("failed".into());
            Some(Moment::Took { call: trace.call, verb, label, outcome: outcome.clone() })
        }
        _ => None,
    }
}
