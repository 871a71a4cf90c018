//! The list of online users: the server's list and changes to it. Outdated while there is no link. JavaScript
//! stores the ids.

/// How current the known list is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Presence {
    /// No list has come over this link, so the known one may be wrong.
    #[default]
    Stale,
    /// A list and all later changes have come.
    Fresh,
}

impl Presence {
    /// Whether to tell the app that somebody left. With a current list, a user who was not listed has left before,
    /// under another name.
    pub(super) fn is_news(self, was_listed: bool) -> bool {
        match self {
            Self::Stale => true,
            Self::Fresh => was_listed,
        }
    }
}
