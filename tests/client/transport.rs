//! Which transport is tried first, and how much one takes.

use holdfast::client::transport::{Order, is_clogged, is_watched};

/// The order of each attempt, given the failures before it and whether the app has assigned an order since.
fn turns(attempts: &[(u32, bool)]) -> Vec<bool> {
    let mut order = Order::default();
    attempts.iter().map(|&(failures, is_new)| order.is_turned(failures, is_new)).collect()
}

#[test]
fn each_failure_turns_the_order() {
    let attempts = [(0, false), (1, false), (2, false), (3, false)];
    assert_eq!(turns(&attempts), [false, true, false, true]);
}

#[test]
fn success_begins_with_the_app_s_first_transport_again() {
    assert_eq!(turns(&[(1, false), (0, false), (1, false)]), [true, false, true]);
}

#[test]
fn order_that_the_app_assigns_is_tried_as_it_is_first() {
    let attempts = [(0, false), (1, false), (2, true), (3, false), (4, false)];
    assert_eq!(turns(&attempts), [false, true, false, true, false]);
    let attempts = [(1, true), (2, false), (3, true), (4, false)];
    assert_eq!(turns(&attempts), [false, true, false, true]);
}

#[test]
fn failures_before_a_success_are_none_of_a_later_order() {
    assert_eq!(turns(&[(5, true), (0, false), (1, false)]), [false, false, false]);
    assert_eq!(
        turns(&[(5, true), (0, false), (1, false), (6, false)]),
        [false, false, false, true]
    );
}

#[test]
fn silent_web_socket_is_given_up_early_where_there_is_another_way() {
    assert!(is_watched(true, 2));
    assert!(!is_watched(true, 1), "nothing else could be tried");
    assert!(!is_watched(false, 2), "polling has its own deadline");
}

#[test]
fn polling_is_clogged_by_packets_and_a_web_socket_by_bytes() {
    assert!(!is_clogged(true, 3.0));
    assert!(is_clogged(true, 4.0));
    assert!(!is_clogged(false, 131_072.0));
    assert!(is_clogged(false, 131_073.0));
    assert!(!is_clogged(false, f64::NAN), "a WebSocket that does not report it");
}
