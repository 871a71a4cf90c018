//! A readable line-by-line trace.

use std::fmt::{Arguments, Write};

/// The lines, if they are kept. A sweep of a million seeds keeps none.
#[derive(Default)]
pub(crate) struct Trace(Option<String>);

impl Trace {
    pub(crate) fn kept() -> Self {
        Self(Some(String::new()))
    }

    pub(crate) fn is_kept(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn line(&mut self, at: u64, line: Arguments<'_>) {
        if let Some(text) = &mut self.0 {
            // Writing to a string can't fail.
            let _ = writeln!(text, "{:>6}.{:03}  {line}", at / 1_000, at % 1_000);
        }
    }

    pub(crate) fn text(&mut self, text: Arguments<'_>) {
        if let Some(kept) = &mut self.0 {
            let _ = writeln!(kept, "{text}");
        }
    }

    pub(crate) fn into_text(self) -> String {
        self.0.unwrap_or_default()
    }
}

/// Adds a line to a world's trace.
macro_rules! note {
    ($world:expr, $($line:tt)*) => {
        if $world.trace.is_kept() {
            $world.trace.line($world.now, format_args!($($line)*));
        }
    };
}
pub(crate) use note;
