//! The replay's interface for JavaScript. Its types are in `pkg-template/inspector/replay.d.ts`.

use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, Once};

use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;

use crate::crossing::{Crossing, Start};
use crate::replay::Replay;

/// The text of the panic that ended a player.
static PANIC: Mutex<Option<String>> = Mutex::new(None);
static HOOK: Once = Once::new();
/// The step that is being played.
static PLAYING: AtomicUsize = AtomicUsize::new(0);

/// A [`Replay`].
#[wasm_bindgen]
#[derive(Debug)]
pub struct Player {
    replay: Replay,
}

#[wasm_bindgen]
impl Player {
    /// A client at the start of a recording. The numbers are those of its `start`.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(wall: f64, running: f64, seed: f64) -> Self {
        HOOK.call_once(|| {
            panic::set_hook(Box::new(|info| {
                if let Ok(mut text) = PANIC.lock() {
                    *text = Some(info.to_string());
                }
            }));
        });
        Self { replay: Replay::new(Start { wall, running, seed }) }
    }

    /// Plays many steps of [`Crossing::SIZE`] numbers each. Stops after the first step that differs from the recording.
    /// Returns how many were played.
    pub fn advance(&mut self, steps: &[f64]) -> usize {
        let (steps, _) = steps.as_chunks::<{ Crossing::SIZE }>();
        let had_differed = self.replay.differs_at().is_some();
        for (index, step) in steps.iter().enumerate() {
            PLAYING.store(self.replay.steps(), Ordering::Relaxed);
            if !self.replay.advance(&Crossing::from_numbers(step)) && !had_differed {
                return index + 1;
            }
        }
        steps.len()
    }

    /// Plays one step, and describes it.
    ///
    /// # Errors
    /// If the step does not have [`Crossing::SIZE`] numbers.
    pub fn step(&mut self, step: &[f64]) -> Result<JsValue, JsError> {
        let step = step.try_into().map_err(|_| JsError::new("A step has ten numbers"))?;
        PLAYING.store(self.replay.steps(), Ordering::Relaxed);
        to_js(&self.replay.step(&Crossing::from_numbers(step)))
    }

    /// The client as it is now.
    ///
    /// # Errors
    /// If the view cannot be converted to JavaScript, which does not happen for its types.
    pub fn view(&self) -> Result<JsValue, JsError> {
        to_js(&self.replay.view())
    }
}

/// The text of the panic that ended a player, if any.
#[wasm_bindgen(js_name = panicText)]
#[must_use]
pub fn panic_text() -> Option<String> {
    PANIC.lock().ok().and_then(|text| text.clone())
}

/// The step that was played last: the one that panicked, if a player did.
#[wasm_bindgen(js_name = panicStep)]
#[must_use]
pub fn panic_step() -> usize {
    PLAYING.load(Ordering::Relaxed)
}

/// Converts a value. `None` becomes null.
fn to_js(value: &impl Serialize) -> Result<JsValue, JsError> {
    value
        .serialize(&Serializer::new().serialize_missing_as_null(true))
        .map_err(|error| JsError::new(&error.to_string()))
}
