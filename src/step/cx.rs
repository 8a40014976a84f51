//! What a statement may ask of the call it runs in. The exchange implements it for live calls and
//! for tests alike.

use std::sync::Arc;

use crate::base::value::Value;
use crate::call::leg::Name;
use crate::call::spec::{CollectSpec, Prompts, RejectReason, TransferSpec};
use crate::expr::{Env, RootPath};

/// The call as a statement sees it.
///
/// A method named for an act begins it; the statement then returns [`Exec::Sleep`] and is
/// completed once by the exchange with a [`crate::call::spec::Completion`]. At most one act may be
/// under way in a frame. `reject` and `hangup` end the flow.
pub trait StepCx {
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
    /// Asks a policy without placing a leg: completes as `Outcome` `allowed` or `denied`.
    fn ask_guard(&mut self, policy: Name, number: Arc<str>, tainted: bool);
    /// A fact for the record: `tag name value`.
    fn tag(&mut self, name: &str, value: &Value);
    /// A built-in name such as `caller.number` (see `expr::names`).
    fn root(&self, path: &RootPath) -> Value;
    /// The prompt of that name in the call's language; the compiler has proved that it exists.
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

/// Variables and built-in names together, as expressions read them.
pub struct FrameEnv<'a> {
    pub slots: &'a [Value],
    pub cx: &'a dyn StepCx,
}

impl Env for FrameEnv<'_> {
    fn slot(&self, slot: crate::expr::Slot) -> Value {
        self.slots.get(usize::from(slot.0)).cloned().unwrap_or(Value::Unset)
    }

    fn root(&self, path: &RootPath) -> Value {
        self.cx.root(path)
    }
}
