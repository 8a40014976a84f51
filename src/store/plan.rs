//! The digests of a site's parts, by which calls ran: what tells, later, which part is another now.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Each part by its name, as 16 hex digits.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Parts {
    pub site: String,
    pub flows: BTreeMap<String, String>,
    pub policies: BTreeMap<String, String>,
}
