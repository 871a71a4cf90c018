//! The browser's side of the engine: [`Driver`], which JavaScript calls with commands and facts and
//! polls for orders.
//!
//! Only numbers cross this border. Payloads, callbacks, event names and ids stay JavaScript values with
//! the shell in `pkg-template/shell/`, which finds them by a message's number. So a send costs a few
//! calls of integers and no copy; no JavaScript ever runs with a frame or a borrow of the engine's
//! beneath it; and a shell whose engine has died still holds all that it has to settle.

mod driver;
#[cfg(feature = "module")]
mod module;
pub mod numbers;
mod settings;

pub use driver::Driver;
