//! Servers that end links.

use holdfast::engine::{Config, DownCause, Engine, Input, Millis, Moment};

use crate::world::World;

const MINUTE: u64 = 60_000;

fn kick(world: &mut World) {
    let epoch = world.epoch();
    world.tell(Input::LinkDown { epoch, cause: DownCause::Kicked });
}

fn wait(world: &World) -> u64 {
    world.engine.status().next_attempt_at.expect("planned").0 - world.now
}

/// Ends this many links as soon as they are ready, the last of them just now.
fn kicked(times: u32) -> World {
    let mut world = World::ready();
    kick(&mut world);
    for _ in 1..times {
        world.reconnect();
        kick(&mut world);
    }
    world
}

/// Two clients on a server that accepts one at a time. Returns the links of the later one for each five minutes.
fn rivals(head_start: u64, minutes: u64) -> Vec<u32> {
    let mut links = vec![0; usize::try_from(minutes / 5).expect("small")];
    let mut one = World::ready();
    one.run_to(head_start);
    let mut other = World::new();
    other.engine = Engine::new(Config::default(), head_start, Moment(0));
    other.open();
    other.connect();
    other.now = head_start;
    kick(&mut one);
    let (mut waiting, mut up) = (one, other);
    while let Some(at) = waiting.engine.status().next_attempt_at {
        let Some(count) = links.get_mut(usize::try_from(at.0 / (5 * MINUTE)).expect("small"))
        else {
            break;
        };
        *count += 1;
        waiting.reconnect();
        // Its pings are answered.
        up.now = waiting.now;
        kick(&mut up);
        std::mem::swap(&mut waiting, &mut up);
    }
    links
}

#[test]
fn clients_that_a_server_lets_in_by_turns_do_not_end_each_other_for_ever() {
    for shift in [10, 100, 1_000, 7_000, 40_000] {
        let links = rivals(shift, 120);
        assert!(links[0] <= 20, "{shift}: {links:?}");
        let later: u32 = links[1..].iter().sum();
        assert!(later <= 115, "{shift}: {links:?}");
    }
}

#[test]
fn first_kick_of_a_link_is_no_worse_than_a_loss() {
    let mut world = World::ready();
    for _ in 0..20 {
        world.run_to(world.now + 30_000);
        kick(&mut world);
        assert!(wait(&world) <= 3_000, "{}", wait(&world));
        world.reconnect();
    }
}

#[test]
fn waits_after_kicks_grow_beyond_the_ordinary_maximum_and_stay_bounded() {
    let mut world = kicked(1);
    let mut longest = 0;
    for _ in 0..40 {
        world.reconnect();
        kick(&mut world);
        longest = longest.max(wait(&world));
    }
    assert!((120_000..=240_000).contains(&longest), "{longest}");
}

#[test]
fn link_that_lives_for_less_than_the_longest_wait_forgets_no_kick() {
    let mut world = kicked(10);
    world.reconnect();
    world.run_to(world.now + 29_999);
    kick(&mut world);
    assert!(wait(&world) > 30_000, "{}", wait(&world));
    world.reconnect();
    world.run_to(world.now + 30_000);
    kick(&mut world);
    assert!(wait(&world) <= 3_000, "{}", wait(&world));
}

#[test]
fn link_that_delivered_something_is_no_reason_to_stay_away() {
    let mut world = World::ready();
    for _ in 0..20 {
        let seq = world.send(0);
        world.accept(seq);
        kick(&mut world);
        assert!(wait(&world) <= 3_000, "{}", wait(&world));
        world.reconnect();
    }
}

#[test]
fn sends_cut_the_wait_after_kicks_short_once_and_then_it_grows_as_after_losses() {
    let mut world = kicked(12);
    world.send(0);
    assert!((4_000..=8_000).contains(&wait(&world)), "{}", wait(&world));
    for _ in 0..10 {
        world.reconnect();
        kick(&mut world);
        for _ in 0..10 {
            world.send(0);
        }
        assert!((10_000..=30_000).contains(&wait(&world)), "{}", wait(&world));
    }
}

#[test]
fn send_minutes_after_a_kick_connects_at_once() {
    let mut world = kicked(12);
    world.run_to(world.now + 40_000);
    let seq = world.send(0);
    assert!(world.engine.status().next_attempt_at <= Some(world.at()));
    world.run_to(world.now);
    world.connect();
    world.accept(seq);
}

#[test]
fn page_that_is_shown_connects_soon_and_waits_again_where_it_is_kicked_again() {
    let mut world = kicked(12);
    world.tell(Input::Woke);
    assert!((1_000..=2_000).contains(&wait(&world)), "{}", wait(&world));
    world.reconnect();
    kick(&mut world);
    assert!(wait(&world) > 30_000, "{}", wait(&world));
}

#[test]
fn app_that_asks_for_a_link_begins_anew() {
    for sends in 0..2 {
        let mut world = kicked(12);
        for _ in 0..sends {
            world.send(0);
        }
        world.open();
        assert!((1_000..=2_000).contains(&wait(&world)), "{}", wait(&world));
        world.reconnect();
        world.run_to(world.now + 3_000);
        kick(&mut world);
        assert!(wait(&world) <= 30_000, "{}", wait(&world));
    }
}

#[test]
fn time_that_was_named_after_kicks_is_kept() {
    let mut world = kicked(12);
    world.reconnect();
    let epoch = world.epoch();
    world.tell(Input::LinkDown { epoch, cause: DownCause::RetryAfter(Millis(60_000)) });
    world.open();
    assert!((60_000..=63_000).contains(&wait(&world)), "{}", wait(&world));
}
