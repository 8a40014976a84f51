//! Two cores and a network that loses, repeats and delays: every call ends the same on both sides, and nothing is kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use strowger::base::id::{IdGen, LegId};
use strowger::base::time::{Micros, Mono};
use strowger::sip::config::{Config, Listen};
use strowger::sip::core::Core;
use strowger::sip::event::{Destination, SipEvent};
use strowger::sip::flow::{Flow, Transport};

use super::calls_out::spec;
use super::harness::*;

const A: &str = "10.0.0.1:5060";
const B: &str = "10.0.0.2:5060";

struct Net {
    cores: [Core; 2],
    /// Datagrams on their way: when, and which side gets them.
    wire: BTreeMap<(Mono, u64), (usize, Vec<u8>, Flow)>,
    random: IdGen,
    /// Of a hundred.
    loss: u64,
    now: Mono,
    count: u64,
    seen: [Vec<SipEvent>; 2],
}

impl Net {
    fn new(seed: u64, loss: u64) -> Self {
        let side = |own: &str, other: &str, n: u8| {
            let listen = Listen { transport: Transport::Udp, bound: addr(own), advertised: addr(own) };
            let mut config = Config::new("acme.test", vec![listen]);
            config.trunks = vec![trunk("peer", other)];
            Core::new(Arc::new(config), [n; 32])
        };
        Self {
            cores: [side(A, B, 1), side(B, A, 2)],
            wire: BTreeMap::new(),
            random: IdGen::new(seed),
            loss,
            now: Mono(0),
            count: 0,
            seen: [Vec::new(), Vec::new()],
        }
    }

    /// Puts on the wire what the cores said, each datagram with its own fate.
    fn carry(&mut self) {
        for side in 0..2 {
            while let Some(transmit) = self.cores[side].next_transmit() {
                let copies = if self.random.next_u64() % 100 < self.loss {
                    0
                } else {
                    1 + usize::from(self.random.next_u64().is_multiple_of(20))
                };
                for _ in 0..copies {
                    self.count += 1;
                    let at = self.now + Micros(1_000 + self.random.next_u64() % 40_000);
                    let flow = Flow {
                        transport: Transport::Udp,
                        local: transmit.flow.peer,
                        peer: transmit.flow.local,
                        connection: None,
                    };
                    self.wire.insert((at, self.count), (1 - side, transmit.bytes.to_vec(), flow));
                }
            }
        }
    }

    /// Runs until the time is up; `react` sees each event and may command.
    fn run(&mut self, time: Micros, mut react: impl FnMut(usize, &SipEvent, &mut Core, Mono)) {
        let end = self.now + time;
        loop {
            self.carry();
            for side in 0..2 {
                while let Some(event) = self.cores[side].next_event() {
                    react(side, &event, &mut self.cores[side], self.now);
                    self.seen[side].push(event);
                }
            }
            self.carry();
            let arrival = self.wire.keys().next().map(|(at, _)| *at);
            let due = self.cores.iter().filter_map(Core::next_deadline).min();
            let Some(next) = arrival.into_iter().chain(due).min().filter(|next| *next <= end) else { break };
            self.now = self.now.max(next);
            if arrival == Some(next)
                && let Some((_, (side, bytes, flow))) = self.wire.pop_first()
            {
                self.cores[side].receive(self.now, &bytes, flow);
            }
            self.cores.iter_mut().for_each(|core| core.tick(self.now));
        }
        self.now = end;
    }

    fn place(&mut self, leg: LegId) {
        let to = Destination::Trunk { trunk: "peer".into(), user_part: "100".into() };
        self.cores[0].place(self.now, leg, &strowger::sip::event::PlaceSpec { to, ..spec() });
    }
}

fn answer_at_once(side: usize, event: &SipEvent, core: &mut Core, now: Mono) {
    if let (1, SipEvent::Incoming(call)) = (side, event) {
        core.ring(now, call.leg);
        core.answer(now, call.leg, &local_media());
    }
}

#[test]
fn a_call_over_a_good_network() {
    let mut net = Net::new(1, 0);
    net.place(LegId(2));
    net.run(secs(1), answer_at_once);
    assert!(matches!(net.seen[0].last(), Some(SipEvent::Answered { .. })), "{:?}", net.seen);
    assert!(matches!(net.seen[1].last(), Some(SipEvent::Confirmed { .. })));
    net.cores[0].hold(net.now, LegId(2));
    net.run(secs(1), answer_at_once);
    assert!(matches!(net.seen[1].last(), Some(SipEvent::Held { .. })));
    net.cores[1].hangup(net.now, LegId(1), 0);
    net.run(secs(100), answer_at_once);
    assert!(matches!(net.seen[0].last(), Some(SipEvent::Gone { .. })));
    assert_eq!([net.cores[0].held(), net.cores[1].held()], [strowger::sip::core::Held::default(); 2]);
}

#[test]
fn both_hold_at_the_same_moment_and_both_get_through() {
    let mut net = Net::new(3, 0);
    net.place(LegId(2));
    net.run(secs(1), answer_at_once);
    net.cores[0].hold(net.now, LegId(2));
    net.cores[1].hold(net.now, LegId(1));
    net.run(secs(10), answer_at_once);
    for side in 0..2 {
        let done = net.seen[side].iter().any(|event| matches!(event, SipEvent::Renegotiated { outcome: Ok(_), .. }));
        assert!(done, "{side}: {:?}", net.seen[side]);
    }
}

/// A call with all that can happen to it, on a network that loses a quarter.
fn eventful(seed: u64, loss: u64) -> Net {
    let mut net = Net::new(seed, loss);
    let mut choice = IdGen::new(seed ^ 0xabcdef);
    for n in 1..=4 {
        net.place(LegId(n * 2));
    }
    let mut placed: Vec<LegId> = (1..=4).map(|n| LegId(n * 2)).collect();
    let mut arrived = Vec::new();
    for _ in 0..30 {
        let pause = choice.next_u64() % 1_500;
        let pick = choice.next_u64();
        net.run(ms(pause), |side, event, core, now| {
            if side == 1 && !pick.is_multiple_of(3) {
                answer_at_once(side, event, core, now);
            }
            if let SipEvent::Incoming(call) = event {
                arrived.push(call.leg);
            }
            if let SipEvent::ReferRequested(request) = event {
                core.accept_refer(now, request.token);
                core.notify_refer(now, request.token, 200);
            }
        });
        let now = net.now;
        let of_a = placed[(pick >> 8) as usize % placed.len()];
        let of_b = arrived.get((pick >> 16) as usize % arrived.len().max(1)).copied();
        match (pick >> 32) % 8 {
            0 => drop(net.cores[0].hold(now, of_a)),
            1 => drop(net.cores[0].resume(now, of_a)),
            2 => drop(net.cores[0].hangup(now, of_a, 0)),
            3 => drop(of_b.map(|leg| net.cores[1].hold(now, leg))),
            4 => drop(of_b.map(|leg| net.cores[1].hangup(now, leg, 486))),
            5 => drop(of_b.map(|leg| net.cores[1].answer(now, leg, &local_media()))),
            6 => {
                let leg = LegId(2 * (placed.len() as u64 + 1));
                net.place(leg);
                placed.push(leg);
            }
            _ => {}
        }
    }
    for leg in placed {
        net.cores[0].hangup(net.now, leg, 0);
    }
    net.run(secs(500), |_, _, _, _| {});
    for leg in arrived {
        net.cores[1].hangup(net.now, leg, 0);
    }
    net.run(secs(500), |_, _, _, _| {});
    net
}

#[test]
fn whatever_is_lost_each_leg_ends_exactly_once_and_nothing_is_kept() {
    for seed in 0..60 {
        let net = eventful(seed, 25);
        for (side, core) in net.cores.iter().enumerate() {
            assert_eq!(core.held(), Default::default(), "seed {seed} side {side}");
        }
        let mut ends: BTreeMap<(usize, LegId), u32> = BTreeMap::new();
        for (side, events) in net.seen.iter().enumerate() {
            for event in events {
                match event {
                    SipEvent::Gone { leg, .. } | SipEvent::PlaceFailed { leg, .. } => {
                        *ends.entry((side, *leg)).or_default() += 1
                    }
                    SipEvent::Incoming(call) => assert!(!ends.contains_key(&(side, call.leg))),
                    SipEvent::Ringing { leg, .. }
                    | SipEvent::Answered { leg, .. }
                    | SipEvent::Confirmed { leg }
                    | SipEvent::Media { leg, .. }
                    | SipEvent::Renegotiated { leg, .. } => {
                        assert!(!ends.contains_key(&(side, *leg)), "seed {seed}: {event:?} after the end");
                    }
                    _ => {}
                }
            }
            for event in events {
                if let SipEvent::Incoming(call) = event {
                    assert_eq!(ends.get(&(side, call.leg)), Some(&1), "seed {seed}: {:?}", call.leg);
                }
            }
        }
        assert!(ends.values().all(|count| *count == 1), "seed {seed}: {ends:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_story() {
    assert_eq!(eventful(9, 25).seen, eventful(9, 25).seen);
}
