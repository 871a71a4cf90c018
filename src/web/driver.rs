//! The border, driven from JavaScript, and the Socket, which is driven by it.

use core::cell::RefCell;

use wasm_bindgen::prelude::*;

use super::call::{Call, What, Wire};
use super::value::{NAMES, Value};
use crate::border::numbers::double;
use crate::border::told::Told;
use crate::border::{Around, Border};

/// One client of JavaScript's: its decisions, which cross the [`Border`] as numbers, and its Socket.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Driver {
    border: RefCell<Border>,
    wire: Wire,
}

#[wasm_bindgen]
impl Driver {
    /// See [`Border::new`].
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(wall: f64, running: f64, seed: f64) -> Self {
        Self { border: RefCell::new(Border::new(wall, running, seed)), wire: Wire::default() }
    }

    /// What is called for of the Socket, by its place among [`What::ALL`], about the connection of the attempt `link`.
    /// `first` is where on the stack the values are that come with it; the answer is where its own value is, 0 where
    /// something was thrown. Any JavaScript may run meanwhile, and call the driver again.
    pub fn wire(&self, what: u32, link: u32, first: i32) -> i32 {
        let Some(what) = What::ALL.get(what as usize) else { return 0 };
        Call::new(&self.wire, first).run(*what, link).map_or(0, Value::index)
    }

    /// See [`Border::tell`]; `what` is the index in the table `TOLD`. Each export costs the module some hundred bytes, so
    /// there is one for all commands and facts.
    #[expect(clippy::too_many_arguments, reason = "numbers alone cross this border")]
    pub fn tell(
        &self,
        what: u32,
        wall: f64,
        running: f64,
        a: f64,
        b: f64,
        c: f64,
        d: f64,
        e: f64,
        f: f64,
    ) -> f64 {
        let Some(&told) = Told::ALL.get(what as usize) else { return 0.0 };
        // No JavaScript runs while it is borrowed.
        self.border.borrow_mut().tell(&self.wire, told, wall, running, [a, b, c, d, e, f])
    }
}

impl Around for Wire {
    fn heartbeat(&self) -> f64 {
        self.heartbeat.get()
    }

    fn starts_anew(&self) {
        self.tries.set(-1);
    }

    fn names(&self) -> f64 {
        double(NAMES.as_ptr().addr() as u64)
    }
}
