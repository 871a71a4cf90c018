//! The browser shell.
use wasm_bindgen::prelude::*;
/// A stand-in until the driver is here.
#[wasm_bindgen]
pub fn ping(n: u32) -> u32 {
    n + 1
}
