//! REGISTER and the passwords of phones: digest, nonces, replay, throttling, contacts, and calls to and from phones.

use strowger::sip::auth::digest::{Algorithm, Credentials};
use strowger::sip::event::{Destination, PlaceSpec, SipEvent, Source};
use strowger::sip::flow::{ConnectionId, Flow, Transport};
use strowger::sip::registrar::ContactId;

use super::calls_out::{LEG, spec};
use super::harness::*;

pub const CONTACT: &str = "Contact: <sip:102@192.168.7.7:40001>\r\n";

pub fn register(cseq: u32, lines: &str) -> String {
    format!(
        "REGISTER sip:acme.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.7.7:40001;branch=z9hG4bKreg{cseq};rport\r\nMax-Forwards: 70\r\n\
         From: <sip:102@acme.test>;tag=f\r\nTo: <sip:102@acme.test>\r\nCall-ID: reg@phone\r\nCSeq: {cseq} REGISTER\r\n{lines}Content-Length: 0\r\n\r\n"
    )
}

pub fn nonce_of(challenge: &str) -> String {
    challenge.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

pub struct Login<'a> {
    user: &'a str,
    password: &'a str,
    algorithm: Algorithm,
    nonce: String,
    nc: u32,
}

impl Login<'_> {
    pub fn line(&self, method: &str) -> String {
        let credentials = Credentials {
            username: self.user.into(),
            realm: "acme.test".into(),
            nonce: self.nonce.clone(),
            uri: "sip:acme.test".into(),
            algorithm: Some(self.algorithm),
            qop: Some("auth".into()),
            cnonce: "c0".into(),
            nc: format!("{:08x}", self.nc),
            ..Credentials::default()
        };
        format!(
            "Authorization: Digest username=\"{}\", realm=\"acme.test\", nonce=\"{}\", uri=\"sip:acme.test\", response=\"{}\", \
             algorithm={}, qop=auth, nc={}, cnonce=\"c0\"\r\n",
            self.user,
            self.nonce,
            credentials.expected(method, self.password),
            self.algorithm.name(),
            credentials.nc
        )
    }
}

pub fn challenged(bench: &mut Bench, cseq: u32) -> String {
    let sent = bench.feed(&register(cseq, CONTACT), udp(PHONE));
    assert_eq!(words(&sent), ["401"]);
    nonce_of(&sent[0])
}

pub fn dana(nonce: String, nc: u32) -> Login<'static> {
    Login { user: "us_dana", password: "secret-us_dana", algorithm: Algorithm::Md5, nonce, nc }
}

pub fn registered(bench: &mut Bench) -> ContactId {
    let nonce = challenged(bench, 1);
    let text = register(2, &format!("{CONTACT}{}", dana(nonce, 1).line("REGISTER")));
    assert_eq!(words(&bench.feed(&text, udp(PHONE))), ["200"]);
    let SipEvent::Registered { contacts, .. } = bench.event() else { panic!() };
    contacts[0]
}

#[test]
fn digests_are_those_of_the_rfcs() {
    // RFC 7616 §3.9.1, both algorithms of its example.
    for (algorithm, response) in [
        (Algorithm::Md5, "8ca523f5e9506fed4657c9700eebdbec"),
        (Algorithm::Sha256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ] {
        let credentials = Credentials {
            username: "Mufasa".into(),
            realm: "http-auth@example.org".into(),
            nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v".into(),
            uri: "/dir/index.html".into(),
            response: response.into(),
            algorithm: Some(algorithm),
            qop: Some("auth".into()),
            cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ".into(),
            nc: "00000001".into(),
        };
        assert!(credentials.holds("GET", "Circle of Life"));
        assert!(!credentials.holds("GET", "Circle of Lif"));
        assert!(!credentials.holds("PUT", "Circle of Life"));
    }
}

#[test]
fn a_phone_registers_with_either_algorithm_and_either_name() {
    for (user, algorithm) in [("us_dana", Algorithm::Md5), ("us_dana", Algorithm::Sha256), ("102", Algorithm::Sha256)] {
        let mut bench = Bench::new();
        let sent = bench.feed(&register(1, CONTACT), udp(PHONE));
        let challenges: Vec<_> = sent[0].lines().filter(|line| line.starts_with("WWW-Authenticate")).collect();
        assert!(challenges[0].contains("algorithm=SHA-256") && challenges[1].contains("algorithm=MD5"), "{}", sent[0]);
        let login = Login { user, password: "secret-us_dana", algorithm, nonce: nonce_of(&sent[0]), nc: 1 };
        let text = register(2, &format!("{CONTACT}Expires: 600\r\n{}", login.line("REGISTER")));
        let sent = bench.feed(&text, udp(PHONE));
        assert_eq!(words(&sent), ["200"]);
        assert_eq!(header(&sent[0], "Contact"), Some("<sip:102@192.168.7.7:40001>;expires=600"));
        assert!(matches!(bench.event(), SipEvent::Registered { user, .. } if &*user == "us_dana"));
        // The same REGISTER again is the same 200, not a replay.
        assert_eq!(bench.feed(&text, udp(PHONE)), sent);
        assert_eq!(bench.events(), []);
    }
}

#[test]
fn wrong_passwords_and_unknown_users_look_the_same() {
    let answer = |user: &str, password: &str| {
        let mut bench = Bench::new();
        let login = Login { user, password, algorithm: Algorithm::Md5, nonce: challenged(&mut bench, 1), nc: 1 };
        let sent = bench.feed(&register(2, &format!("{CONTACT}{}", login.line("REGISTER"))), udp(PHONE));
        assert_eq!(bench.events(), []);
        sent
    };
    let wrong = answer("us_dana", "guess");
    assert_eq!(words(&wrong), ["403"]);
    assert_eq!(answer("us_nobody", "guess"), wrong);
    assert_eq!(answer("us_nobody", "no such user"), wrong, "there is no password that makes a user");
}

#[test]
fn guessing_is_throttled_for_user_and_source_and_forgotten() {
    let mut bench = Bench::new();
    let guess = |bench: &mut Bench, n: u32, password, from| {
        let sent = bench.feed(&register(2 * n, CONTACT), udp(from));
        let login = Login { user: "us_dana", password, algorithm: Algorithm::Md5, nonce: nonce_of(&sent[0]), nc: 1 };
        words(&bench.feed(&register(2 * n + 1, &format!("{CONTACT}{}", login.line("REGISTER"))), udp(from)))
    };
    for n in 1..=5 {
        assert_eq!(guess(&mut bench, n, "guess", PHONE), ["403"]);
    }
    assert_eq!(guess(&mut bench, 6, "secret-us_dana", PHONE), Vec::<String>::new());
    // The real phone, elsewhere, is not locked out.
    assert_eq!(guess(&mut bench, 7, "secret-us_dana", "192.168.7.8:5060"), ["200"]);
    bench.pass(secs(61));
    assert_eq!(guess(&mut bench, 8, "secret-us_dana", PHONE), ["200"]);
}

#[test]
fn a_nonce_serves_once_per_count_and_not_for_ever() {
    let mut bench = Bench::new();
    let nonce = challenged(&mut bench, 1);
    let ask = |bench: &mut Bench, cseq, nc| {
        let text = register(cseq, &format!("{CONTACT}{}", dana(nonce.clone(), nc).line("REGISTER")));
        bench.feed(&text, udp(PHONE))
    };
    assert_eq!(words(&ask(&mut bench, 2, 1)), ["200"]);
    let sent = ask(&mut bench, 3, 1);
    assert_eq!(words(&sent), ["401"], "a replay");
    assert!(sent[0].contains("stale=true"));
    assert_eq!(words(&ask(&mut bench, 4, 2)), ["200"]);
    bench.pass(secs(301));
    let sent = ask(&mut bench, 5, 3);
    assert_eq!(words(&sent), ["401"], "an old one");
    assert!(sent[0].contains("stale=true"));
    let forged = dana("0".repeat(64), 1).line("REGISTER");
    let sent = bench.feed(&register(6, &format!("{CONTACT}{forged}")), udp(PHONE));
    assert_eq!(words(&sent), ["401"]);
    assert!(!sent[0].contains("stale"));
}

#[test]
fn a_user_registers_only_itself() {
    let mut bench = Bench::new();
    let nonce = challenged(&mut bench, 1);
    let login = Login { user: "us_ravi", password: "secret-us_ravi", algorithm: Algorithm::Md5, nonce, nc: 1 };
    let text = register(2, &format!("{CONTACT}{}", login.line("REGISTER")));
    assert_eq!(words(&bench.feed(&text, udp(PHONE))), ["403"]);
    assert_eq!(bench.events(), []);
}

#[test]
fn the_bounds_of_a_registration() {
    let mut bench = Bench::new();
    let nonce = challenged(&mut bench, 1);
    let mut cseq = 1;
    let mut ask = |bench: &mut Bench, lines: &str| {
        cseq += 1;
        let text = register(cseq, &format!("{lines}{}", dana(nonce.clone(), cseq).line("REGISTER")));
        bench.feed(&text, udp(PHONE)).remove(0)
    };
    let short = ask(&mut bench, &format!("{CONTACT}Expires: 30\r\n"));
    assert_eq!(
        (words(std::slice::from_ref(&short)).remove(0).as_str(), header(&short, "Min-Expires")),
        ("423", Some("60"))
    );
    let long = ask(&mut bench, &format!("{CONTACT}Expires: 99999\r\n"));
    assert!(header(&long, "Contact").unwrap().ends_with(";expires=3600"));
    let own = ask(&mut bench, "Contact: <sip:102@192.168.7.7:40001>;expires=120\r\nExpires: 900\r\n");
    assert!(header(&own, "Contact").unwrap().ends_with(";expires=120"));
    assert_eq!(words(&[ask(&mut bench, "Contact: *\r\nExpires: 60\r\n")]), ["400"]);
    assert_eq!(words(&[ask(&mut bench, &format!("Contact: *\r\n{CONTACT}Expires: 0\r\n"))]), ["400"]);
    assert_eq!(words(&[ask(&mut bench, "Contact: <mailto:a@b>\r\n")]), ["400"]);
    assert!(ask(&mut bench, "").contains("Contact: <sip:102@192.168.7.7:40001>"), "a query");
    assert_eq!(bench.events().len(), 1);
    let gone = ask(&mut bench, "Contact: *\r\nExpires: 0\r\n");
    assert_eq!(header(&gone, "Contact"), None);
    assert!(matches!(bench.event(), SipEvent::Unregistered { .. }));
}

#[test]
fn a_registration_that_is_not_refreshed_ends() {
    let mut bench = Bench::new();
    registered(&mut bench);
    bench.pass(secs(3_599));
    assert_eq!(bench.events(), []);
    bench.pass(secs(2));
    assert!(matches!(bench.event(), SipEvent::Unregistered { .. }));
}

#[test]
fn too_many_contacts_push_out_the_first() {
    let mut bench = Bench::new();
    let nonce = challenged(&mut bench, 1);
    for n in 1..=10 {
        let text =
            register(1 + n, &format!("Contact: <sip:102@10.1.1.{n}>\r\n{}", dana(nonce.clone(), n).line("REGISTER")));
        assert_eq!(words(&bench.feed(&text, udp(PHONE))), ["200"]);
        bench.pass(secs(1));
    }
    assert_eq!(bench.core.contacts("us_dana").len(), 8);
}

#[test]
fn a_call_to_a_phone_goes_where_its_register_came_from() {
    let mut bench = Bench::new();
    let contact = registered(&mut bench);
    let to = Destination::Contact { user: "us_dana".into(), contact };
    bench.core.place(bench.now, LEG, &PlaceSpec { to, ..spec() });
    let transmit = bench.core.next_transmit().unwrap();
    assert_eq!(transmit.flow, udp(PHONE));
    let invite = String::from_utf8(transmit.bytes.to_vec()).unwrap();
    assert!(invite.starts_with("INVITE sip:102@192.168.7.7:40001 SIP/2.0\r\n"));
    // And so does all that follows, whatever its Contact says.
    let answer = response(&invite, 200, "t", "Contact: <sip:102@172.16.0.1>\r\n", OFFER);
    bench.core.receive(bench.now, answer.as_bytes(), udp(PHONE));
    assert_eq!(bench.core.next_transmit().unwrap().flow, udp(PHONE));
}

#[test]
fn a_phones_call_is_challenged_and_known_by_its_password() {
    let mut bench = Bench::new();
    let script = Script { peer: PHONE.into(), ..Script::new("c") };
    let sent = bench.feed(&script.request("INVITE", 1, "b1", "", OFFER), udp(PHONE));
    assert_eq!(words(&sent), ["401"]);
    assert!(bench.feed(&script.request("ACK", 1, "b1", "", ""), udp(PHONE)).is_empty());
    let line = dana(nonce_of(&sent[0]), 1).line("INVITE");
    assert_eq!(words(&bench.feed(&script.request("INVITE", 2, "b2", &line, OFFER), udp(PHONE))), ["100"]);
    let SipEvent::Incoming(call) = bench.event() else { panic!() };
    assert_eq!(call.source, Source::User("us_dana".into()));
}

/// It is not registered, so nothing but its INVITE says who it is; a CANCEL of nobody's call still gets no answer.
#[test]
fn a_phone_that_is_not_registered_may_cancel_its_call() {
    let mut bench = Bench::new();
    let script = Script { peer: PHONE.into(), ..Script::new("c") };
    let sent = bench.feed(&script.request("INVITE", 1, "b1", "", OFFER), udp(PHONE));
    let line = dana(nonce_of(&sent[0]), 1).line("INVITE");
    bench.feed(&script.request("INVITE", 2, "b2", &line, OFFER), udp(PHONE));
    let SipEvent::Incoming(call) = bench.event() else { panic!() };
    assert!(bench.feed(&script.request("CANCEL", 2, "other", "", ""), udp(PHONE)).is_empty());
    assert_eq!(words(&bench.feed(&script.request("CANCEL", 2, "b2", "", ""), udp(PHONE))), ["200", "487"]);
    assert!(matches!(bench.event(), SipEvent::Gone { leg, .. } if leg == call.leg));
}

#[test]
fn a_registered_phone_inside_a_trunks_network_is_a_phone() {
    let mut config = config();
    config.trunks[0].sources = vec!["0.0.0.0/0".parse().unwrap()];
    let mut bench = Bench::with(config);
    let script = Script { peer: PHONE.into(), ..Script::new("c") };
    registered(&mut bench);
    assert_eq!(words(&bench.feed(&script.request("INVITE", 1, "b1", "", OFFER), udp(PHONE))), ["401"]);
    // Any other address in it is the trunk.
    assert_eq!(words(&bench.feed(&script.request("INVITE", 1, "b2", "", OFFER), udp("192.168.7.9:5060"))), ["100"]);
}

#[test]
fn a_closed_connection_takes_its_registrations_along() {
    let mut bench = Bench::new();
    let flow = Flow { transport: Transport::Tcp, connection: Some(ConnectionId(3)), ..udp(PHONE) };
    let sent = bench.feed(&register(1, CONTACT), flow);
    let text = register(2, &format!("{CONTACT}{}", dana(nonce_of(&sent[0]), 1).line("REGISTER")));
    bench.feed(&text, flow);
    let SipEvent::Registered { contacts, .. } = bench.event() else { panic!() };
    let to = Destination::Contact { user: "us_dana".into(), contact: contacts[0] };
    bench.core.place(bench.now, LEG, &PlaceSpec { to, ..spec() });
    bench.core.connection_closed(bench.now, ConnectionId(4));
    assert_eq!(bench.events(), []);
    bench.core.connection_closed(bench.now, ConnectionId(3));
    let events = bench.events();
    let [SipEvent::PlaceFailed { leg: LEG, status: 503, .. }, SipEvent::Unregistered { .. }] = events.as_slice() else {
        panic!("{events:?}")
    };
}

#[test]
fn a_user_that_leaves_the_site_loses_its_registration() {
    let mut bench = Bench::new();
    registered(&mut bench);
    let mut config = config();
    config.users.remove(0);
    bench.core.reconfigure(config.into());
    assert!(matches!(bench.event(), SipEvent::Unregistered { .. }));
}

#[test]
fn a_register_that_comes_late_does_not_undo_a_newer_one() {
    let mut bench = Bench::new();
    let nonce = challenged(&mut bench, 1);
    let mut ask = |cseq, nc, expires| {
        let login = dana(nonce.clone(), nc).line("REGISTER");
        let text = register(cseq, &format!("{CONTACT}Expires: {expires}\r\n{login}"));
        words(&bench.feed(&text, udp(PHONE))).remove(0)
    };
    assert_eq!(ask(10, 1, 600), "200");
    assert_eq!(ask(9, 2, 0), "500");
    assert_eq!(ask(11, 3, 0), "200");
    assert!(bench.core.contacts("us_dana").is_empty());
}
