//! What anybody may send to the HTTP port: an answer of the right status, as a problem where it is ours to give.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::hostile::Dice;
use super::http;
use super::server::{ADMIN, Server};

const PATIENCE: Duration = Duration::from_secs(5);
const TOKEN: &str = "Authorization: Bearer admin-secret-of-the-compat-tests\r\n";

/// The status and the whole answer; 0 if there was none. `over`: say that nothing more will come.
fn send(server: &Server, request: &[u8], over: bool) -> (u16, String) {
    let mut stream = TcpStream::connect(server.http).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // It may be refused before it has been sent whole.
    let _ = stream.write_all(request);
    if over {
        let _ = stream.shutdown(std::net::Shutdown::Write);
    }
    let (mut answer, mut buffer) = (Vec::new(), [0; 8192]);
    while let Ok(len @ 1..) = stream.read(&mut buffer) {
        answer.extend(&buffer[..len]);
    }
    let text = String::from_utf8_lossy(&answer).into_owned();
    let status = text.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).map_or(0, |code| code.parse().unwrap());
    (status, text)
}

fn request(start: &str, lines: &str) -> Vec<u8> {
    format!("{start} HTTP/1.1\r\nHost: localhost\r\n{lines}Connection: close\r\n\r\n").into_bytes()
}

#[test]
fn requests_are_refused_with_a_problem_of_the_right_status() {
    assert!(TOKEN.contains(ADMIN.1));
    let server = Server::start("gated", &[]);
    let long = "x".repeat(20_000);
    let with = |more: &str| format!("{TOKEN}{more}");
    let cases = [
        (200, "the token", request("GET /calls", TOKEN)),
        (401, "no token", request("GET /calls", "")),
        (401, "a wrong token", request("GET /calls", "Authorization: Bearer wrong\r\n")),
        (401, "the beginning of the token", request("GET /calls", "Authorization: Bearer admin\r\n")),
        (401, "an empty token", request("GET /calls", "Authorization: Bearer \r\n")),
        (401, "more than the token", request("GET /calls", &TOKEN.replace("tests", "tests1"))),
        (401, "another scheme", request("GET /calls", "Authorization: Basic YWRtaW4=\r\n")),
        (401, "no token for a reload", request("POST /reload", "")),
        (401, "no token for a page that is not there", request("GET /nothing", "")),
        (404, "a bad path", request("GET /nothing", TOKEN)),
        (404, "a path out of the tree", request("GET /../../etc/passwd", TOKEN)),
        (404, "a path that is not UTF-8", request("GET /%ff%fe", TOKEN)),
        (404, "a call that is not UTF-8", request("GET /calls/%ff", TOKEN)),
        (404, "a call that is none", request("GET /calls/1%00", TOKEN)),
        (404, "a long path", request(&format!("GET /{long}"), TOKEN)),
        (405, "a wrong method", request("DELETE /calls", TOKEN)),
        (405, "a reload by GET", request("GET /reload", TOKEN)),
        (400, "a bad limit", request("GET /records?limit=-1", TOKEN)),
        (400, "too many rows", request("GET /records?limit=99999999999999999999", TOKEN)),
        (400, "a parameter that is none", request("GET /decisions?limit=1&x=%ff", TOKEN)),
        (403, "a foreign origin", request("GET /calls", &with("Origin: http://evil.example\r\n"))),
        (403, "an origin that is none", request("GET /calls", &with("Origin: null\r\n"))),
        (400, "two hosts", request("GET /calls", &with("Host: localhost\r\n"))),
        (400, "no host", format!("GET /calls HTTP/1.1\r\n{TOKEN}Connection: close\r\n\r\n").into_bytes()),
        (
            421,
            "a foreign host",
            format!("GET /calls HTTP/1.1\r\nHost: evil.example\r\n{TOKEN}Connection: close\r\n\r\n").into_bytes(),
        ),
        (431, "huge headers", request("GET /calls", &with(&format!("X: {long}\r\n")))),
        (413, "a huge body", request("POST /reload", &with("Content-Length: 99999999\r\n"))),
    ];
    for (status, name, bytes) in cases {
        let (got, text) = send(&server, &bytes, false);
        assert_eq!(got, status, "{name}: {text}");
        assert!(!text.contains(ADMIN.1), "{name} tells the token: {text}");
        if status != 200 {
            let lower = text.to_ascii_lowercase();
            assert!(lower.contains("content-type: application/problem+json\r\n"), "{name}: {text}");
            assert!(text.contains(&format!("\"status\":{status}")), "{name}: {text}");
        }
    }
}

/// What is not HTTP never reaches our code: it is refused in one word or cut, and the next request is answered.
#[test]
fn what_is_not_http_is_refused_or_cut() {
    let server = Server::start("gated", &[]);
    let many: String = (0..1_000).map(|n| format!("X-{n}: y\r\n")).collect();
    let chunks =
        b"POST /reload HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n";
    let fixed: [&[u8]; 8] = [
        b"",
        b"\r\n\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"INVITE sip:1000@localhost SIP/2.0\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        chunks,
    ];
    let mut all: Vec<Vec<u8>> = fixed.iter().map(|bytes| bytes.to_vec()).collect();
    all.push(request("GET /healthz", &many));
    all.push([b"GET /".to_vec(), vec![b'a'; 2_000_000], b" HTTP/1.1\r\n\r\n".to_vec()].concat());
    all.push([b"GET / HTTP/1.1\r\nX: ".to_vec(), vec![b'a'; 2_000_000]].concat());
    let mut dice = Dice::new(0x477);
    let good = request("GET /calls?limit=3", TOKEN);
    all.extend((0..500).map(|_| dice.spoil(&good)));
    for bytes in &all {
        let (status, text) = send(&server, bytes, true);
        assert!(status < 500, "{}: {text}", String::from_utf8_lossy(&bytes[..bytes.len().min(200)]));
    }
    // Two hundred that say nothing leave room for one that does.
    let silent: Vec<TcpStream> = (0..200).map(|_| TcpStream::connect(server.http).unwrap()).collect();
    assert_eq!(http::get(server.http, "/healthz").0, 200);
    drop(silent);
}
