//! The effect of a lost link on messages.

use holdfast::engine::{Cause, Config, Draft, Millis, Outcome, Output, Verdict};

use crate::world::{World, draft};

#[test]
fn everything_unacknowledged_leaves_again_in_send_order_before_anything_newer() {
    let mut world = World::ready();
    let all: Vec<_> = (0..5).map(|_| world.send(0)).collect();
    world.accept(all[2]);
    world.lose_link();
    let newer = world.send(0);
    world.fresh();
    world.reconnect();
    assert_eq!(world.left(), [all[0], all[1], all[3], all[4], newer]);
}

#[test]
fn link_losses_use_up_no_attempt() {
    let mut world = World::ready();
    let seq = world.send(0);
    for _ in 0..10 {
        world.replace_link();
    }
    world.ack(seq, 11, Verdict::Accepted);
    assert_eq!(world.outcome(seq).map(|(outcome, _)| outcome), Some(Outcome::Delivered));
}

#[test]
fn nothing_leaves_while_there_is_no_link() {
    let mut world = World::ready();
    world.lose_link();
    world.fresh();
    world.send(0);
    assert_eq!(world.left(), []);
}

/// Links that work, but die as soon as `killer` has left.
fn live_with_killer(world: &mut World, killer: holdfast::engine::Seq) {
    for _ in 0..40 {
        world.fresh();
        if !world.engine.status().is_ready() {
            world.reconnect();
        }
        let mut answered = 0;
        loop {
            let transmitted: Vec<_> = world.log[answered..]
                .iter()
                .filter_map(|&(at, output)| match output {
                    Output::Transmit { seq, attempt } if at == world.now => Some((seq, attempt)),
                    _ => None,
                })
                .collect();
            answered = world.log.len();
            if transmitted.iter().any(|&(seq, _)| seq == killer) {
                world.lose_link();
                break;
            }
            if transmitted.is_empty() {
                return;
            }
            for (seq, attempt) in transmitted {
                world.ack(seq, attempt, Verdict::Accepted);
            }
        }
    }
    panic!("the killer blocks the queue for ever");
}

#[test]
fn message_that_kills_every_link_is_found_out_and_those_behind_it_arrive() {
    let mut world = World::new();
    world.open();
    let before = world.send(0);
    let killer = world.send(0);
    let behind: Vec<_> = (0..5).map(|lane| world.send(lane % 2)).collect();
    world.connect();
    world.lose_link();
    live_with_killer(&mut world, killer);
    assert_eq!(world.outcome(killer), Some((Outcome::Exhausted(Cause::LinkLost), true)));
    let delivered = |seq| world.outcome(seq).map(|(outcome, _)| outcome);
    assert_eq!(delivered(before), Some(Outcome::Delivered));
    assert!(behind.iter().all(|&seq| delivered(seq) == Some(Outcome::Delivered)));
}

#[test]
fn stable_link_between_losses_keeps_everybody_above_suspicion() {
    let mut world = World::ready();
    let all: Vec<_> = (0..4).map(|_| world.send(0)).collect();
    for _ in 0..40 {
        world.run_to(world.now + 5_000);
        world.fresh();
        world.replace_link();
        assert_eq!(world.left(), all, "all at once, after however many losses");
    }
}

#[test]
fn suspicion_ends_with_an_answer() {
    let mut world = World::ready();
    let all: Vec<_> = (0..4).map(|_| world.send(0)).collect();
    for _ in 0..12 {
        world.fresh();
        world.replace_link();
    }
    assert_eq!(world.left(), [all[0]], "one at a time");
    for &seq in &all {
        world.ack(seq, 99, Verdict::Accepted);
    }
    world.fresh();
    let next: Vec<_> = (0..4).map(|_| world.send(0)).collect();
    assert_eq!(world.left(), next);
}

#[test]
fn new_link_ends_a_backoff() {
    let mut config = Config::default();
    config.send.backoff = Millis(30_000);
    let mut world = World::ready_with(config);
    let seq = world.send(0);
    world.ack(seq, 1, Verdict::TryAgain);
    world.fresh();
    world.replace_link();
    assert_eq!(world.left(), [seq]);
}

#[test]
fn message_that_carries_no_id_is_never_sent_twice() {
    let mut world = World::ready();
    let once = Draft { once: true, ..draft(0) };
    let [lost, unanswered, again] = [
        world.send_draft(once),
        world.send_draft(Draft { lane: 1, ..once }),
        world.send_draft(Draft { lane: 2, ..once }),
    ];
    world.ack(again, 1, Verdict::TryAfter(Millis(1)));
    assert_eq!(world.outcome(again), Some((Outcome::Exhausted(Cause::TryAgain), false)));
    world.lose_link();
    assert_eq!(world.outcome(lost), Some((Outcome::Exhausted(Cause::LinkLost), true)));
    assert_eq!(world.outcome(unanswered), Some((Outcome::Exhausted(Cause::LinkLost), true)));
}
