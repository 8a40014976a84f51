//! Who a phone is: digest answers, nonces, and bounds on guessing.

pub mod digest;
pub mod nonce;
pub mod throttle;
