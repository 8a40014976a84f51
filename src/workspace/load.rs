//! Reads a site's folder: the site file, flows, policies and prompts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::files::{self, FileError};
use super::kept::{Kept, Parsed};
use super::prompts;
use super::threads::Threads;
use crate::base::diagnostic::{self, Absent, Diagnostic, Severity};
use crate::base::limits::MAX_FILE_BYTES;
use crate::base::span::{FileId, Sources, Span};
use crate::call::leg::Name;
use crate::exchange::Plan;
use crate::fmt::Form;
use crate::graph::FlowGraph;
use crate::lint::baseline::{self, Baseline};
use crate::lint::{self, Aim, Held, Places, Workers};
use crate::policy::{self, Policy};
use crate::resolve;
use crate::site;
use crate::site::model::{Library, Site};
use crate::syntax::document::{self, Comment};
use crate::syntax::{ast, parse, source, yaml};

/// The file that makes a folder a site.
pub const SITE_FILE: &str = "strowger.yaml";
/// How an exception begins.
const EXCEPTION: &[u8] = b"allow(";
/// Folders above a file that are searched for its site.
const MAX_PARENTS: usize = 8;

/// One file of flows.
#[derive(Debug)]
pub struct FlowFile {
    pub path: PathBuf,
    pub file: FileId,
    pub form: Form,
    /// The library whose folder it is in; names in `tree` have it already.
    pub library: Option<Name>,
    pub tree: ast::File,
}

/// Texts by path, read in place of the files there.
pub type Overlay = BTreeMap<PathBuf, String>;

/// A site that was checked.
#[derive(Debug)]
pub struct Examined {
    pub sources: Sources,
    /// In the order of the source, those of reading included.
    pub found: Vec<Diagnostic>,
    /// Those that an exception or the baseline holds back.
    pub held: Vec<Held>,
    pub places: Places,
    /// Where each source text was read.
    pub paths: BTreeMap<FileId, PathBuf>,
    /// What was read of flows, for [`load_again`].
    pub kept: Kept,
}

/// What whoever asks says about findings.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// See [`lint::Terms::today`].
    pub today: Option<jiff::civil::Date>,
    /// See [`lint::Terms::denied`].
    pub denied: BTreeSet<&'static str>,
    /// Leaves the baseline out, to write it anew.
    pub without_baseline: bool,
}

/// What a plan is made of.
type Fit = (Site, BTreeMap<Name, Arc<FlowGraph>>, BTreeMap<Name, Arc<Policy>>);

/// What a folder holds, as far as it could be read.
#[derive(Debug, Default)]
pub struct Loaded {
    pub root: PathBuf,
    pub sources: Sources,
    /// `None` if there is no site file, or it has an error.
    pub site: Option<Site>,
    pub flows: Vec<FlowFile>,
    pub policies: BTreeMap<Name, Arc<Policy>>,
    /// The comments of each file that has some.
    pub comments: Vec<(FileId, Vec<Comment>)>,
    pub baseline: Option<Baseline>,
    /// Where each source text was read.
    pub paths: BTreeMap<FileId, PathBuf>,
    /// Texts that stand for what is on disk: changes that are tried before they are written.
    pub overlay: Overlay,
    /// What was read of flows the last time, and what was this time.
    before: Option<Kept>,
    kept: Option<Kept>,
    /// Kinds of things of which some may stand in what could not be read.
    unread: BTreeSet<Absent>,
    /// Of the files by themselves; [`Loaded::check`] adds what they say together.
    pub diagnostics: Vec<Diagnostic>,
}

/// The folder of the site that `path` is, or is in.
pub fn find_root(path: &Path) -> Option<PathBuf> {
    let absolute = std::path::absolute(path).ok()?;
    let depth = absolute.ancestors().take(MAX_PARENTS).position(|folder| folder.join(SITE_FILE).is_file())?;
    // The path as it was written, so that findings name files as the user does.
    match path.ancestors().nth(depth).filter(|p| !p.as_os_str().is_empty()) {
        Some(written) => Some(written.to_owned()),
        None => absolute.ancestors().nth(depth).map(Path::to_owned),
    }
}

/// Every file of flows below a folder, in the order of names, and what could not be looked at.
pub fn flows_below(folder: &Path) -> (Vec<PathBuf>, Vec<(PathBuf, FileError)>) {
    let walk = files::walk(folder, |name| Form::of(name).is_some());
    (walk.files, walk.problems)
}

/// Every file below a folder that has an ending, but those whose name begins with a dot.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    files::walk(folder, |name| Path::new(name).extension().is_some()).files
}

/// Every file of scripted calls below a folder, in the order of names, and what could not be looked at.
pub fn tests_below(folder: &Path) -> (Vec<PathBuf>, Vec<(PathBuf, FileError)>) {
    let walk = files::walk(folder, |name| name.ends_with(".test.yaml") || name.ends_with(".test.yml"));
    (walk.files, walk.problems)
}

/// Reads the site in `root`.
pub fn load(root: &Path) -> Loaded {
    load_over(root, Overlay::new())
}

/// As [`load`], with some texts in place of their files.
pub fn load_over(root: &Path, overlay: Overlay) -> Loaded {
    load_into(Loaded { root: root.to_owned(), overlay, ..Loaded::default() })
}

/// As [`load`], for who looks again and again: flows that are as they were are not read again.
/// What is found does not depend on it; [`Examined::kept`] is for the next time.
pub fn load_again(root: &Path, before: Kept) -> Loaded {
    let (before, kept) = (Some(before), Some(Kept::default()));
    load_into(Loaded { root: root.to_owned(), before, kept, ..Loaded::default() })
}

fn load_into(mut loaded: Loaded) -> Loaded {
    let root = loaded.root.clone();
    let mut site = loaded.read_site();
    if let Some(site) = &mut site {
        loaded.read_tables(site);
    }
    let found = prompts::read(&root.join("prompts"), |path, error| loaded.unreadable(path, &error));
    if let Some(site) = &mut site {
        site.prompts = found;
    }
    loaded.site = site;
    loaded.read_policies();
    loaded.read_flows();
    loaded.read_baseline();
    diagnostic::sort(&mut loaded.diagnostics);
    loaded
}

impl Loaded {
    /// Checks the files against each other and compiles the flows; no exception has ended.
    ///
    /// The plan is there when nothing is wrong at error level. Findings are of everything, those of
    /// reading included, in the order of the source.
    pub fn check(self, revision: u64) -> (Option<Plan>, Sources, Vec<Diagnostic>) {
        let (plan, examined) = self.compile(&Asked::default(), Aim::Flows);
        let plan =
            plan.map(|(site, flows, policies)| Plan { revision, site, flows, policies, digested: OnceLock::new() });
        (plan, examined.sources, examined.found)
    }

    /// As [`Loaded::check`], on a day, with all that was found, for who runs nothing.
    pub fn examine(self, asked: &Asked) -> Examined {
        self.compile(asked, Aim::Findings).1
    }

    fn compile(self, asked: &Asked, aim: Aim) -> (Option<Fit>, Examined) {
        let mut found = self.diagnostics;
        let known = self.site.is_some();
        let site = self.site.unwrap_or_default();
        if known {
            let policies: BTreeSet<Name> = self.policies.keys().cloned().collect();
            let prompts: BTreeSet<Arc<str>> = site.prompts.keys().cloned().collect();
            site::check::references(&site, &policies, &prompts, &mut found);
        }
        let has_flows = |library: &Name| self.flows.iter().any(|file| file.library.as_ref() == Some(library));
        let empty: BTreeSet<Name> = site.libraries.keys().filter(|name| !has_flows(name)).cloned().collect();
        let yaml: BTreeSet<FileId> = self.flows.iter().filter(|f| f.form == Form::Yaml).map(|f| f.file).collect();
        let trees: Vec<ast::File> = self.flows.into_iter().map(|f| f.tree).collect();
        // Without a site, every user, queue and prompt would be unknown: noise about one mistake.
        let mut flows = BTreeMap::new();
        if known {
            let (compiled, more) = lint::compile_by(&Threads, aim, &site, &self.policies, &trees);
            flows = compiled.graphs;
            found = lint::join(&trees, found, more);
        }
        // The reader has said what is wrong with the file that would hold the name, and that a library is empty.
        let of_empty = |d: &Diagnostic| {
            let named = d.message.split('`').nth(1).and_then(|name| name.split_once('.'));
            d.absent == Some(Absent::Flow) && named.is_some_and(|(library, _)| empty.contains(library))
        };
        found.retain(|d| d.absent.is_none_or(|kind| !self.unread.contains(&kind)) && !of_empty(d));
        let policy = site.policy.as_deref().filter(|p| self.policies.contains_key(*p));
        lint::Remedies { files: &trees, sources: &self.sources, policy }.attach(&mut found);
        lint::in_yaml::in_yaml(&mut found, &yaml);
        let places = Places::of(&trees);
        let terms = lint::Terms {
            levels: &site.levels,
            comments: &self.comments,
            // Without a site nothing of what it holds was looked for.
            baseline: self.baseline.filter(|_| known && !asked.without_baseline),
            today: asked.today,
            denied: asked.denied.clone(),
        };
        let judged = lint::judge(found, terms, &self.sources, &places);
        let fit = known && !diagnostic::has_errors(&judged.found);
        let plan = fit.then_some((site, flows, self.policies));
        let examined = Examined {
            sources: self.sources,
            found: judged.found,
            held: judged.held,
            places,
            paths: self.paths,
            kept: self.kept.unwrap_or_default(),
        };
        (plan, examined)
    }

    fn read_site(&mut self) -> Option<Site> {
        let path = self.root.join(SITE_FILE);
        if !path.exists() && !path.is_symlink() {
            let file = self.sources.add(shown(&path), "");
            let message = format!("`{}` is not a site: it has no `{SITE_FILE}`", shown(&self.root));
            let help = "name the folder of a site, or make one with `strowger new DIR`";
            let found = Diagnostic::error("no-site-file", Span::new(file, 0, 0), message).help(help);
            self.diagnostics.push(found);
            return None;
        }
        let (file, bytes) = self.read(&path)?;
        let (site, found) = site::check::check_bytes(file, &bytes);
        // What the site says is read without its comments; few site files have an exception.
        if bytes.windows(EXCEPTION.len()).any(|part| part == EXCEPTION) {
            self.comments.push((file, document::parse_bytes(file, &bytes).1));
        }
        self.diagnostics.extend(found);
        site
    }

    /// The tables whose rows are in files of their own.
    fn read_tables(&mut self, site: &mut Site) {
        let extensions = site.extensions();
        for table in site.declared.tables.values_mut() {
            let Some(path) = table.file.as_ref().map(|file| self.root.join(&file.value)) else { continue };
            let Some((file, bytes)) = self.read(&path) else { continue };
            let mut found = Vec::new();
            table.fill(file, &bytes, &extensions, &mut found);
            self.diagnostics.extend(found);
        }
    }

    fn read_policies(&mut self) {
        let folder = self.root.join("policies");
        let mut places: BTreeMap<Name, Span> = BTreeMap::new();
        for path in self.files(&folder, |name| name.ends_with(".yaml") || name.ends_with(".yml")) {
            let Some((file, bytes)) = self.read(&path) else {
                self.unread.insert(Absent::Policy);
                continue;
            };
            let (documents, comments, found) = document::parse_bytes(file, &bytes);
            if diagnostic::has_errors(&found) {
                self.unread.insert(Absent::Policy);
            }
            self.diagnostics.extend(found);
            self.comments.push((file, comments));
            for document in &documents {
                // A list is a table of cases for `strowger policy test`.
                if matches!(document.value, document::NodeKind::Sequence(_)) {
                    let (_, found) = policy::cases::read(document);
                    self.diagnostics.extend(found);
                    continue;
                }
                let (policy, found) = policy::read(document, policy::Scope::Live);
                self.diagnostics.extend(found);
                let Some(policy) = policy else {
                    self.unread.insert(Absent::Policy);
                    continue;
                };
                let id: Name = Arc::from(policy.id.as_str());
                if let Some(first) = places.get(&id) {
                    let message = format!("there are two policies named `{id}`");
                    let found = Diagnostic::error("duplicate-name", document.span, message).also(*first, "the first");
                    self.diagnostics.push(found.help("rename one of the two"));
                    continue;
                }
                places.insert(id.clone(), document.span);
                self.policies.insert(id, Arc::new(policy));
            }
        }
    }

    fn read_flows(&mut self) {
        let folder = self.root.join("flows");
        let paths = self.files(&folder, |name| Form::of(name).is_some());
        self.add_flows(paths, None);
        let libraries = self.site.as_ref().map(|site| site.libraries.clone()).unwrap_or_default();
        for (name, library) in libraries {
            self.read_library(&name, &library);
        }
    }

    fn read_library(&mut self, name: &Name, library: &Library) {
        let folder = self.root.join(&*library.path);
        let paths = self.files(&folder, |name| Form::of(name).is_some());
        if paths.is_empty() {
            let message = format!("library `{name}` has no flows: there are none below `{}`", library.path);
            let help = format!("put flows into `{}/`, or delete the library", library.path);
            self.diagnostics.push(Diagnostic::error("bad-path", library.span, message).help(help));
        }
        self.add_flows(paths, Some(name));
    }

    /// Reads one file of flows and adds it to the site, as part of a library if one is named.
    pub fn read_flow(&mut self, path: PathBuf, library: Option<&Name>) {
        self.add_flows(vec![path], library);
    }

    /// Files are opened one after the other, so that their numbers are the same each time, and read side by side.
    fn add_flows(&mut self, paths: Vec<PathBuf>, library: Option<&Name>) {
        let mut opened = Vec::new();
        for path in paths {
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            let Some(form) = Form::of(&name) else { continue };
            let Some((file, bytes)) = self.read(&path) else {
                self.unread.insert(Absent::Flow);
                continue;
            };
            opened.push((path, form, file, bytes));
        }
        let before = self.before.as_ref();
        let read = Threads.each(&opened, |(path, form, file, bytes)| {
            match before.and_then(|kept| kept.find(path, *file, bytes)) {
                Some(parsed) => (parsed, true),
                None => (Arc::new(parse_flows(*form, *file, bytes)), false),
            }
        });
        for ((path, form, file, bytes), (parsed, reused)) in opened.into_iter().zip(read) {
            if let Some(kept) = &mut self.kept {
                kept.reused += usize::from(reused);
                kept.keep(path.clone(), file, bytes, Arc::clone(&parsed));
            }
            let (mut tree, comments, found) = Arc::unwrap_or_clone(parsed);
            if found.iter().any(|d| d.severity == Severity::Error && !tree.covers(d.primary.span)) {
                self.unread.insert(Absent::Flow);
            }
            self.diagnostics.extend(found);
            if !comments.is_empty() {
                self.comments.push((file, comments));
            }
            if let Some(library) = library {
                resolve::qualify(&mut tree, library);
            }
            self.flows.push(FlowFile { path, file, form, library: library.cloned(), tree });
        }
    }

    fn read_baseline(&mut self) {
        let path = self.root.join(baseline::FILE);
        if !path.exists() && !path.is_symlink() {
            return;
        }
        let Some((file, bytes)) = self.read(&path) else { return };
        let (read, found) = Baseline::read(file, &bytes);
        self.diagnostics.extend(found);
        self.baseline = Some(read);
    }

    fn files(&mut self, folder: &Path, wanted: fn(&str) -> bool) -> Vec<PathBuf> {
        let walk = files::walk(folder, wanted);
        for (path, error) in &walk.problems {
            self.unreadable(path, error);
        }
        walk.files
    }

    /// The bytes of a source text; its text is kept for messages, with what is not UTF-8 replaced.
    fn read(&mut self, path: &Path) -> Option<(FileId, Vec<u8>)> {
        let read = match self.overlay.get(path) {
            Some(text) => Ok(text.clone().into_bytes()),
            None => files::read_bounded(path, MAX_FILE_BYTES),
        };
        match read {
            Ok(bytes) => {
                let text = printable(&String::from_utf8_lossy(&bytes));
                let file = self.sources.add(shown(path), text);
                self.paths.insert(file, path.to_owned());
                Some((file, bytes))
            }
            Err(error) => {
                self.unreadable(path, &error);
                None
            }
        }
    }

    fn unreadable(&mut self, path: &Path, error: &FileError) {
        let file = self.sources.add(shown(path), "");
        let message = format!("`{}`: {}", shown(path), error.message);
        let found = Diagnostic::new(error.rule, Severity::Error, Span::new(file, 0, 0), message);
        self.diagnostics.push(found.help(error.help.clone()));
    }
}

/// A text as it may be shown on a terminal: every place stays where it was, and nothing in it can
/// command the terminal or turn the direction of what is read.
pub fn printable(text: &str) -> String {
    diagnostic::visible(text).into_owned()
}

fn parse_flows(form: Form, file: FileId, bytes: &[u8]) -> Parsed {
    match source::decode(file, bytes) {
        Ok(text) if form == Form::Flow => parse::parse_with_comments(file, text),
        Ok(text) => yaml::parse_with_comments(file, text),
        Err(error) => (ast::File::default(), Vec::new(), vec![*error]),
    }
}

/// A path as messages show it: without a leading `./`, and without what steers a terminal or its reader.
fn shown(path: &Path) -> String {
    let text = path.strip_prefix(".").unwrap_or(path).to_string_lossy();
    let text = if text.is_empty() { path.to_string_lossy() } else { text };
    let forbidden = |c: char| c.is_control() || source::forbidden(c).is_some();
    text.chars().map(|c| if forbidden(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}
