//! A recording of `holdfast/inspector`, played through the client again.
//!
//! All that JavaScript and the client tell each other crosses one border as numbers ([`holdfast::border`]), and the client
//! is deterministic: the same numbers give the same orders. So a [`Replay`] of what crossed is what happened, step by step,
//! and [`View`] is what the client knew at that step. The inspector runs this as WebAssembly, `cargo xtask replay` natively.

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
