//! A broken rule, which ends the run.

use std::any::Any;
use std::fmt;

/// A seed whose run broke a rule.
#[derive(Debug)]
pub struct Violation {
    /// The seed, to play it again.
    pub seed: u64,
    /// The rule, and what broke it.
    pub what: String,
}

impl Violation {
    /// Makes the violation from the panic that ended a run.
    pub(crate) fn of(seed: u64, panic: Box<dyn Any + Send>) -> Self {
        let what = match panic.downcast::<String>() {
            Ok(text) => *text,
            Err(panic) => panic.downcast::<&str>().map_or("a panic".into(), |text| (*text).into()),
        };
        Self { seed, what }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}: {}", self.seed, self.what)
    }
}

/// Ends the run: a rule was broken.
macro_rules! violated {
    ($rule:literal, $($what:tt)*) => {
        panic!(concat!($rule, ": {}"), format_args!($($what)*))
    };
}
pub(crate) use violated;
