//! Who is online: a list of the server's and changes to it, stale while there is no link. The ids are JavaScript's.

/// What is known of who is online.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Presence {
    /// No list has come over this link: what is known may be wrong by now.
    #[default]
    Stale,
    /// A list and all changes to it.
    Fresh,
}

impl Presence {
    /// Whether the app is told that somebody has left, who was or was not on the list. One who is not on a list that is right
    /// left under another name before.
    pub(super) fn is_news(self, was_listed: bool) -> bool {
        match self {
            Self::Stale => true,
            Self::Fresh => was_listed,
        }
    }
}
