//! Messages that are saved on disk, and those that an earlier page load left there.

use holdfast::engine::{Draft, Input, Millis, Outcome, Output, Standing, Verdict};

use crate::world::{World, draft};

fn durable(lane: u32) -> Draft {
    Draft { durable: true, ..draft(lane) }
}

#[test]
fn durable_message_leaves_once_it_is_saved_and_blocks_its_lane_until_then() {
    let mut world = World::ready();
    let seq = world.send_draft(durable(0));
    let behind = world.send(0);
    let beside = world.send(1);
    assert_eq!(
        world.fresh(),
        [Output::Store { seq }, Output::Transmit { seq: beside, attempt: 1 }],
        "I4"
    );
    assert_eq!(world.engine.standing(world.at(), seq), Some(Standing::Turn));
    world.tell(Input::Stored { seq });
    assert_eq!(world.left(), [seq, behind]);
}

#[test]
fn message_that_settles_before_it_is_saved_does_not_come_back() {
    let mut world = World::ready();
    let seq = world.send_draft(durable(0));
    world.engine.cancel(world.at(), seq);
    world.drain();
    world.tell(Input::Stored { seq });
    assert_eq!(world.left(), []);
}

#[test]
fn restored_messages_go_before_new_ones_and_may_have_been_delivered() {
    let mut world = World::new();
    world.engine.begin_restore();
    let new = world.send(0);
    world.connect();
    assert_eq!(world.left(), [], "older messages are still being read");
    let old = world.engine.restore(world.at(), durable(0)).expect("taken");
    let older_lane = world.engine.restore(world.at(), durable(1)).expect("taken");
    world.tell(Input::Restored);
    assert_eq!(world.left(), [old, older_lane, new]);
    world.accept(old);
    assert!(matches!(world.outcome(old), Some((Outcome::Delivered, _))));
    world.engine.cancel(world.at(), older_lane);
    world.drain();
    let (_, maybe_delivered) = world.outcome(older_lane).expect("settled");
    assert!(maybe_delivered, "its fate on the earlier page load is unknown");
}

#[test]
fn restored_messages_are_taken_whatever_the_capacity() {
    let mut config = crate::without_health();
    config.queue.capacity = 1;
    let mut world = World::with(config);
    for lane in 0..10 {
        world.engine.restore(world.at(), draft(lane)).expect("accepted once before");
    }
    assert!(world.engine.send(world.at(), draft(0)).is_err());
}

#[test]
fn restoring_asks_for_no_link() {
    let mut world = World::new();
    world.engine.restore(world.at(), draft(0)).expect("taken");
    world.drain();
    assert_eq!(world.fresh(), []);
}

#[test]
fn restored_message_whose_time_is_over_expires() {
    let mut world = World::ready();
    let seq = world.engine.restore(world.at(), Draft { ttl: Millis(0), ..draft(0) });
    world.drain();
    assert!(world.outcome(seq.expect("taken")).is_some());
    assert_eq!(world.left(), []);
}

#[test]
fn message_that_another_tab_took_over_stays_until_that_says_how_it_ended() {
    let mut world = World::new();
    let seq = world.send(0);
    world.tell(Input::Withheld { seq });
    world.connect();
    assert_eq!(world.left(), []);
    world.tell(Input::Stored { seq });
    assert_eq!(world.left(), [seq], "no other tab has it any more");
    world.tell(Input::Withheld { seq });
    world.replace_link();
    assert_eq!(world.left(), [], "it had left, and another tab has it now");
    world.tell(Input::Stored { seq });
    assert_eq!(world.left(), [seq]);
    world.tell(Input::Withheld { seq });
    world.accept(seq);
    assert!(world.outcome(seq).is_some(), "its answer counts");
}

#[test]
fn saved_message_may_have_been_delivered_by_another_tab_while_the_page_was_cached() {
    let mut world = World::new();
    let seq = world.send_draft(durable(0));
    let only_here = world.send(1);
    world.tell(Input::Stored { seq });
    world.engine.begin_restore();
    world.engine.cancel(world.at(), seq);
    world.engine.cancel(world.at(), only_here);
    world.drain();
    let maybe_delivered = |seq| world.outcome(seq).map(|(_, maybe)| maybe);
    assert_eq!(maybe_delivered(seq), Some(true));
    assert_eq!(maybe_delivered(only_here), Some(false));
}

#[test]
fn lane_of_a_restored_message_is_used_again_whatever_the_capacity() {
    let mut config = crate::without_health();
    config.queue.capacity = 2;
    let mut world = World::with(config);
    let restored: Vec<_> = (0..4)
        .map(|lane| world.engine.restore(world.at(), draft(lane)).expect("accepted once before"))
        .collect();
    for seq in restored {
        world.engine.cancel(world.at(), seq);
    }
    world.drain();
    world.engine.send(world.at(), draft(3)).expect("there is room, and the number was given");
}

#[test]
fn new_link_ends_the_backoff_of_messages_behind_an_adopted_one_too() {
    let mut config = crate::without_health();
    config.send.backoff = Millis(3_600_000);
    config.send.backoff_max = Millis(3_600_000);
    let mut world = World::ready_with(config);
    let seq = world.send(0);
    assert_eq!(world.left(), [seq]);
    world.ack(seq, 1, Verdict::TryAgain);
    let adopted = world.engine.restore(world.at(), draft(0)).expect("taken");
    world.tell(Input::Withheld { seq: adopted });
    world.replace_link();
    world.tell(Input::Acked { seq: adopted, attempt: 0, verdict: Verdict::Accepted });
    assert_eq!(world.left(), [seq], "it does not wait for its retry");
}
