//! One user's tabs: which page is shown, and which are cached behind it.

use crate::ids::{Name, PageId};

#[derive(Default)]
pub(crate) struct Tab {
    /// The name of its journal, as the tab's session storage has it.
    pub(crate) remembered: Option<Name>,
    pub(crate) shown: Option<PageId>,
    pub(crate) cached: Vec<PageId>,
    /// A page is about to be loaded.
    pub(crate) is_loading: bool,
    pub(crate) is_closed: bool,
}

impl Tab {
    pub(crate) fn of_first_page() -> Self {
        Self { shown: Some(0), ..Self::default() }
    }
}
