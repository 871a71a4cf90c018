//! Holdfast: what an app sends over Socket.IO arrives once and in order, or the app is told why not.
//!
//! [`engine`] decides when a message leaves and how it settles, and [`client`] around it whose it is and what the
//! server has taken. Neither has any I/O. [`border`] turns what goes in and comes out into numbers, and `web` hands these to
//! JavaScript.

#![no_std]

extern crate alloc;

pub mod border;
pub mod client;
pub mod engine;
#[cfg(all(target_arch = "wasm32", not(feature = "replay")))]
pub mod web;
