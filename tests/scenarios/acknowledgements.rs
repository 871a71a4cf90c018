//! The meaning of an answer, and the effect of a missing one.

use holdfast::engine::{Cause, Draft, Input, Millis, Outcome, Verdict};

use crate::world::{World, draft};
use crate::{DELIVERED, without_health};

#[test]
fn unanswered_message_is_sent_four_times_and_then_given_up() {
    let mut world = World::ready();
    let epoch = world.epoch();
    let seq = world.send(0);
    // The server is alive but never answers this message.
    for _ in 0..100 {
        world.run_to(world.now + 1_000);
        world.tell(Input::Heard { epoch });
    }
    assert_eq!(world.left(), [seq; 4]);
    assert_eq!(world.outcome(seq), Some((Outcome::Exhausted(Cause::AckTimeout), true)));
}

#[test]
fn late_ack_still_delivers() {
    let mut world = World::ready();
    let seq = world.send(0);
    world.run_to(10_000);
    world.ack(seq, 1, Verdict::Accepted);
    assert_eq!(world.outcome(seq).map(|(outcome, _)| outcome), Some(Outcome::Delivered));
}

#[test]
fn repeated_and_late_answers_settle_nothing_twice() {
    let mut world = World::ready();
    let seq = world.send(0);
    world.accept(seq);
    for verdict in [Verdict::Accepted, Verdict::Refused, Verdict::TryAgain] {
        world.ack(seq, 1, verdict);
    }
    assert_eq!(world.outcome(seq), DELIVERED);
    // Another message has the slot by now, which an old answer must not settle.
    let tenant = world.send(0);
    assert_eq!(tenant.slot(), seq.slot());
    world.ack(seq, 1, Verdict::Refused);
    assert_eq!(world.outcome(tenant), None);
}

#[test]
fn late_try_again_of_an_older_attempt_is_ignored() {
    let mut world = World::ready();
    let seq = world.send(0);
    world.replace_link();
    world.fresh();
    world.ack(seq, 1, Verdict::TryAgain);
    world.run_to(world.now + 5_000);
    assert_eq!(world.left(), [], "attempt 2 is still in flight");
}

#[test]
fn slow_link_that_still_answers_runs_no_deadline_out() {
    let mut world = World::ready_with(without_health());
    let all: Vec<_> = (0..20).map(|_| world.send(0)).collect();
    world.fresh();
    for &seq in &all {
        world.run_to(world.now + 9_000);
        world.accept(seq);
    }
    assert_eq!(world.left(), [], "after 180 s nothing was sent twice");
    assert!(all.iter().all(|&seq| world.outcome(seq) == DELIVERED));
}

#[test]
fn answers_to_later_messages_do_not_extend_an_earlier_ones_deadline() {
    let mut world = World::ready();
    let ignored = world.send(0);
    world.fresh();
    for _ in 0..10 {
        let other = world.send(1);
        world.run_to(world.now + 1_000);
        world.accept(other);
    }
    world.run_to(world.now + 1_000);
    assert!(world.left().contains(&ignored));
}

#[test]
fn nothing_newer_of_a_lane_leaves_while_a_message_waits_for_its_retry() {
    let mut world = World::ready();
    let first = world.send(0);
    world.ack(first, 1, Verdict::TryAgain);
    let second = world.send(0);
    let elsewhere = world.send(1);
    let left = world.left();
    assert_eq!(left, [first, elsewhere], "{second:?} waits");
    world.run_to(1_000);
    assert_eq!(world.left(), [first], "and then one at a time until something is delivered");
    world.ack(first, 2, Verdict::Accepted);
    assert_eq!(world.left(), [second]);
}

#[test]
fn final_refusal_settles_at_once() {
    let mut world = World::ready();
    let seq = world.send(0);
    world.ack(seq, 1, Verdict::Refused);
    assert_eq!(world.outcome(seq), Some((Outcome::Refused, false)));
}

#[test]
fn try_again_is_final_after_the_last_retry() {
    let mut world = World::ready();
    let seq = world.send(0);
    for attempt in 1..=4 {
        assert_eq!(world.outcome(seq), None);
        world.ack(seq, attempt, Verdict::TryAgain);
        world.run_to(world.now + 8_000);
    }
    assert_eq!(world.outcome(seq), Some((Outcome::Exhausted(Cause::TryAgain), false)));
}

#[test]
fn delay_that_the_server_names_throttles_the_lane_and_uses_up_no_retry() {
    let mut world = World::ready_with(without_health());
    let [first, second] = [world.send(0), world.send(0)];
    world.fresh();
    for attempt in 1..=10 {
        world.ack(first, attempt, Verdict::TryAfter(Millis(7_000)));
        world.ack(second, attempt, Verdict::TryAfter(Millis(7_000)));
        world.run_to(world.now + 6_999);
        assert_eq!(world.left(), []);
        world.run_to(world.now + 1);
        assert_eq!(world.left(), [first]);
    }
    world.ack(first, 11, Verdict::Accepted);
    assert_eq!(world.outcome(first), DELIVERED);
    assert_eq!(world.left(), [second]);
}

#[test]
fn delay_that_the_server_names_is_not_shortened_by_a_link_loss() {
    let mut world = World::ready();
    let seq = world.send(0);
    world.ack(seq, 1, Verdict::TryAfter(Millis(30_000)));
    world.fresh();
    world.replace_link();
    world.run_to(29_999);
    assert_eq!(world.left(), []);
    world.run_to(30_000);
    assert_eq!(world.left(), [seq]);
}

#[test]
fn deadline_that_a_sleep_ran_out_begins_anew_once() {
    let mut world = World::ready_with(without_health());
    let once = Draft { once: true, ..draft(1) };
    let (first, second) = (world.send(0), world.send_draft(once));
    world.left();
    world.wake_late(3_600_000);
    assert_eq!(world.left(), [], "the answers may be queued");
    world.accept(second);
    assert_eq!(world.outcome(second), DELIVERED);
    world.run_to(3_609_999);
    assert_eq!(world.left(), []);
    world.run_to(3_611_000);
    assert_eq!(world.left(), [first], "no answer: retried after its backoff");
}

#[test]
fn timers_that_are_always_late_keep_no_message_unanswered_for_ever() {
    let mut world = World::ready_with(without_health());
    let seq = world.send(0);
    for minute in 1..=20 {
        world.wake_late(minute * 60_000);
    }
    let (outcome, maybe_delivered) = world.outcome(seq).expect("settled");
    assert_eq!(outcome, Outcome::Exhausted(Cause::AckTimeout));
    assert!(maybe_delivered);
}
