//! One HTTP request: enough to ask the server how it is, and to give it an order.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// `GET path`: status and body.
pub fn get(server: SocketAddr, path: &str) -> (u16, String) {
    ask(server, &format!("GET {path}"), "", "")
}

/// `POST path` with these header lines and this body: status and body.
pub fn post(server: SocketAddr, path: &str, headers: &str, body: &str) -> (u16, String) {
    ask(server, &format!("POST {path}"), &format!("{headers}Content-Length: {}\r\n", body.len()), body)
}

fn ask(server: SocketAddr, start: &str, headers: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect_timeout(&server, TIMEOUT).expect("the HTTP port takes a connection");
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    write!(stream, "{start} HTTP/1.0\r\nHost: {server}\r\nConnection: close\r\n{headers}\r\n{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an HTTP answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    (status, body.to_string())
}

/// The sum of all samples of a metric, whatever their labels; `None` if it has none.
pub fn metric(text: &str, name: &str) -> Option<f64> {
    let samples = text.lines().filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '{'])));
    let values: Vec<f64> = samples.map(|line| line.rsplit(' ').next().unwrap().parse().unwrap()).collect();
    (!values.is_empty()).then(|| values.iter().sum())
}

#[test]
fn a_metric_is_summed_over_its_labels() {
    let text = "# TYPE a gauge\na{b=\"c\"} 1\na{b=\"d\"} 2\nab 7\n";
    assert_eq!(metric(text, "a"), Some(3.0));
    assert_eq!(metric(text, "b"), None);
}
