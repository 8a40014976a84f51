//! A site's folder: reads its files and resolves its secrets. The only place besides `cli` that
//! opens files of a site; what they mean is the pure modules' business.
//!
//! Every problem with a file is a finding with the file's name, so that one run reports them all.

mod files;
mod kept;
mod load;
mod prompts;
mod secrets;
mod state;
mod threads;

pub use files::{FileError, read_bounded, write_atomically};
pub use kept::Kept;
pub use load::{
    Asked, Examined, FlowFile, Loaded, Overlay, SITE_FILE, files_below, find_root, flows_below, load, load_again,
    load_over, printable, tests_below,
};
pub use secrets::{Made, Owner, SecretError, Secrets};
pub use state::{SECRETS_FILE, StateError, StateLock, lock_state, state_folder, state_folder_of};
pub use threads::Threads;
