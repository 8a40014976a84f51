//! What a change of a site or a flow does, in the words of who must approve it: guards that no
//! longer cover a leg, bounds, outcomes without an arm of their own, new destinations.
//!
//! It compares trees, so that spelling, comments, layout, the order of settings and a default that
//! is written out are no difference. What a leg needs comes from the compiled flow where there is
//! one. It does not judge whether either version is right: that is `lint`.

mod align;
mod arms;
mod declared;
mod flow;
mod header;
mod model;
mod policy;
mod rename;
mod settings;
mod site;
mod statement;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::call::leg::Name;
use crate::graph::FlowGraph;
use crate::policy::Policy;
use crate::site::model::Site;
use crate::syntax::ast;

pub use model::{Change, Kind, Level};

/// One version. Without a site, only flows are compared.
#[derive(Clone, Copy, Debug)]
pub struct Version<'a> {
    pub site: Option<&'a Site>,
    pub policies: &'a BTreeMap<Name, Arc<Policy>>,
    pub trees: &'a [ast::File],
    pub graphs: &'a BTreeMap<Name, Arc<FlowGraph>>,
}

/// What `new` does otherwise than `old`: risks first, then by flow and place.
pub fn diff(old: Version<'_>, new: Version<'_>) -> Vec<Change> {
    let mut out = Vec::new();
    flow::flows(old, new, &mut out);
    if let (Some(a), Some(b)) = (old.site, new.site) {
        site::site(a, b, &mut out);
        policy::policies(old.policies, new.policies, &mut out);
    }
    out.sort_by(|a, b| b.level().cmp(&a.level()).then_with(|| a.flow.cmp(&b.flow)));
    out
}
