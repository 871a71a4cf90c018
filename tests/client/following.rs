//! A link whose attempts somebody else makes.

use holdfast::client::Order;
use holdfast::client::identity::User;
use holdfast::engine::{DownCause, Epoch, Input, Millis, Outcome, Output, Phase, Way};

use crate::world::{World, draft};

const ALICE: User = 1;
const BOB: User = 2;

fn following() -> World {
    let mut world = World::new();
    world.client.follow();
    world
}

/// Somebody else's attempt, until the app's listeners have handled the link.
fn link_as(world: &mut World, subject: User) -> Epoch {
    world.client.begun(world.at(), 0, subject);
    world.drain();
    let epoch = world.client.epoch();
    world.client.over(world.at(), epoch, false, 0);
    world.client.linked(world.at(), epoch, false, Millis(45_000));
    world.drain();
    world.client.greeted(world.at(), epoch, false);
    world.drain();
    epoch
}

fn lose(world: &mut World, cause: DownCause) {
    world.forget_receipts();
    let epoch = world.client.epoch();
    world.tell(Input::LinkDown { epoch, cause });
}

fn phase(world: &World) -> Phase {
    world.client.status().phase
}

#[test]
fn nothing_is_ordered_of_a_link_that_is_followed_and_it_has_no_deadline_while_it_is_away() {
    let mut world = following();
    let seq = world.send(draft(Way::Received));
    assert_eq!((phase(&world), world.fresh()), (Phase::Waiting, vec![]));
    world.client.begun(world.at(), 0, 0);
    world.drain();
    assert_eq!((phase(&world), world.fresh()), (Phase::Connecting, vec![]));
    world.run_to(3_600_000);
    assert_eq!((phase(&world), world.fresh()), (Phase::Connecting, vec![]));
    link_as(&mut world, 0);
    assert_eq!(world.left(), [seq]);
    lose(&mut world, DownCause::Lost);
    world.run_to(7_200_000);
    assert_eq!((phase(&world), world.left()), (Phase::Waiting, vec![]));
    assert_eq!(world.client.status().next_attempt_at, None);
}

#[test]
fn message_that_never_expires_has_no_deadline() {
    let mut world = following();
    world.send(holdfast::client::deliveries::Sending {
        ttl: Millis(u64::MAX),
        ..draft(Way::Received)
    });
    assert_eq!(world.client.poll_timeout(), None);
}

#[test]
fn message_without_a_receipt_leaves_again_over_the_next_link() {
    let mut world = following();
    link_as(&mut world, 0);
    let seq = world.send(draft(Way::Received));
    assert_eq!(world.left(), [seq]);
    lose(&mut world, DownCause::Lost);
    world.now += 2_000;
    link_as(&mut world, 0);
    assert_eq!(world.left(), [seq]);
    for _ in 0..2 {
        world.now += 10;
        world.answer_receipts();
    }
    assert_eq!(world.outcome(seq).map(|(outcome, _)| outcome), Some(Outcome::Received));
}

#[test]
fn result_of_a_message_that_leaves_once_is_told_when_its_link_is_lost() {
    let mut world = following();
    link_as(&mut world, 0);
    let once = holdfast::client::deliveries::Sending { once: true, ..draft(Way::Received) };
    let left = world.send(once);
    lose(&mut world, DownCause::Lost);
    let later = world.send(once);
    world.fresh();
    link_as(&mut world, 0);
    assert_eq!(world.left(), [later]);
    assert_eq!(world.outcome(left).map(|(_, maybe)| maybe), Some(true));
    assert_eq!(world.outcome(later), None);
}

#[test]
fn silent_link_is_closed_and_its_next_attempt_is_not_ours() {
    let mut world = following();
    let epoch = link_as(&mut world, 0);
    world.now += 10;
    world.answer_receipts();
    world.send(draft(Way::Received));
    world.forget_receipts();
    world.run_to(120_000);
    assert_eq!(world.count(Order::Engine(Output::Disconnect { epoch, polite: false })), 1);
    assert_eq!(phase(&world), Phase::Waiting);
}

#[test]
fn link_that_was_ended_on_purpose_keeps_waiting_messages() {
    let mut world = following();
    link_as(&mut world, 0);
    lose(&mut world, DownCause::Final);
    assert_eq!(phase(&world), Phase::Idle);
    let seq = world.send(draft(Way::Received));
    world.fresh();
    assert_eq!(phase(&world), Phase::Idle);
    link_as(&mut world, 0);
    assert_eq!(world.left(), [seq]);
}

#[test]
fn second_attempt_replaces_one_that_has_not_got_through() {
    let mut world = following();
    let seq = world.send(draft(Way::Received));
    world.client.begun(world.at(), 0, 0);
    let first = world.client.epoch();
    let second = link_as(&mut world, 0);
    assert_ne!(first, second);
    world.tell(Input::LinkDown { epoch: first, cause: DownCause::Lost });
    assert_eq!((phase(&world), world.left()), (Phase::Ready, vec![seq]));
}

#[test]
fn messages_of_one_user_never_leave_as_another_one() {
    let mut world = following();
    link_as(&mut world, ALICE);
    lose(&mut world, DownCause::Final);
    let hers = world.send(draft(Way::Received));
    world.client.remember(7);
    world.fresh();
    link_as(&mut world, BOB);
    assert_eq!(world.left(), []);
    assert_eq!(world.outcome(hers), Some((Outcome::LoggedOut, false)));
    assert_eq!(world.count(Order::Replay { key: 7, is_asked: false }), 0);
}

#[test]
fn user_whom_the_app_names_no_longer_is_gone() {
    let mut world = following();
    world.client.begun(world.at(), ALICE, 0);
    lose(&mut world, DownCause::Final);
    let hers = world.send(draft(Way::Received));
    world.fresh();
    link_as(&mut world, 0);
    assert_eq!(world.left(), []);
    assert_eq!(world.outcome(hers), Some((Outcome::LoggedOut, false)));
}

#[test]
fn nothing_leaves_or_is_replayed_over_a_link_whose_credentials_are_somebody_elses() {
    let mut world = following();
    let hers = world.send(draft(Way::Received));
    world.client.remember(7);
    world.client.begun(world.at(), ALICE, 11);
    world.fresh();
    world.client.begun(world.at(), ALICE, 12);
    let epoch = world.client.epoch();
    world.client.linked(world.at(), epoch, false, Millis(0));
    world.client.greeted(world.at(), epoch, false);
    world.drain();
    assert_eq!((world.left(), world.count(Order::Foreign)), (vec![], 1));
    assert_eq!(world.count(Order::Replay { key: 7, is_asked: false }), 0);
    world.client.begun(world.at(), ALICE, 11);
    let epoch = world.client.epoch();
    world.client.linked(world.at(), epoch, false, Millis(0));
    world.client.greeted(world.at(), epoch, false);
    world.drain();
    assert_eq!(world.count(Order::Replay { key: 7, is_asked: false }), 1);
    assert_eq!(world.left(), [hers]);
}

#[test]
fn app_is_told_once_of_somebody_elses_credentials_and_again_once_they_were_right() {
    let mut world = following();
    let mut told = Vec::new();
    for subject in [11, 12, 12, 11, 12] {
        world.client.begun(world.at(), ALICE, subject);
        world.drain();
        told.push(world.count(Order::Foreign));
        lose(&mut world, DownCause::Lost);
    }
    assert_eq!(told, [0, 1, 1, 1, 2]);
}

#[test]
fn link_of_a_former_user_is_closed_and_messages_wait_for_the_new_users_link() {
    let mut world = following();
    let epoch = link_as(&mut world, 0);
    world.client.name(world.at(), ALICE, 0);
    let seq = world.send(draft(Way::Received));
    assert_eq!(world.count(Order::Engine(Output::Disconnect { epoch, polite: true })), 1);
    assert_eq!((phase(&world), world.left()), (Phase::Waiting, vec![]));
    world.client.begun(world.at(), ALICE, 0);
    let epoch = world.client.epoch();
    world.client.linked(world.at(), epoch, false, Millis(0));
    world.client.greeted(world.at(), epoch, false);
    world.drain();
    assert_eq!(world.left(), [seq]);
}
