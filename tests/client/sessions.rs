//! Remembered emits, rooms, deferred events, and who is online.

use holdfast::client::{Order, Soon, Value};
use holdfast::engine::{Epoch, Input, Millis, Output, Verdict, Way};

use crate::world::{World, draft};

const ALICE: u64 = 1;
const ROOM: u64 = 2;
const OTHER: u64 = 3;

fn replay(key: u64) -> Order {
    Order::Replay { key, is_asked: false }
}

/// The orders, except those about attempts and receipts.
fn orders(world: &mut World) -> Vec<Order> {
    let is_other = |order: &Order| {
        !matches!(
            order,
            Order::Engine(Output::Authorize { .. } | Output::Connect { .. } | Output::Ping { .. })
                | Order::Receipt { .. }
                | Order::Ended { .. }
        )
    };
    world.fresh().into_iter().filter(is_other).collect()
}

/// A link that is up, with a room to join.
fn joining(world: &mut World) {
    if !world.log.is_empty() {
        let wait = world.client.status().next_attempt_at.expect("a planned attempt");
        world.run_to(wait.0);
    } else {
        world.open();
    }
    world.authorize();
    let epoch = world.epoch();
    world.client.linked(world.at(), epoch, true, Millis(0));
    world.drain();
    world.client.asked_for_room([ALICE, ROOM, 0]);
    world.client.greeted(world.at(), epoch, false);
    world.drain();
}

#[test]
fn remembered_emits_are_replayed_on_each_reconnect_before_the_queue() {
    let mut world = World::new();
    world.client.remember(1);
    let mut world = world.linked();
    assert_eq!(orders(&mut world)[0], replay(1));
    assert!(world.client.remember(2).1, "now, too");
    world.client.emitted(3, true);
    world.client.emitted(1, false);
    for _ in 0..2 {
        world.lose_link();
        let seq = world.send(draft(Way::Acked));
        world.reconnect();
        let orders = orders(&mut world);
        let asked = Order::Replay { key: 3, is_asked: true };
        assert_eq!(orders[..3], [replay(2), asked, replay(1)]);
        let is_asked = true;
        assert_eq!(orders[3], Order::Transmit { seq, attempt: 1, is_asked, is_large: false });
        world.ack(seq, 1, Verdict::Accepted);
        world.fresh();
    }
}

#[test]
fn emits_of_connect_listeners_are_not_replayed_and_nothing_leaves_before_them() {
    let mut world = World::new().linked();
    world.client.emitted(1, false);
    world.client.emitted(2, false);
    world.lose_link();
    let seq = world.send(draft(Way::Acked));
    let wait = world.client.status().next_attempt_at.expect("a planned attempt");
    world.run_to(wait.0);
    world.authorize();
    world.fresh();
    let epoch = world.epoch();
    world.client.linked(world.at(), epoch, false, Millis(0));
    world.drain();
    assert_eq!(orders(&mut world), [], "no room, no join");
    world.client.emitted(1, false);
    world.client.greeted(world.at(), epoch, false);
    world.drain();
    let transmit = Order::Transmit { seq, attempt: 1, is_asked: true, is_large: false };
    assert_eq!(orders(&mut world)[..2], [replay(2), transmit]);
}

#[test]
fn recovered_session_is_still_in_its_rooms() {
    let mut world = World::new().linked();
    world.client.emitted(1, false);
    world.lose_link();
    let wait = world.client.status().next_attempt_at.expect("a planned attempt");
    world.run_to(wait.0);
    world.authorize();
    let epoch = world.epoch();
    world.client.linked(world.at(), epoch, false, Millis(0));
    world.client.greeted(world.at(), epoch, true);
    world.drain();
    assert!(!world.log.iter().any(|&(_, order)| order == replay(1)));
    world.replace_link();
    assert_eq!(world.count(replay(1)), 1, "the next session may be a different one");
}

#[test]
fn recovered_session_lacks_emits_that_were_not_made_over_the_link_before() {
    let mut world = World::new().linked();
    world.client.emitted(1, false);
    world.lose_link();
    world.client.remember(2);
    let wait = world.client.status().next_attempt_at.expect("a planned attempt");
    world.run_to(wait.0);
    world.authorize();
    let epoch = world.epoch();
    world.client.linked(world.at(), epoch, false, Millis(0));
    world.client.greeted(world.at(), epoch, true);
    world.drain();
    assert_eq!((world.count(replay(1)), world.count(replay(2))), (0, 1));
}

#[test]
fn thousand_emits_are_remembered_and_each_until_nobody_wants_it() {
    let mut world = World::new();
    let uses: Vec<_> = (0..1_001).map(|key| world.client.remember(key).0).collect();
    world.drain();
    assert_eq!(world.fresh(), [Order::Discard { value: Value::Remembered, key: 0 }]);
    let (again, _) = world.client.remember(1);
    assert!(!world.client.unremember(1, uses[1]));
    assert!(world.client.unremember(1, again));
    assert!(!world.client.unremember(1, again), "it is over");
    assert!(world.client.forget_emit(2));
    world.client.remember(2);
    assert!(!world.client.unremember(2, uses[2]), "that was another use");
    assert!(world.client.forget_emit(2));
}

#[test]
fn remembered_emit_is_not_the_next_users() {
    let mut world = World::new();
    world.client.name(world.at(), 5, 0);
    world.name = 5;
    let mut world = world.linked();
    world.client.remember(1);
    world.client.log_out(world.at());
    world.drain();
    world.name = 6;
    world.client.reset_logout();
    world.client.name(world.at(), 6, 0);
    world.open();
    world.connect();
    assert_eq!(world.count(replay(1)), 0);
}

#[test]
fn room_is_joined_before_messages_leave_and_refused_by_its_own_name_alone() {
    let mut world = World::new();
    joining(&mut world);
    assert!(!world.client.status().is_ready());
    let epoch = world.epoch();
    assert!(!world.client.join_rejected(world.at(), epoch, Some(OTHER)), "a room of the app's");
    assert!(world.client.join_rejected(world.at(), epoch, Some(ROOM)));
    assert!(!world.client.join_rejected(world.at(), epoch, None), "no join is pending");
    world.drain();
    world.client.asked_for_room([ALICE, ROOM, 0]);
    world.tell(Input::Joined { epoch });
    assert!(world.client.status().is_ready());
    assert!(!world.client.join_rejected(world.at(), epoch, None), "the server has answered");
}

#[test]
fn hundred_events_are_deferred_for_a_minute() {
    let mut world = World::new();
    let soon = |world: &mut World| {
        let epoch = world.client.epoch();
        world.client.emit_soon(world.at(), epoch)
    };
    assert_eq!(soon(&mut world), Soon::Deferred(0));
    world.run_to(60_000);
    assert_eq!(world.fresh(), [Order::Discard { value: Value::Deferred, key: 0 }]);
    for number in 1..=100 {
        assert_eq!(soon(&mut world), Soon::Deferred(number));
    }
    assert_eq!(soon(&mut world), Soon::Dropped);
    let mut world = world.linked();
    let emitted: Vec<_> = (1..=100).map(|key| Order::Emit { key }).collect();
    let is_emit = |order: &Order| matches!(order, Order::Emit { .. });
    assert_eq!(orders(&mut world).into_iter().filter(is_emit).collect::<Vec<_>>(), emitted);
    assert_eq!(soon(&mut world), Soon::Leaves);
    assert_eq!(
        world.client.emit_soon(world.at(), Epoch(0)),
        Soon::Deferred(101),
        "the connection is lost"
    );
    world.client.destroy(world.at());
    world.drain();
    assert_eq!(soon(&mut world), Soon::Dropped);
    assert_eq!(world.client.poll_timeout(), None);
}

#[test]
fn online_list_is_requested_on_each_reconnect_and_on_demand_over_a_ready_link() {
    let mut world = World::new();
    world.client.ask_online();
    let mut world = world.linked();
    assert_eq!(world.count(Order::AskOnline), 1);
    world.client.ask_online();
    world.drain();
    assert_eq!(world.count(Order::AskOnline), 2);
    world.replace_link();
    assert_eq!(world.count(Order::AskOnline), 3);
}

#[test]
fn list_is_fresh_until_its_link_is_gone() {
    let mut world = World::new().linked();
    let epoch = world.epoch();
    assert!(world.client.is_presence_stale());
    assert!(world.client.is_left_news(false), "the user may have been online");
    assert!(world.client.listed(epoch));
    assert!(!world.client.is_presence_stale());
    assert!(!world.client.is_left_news(false));
    world.lose_link();
    assert!(world.client.is_presence_stale());
    assert!(!world.client.listed(epoch));
    world.reconnect();
    assert!(!world.client.listed(epoch), "requested over the link before");
    assert!(world.client.is_presence_stale());
}

#[test]
fn developer_is_told_once_of_each_kind_until_messages_leave_again() {
    let mut world = World::new();
    assert!(world.client.warns(1));
    assert!(!world.client.warns(1));
    assert!(world.client.warns(2));
    let mut world = world.linked();
    assert!(world.client.warns(1));
}
