//! The browser's side of the client: [`Driver`], which JavaScript calls with commands and facts and polls for orders,
//! and which drives the app's Socket.
//!
//! Decisions cross this border as numbers. Payloads, callbacks, event names and ids stay JavaScript values with the shell
//! in `pkg-template/shell/`, which finds them by a message's number. So a send costs a few calls of integers and no
//! copy; no JavaScript ever runs with a frame or a borrow of the engine's beneath it; and a shell whose engine has died
//! still holds all that it has to settle.
//!
//! What drives the Socket ([`call`]) calls JavaScript, by [`value`]s that are good for one call. One trap, wherever
//! it is, ends every client of the module: nothing calls it again, and the shell makes another one for the next client.

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
