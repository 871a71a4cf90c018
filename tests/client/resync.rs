//! Messages that were missed without a link, and live messages meanwhile.

use holdfast::client::Order;
use holdfast::engine::{Input, Millis};

use crate::world::World;

/// The round and the mark of the last order to ask for what was missed, if there was one since the last call.
fn asked(world: &mut World) -> Option<(u32, u32)> {
    world.fresh().into_iter().find_map(|order| match order {
        Order::Resync { round, since } => Some((round, since)),
        _ => None,
    })
}

/// A link that was lost once and is back. Returns the round of the request to the app.
fn returned() -> (World, u32) {
    let mut world = World::new().linked();
    assert_eq!(asked(&mut world), None, "nothing was missed");
    world.replace_link();
    let (round, _) = asked(&mut world).expect("asked");
    (world, round)
}

fn is_released(world: &mut World) -> bool {
    world.drain();
    world.fresh().contains(&Order::Release)
}

#[test]
fn gap_begins_at_the_last_message_before_the_first_loss_until_an_answer_closes_it() {
    let mut world = World::new().linked();
    let first = world.client.saw();
    assert_eq!(world.client.saw(), first, "the same mark is used again");
    world.replace_link();
    let (round, since) = asked(&mut world).expect("asked");
    assert_eq!(since, first);
    let later = world.client.saw();
    assert_ne!(later, first, "the mark of the gap is not overwritten");
    assert_eq!(world.client.saw(), later);
    world.replace_link();
    world.client.resynced(round, true);
    let (round, since) = asked(&mut world).expect("asked again");
    assert_eq!(since, first, "an answer to an earlier request does not close the gap");
    world.client.resynced(round, false);
    world.replace_link();
    let (round, since) = asked(&mut world).expect("asked once more, as it failed");
    assert_eq!(since, first);
    world.client.resynced(round, true);
    world.replace_link();
    assert_eq!(asked(&mut world).map(|(_, since)| since), Some(later));
}

#[test]
fn first_link_is_noted_down_where_nothing_came_so_far() {
    let world = World::new().linked();
    assert_eq!(world.count(Order::Returned { begins: Some(0) }), 1);
}

#[test]
fn live_messages_are_buffered_for_five_seconds_from_the_last_reconnect() {
    let (mut world, _) = returned();
    assert!(world.client.buffers(false));
    assert!(!world.client.buffers(true), "a message that wants an acknowledgement is not buffered");
    world.run_to(world.now + 3_000);
    world.replace_link();
    world.fresh();
    assert!(world.client.buffers(false));
    let back = world.now;
    world.run_to(back + 4_999);
    assert!(!is_released(&mut world));
    world.run_to(back + 5_000);
    assert!(is_released(&mut world));
    assert!(!world.client.buffers(false));
}

#[test]
fn answer_to_the_last_request_releases_the_buffered_messages() {
    let (mut world, first) = returned();
    assert!(world.client.buffers(false));
    world.replace_link();
    let (round, _) = asked(&mut world).expect("asked");
    world.client.resynced(first, true);
    assert!(!is_released(&mut world));
    world.client.resynced(round, false);
    assert!(is_released(&mut world), "an app that fails delays nothing");
}

#[test]
fn link_that_was_only_in_doubt_is_no_return() {
    let mut world = World::new().linked();
    let epoch = world.epoch();
    world.tell(Input::Ponged { epoch });
    let returns = world.count(Order::AskOnline);
    world.tell(Input::Woke);
    assert!(!world.client.status().is_ready(), "in doubt");
    world.tell(Input::Ponged { epoch });
    assert!(world.client.status().is_ready());
    assert_eq!(world.count(Order::AskOnline), returns);
}

#[test]
fn thousand_messages_are_buffered() {
    let (mut world, _) = returned();
    for _ in 1..1_000 {
        assert!(world.client.buffers(false));
    }
    assert!(!is_released(&mut world));
    assert!(world.client.buffers(false), "in its turn");
    assert!(is_released(&mut world));
    assert!(!world.client.buffers(false));
}

#[test]
fn recovered_session_asks_for_nothing_missed() {
    let mut world = World::new().linked();
    world.client.saw();
    world.lose_link();
    let wait = world.client.status().next_attempt_at.expect("a planned attempt");
    world.run_to(wait.0);
    world.authorize();
    let epoch = world.epoch();
    world.client.linked(world.at(), epoch, false, Millis(0));
    world.client.greeted(world.at(), epoch, true);
    world.drain();
    assert_eq!(asked(&mut world), None);
    assert!(!world.client.buffers(false));
}

#[test]
fn messages_fetched_for_one_user_are_not_for_the_next() {
    let mut world = World::new();
    world.name = 5;
    let mut world = world.linked();
    world.replace_link();
    let (round, _) = asked(&mut world).expect("asked");
    assert!(world.client.is_ours(round));
    assert!(world.client.buffers(false));
    world.client.log_out(world.at());
    assert!(!world.client.is_ours(round), "before the app is told");
    world.drain();
    assert!(!world.client.is_ours(round));
    world.name = 6;
    world.client.reset_logout();
    world.open();
    world.connect();
    assert!(!world.client.buffers(false));
    assert_eq!(asked(&mut world), None, "the user has missed nothing");
    world.client.resynced(round, true);
    assert!(!is_released(&mut world));
}
