//! The browser's side of the client: [`Driver`]. JavaScript calls it with commands and facts and polls it for
//! orders, and it drives the app's Socket.
//!
//! Decisions cross this border as numbers. Payloads, callbacks, event names and ids stay in JavaScript, in the
//! shell (`pkg-template/shell/`), which finds them by a message's number. So a send costs a few calls with integers
//! and no copy. No JavaScript runs while a frame or a borrow of the engine is on the stack. And a shell whose
//! engine has died still has everything that it must settle.
//!
//! The code that drives the Socket ([`call`]) does call JavaScript, through [`value`]s that are valid for one call.
//! A trap anywhere ends all clients of the module: nothing calls it again, and the shell makes another module for
//! the next client.

pub mod call;
mod driver;
mod insides;
#[cfg(feature = "module")]
mod module;
mod overrides;
mod packets;
pub mod socket_io;
pub mod value;
mod wire;

pub use driver::Driver;
