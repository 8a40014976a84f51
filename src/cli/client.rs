//! A client of the API of a running node: one request, or the stream of its events.
//!
//! Plain HTTP, as the node serves it. The token comes from the environment and never from the command line, where every
//! user of the machine could read it.

use std::time::Duration;

use clap::Args;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Method, Request, Response, StatusCode, Uri, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{CouldNot, Exit};

/// Where a site of `strowger new` answers.
const DEFAULT_API: &str = "http://127.0.0.1:8080";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longer than the node lets an answer take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);
/// Two of the node's heartbeats and some: a stream that is silent for longer has broken.
const SILENCE: Duration = Duration::from_secs(40);
/// Bytes of an answer: more calls than one node has.
const MAX_ANSWER_BYTES: usize = 64 << 20;
/// Times that an order is sent when its answer is lost or the node is busy; the same key makes it one order.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_secs(1);

/// Which node is asked.
#[derive(Args)]
pub struct Node {
    /// Where its HTTP interface is; the token is taken from STROWGER_TOKEN
    #[arg(long, value_name = "URL", env = "STROWGER_API", default_value = DEFAULT_API)]
    api: String,
}

/// What a node said.
pub struct Answer {
    pub status: StatusCode,
    pub body: Value,
}

/// Somebody who can be asked.
pub struct Client {
    api: String,
    authority: String,
    token: Option<String>,
    executor: tokio::runtime::Runtime,
}

impl Node {
    /// Nothing is sent yet.
    pub fn client(&self) -> Result<Client, CouldNot> {
        let authority = authority(&self.api)?;
        let token = std::env::var_os("STROWGER_TOKEN").filter(|token| !token.is_empty());
        let token = token.map(|token| token.into_string()).transpose();
        let token = token.map_err(|_| "STROWGER_TOKEN is no text")?;
        if token.as_ref().is_some_and(|token| token.chars().any(|c| !c.is_ascii_graphic())) {
            return Err(CouldNot("STROWGER_TOKEN has characters that no token has; is there a line end in it?".into()));
        }
        let executor = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Client { api: self.api.clone(), authority, token, executor })
    }
}

/// Host and port of `http://HOST[:PORT]`.
fn authority(api: &str) -> Result<String, CouldNot> {
    let bad = |why: &str| CouldNot(format!("`{api}` cannot be asked: {why}; write a URL such as `{DEFAULT_API}`"));
    let uri: Uri = api.parse().map_err(|_| bad("it is no URL"))?;
    match uri.scheme_str() {
        Some("http") => {}
        Some("https") => return Err(bad("the interface has no TLS in this version")),
        _ => return Err(bad("it does not begin with `http://`")),
    }
    if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
        return Err(bad("only a host and a port are wanted"));
    }
    let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'));
    let authority = authority.ok_or_else(|| bad("only a host and a port are wanted"))?;
    Ok(format!("{}:{}", authority.host(), authority.port_u16().unwrap_or(80)))
}

impl Client {
    /// One question.
    pub fn get(&self, path: &str) -> Result<Answer, CouldNot> {
        self.executor.block_on(self.once(Method::GET, path, None, None)).map_err(|lost| lost.0)
    }

    /// One order, carried out once however often it must be sent.
    pub fn post(&self, path: &str, body: &Value) -> Result<Answer, CouldNot> {
        let key = getrandom::u64().map_err(|error| format!("the system's random source: {error}"))?;
        let key = format!("cli-{key:016x}");
        self.executor.block_on(async {
            for _ in 1..TRIES {
                match self.once(Method::POST, path, Some(body), Some(&key)).await {
                    Ok(answer) if answer.status != StatusCode::SERVICE_UNAVAILABLE => return Ok(answer),
                    Err(Lost(why, Sent::No)) => return Err(why),
                    Ok(_) | Err(Lost(_, Sent::Perhaps)) => tokio::time::sleep(PAUSE).await,
                }
            }
            self.once(Method::POST, path, Some(body), Some(&key)).await.map_err(|lost| lost.0)
        })
    }

    /// The stream of `path`, line by line, until it ends or `take` has enough.
    pub fn lines(&self, path: &str, mut take: impl FnMut(&str) -> Flow) -> Result<Option<Answer>, CouldNot> {
        self.executor.block_on(async {
            let response = self.send(Method::GET, path, None, None).await.map_err(|lost| lost.0)?;
            if response.status() != StatusCode::OK {
                return Ok(Some(answer(response).await?));
            }
            let mut body = response.into_body();
            let mut rest: Vec<u8> = Vec::new();
            loop {
                let frame = timeout(SILENCE, body.frame()).await;
                let frame = frame.map_err(|_| "the stream is silent: its node, or the way to it, is gone")?;
                let Some(frame) = frame else { return Ok(None) };
                let frame = frame.map_err(|error| format!("the stream broke: {error}"))?;
                rest.extend_from_slice(frame.data_ref().map(AsRef::as_ref).unwrap_or_default());
                while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                    let line: Vec<u8> = rest.drain(..=end).collect();
                    let line = String::from_utf8_lossy(&line);
                    if take(line.trim_end_matches(['\n', '\r'])) == Flow::Enough {
                        return Ok(None);
                    }
                }
                if rest.len() > MAX_ANSWER_BYTES {
                    return Err(CouldNot("the stream has a line without an end".to_owned()));
                }
            }
        })
    }

    async fn once(&self, method: Method, path: &str, body: Option<&Value>, key: Option<&str>) -> Result<Answer, Lost> {
        let exchange = async { answer(self.send(method, path, body, key).await?).await.map_err(Lost::after) };
        let answered = timeout(ANSWER_TIMEOUT, exchange).await;
        answered.map_err(|_| Lost::after(CouldNot(format!("no answer from {} in time", self.api))))?
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> Result<Response<Incoming>, Lost> {
        let stream = timeout(CONNECT_TIMEOUT, TcpStream::connect(&self.authority)).await;
        let stream = match stream {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(Lost(self.nobody(&error), Sent::No)),
            Err(_) => return Err(Lost(self.nobody(&"no answer in time"), Sent::No)),
        };
        let broken = |error: hyper::Error| Lost::after(CouldNot(format!("{} broke off: {error}", self.api)));
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        // Ends with the connection; what goes wrong with it is told by the request.
        tokio::spawn(async move { drop(connection.await) });
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, &self.authority);
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let body = Full::new(Bytes::from(body.map(Value::to_string).unwrap_or_default()));
        let request = request.body(body).map_err(|error| Lost(CouldNot(error.to_string()), Sent::No))?;
        sender.send_request(request).await.map_err(broken)
    }

    fn nobody(&self, why: &dyn std::fmt::Display) -> CouldNot {
        CouldNot(format!(
            "nothing answers at {}: {why}\nis `strowger serve` running, with `listen: {{http: ..}}`? name another \
             place with `--api URL` or STROWGER_API",
            self.api
        ))
    }
}

/// Whether more lines are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    More,
    Enough,
}

/// Whether an order may have reached the node.
enum Sent {
    No,
    Perhaps,
}

/// No answer came.
struct Lost(CouldNot, Sent);

impl Lost {
    fn after(why: CouldNot) -> Self {
        Self(why, Sent::Perhaps)
    }
}

async fn answer(response: Response<Incoming>) -> Result<Answer, CouldNot> {
    let status = response.status();
    let body = http_body_util::Limited::new(response.into_body(), MAX_ANSWER_BYTES).collect().await;
    let body = body.map_err(|error| format!("the answer broke off: {error}"))?.to_bytes();
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    Ok(Answer { status, body })
}

impl Answer {
    /// The answer if it is one, the word of refusal if it is a no.
    ///
    /// # Errors
    /// What is neither: a wrong token, a node that is busy or broken, something that is no node at all.
    pub fn taken(self) -> Result<Result<Value, String>, CouldNot> {
        let detail = self.body.get("detail").and_then(Value::as_str).map(plain);
        match (self.status.as_u16(), detail) {
            (200..=299, _) if !self.body.is_null() => Ok(Ok(self.body)),
            (401, Some(detail)) => Err(CouldNot(format!(
                "{detail}\nset STROWGER_TOKEN to the admin token of the site; a generated one is in its \
                 `.state/secrets.json`"
            ))),
            (403 | 404 | 409 | 422, Some(detail)) => Ok(Err(format!("{detail}{}", beside(&self.body)))),
            (_, Some(detail)) => Err(CouldNot(detail)),
            (status, None) => Err(CouldNot(format!("the answer {status} is none of a node's; is it one?"))),
        }
    }
}

/// What a refusal says beside its words, a line each: what a policy found, by which decision, what the target came to, and
/// what the call or its transfer is doing.
fn beside(problem: &Value) -> String {
    let said = |key: &str| problem.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(plain);
    let reasons = problem.get("reasons").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let reasons: Vec<String> = reasons.iter().filter_map(Value::as_str).map(plain).collect();
    let reasons = if reasons.is_empty() { said("reason") } else { Some(reasons.join(", ")) };
    let decision = said("decisionId").map(|id| format!("{id}, listed by `GET /decisions`"));
    let lines = [("because", reasons), ("decision", decision), ("outcome", said("outcome")), ("state", said("state"))];
    let lines = lines.into_iter().filter_map(|(word, text)| text.map(|text| format!("\n  {word}: {text}")));
    lines.collect()
}

/// Text of others as a terminal may show it: without control characters.
pub fn plain(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

/// A text of an answer, as a terminal may show it; `-` where there is none.
pub fn shown(value: &Value, key: &str) -> String {
    match value.get(key) {
        Some(Value::String(text)) if !text.is_empty() => plain(text),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Bool(yes)) => yes.to_string(),
        _ => "-".to_owned(),
    }
}

/// Says no with the words of the node.
pub fn no(terminal: &mut super::terminal::Terminal, why: &str) -> super::Ended {
    terminal.complain(&format!("no: {why}"));
    Ok(Exit::No)
}
