//! The schemas against a validator that we did not write (`jsonschema` of Python): it takes every
//! right file of the repository and refuses every wrong document.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::json;
use strowger::schema::{Which, schema};

#[path = "../schema/files.rs"]
mod files;

const VALIDATE: &str = "
import json, sys
from jsonschema import Draft202012Validator
job = json.load(sys.stdin)
validators = {}
for name, schema in job['schemas'].items():
    Draft202012Validator.check_schema(schema)
    validators[name] = Draft202012Validator(schema)
for item in job['right']:
    for error in validators[item['which']].iter_errors(item['value']):
        print('refused:', item['path'], error.json_path, error.message[:200])
for item in job['wrong']:
    if validators[item['which']].is_valid(item['value']):
        print('taken:', item['text'])
print('done', len(job['right']), len(job['wrong']))
";

#[test]
fn another_validator_agrees() {
    let right: Vec<_> = files::right()
        .into_iter()
        .map(|(path, which, value)| json!({"path": path, "which": which.name(), "value": value}))
        .collect();
    let wrong: Vec<_> = files::WRONG
        .iter()
        .map(|(which, text)| json!({"text": text, "which": which.name(), "value": files::documents(text).remove(0)}))
        .collect();
    let schemas: serde_json::Map<_, _> = Which::ALL.iter().map(|w| (w.name().to_owned(), schema(*w))).collect();
    let done = format!("done {} {}\n", right.len(), wrong.len());
    let job = json!({"schemas": schemas, "right": right, "wrong": wrong}).to_string();
    let mut python = Command::new("python3")
        .args(["-c", VALIDATE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 with the package jsonschema (Debian: python3-jsonschema)");
    python.stdin.take().unwrap().write_all(job.as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), done);
}
