//! The token without which the engine places no outside leg.
//!
//! It is proof of one allow for one number and is used up by the leg. It decides nothing.

use crate::base::id::DecisionId;

use super::decision::Decision;
use super::number::DialTarget;

/// Who asked for the leg.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TokenOrigin {
    Flow {
        revision: String,
        step: String,
    },
    Api {
        user: String,
    },
    /// A phone's own call or transfer, by its user, or a trunk's REFER, by its trunk.
    Phone {
        subject: String,
    },
}

/// Permission for one leg to one number.
///
/// Neither `Clone`, nor made of parts, nor read from anything: what allowed it is a [`Decision`].
///
/// ```compile_fail,E0599
/// fn twice(token: strowger::policy::GuardToken) { let _ = (token.clone(), token); }
/// ```
/// ```compile_fail,E0451
/// use strowger::{base::id::DecisionId, policy::{DialTarget, GuardToken, TokenOrigin}};
/// fn forge(origin: TokenOrigin, decision: DecisionId, target: DialTarget) -> GuardToken {
///     GuardToken { origin, decision, target }
/// }
/// ```
/// ```compile_fail,E0277
/// fn read(text: &str) -> strowger::policy::GuardToken { serde_json::from_str(text).unwrap() }
/// ```
/// ```compile_fail,E0599
/// let token = strowger::policy::GuardToken::default();
/// ```
/// An allowing decision gives one, a denial none:
/// ```
/// use strowger::base::id::DecisionId;
/// use strowger::policy::{Actor, Facts, Mode, Policy, Request, To, TokenOrigin, decide};
/// let ask = |to: &str| Request {
///     to: To::Number(to.to_owned()),
///     mode: Mode::Blind,
///     actor: Actor::Flow { name: "main_line".to_owned(), guarded: true },
///     tainted: false,
///     places_leg: true,
///     feature: None,
/// };
/// let origin = || TokenOrigin::Flow { revision: "1".to_owned(), step: "help".to_owned() };
/// let closed = Policy::default();
/// let token = decide(&closed, &ask("911"), &Facts::default()).into_token(origin(), DecisionId(1)).unwrap();
/// assert_eq!(token.target().canonical(), "911");
/// assert!(decide(&closed, &ask("+12025550123"), &Facts::default()).into_token(origin(), DecisionId(2)).is_err());
/// ```
#[derive(Debug)]
pub struct GuardToken {
    origin: TokenOrigin,
    decision: DecisionId,
    target: DialTarget,
}

impl GuardToken {
    pub fn origin(&self) -> &TokenOrigin {
        &self.origin
    }

    /// The recorded decision that allowed it.
    pub fn decision(&self) -> DecisionId {
        self.decision
    }

    /// Exactly what was decided on, and what must be dialed.
    pub fn target(&self) -> &DialTarget {
        &self.target
    }
}

impl Decision {
    /// Uses this decision up for one leg.
    ///
    /// # Errors
    /// The decision itself, if it is no allow or names no number.
    pub fn into_token(self, origin: TokenOrigin, decision: DecisionId) -> Result<GuardToken, Decision> {
        let target = self.into_target()?;
        Ok(GuardToken { origin, decision, target })
    }
}
