//! Bugs that the simulation and the mutants found, each as the shortest scenario that shows it.

mod world;

use holdfast::engine::{
    Config, DownCause, Draft, Grant, Input, Millis, Moment, Outcome, Output, Phase, Verdict,
};
use world::{World, draft};

fn without_health() -> Config {
    Config { health: None, ..Config::default() }
}

#[test]
fn wait_that_gets_shorter_is_shown() {
    let mut world = World::new();
    world.open();
    for _ in 0..12 {
        world.lose_link();
        world.run_to(world.engine.status().next_attempt_at.expect("planned").0);
    }
    world.lose_link();
    let planned = world.engine.status().next_attempt_at;
    let shown = world.log.len();
    world.tell(Input::Woke);
    assert_ne!(world.engine.status().next_attempt_at, planned);
    assert_eq!(world.log[shown..], [(world.now, Output::Changed)]);
}

#[test]
fn message_that_outlived_its_ttl_does_not_leave_while_the_timer_is_late() {
    let mut world = World::new();
    let brief = world.send_draft(Draft { ttl: Millis(4_000), ..draft(0) });
    let other = world.send(0);
    let epoch = world.epoch();
    world.tell(Input::Authorized { epoch, grant: Grant::Granted });
    world.now = 4_000;
    world.fresh();
    world.tell(Input::LinkUp { epoch, join: false });
    assert_eq!(world.left(), [other]);
    assert_eq!(world.outcome(brief), Some((Outcome::Expired, false)));
    assert_eq!(world.log.last(), Some(&(4_000, Output::Changed)));
}

#[test]
fn silence_is_no_verdict_where_the_ping_was_never_sent() {
    let mut world = World::ready();
    // The timer for the ping at 15 s fires within a second of the silence deadline.
    world.wake_late(30_500);
    assert_eq!(world.engine.status().phase, Phase::Suspect);
}

#[test]
fn ping_that_went_out_late_has_as_long_as_any_probe() {
    let mut world = World::ready();
    world.wake_late(29_900);
    world.run_to(30_000);
    assert_eq!(world.engine.status().phase, Phase::Suspect);
    world.run_to(34_999);
    assert_eq!(world.engine.status().phase, Phase::Suspect);
}

#[test]
fn ping_that_was_out_when_the_machine_fell_asleep_is_asked_once_more() {
    let mut world = World::ready();
    world.run_to(15_000);
    world.wake_late(3_600_000);
    assert_eq!(world.engine.status().phase, Phase::Suspect);
}

#[test]
fn many_signs_of_waking_up_make_one_probe() {
    let mut world = World::ready();
    let epoch = world.epoch();
    for _ in 0..3 {
        world.tell(Input::Woke);
        world.now += 10;
    }
    assert_eq!(world.fresh(), [Output::Ping { epoch }]);
}

#[test]
fn time_asleep_is_not_counted_against_a_probe() {
    let mut world = World::ready();
    world.tell(Input::Woke);
    world.now = 5_500;
    world.tell(Input::Woke);
    world.wake_late(5_500);
    assert_eq!(world.engine.status().phase, Phase::Suspect);
    world.run_to(10_500);
    assert_eq!(world.engine.status().phase, Phase::Waiting);
}

#[test]
fn probe_whose_timer_was_late_ends_where_health_was_switched_off_meanwhile() {
    let mut world = World::ready();
    let seq = world.send(0);
    world.tell(Input::Woke);
    world.engine.reconfigure(without_health());
    world.wake_late(8_000);
    assert_eq!(world.engine.status().phase, Phase::Ready);
    let next = world.engine.poll_timeout();
    assert!(next > Some(Moment(8_000)), "I6: {next:?}");
    world.accept(seq);
}

/// A link whose first join was refused.
fn refused_join() -> World {
    let mut world = World::new();
    world.open();
    let epoch = world.epoch();
    world.tell(Input::Authorized { epoch, grant: Grant::Granted });
    world.tell(Input::LinkUp { epoch, join: true });
    world.tell(Input::JoinRejected { epoch });
    world.fresh();
    world
}

#[test]
fn room_that_is_confirmed_after_a_refusal_is_not_asked_for_again() {
    let mut world = refused_join();
    let epoch = world.epoch();
    world.tell(Input::Joined { epoch });
    world.run_to(14_999);
    assert_eq!(world.fresh(), []);
}

#[test]
fn late_fallback_after_a_refusal_asks_for_the_room_once() {
    let mut world = refused_join();
    let epoch = world.epoch();
    world.wake_late(10_000);
    world.wake_late(10_001);
    let joins = world.fresh().into_iter().filter(|&order| order == Output::Join { epoch });
    assert_eq!(joins.count(), 1);
}

#[test]
fn server_that_asks_for_no_wait_gets_the_least_one() {
    let mut world = World::new();
    for _ in 0..20 {
        world.open();
        let (epoch, began_at) = (world.epoch(), world.now);
        world.tell(Input::Authorized { epoch, grant: Grant::Granted });
        world.tell(Input::LinkDown { epoch, cause: DownCause::RetryAfter(Millis(0)) });
        let at = world.engine.status().next_attempt_at.expect("planned").0;
        assert!(at >= began_at + 1_000, "{at} after {began_at}");
        world.run_to(at);
    }
}

#[test]
fn wait_without_any_length_is_over_later_than_now() {
    let mut config = Config::default();
    config.reconnect.spread = Millis(0);
    let mut world = World::ready_with(config);
    world.run_to(5_000);
    world.lose_link();
    // After a stable link the wait is zero, and still the deadline must be later (I6).
    assert_eq!(world.engine.poll_timeout(), Some(Moment(5_001)));
}

#[test]
fn lane_that_is_empty_for_a_moment_stays_throttled() {
    let mut world = World::ready_with(without_health());
    let [held, refused] = [world.send(0), world.send(0)];
    let once = world.send_draft(Draft { once: true, ..draft(0) });
    world.ack(refused, 1, Verdict::TryAfter(Millis(60_000)));
    world.engine.cancel(world.at(), refused);
    world.drain();
    world.replace_link();
    assert!(
        world.outcome(once).is_some(),
        "the loss settles it, and its lane has nothing in flight"
    );
    world.fresh();
    world.run_to(59_999);
    assert_eq!(world.left(), []);
    world.run_to(60_000);
    assert_eq!(world.left(), [held]);
}

#[test]
fn window_of_zero_still_lets_one_message_out() {
    let mut config = Config::default();
    config.send.window = 0;
    let mut world = World::ready_with(config);
    let sent = [world.send(0), world.send(0)];
    assert_eq!(world.left(), sent[..1]);
}
