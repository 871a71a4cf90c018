//! Which messages may leave, and in which order.

use holdfast::engine::{Config, Draft, SendError, Seq};

use crate::DELIVERED;
use crate::world::{World, draft};

#[test]
fn messages_of_a_lane_leave_in_send_order_without_waiting_for_each_other() {
    let mut world = World::ready();
    let all: Vec<_> = (0..100).map(|_| world.send(0)).collect();
    assert_eq!(world.left(), all);
}

#[test]
fn window_bounds_messages_in_flight() {
    let mut world = World::ready();
    for lane in 0..1_100 {
        world.send(lane);
    }
    assert_eq!(world.left().len(), 1_024);
    assert_eq!(world.engine.status().queued, 76);
}

#[test]
fn full_window_is_filled_again_when_half_of_it_is_free() {
    let mut world = World::ready();
    let sent: Vec<_> = (0..1_100).map(|lane| world.send(lane)).collect();
    assert_eq!(world.left().len(), 1_024);
    for &seq in &sent[..511] {
        world.accept(seq);
    }
    assert_eq!(world.left(), [], "one answer does not make enough room");
    world.accept(sent[511]);
    assert_eq!(world.left(), sent[1_024..], "all that there is room for, at once");
}

#[test]
fn window_bounds_bytes_in_flight_and_lets_one_large_message_out_alone() {
    let mut world = World::ready();
    let large = Draft { bytes: 600_000, ..draft(0) };
    let larger = Draft { bytes: 3_000_000, ..draft(1) };
    let [first, second] = [world.send_draft(large), world.send_draft(large)];
    assert_eq!(world.left(), [first]);
    let third = world.send_draft(larger);
    world.accept(first);
    world.accept(second);
    assert_eq!(world.left(), [second, third]);
}

#[test]
fn messages_leave_in_send_order_across_lanes() {
    let mut world = World::with(Config::default());
    let sent = [0, 1, 0, 2, 1, 0].map(|lane| world.send(lane));
    world.open();
    world.connect();
    assert_eq!(world.left(), sent);
}

#[test]
fn full_queue_refuses_and_takes_again_when_there_is_room() {
    let mut config = Config::default();
    config.queue.capacity = 2;
    let mut world = World::ready_with(config);
    let first = world.send(0);
    world.send(0);
    assert_eq!(world.engine.send(world.at(), draft(0)), Err(SendError::QueueFull));
    world.accept(first);
    world.send(0);
}

#[test]
fn queue_is_bounded_in_bytes_too() {
    let mut config = Config::default();
    config.queue.max_bytes = 150;
    let mut world = World::ready_with(config);
    world.send(0);
    assert_eq!(world.engine.send(world.at(), draft(0)), Err(SendError::QueueFull));
}

#[test]
fn lane_numbers_that_are_not_dense_are_refused_not_allocated() {
    let mut world = World::ready();
    assert_eq!(world.engine.send(world.at(), draft(u32::MAX)), Err(SendError::QueueFull));
}

#[test]
fn strict_lane_has_one_in_flight() {
    let mut world = World::ready();
    let strict = Draft { strict: true, ..draft(0) };
    let [first, second] = [world.send_draft(strict), world.send_draft(strict)];
    let third = world.send(0);
    assert_eq!(world.left(), [first]);
    world.accept(first);
    assert_eq!(world.left(), [second]);
    world.accept(second);
    assert_eq!(world.left(), [third]);
}

#[test]
fn message_is_found_by_its_number_too() {
    let mut world = World::ready();
    let seq = world.send(0);
    assert!(seq.to_bits() < 1 << 53, "JavaScript holds it exactly");
    world.accept(Seq::from_bits(seq.to_bits()));
    assert_eq!(world.outcome(seq), DELIVERED);
}

#[test]
fn every_error_has_its_code() {
    let codes: Vec<_> = SendError::ALL.map(SendError::code).into();
    assert_eq!(codes, ["QUEUE_FULL", "CLOSED"]);
    assert_eq!(SendError::ALL.map(|error| error.to_string()).to_vec(), codes);
}
