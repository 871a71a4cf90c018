//! One user's tabs: the page that is shown in each, and the pages that are cached behind it.

use crate::ids::{Name, PageId};

#[derive(Default)]
pub(crate) struct Tab {
    /// The name of its journal in the tab's session storage.
    pub(crate) remembered: Option<Name>,
    pub(crate) shown: Option<PageId>,
    pub(crate) cached: Vec<PageId>,
    /// A page is being loaded.
    pub(crate) is_loading: bool,
    pub(crate) is_closed: bool,
}

impl Tab {
    pub(crate) fn of_first_page() -> Self {
        Self { shown: Some(0), ..Self::default() }
    }
}
