//! The meaning of silence, and links that live for seconds.

use holdfast::client::Order;
use holdfast::client::receipts::Support;
use holdfast::engine::{Input, Output, Phase, Way};

use crate::world::{World, draft};

#[test]
fn probe_ends_no_link_of_a_server_that_never_answered_one() {
    let mut world = World::new();
    world.client.set_support(Support::Off);
    let mut world = world.linked();
    let epoch = world.epoch();
    for at in [1_000, 20_000, 40_000] {
        world.run_to(at);
        world.tell(Input::Woke);
        assert_eq!(world.client.status().phase, Phase::Ready);
    }
    // Awake for as long as the heartbeat may take, without a packet.
    world.run_to(84_999);
    assert_eq!(world.count(Order::Engine(Output::Disconnect { epoch, polite: false })), 0);
    world.run_to(85_000);
    assert_eq!(world.count(Order::Engine(Output::Disconnect { epoch, polite: false })), 1);
}

#[test]
fn receipt_answers_a_ping() {
    let mut world = World::proving();
    let epoch = world.epoch();
    for _ in 0..4 {
        world.run_to(world.now + 15_000);
        world.answer_receipts();
        world.fresh();
    }
    world.run_to(world.now + 15_000);
    assert_eq!(world.client.status().phase, Phase::Ready);
    let orders = world.fresh();
    assert!(!orders.contains(&Order::Engine(Output::Ping { epoch })), "{orders:?}");
    assert!(!world.owed.is_empty(), "a receipt is sent instead");
}

#[test]
fn links_that_live_for_three_seconds_do_not_grow_the_backoff() {
    let mut world = World::new().linked();
    let mut longest = 0;
    for _ in 0..40 {
        world.run_to(world.now + 3_000);
        world.lose_link();
        let at = world.client.status().next_attempt_at.expect("planned").0;
        longest = longest.max(at - world.now);
        world.reconnect();
    }
    assert!(longest <= 3_000, "{longest}");
}

#[test]
fn link_that_answers_no_receipt_any_more_is_replaced_when_the_page_is_shown() {
    let mut world = World::proving();
    world.send(draft(Way::Received));
    world.tell(Input::Woke);
    let at = world.now;
    world.run_to(at + 5_100);
    assert_eq!(world.client.status().phase, Phase::Waiting);
}

#[test]
fn receipt_that_is_owed_across_a_sleep_ends_no_link_however_long_it_was() {
    for slept in (30_000..60_000).step_by(250) {
        let mut world = World::proving();
        let seq = world.send(draft(Way::Received));
        world.now += slept;
        world.client.handle_timeout(world.at());
        world.drain();
        let epoch = world.epoch();
        let ended = Order::Engine(Output::Disconnect { epoch, polite: false });
        assert_eq!(world.count(ended), 0, "after {slept} ms");
        for _ in 0..2 {
            world.answer_receipts();
        }
        assert!(world.outcome(seq).is_some());
    }
}
