//! A site's folder: files that are not what they seem, and secrets by reference.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test makes folders and stops at the first surprise"
)]

use std::fs;
use std::path::Path;

use strowger::base::diagnostic::{self, Diagnostic, Severity, has_errors};
use strowger::base::span::Sources;
use strowger::workspace::{self, Asked, Secrets};

use crate::syntax::golden;

const SITE: &str = "strowger: 1\nsite: acme\nlisten: {sip: [\"udp:127.0.0.1:5060\"]}\n";
const FLOW: &str = "flow main_line {\n  step start { answer  hangup }\n}\n";

/// A folder with these files.
fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn drawn(root: &Path, sources: &Sources, found: &[Diagnostic]) -> String {
    let all: Vec<String> = found.iter().map(|d| diagnostic::render(d, sources, false, 100)).collect();
    all.join("\n").replace(&root.display().to_string(), "[SITE]")
}

fn rules(root: &Path) -> Vec<&'static str> {
    let (_, _, found) = workspace::load(root).check(1);
    found.iter().map(|d| d.rule).collect()
}

/// 8 kHz mono 16-bit WAV of so many zero samples.
fn wav(samples: u32) -> Vec<u8> {
    let data = samples * 2;
    let mut out = b"RIFF".to_vec();
    out.extend((36 + data).to_le_bytes());
    out.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data");
    out.extend(data.to_le_bytes());
    out.resize(out.len() + data as usize, 0);
    out
}

#[test]
fn a_site_becomes_a_plan() {
    let site = format!("{SITE}numbers: {{\"100\": main_line}}\n");
    let prompt = wav(800);
    let at = folder(&[
        ("strowger.yaml", site.as_bytes()),
        ("flows/main_line.flow", FLOW.as_bytes()),
        ("flows/more/second.flow.yaml", b"flow: second\nsteps:\n  start:\n    - answer\n    - hangup\n"),
        ("flows/notes.txt", b"not a flow"),
        ("prompts/welcome.wav", &prompt),
        ("prompts/cy/welcome.wav", &prompt),
        (".state/broken.flow", b"{"),
    ]);
    let (plan, _, found) = workspace::load(at.path()).check(7);
    assert!(!has_errors(&found), "{found:?}");
    let plan = plan.unwrap();
    assert_eq!(plan.revision, 7);
    assert_eq!(plan.flows.keys().map(AsRef::as_ref).collect::<Vec<_>>(), ["main_line", "second"]);
    let welcome = plan.site.prompts.get("welcome").unwrap();
    assert_eq!(welcome.keys().map(AsRef::as_ref).collect::<Vec<_>>(), ["", "cy"]);
    assert_eq!(welcome.get("cy").unwrap().length_ms(), 100);
}

#[test]
fn hostile_files_are_told_and_not_read() {
    let huge = vec![b'#'; (1 << 20) + 1];
    let at = folder(&[
        ("strowger.yaml", SITE.as_bytes()),
        ("flows/a_latin1.flow", b"flow main_line { // caf\xe9\n}"),
        ("flows/b_huge.flow", &huge),
        ("flows/c_escape.flow", b"flow main_line {\n  step start { answer  hangup } // \x1b[31mred\n}\n"),
        ("flows/d_folder.flow/inner.txt", b""),
        ("policies/deep.yaml", b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["),
        ("prompts/text.wav", b"no RIFF at all"),
        ("prompts/empty.wav", b""),
        ("prompts/Not A Language/x.wav", b""),
    ]);
    let (plan, sources, found) = workspace::load(at.path()).check(1);
    assert!(plan.is_none());
    golden("tests/workspace/hostile.stderr", &drawn(at.path(), &sources, &found));
}

#[test]
#[cfg(unix)]
fn links_and_pipes_never_block() {
    let at = folder(&[("strowger.yaml", SITE.as_bytes()), ("flows/good.flow", FLOW.as_bytes())]);
    let flows = at.path().join("flows");
    std::os::unix::fs::symlink(&flows, flows.join("loop")).unwrap();
    std::os::unix::fs::symlink(flows.join("self.flow"), flows.join("self.flow")).unwrap();
    std::os::unix::fs::symlink(flows.join("nothing"), flows.join("dangling.flow")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", flows.join("zero.flow")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(flows.join("pipe.flow")).status().unwrap();
    assert!(made.success());
    let (_, sources, found) = workspace::load(at.path()).check(1);
    golden("tests/workspace/links.stderr", &drawn(at.path(), &sources, &found));
}

#[test]
fn a_folder_that_is_no_site_says_so_once() {
    let at = folder(&[("flows/main_line.flow", FLOW.as_bytes())]);
    assert_eq!(rules(at.path()), ["no-site-file"]);
    assert_eq!(rules(&at.path().join("nowhere")), ["no-site-file"]);
    assert!(workspace::find_root(&at.path().join("flows")).is_none());
}

#[test]
fn the_site_of_a_file_is_found() {
    let at = folder(&[("strowger.yaml", SITE.as_bytes()), ("flows/main_line.flow", FLOW.as_bytes())]);
    for path in ["", "flows", "flows/main_line.flow", "strowger.yaml"] {
        let root = workspace::find_root(&at.path().join(path)).unwrap();
        assert_eq!(fs::canonicalize(root).unwrap(), fs::canonicalize(at.path()).unwrap(), "{path}");
    }
}

#[test]
fn two_policies_of_one_name_are_shown_both() {
    let policy = "fraud_policy: {version: 1, id: standard, dial_plan: {home_region: GB}}\n";
    let at = folder(&[
        ("strowger.yaml", SITE.as_bytes()),
        ("policies/a.yaml", policy.as_bytes()),
        ("policies/b.yaml", policy.as_bytes()),
    ]);
    let (_, _, found) = workspace::load(at.path()).check(1);
    let twice: Vec<&Diagnostic> = found.iter().filter(|d| d.rule == "duplicate-name").collect();
    assert_eq!(twice.len(), 1, "{found:?}");
    assert_eq!(twice.first().unwrap().secondary.len(), 1);
}

/// A site with users of these passwords.
fn with_passwords(passwords: &[&str]) -> tempfile::TempDir {
    let users: String = passwords
        .iter()
        .enumerate()
        .map(|(n, p)| format!("  us_{n}: {{extension: \"10{n}\", password: \"{p}\"}}\n"))
        .collect();
    folder(&[("strowger.yaml", format!("{SITE}tokens: {{admin: generated}}\nusers:\n{users}").as_bytes())])
}

fn resolve(root: &Path) -> Result<Secrets, Vec<String>> {
    let (plan, _, found) = workspace::load(root).check(1);
    assert!(!has_errors(&found), "{found:?}");
    let variable = |name: &str| match name {
        "RAVI_SIP" => Some("from the environment".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    };
    Secrets::resolve(root, &plan.unwrap().site, &variable)
        .map_err(|errors| errors.iter().map(|e| e.to_string().replace(&root.display().to_string(), "[SITE]")).collect())
}

#[test]
fn secrets_come_from_where_they_are_said_to_be() {
    let at = with_passwords(&["env:RAVI_SIP", "file:secret.txt", "generated"]);
    fs::write(at.path().join("secret.txt"), "from a file\n").unwrap();
    let secrets = resolve(at.path()).unwrap();
    assert_eq!(secrets.user("us_0").unwrap().as_ref(), "from the environment");
    assert_eq!(secrets.user("us_1").unwrap().as_ref(), "from a file");
    assert_eq!(secrets.user("us_2").unwrap().len(), 24);
    assert_eq!(secrets.made.len(), 2, "one password and the token");
    let debug = format!("{secrets:?} {:?}", secrets.made);
    assert!(!debug.contains("from a file") && !debug.contains(secrets.user("us_2").unwrap().as_ref()), "{debug}");
}

#[test]
fn generated_secrets_are_made_once() {
    let at = with_passwords(&["generated", "generated"]);
    let first = resolve(at.path()).unwrap();
    let again = resolve(at.path()).unwrap();
    assert_eq!(first.user("us_0"), again.user("us_0"));
    assert_ne!(first.user("us_0"), first.user("us_1"));
    assert_eq!((first.made.len(), again.made.len()), (3, 0), "they are printed once");
    let state = at.path().join(".state");
    assert_eq!(fs::read_to_string(state.join(".gitignore")).unwrap(), "*\n");
    let left: Vec<_> = fs::read_dir(&state).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "nothing is left of writing: {left:?}");
    let (plan, _, _) = workspace::load(at.path()).check(1);
    let site = plan.unwrap().site;
    let line = first.made.iter().find(|m| m.owner.to_string().contains("us_0")).unwrap().line(&site);
    let password = first.user("us_0").unwrap();
    assert_eq!(line, format!("phone user=us_0 password={password} server=127.0.0.1:5060 transport=udp extension=100"));
}

#[test]
fn a_site_is_served_once_at_a_time() {
    let at = with_passwords(&["generated"]);
    let state = workspace::state_folder(at.path(), None).unwrap();
    let held = workspace::lock_state(&state).unwrap();
    let refused = workspace::lock_state(&state).unwrap_err();
    assert!(refused.to_string().contains("another process serves this site"), "{refused}");
    drop(held);
    workspace::lock_state(&state).unwrap();
}

#[test]
#[cfg(unix)]
fn kept_secrets_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let at = with_passwords(&["generated"]);
    resolve(at.path()).unwrap();
    let path = at.path().join(".state/secrets.json");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let errors = resolve(at.path()).unwrap_err();
    assert_eq!(
        errors,
        [
            "`[SITE]/.state/secrets.json` may be read by others (mode 644); change it: `chmod 600 [SITE]/.state/secrets.json`"
        ]
    );
}

#[test]
fn every_secret_that_cannot_be_had_is_told() {
    let at = with_passwords(&["env:MISSING", "env:EMPTY", "file:nothing", "file:lines", "generated"]);
    fs::write(at.path().join("lines"), "two\nlines\n").unwrap();
    let errors = resolve(at.path()).unwrap_err();
    golden("tests/workspace/secrets.txt", &(errors.join("\n") + "\n"));
    assert!(!at.path().join(".state").exists(), "nothing is made for a site that cannot start");
    let broken = with_passwords(&["generated"]);
    fs::create_dir(broken.path().join(".state")).unwrap();
    let kept = broken.path().join(".state/secrets.json");
    workspace::write_atomically(&kept, b"{\"users\": \"hunter2\"}", 0o600).unwrap();
    let errors = resolve(broken.path()).unwrap_err();
    assert!(!errors.concat().contains("hunter2"), "{errors:?}");
    assert_eq!(fs::read(&kept).unwrap(), b"{\"users\": \"hunter2\"}", "a broken file is left as it is");
}

#[test]
fn secrets_made_earlier_are_told_by_their_place() {
    let text = format!("{SITE}users: {{us_dana: {{password: generated}}}}\n");
    let at = folder(&[("strowger.yaml", text.as_bytes())]);
    let (plan, _, _) = workspace::load(at.path()).check(1);
    let site = plan.unwrap().site;
    let resolve = || Secrets::resolve(at.path(), &site, &|_| None).unwrap();
    assert_eq!(resolve().kept_line(at.path(), &site), None, "told in full at the first start");
    let place = at.path().join(".state/secrets.json");
    let wanted = format!("passwords and tokens made earlier are in {}", place.display());
    assert_eq!(resolve().kept_line(at.path(), &site), Some(wanted));
}

const LIBRARY: &str = "const limit = 2\nconst desk = \"+442071838750\"
/// Ends in the number of tries.
subflow count(of: number = 1) -> ok(n: number), too_many {
  step start {
    if (of > limit) { return too_many }
    run own(of: (of)) { done(n) { return ok(n) } }
  }
}
subflow own(of: number) -> done(n: number) { step start { return done(of + limit) } }
flow away { step start { answer  hangup } }
";

#[test]
fn a_library_is_a_folder_with_a_name() {
    let site = format!("{SITE}numbers: {{\"100\": main_line, \"200\": bank.away}}\nlibraries: {{bank: libs/bank}}\n");
    let main = "const limit = 7\nflow main_line {\n  step start {\n    answer\n    run bank.count(of: (bank.limit)) {\n      \
                ok(n) { if (n == bank.limit * 2 && limit == 7 && caller.number != bank.desk) -> flow bank.away }\n      \
                too_many -> next\n    }\n    hangup\n  }\n}\n";
    let at = folder(&[
        ("strowger.yaml", site.as_bytes()),
        ("flows/main_line.flow", main.as_bytes()),
        ("libs/bank/pins.flow", LIBRARY.as_bytes()),
    ]);
    let (plan, sources, mut found) = workspace::load(at.path()).check(1);
    found.retain(|d| d.severity >= Severity::Warning);
    assert!(found.is_empty(), "{}", drawn(at.path(), &sources, &found));
    let names: Vec<_> = plan.as_ref().unwrap().flows.keys().map(AsRef::as_ref).collect();
    assert_eq!(names, ["bank.away", "bank.count", "bank.own", "main_line"]);
}

#[test]
fn mistakes_with_libraries_are_told() {
    let site = format!(
        "{SITE}libraries:\n  bank: libs/bank\n  queue: libs/queue\n  gone: libs/gone\n  out: ../else\n  within: libs/bank/in\n  \
         own: flows/own\n"
    );
    let main = "flow main_line {\n  step start {\n    answer\n    run bank.cuont { ok(n), too_many -> next }\n    \
                if (bank.limt == 3 || bank == 1) { hangup }\n    run count { otherwise -> next }\n    hangup\n  }\n}\n";
    let files: [(&str, &[u8]); 4] = [
        ("strowger.yaml", site.as_bytes()),
        ("flows/main_line.flow", main.as_bytes()),
        ("libs/bank/pins.flow", LIBRARY.as_bytes()),
        ("libs/queue/x.flow", b"const call = 1\n"),
    ];
    let at = folder(&files);
    let (_, sources, found) = workspace::load(at.path()).check(1);
    golden("tests/workspace/libraries-site.stderr", &drawn(at.path(), &sources, &found));
    let better = site.replace("  out: ../else\n  within: libs/bank/in\n  own: flows/own\n", "");
    let mut files = files;
    files[0].1 = better.as_bytes();
    let at = folder(&files);
    let (_, sources, found) = workspace::load(at.path()).check(1);
    golden("tests/workspace/libraries-flows.stderr", &drawn(at.path(), &sources, &found));
}

/// What could not be read may well hold a name: that nothing has it is not told as well.
#[test]
fn one_mistake_is_told_once() {
    let site = format!("{SITE}numbers: {{\"100\": main_line}}\npolicy: standard\n");
    let policy =
        "fraud_policy: {version: 1, id: standard, dial_plan: {home_region: GB}, destinations: {default: deny}}\n";
    let yaml = "flow: main_line\ndoc: One.\nowner: us\nguard: standard\nsteps:\n  start:\n    - answer\n    - play: welcome\n    - goto: bye\n  bye: [hangup]\n";
    let text = "/// One.\nflow main_line {\n  owner \"us\"\n  guard standard\n  var n: digits\n  step start { answer  -> bye }\n  step bye { collect n prompt \"welcome\" { ok -> next  exhausted { play \"welcome\"  hangup } }\n    tag n (n)  play \"welcome\"  hangup }\n}\n";
    // A text of the site, what stands there instead, and all that is found then.
    let cases: [(&str, &str, &str, &[&str]); 13] = [
        (yaml, "    - goto", "   - goto", &["yaml-syntax"]),
        (yaml, "- goto: bye", "- -> bye", &["unknown-statement"]),
        (yaml, "flow: main_line", "flwo: main_line", &["unknown-key"]),
        (yaml, "flow:", "\u{feff}flow:", &["source-character"]),
        (text, "/// One", "\u{1}/// One", &["source-character"]),
        (text, "flow main_line {", "flwo main_line {", &["flow-syntax"]),
        (text, "step bye {", "step good bye {", &["flow-syntax"]),
        (text, "step bye {", "step {", &["flow-syntax"]),
        (text, "  guard standard", "  guard \"standard\"", &["flow-syntax"]),
        (text, "prompt \"welcome\"", "prompt \"wellcome\"", &["prompt-missing"]),
        (policy, "deny}}", "deny}", &["yaml-syntax"]),
        (policy, "default: deny", "default: maybe", &["wrong-type"]),
        (policy, "id: standard", "id: stadnard", &["unknown-policy", "unknown-name"]),
    ];
    for (good, from, to, rules) in cases {
        let bad = good.replacen(from, to, 1);
        assert_ne!(good, bad, "{from}");
        let name = if good == yaml { "flows/main.flow.yaml" } else { "flows/main.flow" };
        let flow = if good == policy { text } else { &bad };
        let files: [(&str, &[u8]); 4] = [
            ("strowger.yaml", site.as_bytes()),
            (name, flow.as_bytes()),
            ("policies/standard.yaml", if good == policy { bad.as_bytes() } else { policy.as_bytes() }),
            ("prompts/welcome.wav", &wav(800)),
        ];
        let at = folder(&files);
        let (_, sources, found) = workspace::load(at.path()).check(1);
        let told: Vec<_> = found.iter().filter(|d| d.severity == Severity::Error).map(|d| d.rule).collect();
        assert_eq!(told, rules, "{to}: {}", drawn(at.path(), &sources, &found));
    }
    let at = folder(&[
        ("strowger.yaml", site.as_bytes()),
        ("flows/main.flow", text.as_bytes()),
        ("policies/standard.yaml", policy.as_bytes()),
        ("prompts/welcome.wav", b"no RIFF at all"),
    ]);
    assert_eq!(self::rules(at.path()), ["bad-prompt"]);
}

/// What to write is said in the form of the file.
#[test]
fn helps_are_in_the_form_of_the_flow() {
    for (text, yaml) in [
        (
            "add `otherwise -> step`, or arms such as `unanswered`",
            "add `otherwise: step`, or arms such as `unanswered`",
        ),
        ("end it with `-> choose`, or with `hangup`", "end it with `goto: choose`, or with `hangup`"),
        ("write `-> flow next_one(a: 1)`", "write `goto: {flow: next_one}`"),
        ("bound it: `step ask visits 3 otherwise -> STEP`", "bound it: `visits: {max: 3, otherwise: STEP}`"),
        ("such as `0 -> operator`", "such as `\"0\": operator`"),
        ("write `failed -> sorry`", "write `failed: sorry`"),
        ("write `guard standard` in the header", "write `guard: standard` in the header"),
        ("a line `/// ..`, and `owner \"team\"`", "a line `doc: ..`, and `owner: team`"),
        ("`const NAME = \"+44\"`, and `(NAME)` here", "`const: {NAME: \"+44\"}`, and `(NAME)` here"),
        (
            "declare it: `var n: digits`, `var n = ..`",
            "declare it: `var: {n: {type: digits}}`, `var: {n: {value: ..}}`",
        ),
        ("`silent \"..\"`, `timeout 2m`", "`silent: ..`, `timeout: 2m`"),
        ("write `write it` as it is", "write `write it` as it is"),
    ] {
        assert_eq!(strowger::lint::in_yaml::respelt(text), yaml);
    }
    let yaml = "flow: main_line\nsteps:\n  start: [answer, {play: welcome}]\n";
    let at = folder(&[
        ("strowger.yaml", SITE.as_bytes()),
        ("flows/main.flow.yaml", yaml.as_bytes()),
        ("prompts/welcome.wav", &wav(800)),
    ]);
    let (_, _, found) = workspace::load(at.path()).check(1);
    let help = found.iter().find(|d| d.rule == "step-falls-through").and_then(|d| d.help.as_deref());
    assert_eq!(help, Some("end it with an arrow such as `goto: choose`, or with `hangup`"));
}

#[test]
fn what_is_as_it_was_is_not_read_again() {
    let flow = |name: &str, to: &str| format!("flow {name} {{\n  step start {{ answer  -> {to} }}\n}}\n");
    let at = folder(&[
        ("strowger.yaml", SITE.as_bytes()),
        ("flows/b.flow", flow("b", "nowhere").as_bytes()),
        ("flows/c.flow.yaml", b"flow: c\nsteps:\n  start:\n    - answer\n    - hangpu\n"),
        ("flows/d.flow", FLOW.as_bytes()),
    ]);
    let mut kept = workspace::Kept::default();
    // How many of the flows must be as they were, and found equal what is found by reading all.
    let mut look = |reused: usize| {
        let again = workspace::load_again(at.path(), std::mem::take(&mut kept)).examine(&Asked::default());
        let fresh = workspace::load(at.path()).examine(&Asked::default());
        assert_eq!(drawn(at.path(), &again.sources, &again.found), drawn(at.path(), &fresh.sources, &fresh.found));
        assert!(!again.found.is_empty());
        assert_eq!(again.kept.reused, reused);
        kept = again.kept;
    };
    look(0);
    look(3);
    fs::write(at.path().join("flows/d.flow"), flow("d", "nothing")).unwrap();
    look(2);
    // One more file before them: the numbers of all files after it change.
    fs::write(at.path().join("flows/a.flow"), FLOW).unwrap();
    look(0);
    fs::remove_file(at.path().join("flows/c.flow.yaml")).unwrap();
    look(2);
}
