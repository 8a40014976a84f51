//! Where users can be reached: the bindings of RFC 3261 §10. Who may make them is in `auth`.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;

use super::flow::{ConnectionId, Flow, Transport};
use crate::base::time::Mono;

/// Contacts of one user; another one pushes out the one that would expire first.
pub const MAX_CONTACTS: usize = 8;

/// One registered phone, for as long as it is registered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ContactId(pub u64);

/// A phone's registration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Binding {
    pub id: ContactId,
    /// What it wants to be called.
    pub uri: Box<str>,
    /// Where the REGISTER came from, and where calls go: behind a translator the URI leads nowhere.
    pub flow: Flow,
    /// How much it wants to be called before the user's others, in thousandths (RFC 3261 §20.10).
    pub preference: u16,
    /// Of the last REGISTER, with its number: an older one must not undo it.
    pub call_id: Box<str>,
    pub cseq: u32,
    pub expires: Mono,
}

/// One contact of a REGISTER.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wish<'a> {
    pub uri: &'a str,
    /// How long it shall hold; one that is not after now is removed.
    pub expires: Mono,
    /// Its `q` in thousandths.
    pub preference: u16,
}

/// The preference of a contact that names none, and the highest.
pub const FULL_PREFERENCE: u16 = 1_000;

/// What one REGISTER asks for, already within bounds.
pub struct Request<'a> {
    pub flow: Flow,
    pub call_id: &'a str,
    pub cseq: u32,
    pub contacts: Vec<Wish<'a>>,
    /// `Contact: *`.
    pub remove_all: bool,
}

/// The number of a REGISTER is not higher than the last one's (RFC 3261 §10.3 step 7).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutOfOrder;

/// All bindings.
#[derive(Default)]
pub struct Registrar {
    users: BTreeMap<Arc<str>, Vec<Binding>>,
    owners: BTreeMap<ContactId, Arc<str>>,
    /// How many bindings came over a path: their source is known.
    paths: BTreeMap<(Transport, SocketAddr), u32>,
    /// The last contact number given; a refreshed binding keeps its own.
    numbered: u64,
    /// Users of whose bindings something is another than it was, if only how long they hold.
    touched: BTreeSet<Arc<str>>,
}

impl Registrar {
    /// Carries out a REGISTER, whole or not at all. True if the set of contacts changed.
    pub fn register(&mut self, now: Mono, user: &Arc<str>, request: &Request<'_>) -> Result<bool, OutOfOrder> {
        let late = |binding: &Binding| *binding.call_id == *request.call_id && request.cseq <= binding.cseq;
        let touched =
            |binding: &&Binding| request.remove_all || request.contacts.iter().any(|wish| *wish.uri == *binding.uri);
        if self.contacts(user).iter().filter(touched).any(late) {
            return Err(OutOfOrder);
        }
        let mut held = self.take(user);
        let before: Vec<ContactId> = held.iter().map(|binding| binding.id).collect();
        if request.remove_all {
            held.clear();
        }
        for Wish { uri, expires, preference } in request.contacts.iter().copied() {
            let known = held.iter().position(|binding| *binding.uri == *uri);
            let id = known.map(|at| held.remove(at).id);
            if expires <= now {
                continue;
            }
            let id = id.unwrap_or_else(|| self.number());
            let (uri, call_id, flow) = (uri.into(), request.call_id.into(), request.flow);
            held.push(Binding { id, uri, flow, preference, call_id, cseq: request.cseq, expires });
        }
        while held.len() > MAX_CONTACTS {
            if let Some(at) = held.iter().enumerate().min_by_key(|(_, binding)| binding.expires).map(|(at, _)| at) {
                held.remove(at);
            }
        }
        // A refresh changes nothing: among equals whoever registered first stays first.
        held.sort_by_key(|binding| (std::cmp::Reverse(binding.preference), binding.id));
        let changed = !held.iter().map(|binding| binding.id).eq(before);
        self.touched.insert(Arc::clone(user));
        self.put(user, held);
        Ok(changed)
    }

    /// Takes up a user's bindings of an earlier process, in the order in which they want to be called; they get numbers of
    /// this one. Who has registered already is where that says.
    pub fn restore(&mut self, user: &Arc<str>, mut held: Vec<Binding>) {
        self.touched.insert(Arc::clone(user));
        if self.users.contains_key(user) {
            return;
        }
        held.truncate(MAX_CONTACTS);
        held.iter_mut().for_each(|binding| binding.id = self.number());
        self.put(user, held);
    }

    fn number(&mut self) -> ContactId {
        self.numbered += 1;
        ContactId(self.numbered)
    }

    /// Users whose bindings are to be kept anew; each is told once.
    pub fn take_touched(&mut self) -> BTreeSet<Arc<str>> {
        std::mem::take(&mut self.touched)
    }

    pub fn is_touched(&self) -> bool {
        !self.touched.is_empty()
    }

    /// Takes a user's bindings out of all tables.
    fn take(&mut self, user: &str) -> Vec<Binding> {
        let held = self.users.remove(user).unwrap_or_default();
        for binding in &held {
            self.owners.remove(&binding.id);
            let path = (binding.flow.transport, binding.flow.peer);
            match self.paths.get_mut(&path) {
                Some(count) if *count > 1 => *count -= 1,
                _ => {
                    self.paths.remove(&path);
                }
            }
        }
        held
    }

    fn put(&mut self, user: &Arc<str>, held: Vec<Binding>) {
        for binding in &held {
            self.owners.insert(binding.id, Arc::clone(user));
            *self.paths.entry((binding.flow.transport, binding.flow.peer)).or_default() += 1;
        }
        if !held.is_empty() {
            self.users.insert(Arc::clone(user), held);
        }
    }

    /// A user's bindings in the order in which they want to be called, equals as they came.
    pub fn contacts(&self, user: &str) -> &[Binding] {
        self.users.get(user).map_or(&[], Vec::as_slice)
    }

    pub fn binding(&self, user: &str, contact: ContactId) -> Option<&Binding> {
        self.contacts(user).iter().find(|binding| binding.id == contact)
    }

    /// Whether a registered phone speaks from there.
    pub fn knows(&self, flow: &Flow) -> bool {
        self.paths.contains_key(&(flow.transport, flow.peer))
    }

    /// Removes some of a user's bindings; true if there were any such.
    fn drop_of(&mut self, user: &Arc<str>, gone: impl Fn(&Binding) -> bool) -> bool {
        let mut held = self.take(user);
        let before = held.len();
        held.retain(|binding| !gone(binding));
        let dropped = held.len() != before;
        if dropped {
            self.touched.insert(Arc::clone(user));
        }
        self.put(user, held);
        dropped
    }

    /// Removes a binding that has not been refreshed; its user.
    pub fn expire(&mut self, now: Mono, contact: ContactId) -> Option<Arc<str>> {
        let user = Arc::clone(self.owners.get(&contact)?);
        self.drop_of(&user, |binding| binding.id == contact && binding.expires <= now).then_some(user)
    }

    /// Removes what was registered over a connection that closed: there is no other way back to those phones.
    pub fn disconnect(&mut self, connection: ConnectionId) -> Vec<Arc<str>> {
        let over = |binding: &Binding| binding.flow.connection == Some(connection);
        let users = self.users.iter().filter(|(_, held)| held.iter().any(over));
        let users: Vec<Arc<str>> = users.map(|(user, _)| Arc::clone(user)).collect();
        for user in &users {
            self.drop_of(user, over);
        }
        users
    }

    /// Removes the bindings of users that the site no longer has.
    pub fn keep_users(&mut self, known: impl Fn(&str) -> bool) -> Vec<Arc<str>> {
        let gone: Vec<Arc<str>> = self.users.keys().filter(|user| !known(user)).cloned().collect();
        for user in &gone {
            self.take(user);
        }
        self.touched.extend(gone.iter().cloned());
        gone
    }

    pub fn len(&self) -> usize {
        self.owners.len()
    }

    pub fn is_empty(&self) -> bool {
        self.owners.is_empty()
    }
}
