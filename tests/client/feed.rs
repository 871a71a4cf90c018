//! Feeds: when a server is read, and what happens to its items. The simulation covers the rest.

use holdfast::client::Order;
use holdfast::client::feed::{Item, Offset, Read};
use holdfast::engine::{Input, Millis, Output};

use crate::world::World;

const FEED: u32 = 5;

/// An offset of one chain.
fn at(number: u64) -> Offset {
    Offset { number, print: number + 1_000 }
}

/// The rounds of the reads since the last call.
fn reads(world: &mut World) -> Vec<u32> {
    let read = |order| match order {
        Order::Read { feed: FEED, round } => Some(round),
        _ => None,
    };
    world.drain();
    world.fresh().into_iter().filter_map(read).collect()
}

/// A ready link to a server that has announced feeds and answered the first read with `read`.
fn reading(read: Read) -> World {
    let mut world = World::new();
    world.client.follow_feed(world.at(), FEED);
    let mut world = world.linked();
    assert_eq!(reads(&mut world), [], "nothing was announced");
    world.client.has_feeds(world.at(), world.epoch());
    let round = reads(&mut world)[0];
    assert!(world.client.read_feed(world.at(), FEED, round, read));
    assert_eq!(reads(&mut world), []);
    world
}

fn item(world: &mut World, number: u64) -> Item {
    world.client.item(world.at(), FEED, 0, at(number - 1).print, at(number))
}

#[test]
fn server_that_announces_nothing_is_never_read() {
    let mut world = World::new();
    world.client.follow_feed(world.at(), FEED);
    let mut world = world.linked();
    world.replace_link();
    world.run_alive_to(200_000);
    assert_eq!(reads(&mut world), []);
}

#[test]
fn server_that_is_known_to_have_feeds_is_read_before_the_room_is_asked_for() {
    let mut world = reading(Read::Page(at(3)));
    world.replace_link_in_vain();
    world.fresh();
    let (now, epoch) = (world.at(), world.epoch());
    world.client.linked(now, epoch, true, Millis(0));
    world.drain();
    let orders = world.fresh();
    let index = |wanted: fn(&Order) -> bool| orders.iter().position(wanted).expect("ordered");
    let read = index(|order| matches!(order, Order::Read { .. }));
    assert!(read < index(|order| matches!(order, Order::Engine(Output::Join { .. }))));
}

#[test]
fn server_that_had_feeds_and_answers_no_more_is_not_asked_again() {
    let mut world = reading(Read::Page(at(3)));
    world.replace_link();
    assert_eq!(reads(&mut world).len(), 1, "the server is known to have feeds");
    world.run_alive_to(world.at().0 + 100_000);
    assert_eq!(reads(&mut world), [], "not again over this link");
    world.replace_link();
    assert_eq!(reads(&mut world), [], "nor over the next link");
}

#[test]
fn item_that_comes_too_early_waits_for_the_one_before_it() {
    let mut world = reading(Read::Page(at(3)));
    assert_eq!(item(&mut world, 5), Item::KeptAlone);
    assert_eq!(item(&mut world, 6), Item::Kept);
    assert_eq!(item(&mut world, 4), Item::ShownWithKept);
    assert_eq!(item(&mut world, 6), Item::Dropped, "a repeat");
    assert_eq!(item(&mut world, 7), Item::Shown);
    world.run_alive_to(world.at().0 + 1_000);
    assert_eq!(reads(&mut world), [], "nothing is missing");
}

#[test]
fn item_that_does_not_come_is_read_a_moment_later() {
    let mut world = reading(Read::Page(at(3)));
    assert_eq!(item(&mut world, 5), Item::KeptAlone);
    world.run_alive_to(world.at().0 + 99);
    assert_eq!(reads(&mut world), []);
    world.run_alive_to(world.at().0 + 1);
    let round = reads(&mut world)[0];
    let now = world.at();
    assert_eq!(world.client.item(now, FEED, round, at(3).print, at(4)), Item::ShownWithKept);
    assert!(world.client.read_feed(now, FEED, round, Read::Page(at(5))));
    assert_eq!(reads(&mut world), []);
}

#[test]
fn server_that_cannot_answer_is_asked_when_it_says_whatever_comes() {
    let mut world = reading(Read::Failed(Millis(20_000)));
    let asked_at = world.at().0;
    assert_eq!(item(&mut world, 5), Item::Shown, "the first item that comes");
    assert_eq!(item(&mut world, 9), Item::KeptAlone);
    world.run_alive_to(asked_at + 19_999);
    assert_eq!(reads(&mut world), []);
    world.run_alive_to(asked_at + 20_000);
    assert_eq!(reads(&mut world).len(), 1);
}

#[test]
fn lost_position_is_reported_to_the_app_even_if_nothing_had_come() {
    let mut world = reading(Read::Reset(at(9)));
    world.drain();
    let mut asked = reading(Read::Page(at(3)));
    asked.replace_link();
    let round = reads(&mut asked)[0];
    asked.fresh();
    assert!(asked.client.read_feed(asked.at(), FEED, round, Read::Reset(at(9))));
    asked.drain();
    assert!(asked.fresh().iter().any(|order| matches!(order, Order::Resync { .. })));
    assert_eq!(item(&mut asked, 10), Item::Shown, "the next item follows the end");
}

#[test]
fn feed_that_is_refused_is_read_over_the_next_link_alone() {
    let mut world = reading(Read::Refused);
    world.run_alive_to(200_000);
    assert_eq!(reads(&mut world), []);
    assert_eq!(item(&mut world, 4), Item::Dropped);
    world.replace_link();
    assert_eq!(reads(&mut world).len(), 1);
}

#[test]
fn late_answer_and_facts_of_an_old_link_change_nothing() {
    let mut world = reading(Read::Page(at(3)));
    let old = world.epoch();
    world.replace_link();
    let round = reads(&mut world)[0];
    let now = world.at();
    assert!(!world.client.read_feed(now, FEED, round - 1, Read::Reset(at(99))));
    assert_eq!(world.client.item(now, FEED, round - 1, at(3).print, at(4)), Item::Dropped);
    world.client.has_feeds(now, old);
    world.tell(Input::Heard { epoch: old });
    assert_eq!(reads(&mut world), []);
    assert_eq!(item(&mut world, 4), Item::Shown);
}
