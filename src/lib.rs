//! Holdfast: messages that an app sends over Socket.IO arrive once and in order, or the app learns why not.
//!
//! [`engine`] decides when a message leaves and how it settles. [`client`] wraps it, and tracks the user that each
//! message belongs to and the messages that the server has taken. Neither has any I/O. [`border`] turns what
//! goes in and comes out into numbers, and `web` hands these to
//! JavaScript.

#![no_std]

extern crate alloc;

pub mod border;
pub mod client;
pub mod engine;
#[cfg(all(target_arch = "wasm32", not(feature = "replay")))]
pub mod web;
