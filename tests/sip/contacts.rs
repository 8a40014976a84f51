//! Several phones of one user, registered at one time: in which order they are told, and that each rings by itself.

use std::sync::Arc;

use strowger::base::id::LegId;
use strowger::base::time::{Micros, Now, Wall};
use strowger::runtime::registrations;
use strowger::sip::core::Core;
use strowger::sip::event::{Destination, PlaceSpec, SipEvent};
use strowger::sip::flow::{ConnectionId, Flow, Transport};
use strowger::sip::registrar::ContactId;

use super::authentication::{challenged, dana, register};
use super::calls_out::spec;
use super::harness::*;

struct Phones {
    bench: Bench,
    nonce: String,
    asked: u32,
}

impl Phones {
    fn new() -> Self {
        let mut bench = Bench::new();
        let nonce = challenged(&mut bench, 1);
        Self { bench, nonce, asked: 0 }
    }

    /// A REGISTER from the phone at this port.
    fn register(&mut self, port: u16, lines: &str) -> String {
        self.asked += 1;
        let login = dana(self.nonce.clone(), self.asked).line("REGISTER");
        let text = register(1 + self.asked, &format!("{lines}{login}"));
        let sent = self.bench.feed(&text, udp(&format!("192.168.7.7:{port}")));
        assert_eq!(words(&sent), ["200"], "{lines}");
        sent[0].clone()
    }

    fn told(&mut self) -> Option<Vec<u64>> {
        match self.bench.events().as_slice() {
            [] => None,
            [SipEvent::Registered { contacts, .. }] => Some(contacts.iter().map(|ContactId(n)| *n).collect()),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn phones_are_told_in_the_order_of_their_q() {
    let mut phones = Phones::new();
    phones.register(40001, "Contact: <sip:102@desk>;q=0.5\r\n");
    assert_eq!(phones.told(), Some(vec![1]));
    phones.register(40002, "Contact: <sip:102@cell>;q=0.25\r\n");
    assert_eq!(phones.told(), Some(vec![1, 2]));
    phones.register(40003, "Contact: <sip:102@head>\r\n");
    assert_eq!(phones.told(), Some(vec![3, 1, 2]), "without q it is the first");
    phones.register(40004, "Contact: <sip:102@soft>;q=0.5\r\n");
    assert_eq!(phones.told(), Some(vec![3, 1, 4, 2]), "equals as they came");
    // A refresh changes nothing, though it comes last.
    let all = phones.register(40001, "Contact: <sip:102@desk>;q=0.500\r\n");
    assert_eq!(phones.told(), None);
    let contacts: Vec<&str> = all.lines().filter_map(|line| line.strip_prefix("Contact: ")).collect();
    assert_eq!(
        contacts,
        [
            "<sip:102@head>;expires=3600",
            "<sip:102@desk>;expires=3600;q=0.500",
            "<sip:102@soft>;expires=3600;q=0.500",
            "<sip:102@cell>;expires=3600;q=0.250"
        ]
    );
    // Another wish is news.
    phones.register(40002, "Contact: <sip:102@cell>;q=1.0\r\n");
    assert_eq!(phones.told(), Some(vec![2, 3, 1, 4]));
    phones.register(40002, "Contact: <sip:102@cell>;q=nonsense\r\n");
    assert_eq!(phones.told(), Some(vec![3, 1, 4, 2]));
    phones.register(40003, "Contact: <sip:102@head>;expires=0\r\n");
    assert_eq!(phones.told(), Some(vec![1, 4, 2]));
}

#[test]
fn each_phone_of_a_user_rings_by_itself_and_one_takes_the_call() {
    let mut phones = Phones::new();
    phones.register(40001, "Contact: <sip:102@desk>\r\n");
    phones.register(40002, "Contact: <sip:102@cell>\r\n");
    let mut bench = phones.bench;
    bench.events();
    let contacts = bench.core.contacts("us_dana");
    let mut invites = Vec::new();
    for (n, contact) in contacts.into_iter().enumerate() {
        let to = Destination::Contact { user: "us_dana".into(), contact };
        bench.core.place(bench.now, LegId(2 + 2 * n as u64), &PlaceSpec { to, ..spec() });
        let transmit = bench.core.next_transmit().unwrap();
        assert_eq!(transmit.flow, udp(&format!("192.168.7.7:{}", 40001 + n)));
        invites.push((transmit.flow, String::from_utf8(transmit.bytes.to_vec()).unwrap()));
    }
    for (flow, invite) in &invites {
        bench.feed(&response(invite, 180, "t", "", ""), *flow);
    }
    let ringing: Vec<SipEvent> =
        [2, 4].map(|n| SipEvent::Ringing { leg: LegId(n), early_media: None }).into_iter().collect();
    assert_eq!(bench.events(), ringing);
    let (flow, invite) = &invites[1];
    assert_eq!(words(&bench.feed(&response(invite, 200, "t", "", OFFER), *flow)), ["ACK"]);
    bench.core.hangup(bench.now, LegId(2), 200);
    let cancel = bench.core.next_transmit().unwrap();
    assert_eq!(cancel.flow, invites[0].0);
    let cancel = String::from_utf8(cancel.bytes.to_vec()).unwrap();
    assert!(cancel.starts_with("CANCEL sip:102@desk"), "{cancel}");
    assert!(header(&cancel, "Reason").unwrap().contains("completed elsewhere"));
}

/// As the shell keeps a user's telephones, and gives them to the next process, so much later.
fn next_process(bench: &mut Bench, later: Micros) -> (Bench, Vec<u64>) {
    let wall = Wall(1_900_000_000_000);
    assert_eq!(bench.core.touched_users().into_iter().collect::<Vec<_>>(), ["us_dana".into()]);
    let then = Now { mono: bench.now, wall };
    let kept = registrations::write(then, bench.core.bindings("us_dana"));
    let mut next = Bench { core: Core::new(Arc::new(config()), [9; 32]), ..Bench::new() };
    let now = Now { mono: next.now, wall: Wall(wall.0 + later.as_ms() as i64) };
    let held = kept.map(|kept| {
        assert_eq!(registrations::read(now, &kept[..kept.len() - 1]), None, "damaged");
        registrations::read(now, &kept).unwrap()
    });
    next.core.restore_bindings(next.now, &"us_dana".into(), held.unwrap_or_default());
    let told = match next.events().as_slice() {
        [] => Vec::new(),
        [SipEvent::Registered { user, contacts }] if &**user == "us_dana" => contacts.iter().map(|id| id.0).collect(),
        other => panic!("{other:?}"),
    };
    (next, told)
}

#[test]
fn t60_telephones_need_not_register_again_with_the_next_process() {
    let mut phones = Phones::new();
    phones.register(40001, "Contact: <sip:102@desk>;q=0.5;expires=600\r\n");
    phones.register(40002, "Contact: <sip:102@cell>;expires=90\r\n");
    let over_tcp = Flow { connection: Some(ConnectionId(1)), transport: Transport::Tcp, ..udp("192.168.7.7:40003") };
    phones.asked += 1;
    let login = dana(phones.nonce.clone(), phones.asked).line("REGISTER");
    let text = register(1 + phones.asked, &format!("Contact: <sip:102@tcp>\r\n{login}"));
    assert_eq!(words(&phones.bench.feed(&text, over_tcp)), ["200"]);
    assert_eq!(phones.bench.events().len(), 3);
    let (mut next, told) = next_process(&mut phones.bench, secs(60));
    assert_eq!(told, [1, 2], "both, though not the one on a connection");
    let to = Destination::Contact { user: "us_dana".into(), contact: ContactId(1) };
    next.core.place(next.now, LegId(2), &PlaceSpec { to, ..spec() });
    let invite = next.core.next_transmit().unwrap();
    assert_eq!(invite.flow.peer, addr("192.168.7.7:40002"), "the one without q first, where it came from");
    assert!(invite.bytes.starts_with(b"INVITE sip:102@cell SIP/2.0\r\n"));
    next.core.hangup(next.now, LegId(2), 0);
    // What is left of its registration is what was left of it.
    next.events();
    next.pass(secs(31));
    let events = next.events();
    assert!(
        events.iter().any(|e| matches!(e, SipEvent::Registered { contacts, .. } if contacts[..] == [ContactId(2)])),
        "{events:?}"
    );
    assert_eq!(next_process(&mut next, secs(3_600)).1, [0; 0], "all are over");
}

/// What only keeps a telephone registered is no event, and is to be kept nevertheless.
#[test]
fn a_refresh_is_to_be_kept_and_a_question_is_not() {
    let mut phones = Phones::new();
    phones.register(40001, "Contact: <sip:102@desk>\r\n");
    assert_eq!(phones.bench.core.touched_users().len(), 1);
    phones.register(40001, "");
    assert!(!phones.bench.core.has_touched_users());
    phones.told();
    phones.register(40001, "Contact: <sip:102@desk>\r\n");
    assert_eq!(phones.told(), None);
    assert_eq!(phones.bench.core.touched_users().len(), 1);
}
