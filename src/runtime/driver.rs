//! The loop: what sockets, media, store and clock report becomes inputs; what the exchange puts
//! out is done. One task owns all of it, so nothing here is locked and every run is ordered.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::asked::Orders;
use super::cards;
use super::clock::Clock;
use super::commands::Command;
use super::drain::Drain;
use super::events::Events;
use super::legs::Legs;
use super::metrics::TurnTimes;
use super::registrations::Registrations;
use super::services;
use super::translate;
use crate::base::id::{LegId, RequestId};
use crate::base::limits;
use crate::base::time::{Micros, Mono, Now};
use crate::call::cause::{Cause, CauseKind};
use crate::call::leg::{DigitSource, LegEvent};
use crate::exchange::journal::Journal;
use crate::exchange::{Exchange, Input, LegNotice, LegRequest, Output, Place, PlaceOutside};
use crate::media::{MediaEvent, MediaHandle};
use crate::sip::core::{Core, Gate};
use crate::sip::event::{Destination, ReferToken, SipEvent};
use crate::sip::registrar;
use crate::sip::transport::{DATAGRAMS_PER_TURN, Inbound, Sockets};
use crate::store;

/// What a caller is told to wait when we are overloaded: bursts are over by then.
const RETRY_AFTER_S: u32 = 2;
/// A wait this long means that there was nothing to do.
const NAP: Micros = Micros(200);

/// What other threads tell the driver.
#[derive(Debug)]
pub enum Report {
    Media(MediaEvent),
    /// Decisions are on disk, or could not be put there.
    Committed {
        request: RequestId,
        result: Result<(), Cause>,
    },
}

pub struct Driver {
    pub clock: Clock,
    pub exchange: Exchange,
    pub sip: Core,
    pub media: MediaHandle,
    pub store: store::Handle,
    pub sockets: Sockets,
    events: Arc<Events>,
    pub(super) legs: Legs,
    pub(super) orders: Orders,
    pub(super) registrations: Registrations,
    pub(super) inputs: VecDeque<Input>,
    outputs: Vec<Output>,
    pub(super) now: Now,
    pub(super) drain: Drain,
    pub(super) load: Load,
}

/// How busy the loop is.
pub(super) struct Load {
    pub(super) turns: TurnTimes,
    /// The oldest message that waits arrived after this.
    oldest: Mono,
}

/// Where the driver's work comes from besides its sockets.
pub struct Sources {
    pub reports: mpsc::UnboundedReceiver<Report>,
    pub commands: mpsc::Receiver<Command>,
}

impl Driver {
    pub fn new(
        clock: Clock,
        exchange: Exchange,
        sip: Core,
        media: MediaHandle,
        store: store::Handle,
        sockets: Sockets,
        events: Arc<Events>,
    ) -> Self {
        Self {
            clock,
            exchange,
            sip,
            media,
            store,
            sockets,
            events,
            legs: Legs::default(),
            orders: Orders::default(),
            registrations: Registrations::default(),
            inputs: VecDeque::new(),
            outputs: Vec::new(),
            now: clock.now(),
            drain: Drain::default(),
            load: Load { turns: TurnTimes::default(), oldest: clock.mono() },
        }
    }

    /// Runs until drained: no new calls were wanted and the last one is over, of itself or because it was ended.
    pub async fn run(mut self, mut sources: Sources) {
        let mut batch = Vec::new();
        // What is left of the process before this one is asked at once.
        self.turn();
        while !self.is_over() {
            let deadline = self.next_deadline();
            let asleep_since = self.clock.mono();
            tokio::select! {
                biased;
                () = self.sockets.recv(&mut batch) => {
                    self.received(&mut batch, asleep_since);
                }
                Some(report) = sources.reports.recv() => {
                    self.now = self.clock.now();
                    self.report(report);
                    // What else has been reported is as old: one turn for all of it.
                    while let Ok(report) = sources.reports.try_recv() {
                        self.report(report);
                    }
                }
                Some(command) = sources.commands.recv() => {
                    self.now = self.clock.now();
                    self.command(command);
                }
                () = sleep_until(&self.clock, deadline) => self.now = self.clock.now(),
            }
            self.turn();
        }
        self.keep_registrations(self.now, true);
    }

    fn next_deadline(&self) -> Option<Mono> {
        let own = [self.exchange.next_deadline(), self.legs.reviving.deadline(), self.drain.deadline()];
        let own = own.into_iter().flatten().chain(self.registrations.deadline());
        self.sip.next_deadline().into_iter().chain(own).min()
    }

    /// Datagrams and TCP messages. What has waited too long shuts the gate for new calls, so that
    /// those in progress are served first and a caller hears 503 at once instead of nothing.
    fn received(&mut self, batch: &mut Vec<Inbound>, asleep_since: Mono) {
        let drained = self.clock.mono();
        if drained.since(asleep_since) > NAP {
            // The sockets were empty until this moment.
            self.load.oldest = drained;
        }
        let emptied = batch.len() < DATAGRAMS_PER_TURN;
        for message in batch.drain(..) {
            self.now = self.clock.now();
            let late = self.now.mono.since(self.load.oldest) > limits::ADMISSION_DELAY;
            let shut = late || self.drain.is_on() || self.store.is_backlogged() || !self.store.healthy();
            self.sip.set_gate(if shut { Gate::Closed { retry_after_secs: RETRY_AFTER_S } } else { Gate::Open });
            match message {
                Inbound::Message { flow, bytes } => self.sip.receive(self.now.mono, &bytes, flow),
                Inbound::Closed(connection) => self.sip.connection_closed(self.now.mono, connection),
                Inbound::ConnectFailed(peer) => self.sip.connect_failed(self.now.mono, peer),
            }
            self.turn();
        }
        if emptied {
            // What waits now came after the sockets were last emptied.
            self.load.oldest = drained;
        }
    }

    /// Lets everything that is ready happen, then sends what is to be sent.
    fn turn(&mut self) {
        self.sip.tick(self.now.mono);
        self.drain_goes_on();
        if self.exchange.next_deadline().is_some_and(|at| at <= self.now.mono) {
            self.inputs.push_back(Input::Tick);
        }
        loop {
            while let Some(event) = self.sip.next_event() {
                self.sip_event(event);
            }
            // An answer is done when it is on the wire, so the wire comes before the completions.
            while let Some(transmit) = self.sip.next_transmit() {
                self.sockets.send(&transmit);
            }
            self.revived(self.now.mono);
            let Some(input) = self.inputs.pop_front() else { break };
            let began = self.clock.mono();
            self.exchange.handle(self.now, input, &mut self.outputs);
            self.load.turns.add(self.clock.mono().since(began).0);
            for output in std::mem::take(&mut self.outputs) {
                self.perform(output);
            }
        }
        self.keep_registrations(self.now, false);
    }

    fn report(&mut self, report: Report) {
        match report {
            Report::Committed { request, result } => self.done(request, result),
            Report::Media(event) => match event {
                MediaEvent::Digit { leg, digit } => {
                    self.leg(leg, LegEvent::Digit { digit, source: DigitSource::Rtp });
                }
                MediaEvent::Timeout { leg } => self.fell_silent(leg),
                other => {
                    if let Some((request, result)) = translate::completed(other) {
                        self.done(request, result);
                    }
                }
            },
        }
    }

    fn leg(&mut self, leg: LegId, event: LegEvent) {
        self.inputs.push_back(Input::Leg { leg, event });
    }

    fn done(&mut self, request: RequestId, result: Result<(), Cause>) {
        self.inputs.push_back(Input::Done { request, result });
    }

    fn sip_event(&mut self, event: SipEvent) {
        match event {
            SipEvent::Incoming(call) => {
                self.legs.entry(call.leg).offer = call.offer;
                self.inputs.push_back(Input::Incoming { leg: call.leg, incoming: translate::incoming(&call) });
            }
            SipEvent::Ringing { leg, .. } => self.leg(leg, LegEvent::Ringing),
            SipEvent::Answered { leg, media } => {
                self.media.set_remote(leg, media);
                if let Some(request) = self.legs.entry(leg).placing.take() {
                    self.done(request, Ok(()));
                }
            }
            SipEvent::Confirmed { leg } => self.leg(leg, LegEvent::Confirmed),
            SipEvent::PlaceFailed { leg, status, .. } => self.gone(leg, Cause::from_status(status)),
            SipEvent::Media { leg, media } => self.media.set_remote(leg, media),
            SipEvent::Held { leg } => self.leg(leg, LegEvent::Held),
            SipEvent::Resumed { leg } => self.leg(leg, LegEvent::Resumed),
            SipEvent::Digit { leg, digit } => {
                self.leg(leg, LegEvent::Digit { digit, source: DigitSource::Info });
            }
            SipEvent::ReferRequested(refer) => self.leg(
                refer.leg,
                LegEvent::ReferRequested {
                    token: crate::call::leg::ReferToken(refer.token.0),
                    to: Arc::from(refer.to_user.as_str()),
                    replaces: refer.replaces.map(translate::replaced),
                },
            ),
            SipEvent::Gone { leg, cause } => self.gone(leg, translate::cause(cause)),
            SipEvent::Registered { user, contacts } => self.reachable(user, &contacts),
            SipEvent::Unregistered { user } => self.reachable(user, &[]),
            SipEvent::Renegotiated { leg, outcome } => {
                if self.legs.reviving.heard(leg, outcome.is_ok())
                    && let Ok(media) = outcome
                {
                    self.media.set_remote(leg, media);
                }
            }
            SipEvent::ReferEnded { .. } => {}
        }
    }

    /// The end of a leg: the request that waits for it fails first, so that each has its one answer.
    fn gone(&mut self, leg: LegId, cause: Cause) {
        self.legs.reviving.heard(leg, false);
        let mut cause = cause;
        if let Some(entry) = self.legs.remove(leg) {
            cause = entry.cause(cause);
            if entry.media_open {
                self.media.close(leg);
            }
            if let Some(request) = entry.placing {
                self.done(request, Err(cause));
            }
        }
        self.leg(leg, LegEvent::Gone { cause });
    }

    fn perform(&mut self, output: Output) {
        match output {
            Output::Request { request, leg, op } => self.request(request, leg, op),
            Output::Notice { leg, op } => self.notice(leg, op),
            Output::Commit { request, decisions } => self.store.commit(request, decisions),
            Output::Answer { order, result } => self.orders.answer(order, result),
            Output::Event(event) => self.events.push(*event),
            Output::Record(record) => self.store.record(*record),
            Output::Journal(journal) => {
                let Journal { call, root, plan_digest, bytes } = *journal;
                self.store.journal(call, root, plan_digest, bytes);
            }
            Output::Live(live) => {
                let cards: Vec<_> = live.legs.iter().filter_map(|leg| Some((*leg, self.sip.card(*leg)?))).collect();
                let unanswered: Vec<_> = live.legs.iter().filter_map(|leg| self.sip.unanswered(*leg)).collect();
                self.store.live(live.call, live.bytes, cards::write(&cards, &unanswered));
            }
            Output::Serve { request, .. } => self.inputs.push_back(services::not_served(request)),
            Output::Forget { .. } => {}
            Output::Note { call, channel, text } => services::note(call, &channel, &text),
        }
    }

    fn request(&mut self, request: RequestId, leg: LegId, op: LegRequest) {
        match op {
            LegRequest::Answer => self.answer(request, leg),
            LegRequest::Place(Place { user, contact, presented }) => {
                let to = Destination::Contact { user, contact: registrar::ContactId(contact.0) };
                self.place(request, leg, to, &presented);
            }
            LegRequest::PlaceOutside(PlaceOutside { token, trunk, presented }) => {
                let to = Destination::Trunk { trunk, user_part: token.target().canonical().to_owned() };
                self.place(request, leg, to, &presented);
            }
            LegRequest::DetectMachine => self.media.detect_machine(leg, request.0),
            LegRequest::Play(sources) => self.media.play(leg, request.0, sources.to_vec(), false),
        }
    }

    fn answer(&mut self, request: RequestId, leg: LegId) {
        // Its caller left, and the exchange has yet to hear of it: a port opened now would never be closed.
        let Some(entry) = self.legs.get_mut(leg) else {
            self.done(request, Err(Cause::new(CauseKind::Cancelled)));
            return;
        };
        match self.media.open(leg) {
            Ok(local) => {
                entry.media_open = true;
                if let Some(offer) = entry.offer.take() {
                    self.media.set_remote(leg, offer);
                }
                let answered = self.sip.answer(self.now.mono, leg, &local);
                self.done(request, if answered { Ok(()) } else { Err(Cause::new(CauseKind::Cancelled)) });
            }
            Err(error) => {
                tracing::error!(%error, "no RTP port for a call");
                self.done(request, Err(Cause::new(CauseKind::Error)));
            }
        }
    }

    fn place(&mut self, request: RequestId, leg: LegId, to: Destination, presented: &crate::call::leg::Presented) {
        match self.media.open(leg) {
            Ok(local) => {
                let entry = self.legs.entry(leg);
                entry.media_open = true;
                entry.placing = Some(request);
                self.sip.place(self.now.mono, leg, &translate::place(to, presented, local));
            }
            Err(error) => {
                tracing::error!(%error, "no RTP port for a call");
                self.done(request, Err(Cause::new(CauseKind::Error)));
                self.leg(leg, LegEvent::Gone { cause: Cause::new(CauseKind::Error) });
            }
        }
    }

    fn reject(&mut self, leg: LegId, cause: Cause) {
        let status = cause.status.unwrap_or(cause.status());
        let retry_after = (status == 503).then_some(RETRY_AFTER_S);
        self.sip.reject(self.now.mono, leg, status, retry_after);
    }

    fn notice(&mut self, leg: LegId, op: LegNotice) {
        let now = self.now.mono;
        match op {
            LegNotice::Ring => drop(self.sip.ring(now, leg)),
            LegNotice::Reject { cause } => self.reject(leg, cause),
            LegNotice::Hangup { cause } => drop(self.sip.hangup(now, leg, translate::hangup_status(cause))),
            LegNotice::StopPlay => self.media.stop(leg),
            LegNotice::Background(sources) => self.media.play(leg, translate::UNAWAITED, sources.to_vec(), true),
            LegNotice::Connect { peer } => self.media.connect(leg, peer),
            LegNotice::Disconnect { peer } => self.media.disconnect(leg, peer),
            LegNotice::Mix { room } => self.media.mix(leg, room),
            LegNotice::Record(op) => self.media.record(leg, translate::recording(op)),
            LegNotice::Connected { peer } => self.sip.connected(now, leg, &peer.number, &peer.name, peer.anonymous),
            LegNotice::Key(key) => self.media.send_digits(leg, translate::UNAWAITED, key.to_string()),
            LegNotice::AnswerRefer { token, status: 202 } => drop(self.sip.accept_refer(now, ReferToken(token.0))),
            LegNotice::AnswerRefer { token, status } => drop(self.sip.refuse_refer(now, ReferToken(token.0), status)),
            LegNotice::NotifyRefer { token, status } => drop(self.sip.notify_refer(now, ReferToken(token.0), status)),
        }
    }
}

/// Sleeps until a deadline; for ever without one.
async fn sleep_until(clock: &Clock, deadline: Option<Mono>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(clock.instant(at)).await,
        None => std::future::pending().await,
    }
}
