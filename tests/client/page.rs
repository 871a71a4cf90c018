//! The page's lifecycle events and their effects.

use holdfast::client::{Client, Order, PageEvent};
use holdfast::engine::{Grant, Input, Output, Phase, Way};

use crate::world::{World, draft};

const ALICE: u64 = 1;
const HER_SUBJECT: u64 = 3;
const HIS_SUBJECT: u64 = 4;

fn say(world: &mut World, event: PageEvent) {
    world.client.page(world.at(), event);
    world.drain();
    world.client.reopen(world.at());
    world.drain();
}

fn phase(world: &World) -> Phase {
    world.client.phase()
}

#[test]
fn page_that_is_shown_resumed_or_online_asks_whether_its_link_is_alive() {
    for event in [PageEvent::Shown, PageEvent::Resumed, PageEvent::Online] {
        let mut world = World::proving();
        world.now += 5_000;
        say(&mut world, event);
        assert_eq!(phase(&world), Phase::Suspect, "{event:?}");
    }
}

#[test]
fn page_that_is_hidden_or_merely_left_keeps_its_link() {
    let mut world = World::new().linked();
    for event in [PageEvent::Hidden, PageEvent::Left, PageEvent::Loaded] {
        say(&mut world, event);
        assert_eq!(phase(&world), Phase::Ready, "{event:?}");
    }
}

#[test]
fn page_in_the_cache_has_no_link_until_it_is_back() {
    let mut world = World::new().linked();
    let first = world.epoch();
    say(&mut world, PageEvent::Cached);
    assert_eq!(phase(&world), Phase::Idle);
    let seq = world.send(draft(Way::Acked));
    world.now += 3_600_000;
    say(&mut world, PageEvent::Back);
    assert_eq!(phase(&world), Phase::Authorizing);
    assert_ne!(world.epoch(), first);
    world.fresh();
    world.connect();
    assert_eq!(world.left(), [seq]);
}

#[test]
fn page_that_was_connecting_tries_again_when_it_is_back() {
    let mut world = World::new();
    world.open();
    say(&mut world, PageEvent::Cached);
    say(&mut world, PageEvent::Back);
    assert_eq!(phase(&world), Phase::Authorizing);
}

#[test]
fn session_that_the_app_ends_as_the_page_is_left_stays_ended() {
    for end in [Client::disconnect, Client::log_out] {
        let mut world = World::new().linked();
        say(&mut world, PageEvent::Cached);
        let now = world.at();
        end(&mut world.client, now);
        say(&mut world, PageEvent::Back);
        assert_eq!(phase(&world), Phase::Idle);
    }
}

#[test]
fn page_is_back_once() {
    let mut world = World::new().linked();
    say(&mut world, PageEvent::Cached);
    say(&mut world, PageEvent::Back);
    world.client.close(world.at());
    say(&mut world, PageEvent::Back);
    assert_eq!(phase(&world), Phase::Idle);
}

#[test]
fn destroyed_client_hears_nothing_of_its_page() {
    let mut world = World::new().linked();
    world.client.destroy(world.at());
    for event in [PageEvent::Shown, PageEvent::Cached, PageEvent::Back, PageEvent::Online] {
        say(&mut world, event);
        assert_eq!(phase(&world), Phase::Closed);
    }
}

// Credentials of another user.

/// Alice's app got Bob's credentials, and was told.
fn foreign() -> World {
    let mut world = World::new();
    (world.name, world.subject) = (ALICE, HER_SUBJECT);
    world.client.name(world.at(), ALICE, HER_SUBJECT);
    world.open();
    world.subject = HIS_SUBJECT;
    world.authorize();
    assert_eq!(phase(&world), Phase::Idle);
    assert_eq!(world.count(Order::Foreign), 1);
    world
}

#[test]
fn page_that_is_shown_asks_again_for_credentials_that_were_wrong() {
    let mut world = foreign();
    say(&mut world, PageEvent::Shown);
    assert_eq!(phase(&world), Phase::Authorizing);
    world.authorize();
    assert_eq!(world.count(Order::Foreign), 1, "reported once");
    world.subject = HER_SUBJECT;
    say(&mut world, PageEvent::Online);
    world.connect();
    let mut world = world.proven();
    world.now += 5_000;
    say(&mut world, PageEvent::Shown);
    assert_eq!(phase(&world), Phase::Suspect, "they are right");
}

#[test]
fn send_asks_again_for_credentials_that_were_wrong() {
    let mut world = foreign();
    let seq = world.send(draft(Way::Acked));
    world.subject = HER_SUBJECT;
    world.fresh();
    world.connect();
    assert_eq!(world.left(), [seq]);
}

#[test]
fn app_that_disconnected_is_not_asked_again() {
    let mut world = foreign();
    world.client.disconnect(world.at());
    say(&mut world, PageEvent::Shown);
    world.send(draft(Way::Acked));
    assert_eq!(phase(&world), Phase::Idle);
    world.open();
    world.authorize();
    assert_eq!(world.count(Order::Foreign), 1, "reported once");
    say(&mut world, PageEvent::Shown);
    assert_eq!(phase(&world), Phase::Authorizing, "it wants a link again");
}

#[test]
fn app_that_logged_out_is_not_asked_again_and_hears_of_the_next_wrong_ones() {
    let mut world = foreign();
    world.client.log_out(world.at());
    world.drain();
    say(&mut world, PageEvent::Shown);
    assert_eq!(phase(&world), Phase::Idle);
    world.client.reset_logout();
    world.client.name(world.at(), ALICE, HER_SUBJECT);
    world.open();
    world.authorize();
    assert_eq!(world.count(Order::Foreign), 2);
}

#[test]
fn app_where_nobody_is_logged_in_is_not_asked_again() {
    let mut world = foreign();
    world.open();
    let epoch = world.epoch();
    world.tell(Input::Authorized { epoch, grant: Grant::Absent });
    let asked = world.count(Order::Engine(Output::Authorize { epoch }));
    say(&mut world, PageEvent::Shown);
    assert_eq!(world.count(Order::Engine(Output::Authorize { epoch })), asked);
    assert_eq!(phase(&world), Phase::Idle);
}
