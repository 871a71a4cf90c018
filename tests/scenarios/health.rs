//! How a dead link is distinguished from a quiet one.

use holdfast::engine::{Input, Millis, Moment, Notice, Output, Phase};

use crate::without_health;
use crate::world::World;

#[test]
fn ping_goes_out_15_s_after_the_last_pong() {
    let mut world = World::ready();
    let epoch = world.epoch();
    world.run_to(15_000);
    assert_eq!(world.fresh(), [Output::Ping { epoch }]);
    world.run_to(17_000);
    world.tell(Input::Ponged { epoch });
    assert_eq!(world.engine.status().rtt, Some(Millis(2_000)));
    world.run_to(31_999);
    assert_eq!(world.fresh(), []);
    world.run_to(32_000);
    assert_eq!(world.fresh(), [Output::Ping { epoch }]);
}

#[test]
fn idle_engine_wakes_only_for_its_pings() {
    let mut world = World::ready();
    let epoch = world.epoch();
    for _ in 0..10 {
        let at = world.engine.poll_timeout().expect("a ping");
        assert_eq!(at - world.at(), Millis(15_000));
        world.run_to(at.0);
        world.tell(Input::Ponged { epoch });
    }
}

#[test]
fn silent_link_is_replaced_after_30_s() {
    let mut world = World::ready();
    let epoch = world.epoch();
    world.run_to(29_999);
    assert_eq!(world.engine.status().phase, Phase::Ready);
    world.run_to(30_000);
    assert!(world.fresh().contains(&Output::Disconnect { epoch, polite: false }));
    assert_eq!(world.engine.status().phase, Phase::Waiting);
}

#[test]
fn a_second_ping_into_the_silence_does_not_put_off_the_verdict() {
    let mut world = World::ready();
    let epoch = world.epoch();
    world.run_to(15_000);
    world.tell(Input::Ponged { epoch });
    world.now += 100;
    world.tell(Input::Heard { epoch });
    world.run_to(45_099);
    assert_eq!(world.engine.status().phase, Phase::Ready);
    world.run_to(45_100);
    assert_eq!(world.engine.status().phase, Phase::Waiting);
}

#[test]
fn any_packet_is_life() {
    let mut world = World::ready();
    let epoch = world.epoch();
    for _ in 0..20 {
        world.run_to(world.now + 25_000);
        world.tell(Input::Heard { epoch });
    }
    assert_eq!(world.engine.status().phase, Phase::Ready);
}

#[test]
fn timer_that_fires_late_leads_to_a_probe_not_to_a_verdict() {
    let mut world = World::ready();
    let epoch = world.epoch();
    world.wake_late(3_600_000);
    assert_eq!(world.engine.status().phase, Phase::Suspect);
    world.tell(Input::Ponged { epoch });
    assert_eq!(world.engine.status().phase, Phase::Ready);
    assert_eq!(world.epoch(), epoch, "the link was kept");
}

#[test]
fn messages_wait_while_the_link_is_in_doubt() {
    let mut world = World::ready();
    let epoch = world.epoch();
    world.wake_late(3_600_000);
    let seq = world.send(0);
    assert_eq!(world.left(), []);
    world.tell(Input::Heard { epoch });
    assert_eq!(world.left(), [seq]);
}

#[test]
fn probe_without_an_answer_replaces_the_link() {
    let mut world = World::ready();
    world.tell(Input::Woke);
    world.run_to(4_999);
    assert_eq!(world.engine.status().phase, Phase::Suspect);
    world.run_to(5_000);
    assert_eq!(world.engine.status().phase, Phase::Waiting);
}

#[test]
fn probe_whose_own_timer_was_late_is_made_once_more() {
    let mut world = World::ready();
    world.tell(Input::Woke);
    world.wake_late(60_000);
    assert_eq!(world.engine.status().phase, Phase::Suspect);
    world.wake_late(120_000);
    assert_eq!(world.engine.status().phase, Phase::Waiting);
}

#[test]
fn unanswered_message_on_a_silent_link_starts_a_probe() {
    let mut world = World::ready();
    world.send(0);
    world.run_to(10_000);
    assert_eq!(world.engine.status().phase, Phase::Suspect);
    world.run_to(15_000);
    assert_eq!(world.engine.status().phase, Phase::Waiting, "half-open: 15 s instead of 30");
}

/// A link whose server sends packets but answers no ping.
fn ignore_pings(world: &mut World) {
    let epoch = world.epoch();
    for _ in 0..3 {
        world.run_to(world.now + 16_000);
        world.tell(Input::Heard { epoch });
    }
}

#[test]
fn server_without_a_ping_handler_is_told_by_two_links_and_then_left_to_its_heartbeat() {
    let mut world = World::ready();
    ignore_pings(&mut world);
    world.replace_link();
    ignore_pings(&mut world);
    world.replace_link();
    assert!(world.fresh().contains(&Output::Report(Notice::PingsUnanswered)));
    assert_eq!(world.engine.poll_timeout(), None, "no ping, no verdict");
    world.tell(Input::Woke);
    assert_eq!(world.engine.status().phase, Phase::Ready, "and no probe");
    world.replace_link();
    assert!(!world.fresh().contains(&Output::Report(Notice::PingsUnanswered)), "reported once");
}

#[test]
fn two_unlucky_links_do_not_end_health_for_good() {
    let mut world = World::ready();
    for _ in 0..2 {
        ignore_pings(&mut world);
        world.replace_link();
    }
    world.replace_link();
    let epoch = world.epoch();
    assert!(world.fresh().contains(&Output::Ping { epoch }), "each link is asked once more");
    assert_eq!(world.engine.poll_timeout(), None);
    world.tell(Input::Ponged { epoch });
    assert_eq!(world.engine.poll_timeout(), Some(Moment(world.now + 15_000)));
}

#[test]
fn one_answered_ping_restores_trust_in_pings() {
    let mut world = World::ready();
    ignore_pings(&mut world);
    let epoch = world.epoch();
    world.tell(Input::Ponged { epoch });
    world.replace_link();
    ignore_pings(&mut world);
    world.replace_link();
    assert!(world.engine.poll_timeout().is_some());
}

#[test]
fn without_health_nothing_wakes_an_idle_engine() {
    let world = World::ready_with(without_health());
    assert_eq!(world.engine.poll_timeout(), None);
}
