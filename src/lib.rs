//! Holdfast: what an app sends over Socket.IO arrives once and in order, or the app is told why not.
//!
//! [`engine`] decides, without any I/O; `web` carries it out in a browser.

#![no_std]

extern crate alloc;

pub mod engine;
#[cfg(target_arch = "wasm32")]
pub mod web;
