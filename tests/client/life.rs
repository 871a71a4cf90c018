//! Logins, and what prevents attempts.

use holdfast::client::claim::Code;
use holdfast::client::storage::Storage;
use holdfast::client::{Door, Order, PageEvent, Soon, Talk};
use holdfast::engine::{Grant, Input, Outcome, Output, Phase, Way};

use crate::world::{World, draft};

const ALICE: u64 = 1;
const HER_SUBJECT: u64 = 3;
const HIS_SUBJECT: u64 = 4;

fn alice() -> World {
    let mut world = World::new();
    (world.name, world.subject) = (ALICE, HER_SUBJECT);
    world.client.name(world.at(), ALICE, 0);
    world.generation = Some(7);
    world.linked()
}

fn phase(world: &World) -> Phase {
    world.client.phase()
}

/// The reason why a message is not accepted, if it is not.
fn refusal(world: &mut World) -> Option<Code> {
    let result = world.client.send(world.at(), &draft(Way::Acked));
    world.drain();
    result.err().map(|claim| claim.code)
}

fn log_out(world: &mut World) {
    world.client.log_out(world.at());
    world.drain();
}

/// The user logs out in another tab, which the client finds out with the next message.
fn log_out_elsewhere(world: &mut World) {
    world.generation = world.generation.map(|generation| generation + 1);
    world.send(draft(Way::Acked));
    assert_eq!(world.count(Order::Ended { elsewhere: true }), 1);
}

fn pause(world: &mut World, is_paused: bool) {
    world.client.pause(world.at(), is_paused);
    world.drain();
}

fn stash(world: &mut World) {
    world.client.page(world.at(), PageEvent::Cached);
    world.drain();
}

fn restore(world: &mut World) {
    world.client.page(world.at(), PageEvent::Back);
    world.drain();
    world.client.reopen(world.at());
    world.drain();
}

// Logouts.

#[test]
fn after_a_logout_nothing_is_sent_or_opened_until_it_is_reset() {
    let mut world = alice();
    log_out(&mut world);
    assert_eq!(world.client.door(), Door::LoggedOut);
    assert_eq!(refusal(&mut world), Some(Code::LoggedOut));
    assert_eq!(world.client.emit_soon(world.at(), world.epoch()), Soon::Dropped);
    world.open();
    restore(&mut world);
    assert_eq!(phase(&world), Phase::Idle);
    world.client.reset_logout();
    assert_eq!((world.client.door(), phase(&world)), (Door::Open, Phase::Idle));
    assert_eq!(refusal(&mut world), None);
    assert_eq!(phase(&world), Phase::Idle, "only the app asks for a link again");
    world.open();
    assert_eq!(phase(&world), Phase::Authorizing);
}

#[test]
fn after_a_logout_elsewhere_nothing_is_sent_until_the_app_asks_for_a_link() {
    let mut world = alice();
    log_out_elsewhere(&mut world);
    assert_eq!((world.client.door(), phase(&world)), (Door::Open, Phase::Idle));
    assert!(!world.client.accepts());
    assert_eq!(refusal(&mut world), Some(Code::LoggedOut));
    world.client.reset_logout();
    world.client.named();
    assert_eq!(refusal(&mut world), Some(Code::LoggedOut), "a name alone does not end it");
    world.open();
    assert!(world.client.accepts());
    assert_eq!(refusal(&mut world), None);
}

#[test]
fn logout_after_one_elsewhere_has_to_be_reset_and_none_elsewhere_replaces_it() {
    let mut world = alice();
    log_out_elsewhere(&mut world);
    log_out(&mut world);
    world.open();
    assert_eq!(phase(&world), Phase::Idle);
    // A name, and with it a generation of logouts, may be there again.
    world.client.name(world.at(), ALICE, 0);
    world.drain();
    world.generation = Some(90);
    world.client.looked(world.at(), false, world.generation);
    world.drain();
    assert_eq!(world.count(Order::Ended { elsewhere: true }), 2);
    assert_eq!(world.client.door(), Door::LoggedOut);
}

// Emits between two logins.

#[test]
fn emits_between_users_are_forgotten_with_the_first_link_that_is_asked_for() {
    let mut world = alice();
    log_out(&mut world);
    world.client.remember(1);
    world.client.named();
    world.open();
    assert_eq!(world.client.take_talk(), Talk::Goes, "no user is there yet");
    world.client.reset_logout();
    assert_eq!(world.client.take_talk(), Talk::Goes);
    world.open();
    assert_eq!(world.client.take_talk(), Talk::Ends);
    assert!(!world.client.forget_emit(1));
    assert_eq!(world.client.take_talk(), Talk::Goes, "reported once");
    world.client.remember(2);
    world.open();
    assert!(world.client.forget_emit(2), "later emits are the next user's");
}

#[test]
fn emits_between_users_are_forgotten_with_the_next_name() {
    for is_elsewhere in [false, true] {
        let mut world = alice();
        if is_elsewhere {
            log_out_elsewhere(&mut world);
        } else {
            log_out(&mut world);
            world.client.reset_logout();
        }
        world.client.remember(1);
        world.client.named();
        assert_eq!(world.client.take_talk(), Talk::Ends);
        assert!(!world.client.forget_emit(1));
        world.client.remember(2);
        world.client.named();
        world.open();
        assert_eq!(world.client.take_talk(), Talk::Goes);
        assert!(world.client.forget_emit(2));
    }
}

// A login that is not ready.

#[test]
fn while_the_login_is_not_ready_no_attempt_is_made() {
    let mut world = World::new();
    pause(&mut world, true);
    assert_eq!(world.client.door(), Door::Paused);
    world.open();
    assert_eq!(refusal(&mut world), None);
    assert_eq!(phase(&world), Phase::Idle, "nor does a message start an attempt");
    pause(&mut world, false);
    assert_eq!((world.client.door(), phase(&world)), (Door::Open, Phase::Idle));
    world.open();
    assert_eq!(phase(&world), Phase::Authorizing);
    pause(&mut world, true);
    assert_eq!(phase(&world), Phase::Idle);
}

#[test]
fn live_link_outlives_a_pause_but_is_not_replaced() {
    let mut world = alice();
    pause(&mut world, true);
    assert!(world.client.status().is_ready());
    world.lose_link();
    let at = world.client.status().next_attempt_at.expect("planned").0;
    world.fresh();
    world.run_to(at);
    assert_eq!(world.fresh(), [], "no credentials are requested");
    assert_eq!(phase(&world), Phase::Idle);
}

#[test]
fn logout_ends_a_hold() {
    let mut world = World::new();
    pause(&mut world, true);
    log_out(&mut world);
    world.client.reset_logout();
    assert_eq!(world.client.door(), Door::Open);
}

// Credentials of another user.

#[test]
fn credentials_of_another_user_are_told_once_and_asked_for_when_something_happens() {
    let mut world = alice();
    world.subject = HIS_SUBJECT;
    world.replace_link_in_vain();
    assert_eq!((world.count(Order::Foreign), phase(&world)), (1, Phase::Idle));
    world.tell(Input::Woke);
    world.authorize();
    assert_eq!(refusal(&mut world), None);
    world.authorize();
    assert_eq!((world.count(Order::Foreign), phase(&world)), (1, Phase::Idle));
    world.subject = HER_SUBJECT;
    world.tell(Input::Woke);
    world.connect();
    world.subject = HIS_SUBJECT;
    world.replace_link_in_vain();
    assert_eq!(world.count(Order::Foreign), 2, "they had been right in between");
}

#[test]
fn after_a_logout_nothing_asks_for_the_right_credentials() {
    let mut world = alice();
    world.subject = HIS_SUBJECT;
    world.replace_link_in_vain();
    log_out(&mut world);
    world.tell(Input::Woke);
    refusal(&mut world);
    assert_eq!(phase(&world), Phase::Idle);
}

#[test]
fn credentials_are_wanted_by_the_attempt_that_asked_for_them_alone() {
    let mut world = World::new();
    world.open();
    let first = world.epoch();
    assert!(world.client.is_asked(first));
    world.client.close(world.at());
    assert!(!world.client.is_asked(first));
    world.open();
    assert!(!world.client.is_asked(first));
    assert!(world.client.is_asked(world.epoch()));
}

// The back-forward cache.

#[test]
fn page_in_the_cache_has_no_link_and_asks_for_one_when_it_is_back() {
    let mut world = alice();
    stash(&mut world);
    assert_eq!(phase(&world), Phase::Idle);
    restore(&mut world);
    assert_eq!(phase(&world), Phase::Authorizing);
    world.client.disconnect(world.at());
    stash(&mut world);
    restore(&mut world);
    assert_eq!(phase(&world), Phase::Idle, "it had no link before");
}

#[test]
fn page_that_is_back_after_a_logout_elsewhere_is_in_the_next_session() {
    let mut world = alice();
    let hers = world.send(draft(Way::Acked));
    stash(&mut world);
    world.generation = Some(8);
    restore(&mut world);
    assert_eq!(world.count(Order::Ended { elsewhere: true }), 1);
    assert_eq!(world.outcome(hers), Some((Outcome::LoggedOut, true)));
    assert_eq!(world.client.take_talk(), Talk::Ends);
    world.fresh();
    world.connect();
    assert_eq!(world.left(), []);
    assert_eq!(refusal(&mut world), None);
}

#[test]
fn page_that_is_back_opens_only_storage_that_was_open() {
    let opened = |world: &World| {
        let is_opening =
            |order: &&(u64, Order)| matches!(order.1, Order::Storage(Storage::Open { .. }));
        world.log.iter().filter(is_opening).count()
    };
    let mut world = alice();
    stash(&mut world);
    restore(&mut world);
    assert_eq!(opened(&world), 0, "there is no storage");
    world.client.keep(world.at(), world.generation, false);
    world.drain();
    assert_eq!(opened(&world), 1);
    stash(&mut world);
    restore(&mut world);
    assert_eq!(opened(&world), 2);
    stash(&mut world);
    log_out(&mut world);
    world.client.reset_logout();
    restore(&mut world);
    assert_eq!((opened(&world), phase(&world)), (2, Phase::Idle), "the user is gone");
}

#[test]
fn user_without_a_name_goes_on_sending_when_the_page_is_back() {
    let mut world = World::new().linked();
    world.client.keep(world.at(), None, false);
    world.drain();
    stash(&mut world);
    restore(&mut world);
    world.connect();
    let seq =
        world.send(holdfast::client::deliveries::Sending { durable: true, ..draft(Way::Acked) });
    assert!(world.left().contains(&seq));
}

// The end.

#[test]
fn destroyed_client_takes_and_opens_nothing() {
    let mut world = alice();
    world.client.destroy(world.at());
    world.drain();
    assert!(!world.client.accepts());
    assert_eq!(refusal(&mut world), Some(Code::Closed));
    world.open();
    restore(&mut world);
    let epoch = world.epoch();
    world.tell(Input::Authorized { epoch, grant: Grant::Granted });
    assert_eq!(phase(&world), Phase::Closed);
    let connects = |order: &&(u64, Order)| matches!(order.1, Order::Engine(Output::Connect { .. }));
    assert_eq!(world.log.iter().filter(connects).count(), 1);
}
