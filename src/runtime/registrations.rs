//! Registrations from process to process: what telephones have registered is kept, and the next process begins with it, so
//! that a call right after a crash finds them. Not on a connection: that ends with its process.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::driver::Driver;
use super::translate;
use crate::base::time::{Micros, Mono, Now, Wall};
use crate::call::leg::Name;
use crate::exchange::Input;
use crate::exchange::tape::{Last, Tape, Wire, fields};
use crate::sip::flow::Flow;
use crate::sip::registrar::{Binding, ContactId};
use crate::store::{ContactsRow, StoredContacts};

/// How long renewals gather until they are written, all in one transaction: telephones that only stay registered, however
/// many they are, cost one every so often. Much shorter than what is left of a registration when a telephone renews it.
/// Who comes or goes is written at once.
const GATHER: Micros = Micros::from_secs(2);
/// The form of the bytes.
const VERSION: u8 = 1;

#[derive(Debug, Default)]
pub struct Registrations {
    /// How many telephones each user has.
    counts: BTreeMap<Name, usize>,
    /// When what has changed is written.
    due: Option<Mono>,
}

impl Registrations {
    /// Users with a telephone.
    pub fn users(&self) -> usize {
        self.counts.len()
    }

    pub fn deadline(&self) -> Option<Mono> {
        self.due
    }
}

/// A telephone, as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Kept {
    uri: Box<str>,
    flow: Flow,
    preference: u16,
    call_id: Box<str>,
    cseq: u32,
    until: Wall,
}

fields!(Kept: uri, flow, preference, call_id, cseq, until);

/// The telephones of a user as bytes; `None` if there are none.
pub fn write<'a>(now: Now, bindings: impl Iterator<Item = &'a Binding>) -> Option<Box<[u8]>> {
    let kept = bindings.map(|binding| {
        let left = i64::try_from(binding.expires.since(now.mono).as_ms()).unwrap_or(i64::MAX);
        Kept {
            uri: binding.uri.clone(),
            flow: binding.flow,
            preference: binding.preference,
            call_id: binding.call_id.clone(),
            cseq: binding.cseq,
            until: Wall(now.wall.0.saturating_add(left)),
        }
    });
    let kept: Vec<Kept> = kept.collect();
    let mut tape = Tape::default();
    tape.byte(VERSION);
    kept.put(&mut tape);
    (!kept.is_empty()).then(|| tape.bytes.into())
}

/// And back. `None`: they are of another version, or damaged.
pub fn read(now: Now, bytes: &[u8]) -> Option<Vec<Binding>> {
    let (version, body) = bytes.split_first()?;
    let mut tape = Tape::reading(body.to_vec(), Last::default());
    let kept = <Vec<Kept> as Wire>::take(&mut tape).filter(|_| *version == VERSION && tape.left() == 0)?;
    let bindings = kept.into_iter().map(|kept| {
        let left = u64::try_from(kept.until.0.saturating_sub(now.wall.0)).unwrap_or(0);
        Binding {
            // The registrar numbers them.
            id: ContactId(0),
            uri: kept.uri,
            flow: kept.flow,
            preference: kept.preference,
            call_id: kept.call_id,
            cseq: kept.cseq,
            expires: now.mono + Micros::from_ms(left),
        }
    });
    Some(bindings.collect())
}

impl Driver {
    /// Where a user can be reached now.
    pub(super) fn reachable(&mut self, user: Name, contacts: &[ContactId]) {
        if contacts.is_empty() {
            self.registrations.counts.remove(&user);
        } else {
            self.registrations.counts.insert(user.clone(), contacts.len());
        }
        self.registrations.due = Some(Mono::default());
        self.inputs.push_back(Input::Registered { user, contacts: translate::contacts(contacts) });
    }

    /// Begins with the telephones that were registered with the process before this one.
    pub fn restore_registrations(&mut self, stored: &[StoredContacts]) {
        let now = self.clock.now();
        for StoredContacts { user, contacts } in stored {
            // What cannot be read is as good as none: the telephones register again.
            let bindings = read(now, contacts).unwrap_or_default();
            self.sip.restore_bindings(now.mono, &Arc::from(user.as_str()), bindings);
        }
    }

    /// Writes what has changed, when it is time; at once if this process ends.
    pub(super) fn keep_registrations(&mut self, now: Now, ends: bool) {
        if !self.sip.has_touched_users() {
            self.registrations.due = None;
            return;
        }
        let due = *self.registrations.due.get_or_insert(now.mono + GATHER);
        if due > now.mono && !ends {
            return;
        }
        self.registrations.due = None;
        let users = self.sip.touched_users().into_iter();
        let rows = users.map(|user| ContactsRow { contacts: write(now, self.sip.bindings(&user)), user });
        self.store.contacts(rows.collect());
    }
}
