//! The reason why a message waits, as the app may see it.

use holdfast::engine::{Draft, Millis, Moment, Standing, Verdict};

use crate::world::{World, draft};

#[test]
fn a_message_waits_for_the_link_then_its_turn_then_the_answer() {
    let mut world = World::new();
    let strict = Draft { strict: true, ..draft(0) };
    let (first, second) = (world.send_draft(strict), world.send_draft(strict));
    let standing = |world: &World, seq| world.engine.standing(world.at(), seq);
    assert_eq!(standing(&world, first), Some(Standing::Link));
    world.connect();
    assert_eq!(standing(&world, first), Some(Standing::Answer));
    assert_eq!(standing(&world, second), Some(Standing::Turn));
    world.accept(first);
    assert_eq!(standing(&world, first), None, "settled");
    assert_eq!(standing(&world, second), Some(Standing::Answer));
    world.lose_link();
    assert_eq!(standing(&world, second), Some(Standing::Link));
}

#[test]
fn a_throttled_lane_waits_for_its_time_and_not_longer() {
    let mut world = World::ready();
    let held = world.send(0);
    world.ack(held, 1, Verdict::TryAfter(Millis(5_000)));
    let behind = world.send(0);
    for seq in [held, behind] {
        assert_eq!(world.engine.standing(Moment(4_999), seq), Some(Standing::Delay));
        assert_eq!(world.engine.standing(Moment(5_000), seq), Some(Standing::Turn));
    }
}

#[test]
fn a_retry_waits_for_its_time() {
    let mut world = World::ready();
    let seq = world.send(0);
    world.ack(seq, 1, Verdict::TryAgain);
    assert_eq!(world.engine.standing(world.at(), seq), Some(Standing::Delay));
}
