//! How messages settle.

use holdfast::engine::{Draft, Millis, Outcome, Output, SendError};

use crate::world::{World, draft};

#[test]
fn ttl_covers_waiting_and_flying_messages() {
    let mut world = World::ready();
    let brief = Draft { ttl: Millis(4_000), ..draft(0) };
    let flying = world.send_draft(brief);
    world.engine.close(world.at());
    world.drain();
    let waiting = world.send_draft(brief);
    world.run_to(4_000);
    assert_eq!(world.outcome(flying), Some((Outcome::Expired, true)));
    assert_eq!(world.outcome(waiting), Some((Outcome::Expired, false)));
    world.fresh();
    world.open();
    world.connect();
    assert_eq!(world.left(), [], "an expired message never leaves");
}

#[test]
fn cancelled_message_never_leaves_and_frees_its_lane() {
    let mut world = World::new();
    let [first, second] = [world.send(0), world.send(0)];
    world.engine.cancel(world.at(), first);
    world.drain();
    world.connect();
    assert_eq!(world.outcome(first), Some((Outcome::Cancelled, false)));
    assert_eq!(world.left(), [second]);
}

#[test]
fn logging_out_settles_everything_in_send_order() {
    let mut world = World::ready();
    let sent = [world.send(0), world.send(1), world.send(0)];
    world.fresh();
    world.engine.settle_all(world.at(), Outcome::LoggedOut);
    world.drain();
    let settled: Vec<_> = world.fresh();
    let expected =
        sent.map(|seq| Output::Settle { seq, outcome: Outcome::LoggedOut, maybe_delivered: true });
    assert_eq!(settled, expected);
}

#[test]
fn destroyed_engine_takes_nothing_and_orders_nothing() {
    let mut world = World::ready();
    let seq = world.send(0);
    world.engine.destroy(world.at());
    world.drain();
    assert_eq!(world.outcome(seq), Some((Outcome::Closed, true)));
    assert_eq!(world.engine.send(world.at(), draft(0)), Err(SendError::Closed));
    world.open();
    world.fresh();
    world.run_to(600_000);
    assert_eq!(world.fresh(), []);
    assert_eq!(world.engine.poll_timeout(), None);
}

#[test]
fn slot_of_a_message_is_not_used_again_before_its_end_was_told() {
    let mut world = World::ready();
    let [first, second] = [world.send(0), world.send(0)];
    world.engine.settle_all(world.at(), Outcome::LoggedOut);
    assert!(matches!(world.engine.poll_output(), Some(Output::Settle { seq, .. }) if seq == first));
    // The callback of the first message sends, before the callback of the second one is called.
    let next = world.engine.send(world.at(), draft(0)).expect("taken");
    assert_eq!(next.slot(), first.slot());
    let next = world.engine.send(world.at(), draft(0)).expect("taken");
    assert_ne!(next.slot(), second.slot());
    assert_eq!(world.engine.status().queued, 2);
}
