//! From idle to ready, and what prevents it.

use holdfast::engine::{
    Config, DownCause, Engine, Epoch, Grant, Input, Millis, Moment, Notice, Output, Phase,
};

use crate::world::World;

#[test]
fn first_send_asks_for_a_link() {
    let mut world = World::new();
    world.send(0);
    assert_eq!(world.engine.status().phase, Phase::Authorizing);
}

#[test]
fn nothing_leaves_before_the_room_is_confirmed() {
    let mut world = World::new();
    let seq = world.send(0);
    let epoch = world.epoch();
    world.tell(Input::Authorized { epoch, grant: Grant::Granted });
    world.tell(Input::LinkUp { epoch, join: true });
    assert_eq!(world.left(), []);
    world.tell(Input::Joined { epoch });
    assert_eq!(world.left(), [seq]);
}

#[test]
fn unconfirmed_join_is_asked_once_more_after_3_s_and_the_queue_flows() {
    let mut world = World::new();
    let seq = world.send(0);
    let epoch = world.epoch();
    world.tell(Input::Authorized { epoch, grant: Grant::Granted });
    world.tell(Input::LinkUp { epoch, join: true });
    world.fresh();
    world.run_to(2_999);
    assert_eq!(world.fresh(), []);
    world.run_to(3_000);
    assert_eq!(
        world.fresh(),
        [
            Output::Report(Notice::JoinUnconfirmed),
            Output::Join { epoch },
            Output::Transmit { seq, attempt: 1 },
        ]
    );
}

#[test]
fn fallback_of_a_lost_link_never_makes_the_next_one_ready() {
    let mut world = World::new();
    world.open();
    let epoch = world.epoch();
    world.tell(Input::Authorized { epoch, grant: Grant::Granted });
    world.run_to(1_000);
    world.tell(Input::LinkUp { epoch, join: true });
    world.lose_link();
    world.run_to(3_999);
    let next = world.epoch();
    assert_ne!(next, epoch, "the first attempt after a loss comes within 3 s");
    world.tell(Input::Authorized { epoch: next, grant: Grant::Granted });
    world.tell(Input::LinkUp { epoch: next, join: true });
    world.run_to(4_500);
    assert_eq!(world.engine.status().phase, Phase::Joining);
}

#[test]
fn late_confirmation_of_an_old_link_is_ignored() {
    let mut world = World::ready();
    let old = world.epoch();
    world.lose_link();
    let wait = world.engine.status().next_attempt_at.expect("planned");
    world.run_to(wait.0);
    let epoch = world.epoch();
    world.tell(Input::Authorized { epoch, grant: Grant::Granted });
    world.tell(Input::LinkUp { epoch, join: true });
    world.tell(Input::Joined { epoch: old });
    assert_eq!(world.engine.status().phase, Phase::Joining);
}

#[test]
fn confirmation_that_arrives_twice_sends_nothing_twice() {
    let mut world = World::ready();
    let seq = world.send(0);
    let epoch = world.epoch();
    world.tell(Input::Joined { epoch });
    assert_eq!(world.left(), [seq]);
}

#[test]
fn refused_join_is_tried_again_with_backoff() {
    let mut world = World::new();
    world.open();
    let epoch = world.epoch();
    world.tell(Input::Authorized { epoch, grant: Grant::Granted });
    world.tell(Input::LinkUp { epoch, join: true });
    world.tell(Input::JoinRejected { epoch });
    world.fresh();
    world.run_to(2_500);
    assert_eq!(world.fresh(), [Output::Join { epoch }]);
}

#[test]
fn nobody_logged_in_stops_attempts_until_the_app_opens_again() {
    let mut world = World::new();
    world.send(0);
    let epoch = world.epoch();
    world.tell(Input::Authorized { epoch, grant: Grant::Absent });
    world.send(0);
    world.run_to(600_000);
    assert_eq!(world.epoch(), epoch);
    assert_eq!(world.engine.status().phase, Phase::Idle);
    world.open();
    assert_ne!(world.epoch(), epoch);
}

#[test]
fn credentials_that_never_come_are_a_failed_attempt_and_ignored_later() {
    let mut world = World::new();
    world.open();
    let epoch = world.epoch();
    world.run_to(5_000);
    assert_eq!(world.engine.status().phase, Phase::Waiting);
    world.tell(Input::Authorized { epoch, grant: Grant::Granted });
    assert_eq!(world.engine.status().phase, Phase::Waiting);
}

#[test]
fn connection_that_hangs_is_given_up_after_20_s() {
    let mut world = World::new();
    world.open();
    let epoch = world.epoch();
    world.tell(Input::Authorized { epoch, grant: Grant::Granted });
    world.fresh();
    world.run_to(20_000);
    assert!(world.fresh().contains(&Output::Disconnect { epoch, polite: false }));
    assert_eq!(world.engine.status().phase, Phase::Waiting);
}

#[test]
fn backoff_grows_while_links_fail_and_starts_anew_after_a_stable_one() {
    let mut world = World::new();
    world.open();
    let mut longest = 0;
    for _ in 0..20 {
        world.lose_link();
        let wait = world.engine.status().next_attempt_at.expect("planned") - world.at();
        longest = longest.max(wait.0);
        world.run_to(world.now + wait.0);
    }
    assert!((15_000..=30_000).contains(&longest), "{longest}");
    world.connect();
    world.run_to(world.now + 5_000);
    world.lose_link();
    let wait = world.engine.status().next_attempt_at.expect("planned") - world.at();
    assert!(wait <= Millis(3_000), "{wait:?}");
}

#[test]
fn loss_of_a_stable_link_is_no_failed_attempt() {
    let mut world = World::ready();
    world.run_to(5_000);
    world.fresh();
    world.replace_link();
    let epoch = world.epoch();
    assert!(world.fresh().contains(&Output::Connect { epoch, failures: 0 }));
}

#[test]
fn server_that_accepts_and_drops_is_not_hammered() {
    let mut world = World::new();
    world.open();
    for _ in 0..10 {
        world.connect();
        world.lose_link();
        world.run_to(world.engine.status().next_attempt_at.expect("planned").0);
    }
    assert!(world.now > 20_000, "ten links within {} ms", world.now);
}

/// An engine that has just failed after many attempts and has begun to wait.
fn waiting_after_failures() -> World {
    let mut world = World::new();
    world.open();
    for _ in 0..12 {
        world.lose_link();
        world.run_to(world.engine.status().next_attempt_at.expect("planned").0);
    }
    world.lose_link();
    world
}

#[test]
fn send_shortens_the_wait_but_keeps_its_distance() {
    let mut world = waiting_after_failures();
    let attempted_at = world.now;
    world.send(0);
    let at = world.engine.status().next_attempt_at.expect("planned").0;
    assert!((attempted_at + 4_000..=attempted_at + 8_000).contains(&at), "{at}");
    for _ in 0..100 {
        world.send(0);
    }
    assert_eq!(world.engine.status().next_attempt_at, Some(Moment(at)));
}

#[test]
fn waking_up_shortens_the_wait_to_the_minimum_and_its_jitter() {
    let mut world = waiting_after_failures();
    let attempted_at = world.now;
    world.tell(Input::Woke);
    let at = world.engine.status().next_attempt_at.expect("planned").0;
    assert!((attempted_at + 1_000..=attempted_at + 2_000).contains(&at), "{at}");
}

#[test]
fn send_right_after_a_loss_brings_the_attempt_forward_but_not_into_the_loss() {
    let mut world = World::ready();
    let mut soonest = u64::MAX;
    for _ in 0..40 {
        world.run_to(world.now + 5_000);
        world.lose_link();
        let seq = world.send(0);
        let wait = world.engine.status().next_attempt_at.expect("planned") - world.at();
        assert!((200..=800).contains(&wait.0), "{wait:?}");
        soonest = soonest.min(wait.0);
        world.reconnect();
        world.accept(seq);
    }
    assert!(soonest < 300, "{soonest}");
}

#[test]
fn first_attempt_for_a_send_comes_within_the_minimum_however_wide_the_spread() {
    let mut config = Config::default();
    config.reconnect.min = Millis(10);
    config.reconnect.spread = Millis(1 << 30);
    let mut world = World::ready_with(config);
    world.run_to(world.now + 5_000);
    world.lose_link();
    world.send(0);
    let wait = world.engine.status().next_attempt_at.expect("planned") - world.at();
    assert!((2..=10).contains(&wait.0), "{wait:?}");
}

#[test]
fn attempt_that_hung_is_followed_by_a_longer_wait_than_one_that_was_refused() {
    let longest = |at, end: fn(&mut Engine, Epoch, Moment)| {
        let wait = |seed| {
            let mut engine = Engine::new(Config::default(), seed, Moment(0));
            engine.open(Moment(0));
            let epoch = Epoch(1);
            engine.handle(Moment(0), Input::Authorized { epoch, grant: Grant::Granted });
            end(&mut engine, epoch, at);
            engine.status().next_attempt_at.expect("planned") - at
        };
        (0..40).map(wait).max()
    };
    let refused = longest(Moment(0), |engine, epoch, at| {
        engine.handle(at, Input::LinkDown { epoch, cause: DownCause::Lost });
    });
    let hung = longest(Moment(20_000), |engine, _, at| engine.handle_timeout(at));
    assert!(refused <= Some(Millis(3_000)), "{refused:?}");
    assert!(hung > Some(Millis(10_000)) && hung <= Some(Millis(17_000)), "{hung:?}");
}

#[test]
fn wait_that_the_server_named_is_not_shortened() {
    let mut world = World::ready();
    let epoch = world.epoch();
    world.tell(Input::LinkDown { epoch, cause: DownCause::RetryAfter(Millis(60_000)) });
    world.send(0);
    assert!(world.engine.status().next_attempt_at >= Some(Moment(60_000)));
}

#[test]
fn final_rejection_ends_the_attempts() {
    let mut world = World::new();
    world.open();
    let epoch = world.epoch();
    world.tell(Input::Authorized { epoch, grant: Grant::Granted });
    world.tell(Input::LinkDown { epoch, cause: DownCause::Final });
    world.send(0);
    world.run_to(600_000);
    assert_eq!(world.epoch(), epoch);
}

#[test]
fn closed_link_keeps_the_queue_and_sends_only_wait() {
    let mut world = World::ready();
    let first = world.send(0);
    world.engine.close(world.at());
    world.drain();
    let second = world.send(0);
    world.run_to(60_000);
    assert_eq!((world.outcome(first), world.outcome(second)), (None, None));
    world.fresh();
    world.open();
    world.connect();
    assert_eq!(world.left(), [first, second]);
}
