//! Replays a recording of `holdfast/inspector` through the client.
//!
//! JavaScript and the client exchange only numbers, over one border ([`holdfast::border`]). The client is deterministic: the
//! same numbers give the same orders. So a [`Replay`] of the recorded numbers repeats the run step by step, and a
//! [`View`](view::View) shows the client's state at a step. The inspector runs this as WebAssembly, `cargo xtask replay`
//! natively.

mod account;
mod crossing;
mod describe;
#[cfg(target_arch = "wasm32")]
mod js;
mod names;
#[cfg(not(target_arch = "wasm32"))]
pub mod recording;
mod replay;
pub mod view;

pub use crossing::{Answer, Crossing, Start};
pub use replay::Replay;
