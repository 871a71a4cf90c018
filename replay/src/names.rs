//! The names of the orders and of their fields. The table `ORDER` of `pkg-template/shell/numbers.js` has the same names in the
//! same order; a test compares the two.

/// An order's name, and the names of its fields.
pub(crate) type Named = (&'static str, &'static [&'static str]);

/// The names of an order, by its number.
pub(crate) fn order(number: usize) -> Named {
    ORDERS.get(number).copied().unwrap_or(("unknown", &[]))
}

/// The names of all orders, by number. `_` is a field without meaning.
pub(crate) const ORDERS: &[Named] = &[
    ("none", &[]),
    ("authorize", &["epoch"]),
    ("connect", &["epoch", "failures"]),
    ("disconnect", &["epoch", "polite"]),
    ("join", &["epoch"]),
    ("ping", &["epoch"]),
    ("transmit", &["message", "attempt", "is_asked", "is_large"]),
    ("settle", &["message", "claim"]),
    ("report", &["notice"]),
    ("changed", &["phase", "queued", "in_flight", "next_attempt_at", "last_pong_at", "rtt"]),
    ("openStorage", &["opening"]),
    ("receipt", &["epoch", "name", "count"]),
    ("ended", &["elsewhere"]),
    ("foreign", &[]),
    ("learned", &["event", "answers"]),
    ("receiptless", &[]),
    ("look", &[]),
    ("closeStorage", &[]),
    ("remember", &["journal"]),
    ("lock", &["journal", "waits"]),
    ("unlock", &["journal"]),
    ("gather", &["opening"]),
    ("read", &["of", "mine"]),
    ("put", &["message", "opening", "segment", "index"]),
    ("move", &["row", "opening", "segment", "index"]),
    ("list", &["_", "opening", "segment", "index"]),
    ("drop", &["journal", "segment"]),
    ("commit", &["transaction", "opening", "guard"]),
    ("take", &["row"]),
    ("erased", &["row"]),
    ("share", &["message"]),
    ("hello", &["journal", "is_new"]),
    ("ask", &["message"]),
    ("cancelElsewhere", &["message"]),
    ("storageFailed", &[]),
    ("forgetLate", &["message"]),
    ("replayEmit", &["print", "has_ack"]),
    ("forgetValue", &["key", "value"]),
    ("emitDeferred", &["number"]),
    ("returned", &["begins"]),
    ("askForMissed", &["round", "since"]),
    ("releaseBuffered", &[]),
    ("askOnline", &[]),
    ("stopTyping", &["user"]),
    ("readFeed", &["feed", "round"]),
];

/// `LinkUp` as `linkUp`.
pub(crate) fn camel(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::ORDERS;
    use holdfast::border::told::Told;

    const NUMBERS: &str = include_str!("../../pkg-template/shell/numbers.js");

    /// The names of one of its tables, by number.
    fn table(name: &str) -> Vec<String> {
        let (_, rest) = NUMBERS.split_once(&format!("export const {name} = {{")).expect(name);
        let (body, _) = rest.split_once('}').expect("a table ends");
        let rows = body.split(',').filter_map(|row| row.split_once(':'));
        let rows = rows.map(|(name, number)| (number.trim().parse::<usize>(), name.trim()));
        let rows = rows.map(|(number, name)| (number.expect("a number"), name.to_owned()));
        let rows: Vec<_> = rows.collect();
        assert!(rows.iter().enumerate().all(|(index, (number, _))| index == *number));
        rows.into_iter().map(|(_, name)| name).collect()
    }

    #[test]
    fn every_order_has_the_name_that_javascript_has_for_it() {
        let names: Vec<_> = ORDERS.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(names, table("ORDER"));
    }

    #[test]
    fn every_command_and_fact_has_the_name_that_javascript_has_for_it() {
        let names: Vec<_> =
            Told::ALL.iter().map(|told| super::camel(&format!("{told:?}"))).collect();
        assert_eq!(names, table("TOLD"));
    }
}
