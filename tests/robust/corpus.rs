//! What is spoilt: every flow of the example sites, on its own site and beside the other files of it, and the flows
//! of the rules' pages, of the statements and of the other tests, on the site of the tests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use strowger::base::diagnostic::Diagnostic;
use strowger::base::span::{FileId, Sources};
use strowger::call::leg::Name;
use strowger::fmt::{self, Form};
use strowger::graph::Flows;
use strowger::lint;
use strowger::policy::Policy;
use strowger::resolve;
use strowger::site::model::Site;
use strowger::step::registry;
use strowger::syntax::ast::{File, Flow, Item};
use strowger::syntax::document::Comment;
use strowger::syntax::{parse, yaml};
use strowger::workspace::{self, FlowFile};

use super::dice::files;
use crate::flow::site::{policies, site};

/// The place of a text among the files of its home: what is spoilt is of this file.
#[derive(Clone, Debug)]
pub struct Sample {
    pub home: usize,
    /// Which file of the home it stands for.
    pub at: usize,
    pub form: Form,
    pub bytes: Vec<u8>,
}

/// A site with its flows.
pub struct Home {
    /// Where its files are; `None` for the site of the tests, which is none.
    pub root: Option<PathBuf>,
    pub site: Site,
    pub policies: BTreeMap<Name, Arc<Policy>>,
    pub files: Vec<FlowFile>,
    pub sources: Sources,
}

/// A text that was read and compiled beside the other files of its home.
pub struct Compiled {
    pub file: FileId,
    pub trees: Vec<File>,
    pub comments: Vec<Comment>,
    pub read: Vec<Diagnostic>,
    pub flows: Flows,
    /// What compiling found.
    pub compiled: Vec<Diagnostic>,
}

impl Compiled {
    /// All that is found in it, as `strowger lint` joins it.
    pub fn found(&self) -> Vec<Diagnostic> {
        lint::join(&self.trees, self.read.clone(), self.compiled.clone())
    }
}

pub fn read(form: Form, file: FileId, text: &str) -> (File, Vec<Comment>, Vec<Diagnostic>) {
    match form {
        Form::Flow => parse::parse_with_comments(file, text),
        Form::Yaml => yaml::parse_with_comments(file, text),
    }
}

/// The other spelling.
pub fn other(form: Form) -> Form {
    if form == Form::Flow { Form::Yaml } else { Form::Flow }
}

impl Home {
    fn of(root: &Path) -> Home {
        let loaded = workspace::load(root);
        assert!(loaded.diagnostics.is_empty(), "{}: {:?}", root.display(), loaded.diagnostics);
        Home {
            root: Some(root.to_owned()),
            site: loaded.site.unwrap(),
            policies: loaded.policies,
            files: loaded.flows,
            sources: loaded.sources,
        }
    }

    /// The number of the file that a sample stands for.
    pub fn file(&self, at: usize) -> FileId {
        self.files.get(at).map_or(FileId(0), |file| file.file)
    }

    /// The trees of the home with one of them read anew.
    fn trees(&self, at: usize, mut tree: File) -> Vec<File> {
        let Some(own) = self.files.get(at) else { return vec![tree] };
        if let Some(library) = &own.library {
            resolve::qualify(&mut tree, library);
        }
        let mut trees: Vec<File> = self.files.iter().map(|file| file.tree.clone()).collect();
        trees[at] = tree;
        trees
    }

    pub fn compiled(&self, at: usize, form: Form, text: &str) -> Compiled {
        let file = self.file(at);
        let (tree, comments, read) = read(form, file, text);
        let trees = self.trees(at, tree);
        let (flows, compiled) = lint::compile(&self.site, &self.policies, &trees);
        Compiled { file, trees, comments, read, flows, compiled }
    }
}

/// Which samples a loop is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Yaml,
    Both,
}

/// All homes, and the texts that are spoilt.
pub struct Corpus {
    pub homes: &'static [Home],
    pub samples: Vec<Sample>,
}

/// Read once for all loops.
static ALL: LazyLock<(Vec<Home>, Vec<Sample>)> = LazyLock::new(all);

impl Corpus {
    pub fn new(kind: Kind) -> Corpus {
        let (homes, samples) = &*ALL;
        let wanted = |sample: &&Sample| match kind {
            Kind::Text => sample.form == Form::Flow,
            Kind::Yaml => sample.form == Form::Yaml,
            Kind::Both => true,
        };
        Corpus { homes, samples: samples.iter().filter(wanted).cloned().collect() }
    }

    pub fn home(&self, sample: &Sample) -> &Home {
        &self.homes[sample.home]
    }
}

fn all() -> (Vec<Home>, Vec<Sample>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tests = Home { root: None, site: site(), policies: policies(), files: Vec::new(), sources: Sources::default() };
    let mut homes = vec![tests];
    for folder in ["examples", "flows"] {
        let mut sites: Vec<PathBuf> =
            std::fs::read_dir(root.join(folder)).unwrap().map(|e| e.unwrap().path()).collect();
        sites.sort();
        homes.extend(sites.iter().filter(|p| p.join(workspace::SITE_FILE).exists()).map(|p| Home::of(p)));
    }
    let mut samples = Vec::new();
    for (home, its) in homes.iter().enumerate() {
        for (at, file) in its.files.iter().enumerate() {
            let bytes = std::fs::read(&file.path).unwrap();
            samples.push(Sample { home, at, form: file.form, bytes });
        }
    }
    for form in [Form::Flow, Form::Yaml] {
        samples.extend(plain(form).into_iter().map(|bytes| Sample { home: 0, at: 0, form, bytes }));
    }
    // Each text in the other spelling too.
    let other: Vec<Sample> = samples.iter().filter_map(turned).collect();
    samples.extend(other);
    (homes, samples)
}

/// A sample in the other spelling; `None` if it has errors.
fn turned(sample: &Sample) -> Option<Sample> {
    let text = std::str::from_utf8(&sample.bytes).ok()?;
    let form = other(sample.form);
    let text = fmt::convert(text, sample.form, form, &registry::setting_order).ok()?.text;
    Some(Sample { form, bytes: text.into_bytes(), ..sample.clone() })
}

/// Texts of no site.
fn plain(form: Form) -> Vec<Vec<u8>> {
    if form == Form::Yaml {
        return [files("tests/syntax/good", ".flow.yaml"), files("tests/syntax/converted", ".yaml")].concat();
    }
    let folders = ["tests/syntax/good", "tests/syntax/bad", "tests/lint", "tests/flow", "tests/exchange/office"];
    let mut all: Vec<Vec<u8>> = folders.iter().flat_map(|folder| files(folder, ".flow")).collect();
    let pages = lint::pages::all().filter(|page| page.about == lint::pages::About::Flow);
    let pages = pages.flat_map(|page| [page.bad, page.good]).filter(|text| is_flow(text));
    let statements = registry::all().map(|decl| decl.example);
    all.extend(pages.chain(statements).map(|text| unmarked(text).into_bytes()));
    all
}

/// Whether an example is one; a few are site files or policies.
fn is_flow(text: &str) -> bool {
    !text.is_empty() && !text.starts_with("fraud_policy:") && !text.starts_with("strowger:")
}

/// A page's flow without the marks of where something is found.
fn unmarked(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", line.split("//~").next().unwrap_or(line).trim_end())).collect()
}

/// The flows of a tree.
pub fn flows(tree: &File) -> impl Iterator<Item = &Flow> {
    tree.items.iter().filter_map(|item| match item {
        Item::Flow(flow) => Some(flow),
        Item::Constant(_) => None,
    })
}
