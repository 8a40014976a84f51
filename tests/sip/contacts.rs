//! Several phones of one user, registered at one time: in which order they are told, and that each rings by itself.

use strowger::base::id::LegId;
use strowger::sip::event::{Destination, PlaceSpec, SipEvent};
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
