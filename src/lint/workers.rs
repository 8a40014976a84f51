//! Work that falls into independent parts, such as the flows of a site. Pure code starts no threads: the shell hands
//! in who does the work.

/// Does the parts of a work and gives the results in the order of the parts.
pub trait Workers {
    fn each<T: Sync, R: Send>(&self, parts: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R>;
}

/// One part after the other.
#[derive(Clone, Copy, Debug)]
pub struct InOrder;

impl Workers for InOrder {
    fn each<T: Sync, R: Send>(&self, parts: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
        parts.iter().map(work).collect()
    }
}
