//! The messages of RFC 4475 and what each is answered with here, as a trunk's. They are written from the RFC's
//! description of what is wrong in each. Both test binaries read this table: it uses nothing of either.

/// What a message leads to: the statuses answered, and whether a call came in.
pub struct Case {
    pub name: &'static str,
    pub statuses: &'static [&'static str],
    pub call: bool,
    pub bytes: Vec<u8>,
}

fn case(name: &'static str, statuses: &'static [&'static str], call: bool, text: &str) -> Case {
    Case { name, statuses, call, bytes: text.replace('\n', "\r\n").into_bytes() }
}

/// Every message of the table.
pub fn all() -> Vec<Case> {
    valid().into_iter().chain(invalid()).collect()
}

const SDP: &str = "v=0\no=mhandley 29739 7272939 IN IP4 192.0.2.3\ns=-\nc=IN IP4 192.0.2.4\nt=0 0\nm=audio 49217 RTP/AVP 0 12\nm=video 3227 RTP/AVP 31\na=rtpmap:31 LPC\n";

/// A plain request with some headers replaced or added: `name: value` replaces a header of that name.
fn plain(method: &str, uri: &str, changes: &str) -> String {
    request(&format!("{method} {uri} SIP/2.0"), method, changes, "")
}

fn request(start: &str, method: &str, changes: &str, body: &str) -> String {
    let mut headers: Vec<(String, String)> = [
        ("To", "sip:user@example.com".to_owned()),
        ("From", "<sip:caller@example.net>;tag=1918181833n".to_owned()),
        ("Max-Forwards", "70".to_owned()),
        ("Call-ID", format!("{:x}@192.0.2.2", start.len() * 31 + changes.len())),
        ("CSeq", format!("8 {method}")),
        ("Via", "SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKkdjuw".to_owned()),
        ("Contact", "<sip:caller@host5.example.net>".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec();
    if !body.is_empty() {
        headers.push(("Content-Type".into(), "application/sdp".into()));
    }
    for line in changes.lines().filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').unwrap();
        let (name, add) = name.strip_prefix('+').map_or((name, false), |name| (name, true));
        headers.retain(|(known, _)| add || known != name);
        if !value.is_empty() {
            headers.push((name.to_owned(), value.trim_start().to_owned()));
        }
    }
    if !headers.iter().any(|(name, _)| name == "Content-Length") {
        headers.push(("Content-Length".into(), body.replace('\n', "\r\n").len().to_string()));
    }
    let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    format!("{start}\n{lines}\n{body}")
}

fn invite(start: &str, changes: &str) -> String {
    request(start, "INVITE", changes, SDP)
}

const INVITE: &str = "INVITE sip:user@example.com SIP/2.0";

#[allow(clippy::too_many_lines, reason = "a table of messages")]
fn valid() -> Vec<Case> {
    let wsinv = format!(
        "INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0\n\
         TO :\n sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n\n\
         from   : \"J Rosenberg \\\\\\\"\"       <sip:jdrosen@example.com>\n  ;\n  tag = 98asjd8\n\
         MaX-fOrWaRdS: 0068\n\
         Call-ID: wsinv.ndaksdj@192.0.2.1\n\
         Content-Length   : {}\n\
         cseq: 0009\n  INVITE\n\
         Via  : SIP  /   2.0\n /UDP\n    192.0.2.2;branch=390skdjuw\n\
         s :\n\
         NewFangledHeader:   newfangled value\n continued newfangled value\n\
         UnknownHeaderWithUnusualValue: ;;,,;;,;\n\
         Content-Type: application/sdp\n\
         Route:\n <sip:services.example.com;lr;unknownwith=value;unknown-no-value>\n\
         v:  SIP  / 2.0  / TCP     spindle.example.com   ;\n  branch  =   z9hG4bK9ikj8  ,\n SIP  /    2.0   / UDP  192.168.255.111   ; branch=\n z9hG4bK30239\n\
         m:\"Quoted string \\\"\\\"\" <sip:jdrosen@example.com> ; newparam =\n      newvalue ;\n  secondparam ; q = 0.33\n\n{SDP}",
        SDP.replace('\n', "\r\n").len()
    );
    let unusual =
        "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com";
    let intmeth = format!(
        "!interesting-Method0123456789_*+`.%indeed'~ {unusual} SIP/2.0\n\
         Via: SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+`'~\n\
         To: \"BEL:\\\u{7} NUL:\\\u{0} DEL:\\\u{7f}\" <{unusual}>\n\
         From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%=\"работающий\";tag=_token~1'+`*%!-.\n\
         Call-ID: intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}}{{\n\
         CSeq: 139122385 !interesting-Method0123456789_*+`.%indeed'~\n\
         Max-Forwards: 255\n\
         extensionHeader-!.%*+_`'~:\u{fffd}大停電\n\
         Content-Length: 0\n\n"
    );
    let long = "x".repeat(1500);
    let longreq = invite(
        &format!("INVITE sip:user@example.com;unknownparam1={long} SIP/2.0"),
        &format!(
            "To: \"I have a user name of {long}\" <sip:user@example.com:6000;unknownparam1={long}>\n\
             From: sip:caller@example.net;tag=12982982982982982982982982982982982424;unknownheaderparam=value\n\
             Unknown-{long}: value\nCall-ID: longreq.one{long}\n\
             +Via: SIP/2.0/TCP sip33.example.com, SIP/2.0/TCP sip32.example.com;branch=z9hG4bKiokioukju908\n\
             +Via: SIP/2.0/UDP sip30.example.com, SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK{long}"
        ),
    );
    let dblreq = format!(
        "{}{}",
        plain("REGISTER", "sip:example.com", "CSeq: 8 REGISTER\nCall-ID: dblreq.0ha0isndaksdj99sdfafnl3lk233412"),
        invite(INVITE, "")
    );
    let vias: String = ["TCP", "SCTP", "TLS", "UNKNOWN"]
        .iter()
        .map(|transport| format!("+Via: SIP/2.0/{transport} t1.example.com;branch=z9hG4bK{transport}\n"))
        .collect();
    let mut mpart01 = request(
        "MESSAGE sip:kumiko@example.org SIP/2.0",
        "MESSAGE",
        "Content-Type: multipart/mixed;boundary=7a9cbec02ceef655",
        "--7a9cbec02ceef655\n",
    );
    mpart01.push_str("binary \u{0} part");
    vec![
        // It has a To tag: inside a dialog that nobody here knows.
        case("wsinv", &["481"], false, &wsinv),
        case("intmeth", &["501"], false, &intmeth),
        case(
            "esc01",
            &["100"],
            true,
            &invite(
                "INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0",
                "To: sip:%75se%72@example.com\nContact: <sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>",
            ),
        ),
        case(
            "escnull",
            &["401"],
            false,
            &plain(
                "REGISTER",
                "sip:example.com",
                "To: sip:null-%00-null@example.com\nContact: <sip:%00@host5.example.com>\n+Contact: <sip:%00%00@host5.example.com>",
            ),
        ),
        case(
            "esc02",
            &["501"],
            false,
            &plain(
                "RE%47IST%45R",
                "sip:registrar.example.com",
                "To: \"%Z%45\" <sip:resource@example.com>\nContact: <sip:alias1@host1.example.com>\n+Contact: <sip:alias2@host2.example.com>",
            ),
        ),
        case(
            "lwsdisp",
            &["200"],
            false,
            &plain("OPTIONS", "sip:user@example.com", "From: caller<sip:caller@example.com>;tag=323"),
        ),
        case("longreq", &["100"], true, &longreq),
        case("dblreq", &["401"], false, &dblreq),
        case(
            "semiuri",
            &["200"],
            false,
            &plain(
                "OPTIONS",
                "sip:user;par=u%40example.net@example.com",
                "To: sip:j_user@example.com\nAccept: application/sdp, application/pkcs7-mime, multipart/mixed",
            ),
        ),
        case("transports", &["200"], false, &plain("OPTIONS", "sip:user@example.com", &vias)),
        case("mpart01", &["405"], false, &mpart01),
        case(
            "unreason",
            &[],
            false,
            "SIP/2.0 200 = 2**3 * 5**2 но сто девяносто девять - простое\nVia: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923\nCall-ID: unreason.1234ksdfak3j2erwedfsASdf\nCSeq: 35 INVITE\nFrom: sip:user@example.com;tag=11141343\nTo: sip:user@example.edu;tag=2229\nContent-Length: 0\n\n",
        ),
        case(
            "noreason",
            &[],
            false,
            "SIP/2.0 100 \nVia: SIP/2.0/UDP 192.0.2.105;branch=z9hG4bK2398ndaoe\nCall-ID: noreason.asndj203insdf99223ndf\nCSeq: 35 INVITE\nFrom: <sip:user@example.com>;tag=39ansfi3\nTo: <sip:user@example.edu>;tag=902jndnke3\nContent-Length: 0\n\n",
        ),
    ]
}

#[allow(clippy::too_many_lines, reason = "a table of messages")]
fn invalid() -> Vec<Case> {
    vec![
        case(
            "badinv01",
            &["400"],
            false,
            &invite(
                INVITE,
                "Via: SIP/2.0/UDP 192.0.2.15;;,;,,\nContact: \"Joe\" <sip:joe@example.org>;;;;\nAccept: ,;text/plain;q=1,,",
            ),
        ),
        case("clerr", &["400"], false, &invite(INVITE, "Content-Length: 9999")),
        case("ncl", &["400"], false, &invite(INVITE, "Content-Length: -999")),
        case(
            "scalar02",
            &["400"],
            false,
            &plain(
                "REGISTER",
                "sip:example.com",
                "CSeq: 36893488147419103232 REGISTER\nMax-Forwards: 300\nExpires: 10000000000000000000000\nContact: <sip:user@host129.example.com>;expires=280297596632815",
            ),
        ),
        case(
            "scalarlg",
            &[],
            false,
            "SIP/2.0 503 Service Unavailable\nVia: SIP/2.0/TCP host129.example.com;branch=z9hG4bKzzxdiwo34sw;received=192.0.2.129\nTo: <sip:user@example.com>\nFrom: <sip:other@example.net>;tag=2easdjfejw\nCSeq: 9292394834772304023312 OPTIONS\nCall-ID: scalarlg.noase0of0234hn2qofoaf0232aewf2394r\nRetry-After: 949302838503028349304023988\nWarning: 1812 overture \"In Progress\"\nContent-Length: 0\n\n",
        ),
        case("quotbal", &["400"], false, &invite(INVITE, "To: \"Mr. J. User <sip:j.user@example.com>")),
        case("ltgtruri", &["400"], false, &invite("INVITE <sip:user@example.com> SIP/2.0", "")),
        case("lwsruri", &["400"], false, &invite("INVITE sip:user@example.com; lr SIP/2.0", "")),
        case("lwsstart", &["400"], false, &invite("INVITE  sip:user@example.com  SIP/2.0", "")),
        case("trws", &["400"], false, &request("OPTIONS sip:remote-target@example.com SIP/2.0  ", "OPTIONS", "", "")),
        case(
            "escruri",
            &["400"],
            false,
            &invite("INVITE sip:user@example.com?Route=%3Csip:example.com%3E SIP/2.0", ""),
        ),
        // Date decides nothing here, and phones with a wrong one must be able to call.
        case("baddate", &["100"], true, &invite(INVITE, "Date: Fri, 01 Jan 2010 16:00:00 EST")),
        case(
            "regbadct",
            &["400"],
            false,
            &plain("REGISTER", "sip:example.com", "Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E"),
        ),
        case(
            "badaspec",
            &["400"],
            false,
            &plain("OPTIONS", "sip:user@example.org", "To: \"Watson, Thomas\" < sip:t.watson@example.org >"),
        ),
        case(
            "baddn",
            &["400"],
            false,
            &plain("OPTIONS", "sip:t.watson@example.org", "From: Bell, Alexander <sip:a.g.bell@example.com>;tag=43"),
        ),
        case(
            "badvers",
            &["505"],
            false,
            &request(
                "OPTIONS sip:t.watson@example.org SIP/7.0",
                "OPTIONS",
                "Via: SIP/7.0/UDP c.example.com;branch=z9hG4bKkdjuw\n+Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKkdjuw",
                "",
            ),
        ),
        case("mismatch01", &["400"], false, &plain("OPTIONS", "sip:user@example.com", "CSeq: 8 INVITE")),
        case("mismatch02", &["400"], false, &plain("NEWMETHOD", "sip:user@example.com", "CSeq: 8 INVITE")),
        case(
            "bigcode",
            &[],
            false,
            "SIP/2.0 4294967301 better not break the receiver\nVia: SIP/2.0/UDP 192.0.2.105;branch=z9hG4bK2398ndaoe\nCall-ID: bigcode.asdof3uj203asdnf3429uasdhfas3ehjasdfas9i\nCSeq: 353494 INVITE\nFrom: <sip:user@example.com>;tag=39ansfi3\nTo: <sip:user@example.edu>;tag=902jndnke3\nContent-Length: 0\n\n",
        ),
        // An empty branch: found by the rules of RFC 2543.
        case(
            "badbranch",
            &["200"],
            false,
            &plain("OPTIONS", "sip:user@example.com", "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK"),
        ),
        case("insuf", &["400"], false, &invite(INVITE, "From:\nTo:\nCall-ID:")),
        case("unkscm", &["416"], false, &plain("OPTIONS", "nobodyKnowsThisScheme:totallyopaquecontent", "")),
        case("novelsc", &["416"], false, &plain("OPTIONS", "soap.beep://192.0.2.103:3002", "")),
        case(
            "unksm2",
            &["401"],
            false,
            &plain(
                "REGISTER",
                "sip:example.com",
                "To: isbn:2983792873\nFrom: <http://www.example.com>;tag=3234233\nContact: <name:John_Smith>",
            ),
        ),
        case(
            "bext01",
            &["420"],
            false,
            &plain(
                "OPTIONS",
                "sip:user@example.com",
                "Require: nothingSupportsThis, nothingSupportsThisEither\nProxy-Require: noProxiesSupportThis, norDoAnyProxiesSupportThis",
            ),
        ),
        case("invut", &["415"], false, &invite(INVITE, "Content-Type: application/unknownformat")),
        case(
            "regaut01",
            &["401"],
            false,
            &plain("REGISTER", "sip:example.com", "Authorization: NoOneKnowsThisScheme opaque-data=here"),
        ),
        case(
            "multi01",
            &["400"],
            false,
            &invite(
                INVITE,
                "+CSeq: 59 INVITE\n+Call-ID: multi01.1asdhfa\n+From: sip:other@example.com;tag=x\n+To: sip:other@example.com\n+Max-Forwards: 5",
            ),
        ),
        case(
            "mcl01",
            &["400"],
            false,
            &plain("OPTIONS", "sip:user@example.com", "+Content-Length: 13\n+Content-Length: 5"),
        ),
        case(
            "bcast",
            &[],
            false,
            "SIP/2.0 200 OK\nVia: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923\nVia: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23\nCall-ID: bcast.0384840201234ksdfak3j2erwedfsASdf\nCSeq: 35 INVITE\nFrom: sip:user@example.com;tag=11141343\nTo: sip:user@example.edu;tag=2229\nContent-Length: 0\n\n",
        ),
        // We are the last hop: RFC 3261 §11 lets it answer. An INVITE would go on from here.
        case("zeromf", &["200"], false, &plain("OPTIONS", "sip:user@example.com", "Max-Forwards: 0")),
        case("zeromf of a call", &["483"], false, &invite(INVITE, "Max-Forwards: 0")),
        case(
            "cparam01",
            &["401"],
            false,
            &plain("REGISTER", "sip:example.com", "Contact: sip:+19725552222@gw1.example.net;unknownparam"),
        ),
        case(
            "cparam02",
            &["401"],
            false,
            &plain("REGISTER", "sip:example.com", "Contact: <sip:+19725552222@gw1.example.net;unknownparam>"),
        ),
        case(
            "regescrt",
            &["401"],
            false,
            &plain("REGISTER", "sip:example.com", "Contact: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>"),
        ),
        case("sdp01", &["406"], false, &invite(INVITE, "Accept: text/nobodyKnowsThis")),
        case(
            "inv2543",
            &["100"],
            true,
            &format!(
                "INVITE sip:UserB@example.com SIP/2.0\nVia: SIP/2.0/UDP iftgw.example.com\nFrom: <sip:+13035551111@ift.client.example.net;user=phone>\nRecord-Route: <sip:UserB@example.com;maddr=ss1.example.com>\nTo: sip:+16505552222@ss1.example.net;user=phone\nCall-ID: inv2543.1717@ift.client.example.com\nCSeq: 56 INVITE\nContent-Type: application/sdp\n\n{SDP}"
            ),
        ),
    ]
}
