//! The owners of messages, and the links over which messages leave.

use holdfast::client::Order;
use holdfast::engine::{Grant, Input, Outcome, Output, Phase, Verdict, Way};

use crate::world::{World, draft};

const ALICE: u64 = 1;
const BOB: u64 = 2;
const HER_SUBJECT: u64 = 3;
const HIS_SUBJECT: u64 = 4;
const LOGGED_OUT: Option<(Outcome, bool)> = Some((Outcome::LoggedOut, false));

fn named(name: u64, subject: u64) -> World {
    let mut world = World::new();
    (world.name, world.subject) = (name, subject);
    world.client.name(world.at(), name, 0);
    world.drain();
    world
}

#[test]
fn switch_before_credentials_were_granted_takes_no_message_along() {
    let mut world = named(ALICE, HER_SUBJECT);
    let hers = world.send(draft(Way::Acked));
    (world.name, world.subject) = (BOB, HIS_SUBJECT);
    world.client.name(world.at(), BOB, 0);
    world.drain();
    assert_eq!(world.outcome(hers), LOGGED_OUT);
    let his = world.send(draft(Way::Acked));
    world.connect();
    assert_eq!(world.left(), [his]);
}

#[test]
fn credentials_that_were_asked_for_alice_open_no_link_for_bob() {
    let mut world = named(ALICE, HER_SUBJECT);
    world.open();
    let hers = world.epoch();
    world.name = BOB;
    world.client.name(world.at(), BOB, 0);
    world.drain();
    assert_ne!(world.epoch(), hers, "a new attempt");
    world.client.authorized(world.at(), hers, BOB, HER_SUBJECT);
    world.drain();
    assert_eq!(world.client.status().phase, Phase::Authorizing);
}

#[test]
fn token_of_somebody_else_in_storage_opens_no_link() {
    let mut world = named(ALICE, HER_SUBJECT).linked();
    let hers = world.send(draft(Way::Acked));
    world.subject = HIS_SUBJECT;
    world.lose_link();
    let at = world.client.status().next_attempt_at.expect("planned");
    world.run_to(at.0);
    world.fresh();
    world.authorize();
    assert_eq!(world.count(Order::Foreign), 1);
    let epoch = world.epoch();
    assert_eq!(world.count(Order::Engine(Output::Connect { epoch, failures: 0 })), 0);
    assert_eq!(world.outcome(hers), None, "the queue is kept");
    assert_eq!(world.client.status().phase, Phase::Idle, "no further attempt without the app");
    world.subject = HER_SUBJECT;
    world.open();
    world.connect();
    assert_eq!(world.left(), [hers]);
}

#[test]
fn token_of_another_user_without_a_name_ends_the_session() {
    let mut world = World::new();
    world.subject = HER_SUBJECT;
    let mut world = world.linked();
    let hers = world.send(draft(Way::Acked));
    world.subject = HIS_SUBJECT;
    world.lose_link();
    world.reconnect();
    assert_eq!(world.outcome(hers), Some((Outcome::LoggedOut, true)));
    let his = world.send(draft(Way::Acked));
    assert!(world.left().ends_with(&[his]));
}

#[test]
fn anonymous_session_is_claimed_by_a_name_over_a_new_link() {
    let mut world = World::new().linked();
    world.lose_link();
    let waits = world.send(draft(Way::Acked));
    world.reconnect();
    world.fresh();
    let epoch = world.epoch();
    (world.name, world.subject) = (ALICE, HER_SUBJECT);
    world.client.name(world.at(), ALICE, 0);
    world.drain();
    assert_eq!(world.count(Order::Engine(Output::Disconnect { epoch, polite: true })), 1);
    assert_eq!(world.outcome(waits), None);
    world.connect();
    assert_eq!(world.left(), [waits]);
}

#[test]
fn anonymous_session_ends_with_its_link_and_when_nobody_is_there() {
    let mut world = World::new().linked();
    let seq = world.send(draft(Way::Acked));
    world.client.disconnect(world.at());
    world.drain();
    assert_eq!(world.outcome(seq), Some((Outcome::LoggedOut, true)));
    let seq = world.send(draft(Way::Acked));
    world.open();
    let epoch = world.epoch();
    world.tell(Input::Authorized { epoch, grant: Grant::Absent });
    assert_eq!(world.outcome(seq), LOGGED_OUT);
}

#[test]
fn known_user_keeps_waiting_messages_across_a_disconnect() {
    let mut world = named(ALICE, HER_SUBJECT).linked();
    let seq = world.send(draft(Way::Acked));
    world.client.disconnect(world.at());
    world.drain();
    world.fresh();
    world.open();
    world.connect();
    assert_eq!(world.left(), [seq]);
}

#[test]
fn logout_settles_waiting_messages_and_ends_the_link() {
    let mut world = named(ALICE, HER_SUBJECT).linked();
    let seq = world.send(draft(Way::Acked));
    world.client.log_out(world.at());
    world.drain();
    assert_eq!(world.outcome(seq), Some((Outcome::LoggedOut, true)));
    assert_eq!(world.count(Order::Ended { elsewhere: false }), 1);
    assert_eq!(world.client.status().phase, Phase::Idle);
}

#[test]
fn logout_in_another_tab_ends_the_session_at_the_next_order() {
    let mut world = named(ALICE, HER_SUBJECT);
    world.generation = Some(7);
    let mut world = world.linked();
    world.client.close(world.at());
    world.drain();
    let seq = world.send(draft(Way::Acked));
    world.open();
    world.fresh();
    world.generation = Some(8);
    world.authorize();
    assert_eq!(world.left(), []);
    assert_eq!(world.outcome(seq), LOGGED_OUT);
    assert_eq!(world.client.status().phase, Phase::Idle);
}

#[test]
fn link_that_is_ready_looks_at_storage_for_what_leaves_and_not_for_answers() {
    let mut world = named(ALICE, HER_SUBJECT).linked().proven();
    world.generation = Some(7);
    world.looks();
    let sent: Vec<_> = (0..40).map(|_| world.client.send(world.at(), &draft(Way::Acked))).collect();
    world.drain();
    assert_eq!(world.looks(), 3, "once for each group of 16");
    world.ack(sent[0].expect("taken"), 1, Verdict::Accepted);
    assert_eq!(world.looks(), 0);
    world.generation = Some(8);
    let late = world.send(draft(Way::Acked));
    assert_eq!(world.outcome(late), LOGGED_OUT);
}

#[test]
fn generation_of_the_session_that_has_just_ended_is_not_the_next_ones() {
    let mut world = World::new();
    (world.subject, world.generation) = (HER_SUBJECT, Some(7));
    let mut world = world.linked();
    world.lose_link();
    let at = world.client.status().next_attempt_at.expect("planned");
    world.run_to(at.0);
    let epoch = world.epoch();
    world.client.authorized(world.at(), epoch, 0, HIS_SUBJECT);
    // The app has not been told yet, so the look still shows the former user's generation.
    world.client.looked(world.at(), false, Some(7));
    world.generation = Some(9);
    world.drain();
    assert_eq!(world.count(Order::Ended { elsewhere: false }), 1);
    assert_eq!(world.client.status().phase, Phase::Connecting);
}
