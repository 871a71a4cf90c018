//! Holdfast: messages that an app sends over Socket.IO arrive once and in order, or the app learns why not.
//!
//! [`engine`] decides when a message leaves and how it settles. [`client`] wraps it, and tracks the user that each
//! message belongs to and the messages that the server has taken. Neither has any I/O. `web` connects both to
//! JavaScript.

#![no_std]

extern crate alloc;

pub mod client;
pub mod engine;
#[cfg(target_arch = "wasm32")]
pub mod web;
