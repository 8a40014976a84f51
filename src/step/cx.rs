//! What a statement may ask of the call it runs in. The exchange implements it for live calls and
//! for tests alike.

use std::sync::Arc;

use super::args::Failure;
use crate::base::value::Value;
use crate::call::leg::Name;
use crate::call::spec::{CollectSpec, Prompts, RecordAct, RejectReason, ServiceSpec, TransferSpec};
use crate::expr::{BuiltIn, Env, RootPath, Slot};
use crate::schedule::State;

/// The call as a statement sees it.
///
/// A method named for an act begins it; the statement then returns [`Exec::Sleep`] and is
/// completed once by the exchange with a [`crate::call::spec::Completion`]. At most one act may be
/// under way in a frame. `reject` and `hangup` end the flow.
pub trait StepCx {
    /// This step of this flow or subflow runs from now on, for records, `session.flow` and
    /// `session.step`.
    fn entered(&mut self, _flow: &Name, _step: &Name) {}
    /// A number below `below`, by chance.
    fn chance(&mut self, below: u32) -> u32;
    /// The call has this language from now on, as `cy`.
    fn set_language(&mut self, language: &str);
    /// Whether the caller's leg is answered.
    fn is_answered(&self) -> bool;
    /// Completes as `Done` when the caller can hear.
    fn answer(&mut self);
    fn reject(&mut self, reason: RejectReason);
    fn hangup(&mut self);
    /// Completes as `Done` when all was played, or a key stopped it.
    fn play(&mut self, prompts: Prompts, barge_in: bool);
    /// Completes as `Collected`.
    fn collect(&mut self, spec: CollectSpec);
    /// Completes as `Done` after this time.
    fn wait(&mut self, duration_ms: u64);
    /// Completes as `Outcome`, unless the call is given away.
    fn transfer(&mut self, spec: TransferSpec);
    /// Recording of the caller's leg, after the notice was heard to its end: completes as `Done`.
    fn record(&mut self, act: RecordAct, notice: Option<Prompts>);
    /// Something that is no leg: completes as `Served`.
    fn service(&mut self, spec: ServiceSpec);
    /// Heard until something else is; nothing waits for it.
    fn background(&mut self, prompts: Prompts);
    /// Hold music begins or ends; nothing waits for it.
    fn hold(&mut self, on: bool);
    /// Completes as `Done` when all keys are sent.
    fn send_keys(&mut self, keys: &str);
    /// A note for a channel; nothing waits for it.
    fn notify(&mut self, channel: &Name, text: &str);
    /// A number as the site's policies write it: canonical E.164, or nothing.
    fn phone(&self, dialled: &str) -> Option<Arc<str>>;
    /// The flow goes elsewhere from an arm that time took: the caller loses the place in the queue.
    fn leave_queue(&mut self);
    /// Asks a policy without placing a leg: completes as `Outcome` `allowed` or `denied`.
    fn ask_guard(&mut self, policy: Name, number: Arc<str>, tainted: bool);
    /// What opening hours of the site say now; `None` if the site has none of that name.
    fn hours(&self, name: &str) -> Option<State>;
    /// The row of a table of the site that has this key, as a map of its columns.
    ///
    /// # Errors
    /// The site has no table of that name any more.
    fn row(&self, table: &str, key: &Value) -> Result<Option<Value>, Failure>;
    /// A fact for the record: `tag name value`.
    fn tag(&mut self, name: &str, value: &Value);
    /// A built-in name such as `caller.number` (see `expr::names`). `outcome`, `reason`, `digits`
    /// and `language` are never asked for: the frame knows them.
    fn root(&self, path: &RootPath) -> Value;
    /// The call's language, as `en`: prompts are played in it.
    fn language(&self) -> &str;
}

/// What a statement did.
#[derive(Clone, Debug, PartialEq)]
pub enum Exec {
    /// Go on after this statement.
    Next,
    /// An outcome of the statement, taken by its arm, and the value it binds.
    Outcome { name: Arc<str>, value: Option<Value> },
    /// An act is under way; a completion will come.
    Sleep,
    /// The flow is over for this call.
    End,
}

/// What the flow itself remembers of its last statements: `outcome`, `reason` and `digits`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Last {
    pub outcome: Arc<str>,
    /// The reason of the last refusal, for callers.
    pub reason: Arc<str>,
    /// The last key or collected digits.
    pub digits: Arc<str>,
}

/// Variables and built-in names together, as expressions read them.
pub struct FrameEnv<'a> {
    pub slots: &'a [Value],
    pub last: &'a Last,
    pub cx: &'a dyn StepCx,
}

impl Env for FrameEnv<'_> {
    fn slot(&self, slot: Slot) -> &Value {
        self.slots.get(usize::from(slot.0)).unwrap_or(&Value::Unset)
    }

    fn root(&self, path: &RootPath) -> Value {
        match path.id {
            BuiltIn::Outcome => Value::Text(Arc::clone(&self.last.outcome)),
            BuiltIn::Reason => Value::Text(Arc::clone(&self.last.reason)),
            BuiltIn::Digits => Value::Digits(Arc::clone(&self.last.digits)),
            BuiltIn::Language => Value::text(self.cx.language()),
            _ => self.cx.root(path),
        }
    }
}
