//! Pictures of a flow: its steps as cards, drawn as SVG by ourselves, or as text for Mermaid, DOT
//! and programs.
//!
//! The stages are `outline` (what the cards say), `layers`, `order`, `place` and `route` (where
//! they stand and how the lines run: Sugiyama, Tagawa, Toda 1981), `svg`. All are values in, values
//! out: the same flow gives the same picture, byte for byte.

mod coverage;
mod layers;
mod layout;
mod model;
mod order;
mod outline;
mod place;
mod route;
mod rows;
mod size;
mod svg;
mod text;

pub use coverage::Overlay;
pub use model::{Card, CardKind, Edge, EdgeKind, End, Mark, Picture, Row};
pub use outline::picture;
pub use rows::circumstances;
pub use svg::svg;
pub use text::{dot, json, mermaid};
