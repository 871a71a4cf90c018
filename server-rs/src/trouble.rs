//! Errors on the server, for the app's log.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// An error of the app.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// An error on the server, passed to `on_error`. The client only learns that it may retry.
#[derive(Debug)]
#[non_exhaustive]
pub enum Trouble {
    /// The function `user` panicked.
    UserPanicked,
    /// A handler failed with this error.
    HandlerFailed(BoxError),
    /// A handler panicked.
    HandlerPanicked,
    /// A handler took longer than this time and was dropped.
    HandlerTimedOut(Duration),
    /// The answer of a handler can't be encoded. Its message took effect, and is answered `null`.
    AnswerNotEncodable(serde_json::Error),
    /// `authorize` failed with this error.
    AuthorizeFailed(BoxError),
    /// `authorize` or the store panicked.
    FeedPanicked,
    /// `authorize` or the store did not answer within this time.
    FeedTimedOut(Duration),
    /// The store of the feeds failed with this error.
    StoreFailed(BoxError),
    /// The adapter could not reach other servers.
    AdapterFailed(BoxError),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UserPanicked => f.write_str("`user` panicked"),
            Self::HandlerFailed(_) => f.write_str("a handler failed"),
            Self::HandlerPanicked => f.write_str("a handler panicked"),
            Self::HandlerTimedOut(time) => write!(
                f,
                "a handler took longer than {time:?} (handler_timeout) and was dropped; \
                 it runs again if its message arrives again"
            ),
            Self::AnswerNotEncodable(_) => f.write_str(
                "an answer can't be encoded: its message took effect, and is answered `null`",
            ),
            Self::AuthorizeFailed(_) => f.write_str("`authorize` failed"),
            Self::FeedPanicked => f.write_str("`authorize` or the store of a feed panicked"),
            Self::FeedTimedOut(time) => {
                write!(f, "`authorize` or the store of a feed took longer than {time:?} (timeout)")
            }
            Self::StoreFailed(_) => f.write_str("the store of a feed failed"),
            Self::AdapterFailed(_) => f.write_str("the adapter could not reach other servers"),
        }
    }
}

impl Error for Trouble {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::HandlerFailed(error)
            | Self::AuthorizeFailed(error)
            | Self::StoreFailed(error)
            | Self::AdapterFailed(error) => Some(error.as_ref()),
            Self::AnswerNotEncodable(error) => Some(error),
            Self::UserPanicked
            | Self::HandlerPanicked
            | Self::HandlerTimedOut(_)
            | Self::FeedPanicked
            | Self::FeedTimedOut(_) => None,
        }
    }
}

/// The default `on_error`.
pub(crate) fn print(trouble: &Trouble) {
    let mut line = format!("holdfast: {trouble}");
    let mut cause = trouble.source();
    while let Some(error) = cause {
        line.push_str(&format!(": {error}"));
        cause = error.source();
    }
    eprintln!("{line}");
}
