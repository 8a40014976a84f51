//! What the driver counted, printed in the OpenMetrics text format.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use crate::runtime::metrics::{Snapshot, TURN_BUCKETS_US};
use crate::store::Health;

/// Prints one instant.
///
/// `store` is how the records fare.
///
/// # Errors
/// None that the text format gives for numbers and names.
pub fn print(snapshot: Snapshot, store: Health) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix("strowger");
    registry.register_collector(Box::new(Instant { snapshot, store }));
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry)?;
    Ok(text)
}

#[derive(Debug)]
struct Instant {
    snapshot: Snapshot,
    store: Health,
}

impl Collector for Instant {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for (name, help, value) in self.counters() {
            let counter = ConstCounter::new(value);
            counter.encode(encoder.encode_descriptor(name, help, None, MetricType::Counter)?)?;
        }
        for (name, help, value) in self.gauges() {
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)?;
        }
        self.queues(&mut encoder)?;
        self.turns(&mut encoder)
    }
}

impl Instant {
    fn counters(&self) -> [(&'static str, &'static str, u64); 17] {
        let (c, sip) = (&self.snapshot.counters, &self.snapshot.sip);
        [
            ("calls", "Calls that came in and were taken", c.calls),
            ("calls_refused", "Calls that came in and were refused", c.calls_refused),
            ("calls_ended", "Calls that are over", c.calls_ended),
            ("transfers", "Transfers begun", c.transfers),
            ("transfers_bridged", "Transfers whose parties talked", c.transfers_bridged),
            ("decisions_allowed", "Policy decisions that allowed a leg", c.decisions_allowed),
            ("decisions_denied", "Policy decisions that denied a leg", c.decisions_denied),
            ("permits_refused", "Legs refused for a user's limit", c.permits_refused),
            ("digits_dropped", "Keys dropped because they came too fast", c.digits_dropped),
            ("faults", "Calls ended because an invariant was broken", c.faults),
            ("records", "Call records put on disk", self.store.records),
            ("sip_received", "SIP messages received", sip.received),
            ("sip_dropped", "Messages that are not SIP, or from strangers", sip.dropped),
            ("sip_rejected", "Requests answered with an error at once", sip.rejected),
            ("sip_overloaded", "New calls answered 503 by the gate or a bound", sip.overloaded),
            ("sip_retransmitted", "Messages sent again", sip.retransmitted),
            ("sip_auth_failures", "Wrong passwords", sip.auth_failures),
        ]
    }

    fn gauges(&self) -> [(&'static str, &'static str, u64); 11] {
        let s = &self.snapshot;
        let transactions = s.sip_held.server_transactions.saturating_add(s.sip_held.client_transactions);
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        [
            ("live_calls", "Calls", count(s.live_calls)),
            ("live_legs", "Legs of calls", count(s.live_legs)),
            ("held_permits", "Permits for outside legs that are taken", count(s.held_permits)),
            ("rtp_ports", "RTP ports that are open", count(s.rtp_ports)),
            ("registered_users", "Users with a phone that is reachable", count(s.registered_users)),
            ("sip_legs", "Legs that SIP knows", count(s.sip_held.legs)),
            ("sip_transactions", "SIP transactions", count(transactions)),
            ("waiting_records", "Records that wait for the disk", count(self.store.waiting)),
            ("store_healthy", "1 while records reach the disk", u64::from(self.store.problem.is_none())),
            ("plan_revision", "Counted up at each reload", s.plan_revision),
            ("draining", "1 while no new calls are taken", u64::from(s.draining)),
        ]
    }

    fn queues(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Callers who wait in a queue";
        let mut family = encoder.encode_descriptor("queue_waiting", help, None, MetricType::Gauge)?;
        for (name, waiting) in &self.snapshot.waiting {
            let labels = [("queue", name.to_string())];
            let waiting = u64::try_from(*waiting).unwrap_or(u64::MAX);
            family.encode_family(&labels)?.encode_gauge(&waiting)?;
        }
        Ok(())
    }

    fn turns(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let turns = &self.snapshot.turns;
        let seconds = |us: u64| us as f64 / 1e6;
        let bounds = TURN_BUCKETS_US.iter().map(|us| seconds(*us)).chain([f64::INFINITY]);
        let buckets: Vec<(f64, u64)> = bounds.zip(turns.counts).collect();
        let help = "How long one turn of the exchange took";
        let unit = prometheus_client::registry::Unit::Seconds;
        let mut histogram = encoder.encode_descriptor("turn", help, Some(&unit), MetricType::Histogram)?;
        histogram.encode_histogram::<NoLabelSet>(seconds(turns.sum_us), turns.counts.iter().sum(), &buckets, None)
    }
}
