//! The engine's rules, each told as a short story in virtual time.

mod world;

use holdfast::engine::{
    Cause, Config, DownCause, Draft, Engine, Grant, Input, Millis, Notice, Outcome, Output, Phase,
    SendError, Seq, Verdict,
};
use world::{World, draft};

/// For stories in which nothing is heard for long without a meaning.
fn without_health() -> Config {
    Config { health: None, ..Config::default() }
}

const DELIVERED: Option<(Outcome, bool)> = Some((Outcome::Delivered, false));

mod connecting {
    use super::*;

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
        assert!(world.fresh().contains(&Output::Disconnect { epoch }));
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

    #[test]
    fn send_shortens_the_wait_but_keeps_its_distance() {
        let mut world = World::new();
        world.open();
        for _ in 0..12 {
            world.lose_link();
            world.run_to(world.engine.status().next_attempt_at.expect("planned").0);
        }
        let attempted_at = world.now;
        world.lose_link();
        world.send(0);
        let at = world.engine.status().next_attempt_at.expect("planned").0;
        assert!((attempted_at + 1_000..=attempted_at + 2_000).contains(&at), "{at}");
        for _ in 0..100 {
            world.send(0);
        }
        assert_eq!(world.engine.status().next_attempt_at, Some(Millis(at)));
    }

    #[test]
    fn wait_that_the_server_named_is_not_shortened() {
        let mut world = World::ready();
        let epoch = world.epoch();
        world.tell(Input::LinkDown { epoch, cause: DownCause::RetryAfter(Millis(60_000)) });
        world.send(0);
        assert!(world.engine.status().next_attempt_at >= Some(Millis(60_000)));
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
}

mod sending {
    use super::*;

    #[test]
    fn messages_of_a_lane_leave_in_send_order_without_waiting_for_each_other() {
        let mut world = World::ready();
        let all: Vec<_> = (0..100).map(|_| world.send(0)).collect();
        assert_eq!(world.left(), all);
    }

    #[test]
    fn window_bounds_messages_in_flight() {
        let mut world = World::ready();
        for lane in 0..1_100 {
            world.send(lane);
        }
        assert_eq!(world.left().len(), 1_024);
        assert_eq!(world.engine.status().queued, 76);
    }

    #[test]
    fn window_bounds_bytes_in_flight_and_lets_one_large_message_out_alone() {
        let mut world = World::ready();
        let large = Draft { bytes: 600_000, ..draft(0) };
        let larger = Draft { bytes: 3_000_000, ..draft(1) };
        let [first, second] = [world.send_draft(large), world.send_draft(large)];
        assert_eq!(world.left(), [first]);
        let third = world.send_draft(larger);
        world.accept(first);
        world.accept(second);
        assert_eq!(world.left(), [second, third]);
    }

    #[test]
    fn lanes_take_turns() {
        let mut config = Config::default();
        config.send.window = 2;
        let mut world = World::ready_with(config);
        let busy: Vec<_> = (0..10).map(|_| world.send(0)).collect();
        let other = world.send(1);
        world.fresh();
        world.accept(busy[0]);
        world.accept(busy[1]);
        assert!(world.left().contains(&other));
    }

    #[test]
    fn full_queue_refuses_and_takes_again_when_there_is_room() {
        let mut config = Config::default();
        config.queue.capacity = 2;
        let mut world = World::ready_with(config);
        let first = world.send(0);
        world.send(0);
        assert_eq!(world.engine.send(world.at(), draft(0)), Err(SendError::QueueFull));
        world.accept(first);
        world.send(0);
    }

    #[test]
    fn queue_is_bounded_in_bytes_too() {
        let mut config = Config::default();
        config.queue.max_bytes = 150;
        let mut world = World::ready_with(config);
        world.send(0);
        assert_eq!(world.engine.send(world.at(), draft(0)), Err(SendError::QueueFull));
    }

    #[test]
    fn lane_numbers_that_are_not_dense_are_refused_not_allocated() {
        let mut world = World::ready();
        assert_eq!(world.engine.send(world.at(), draft(u32::MAX)), Err(SendError::QueueFull));
    }

    #[test]
    fn strict_lane_has_one_in_flight() {
        let mut world = World::ready();
        let strict = Draft { strict: true, ..draft(0) };
        let [first, second] = [world.send_draft(strict), world.send_draft(strict)];
        let third = world.send(0);
        assert_eq!(world.left(), [first]);
        world.accept(first);
        assert_eq!(world.left(), [second]);
        world.accept(second);
        assert_eq!(world.left(), [third]);
    }

    #[test]
    fn message_is_found_by_its_number_too() {
        let mut world = World::ready();
        let seq = world.send(0);
        assert!(seq.to_bits() < 1 << 53, "JavaScript holds it exactly");
        world.accept(Seq::from_bits(seq.to_bits()));
        assert_eq!(world.outcome(seq), DELIVERED);
    }

    #[test]
    fn every_error_has_its_code() {
        let codes: Vec<_> = SendError::ALL.map(SendError::code).into();
        assert_eq!(codes, ["QUEUE_FULL", "CLOSED"]);
        assert_eq!(SendError::ALL.map(|error| error.to_string()).to_vec(), codes);
    }
}

mod acknowledgements {
    use super::*;

    #[test]
    fn unanswered_message_is_sent_four_times_and_then_given_up() {
        let mut world = World::ready();
        let epoch = world.epoch();
        let seq = world.send(0);
        // The server is alive, it only never answers this.
        for _ in 0..100 {
            world.run_to(world.now + 1_000);
            world.tell(Input::Heard { epoch });
        }
        assert_eq!(world.left(), [seq; 4]);
        assert_eq!(world.outcome(seq), Some((Outcome::Exhausted(Cause::AckTimeout), true)));
    }

    #[test]
    fn late_ack_still_delivers() {
        let mut world = World::ready();
        let seq = world.send(0);
        world.run_to(10_000);
        world.ack(seq, 1, Verdict::Accepted);
        assert_eq!(world.outcome(seq).map(|(outcome, _)| outcome), Some(Outcome::Delivered));
    }

    #[test]
    fn repeated_and_late_answers_settle_nothing_twice() {
        let mut world = World::ready();
        let seq = world.send(0);
        world.accept(seq);
        for verdict in [Verdict::Accepted, Verdict::Refused, Verdict::TryAgain] {
            world.ack(seq, 1, verdict);
        }
        assert_eq!(world.outcome(seq), DELIVERED);
        // The slot has a new tenant by now, whom an old answer must not settle.
        let tenant = world.send(0);
        assert_eq!(tenant.slot(), seq.slot());
        world.ack(seq, 1, Verdict::Refused);
        assert_eq!(world.outcome(tenant), None);
    }

    #[test]
    fn late_try_again_of_an_older_attempt_is_ignored() {
        let mut world = World::ready();
        let seq = world.send(0);
        world.replace_link();
        world.fresh();
        world.ack(seq, 1, Verdict::TryAgain);
        world.run_to(world.now + 5_000);
        assert_eq!(world.left(), [], "attempt 2 is still out");
    }

    #[test]
    fn slow_link_that_still_answers_runs_no_deadline_out() {
        let mut world = World::ready_with(without_health());
        let all: Vec<_> = (0..20).map(|_| world.send(0)).collect();
        world.fresh();
        for &seq in &all {
            world.run_to(world.now + 9_000);
            world.accept(seq);
        }
        assert_eq!(world.left(), [], "after 180 s nothing was sent twice");
        assert!(all.iter().all(|&seq| world.outcome(seq) == DELIVERED));
    }

    #[test]
    fn answers_to_later_messages_do_not_extend_an_earlier_ones_deadline() {
        let mut world = World::ready();
        let ignored = world.send(0);
        world.fresh();
        for _ in 0..10 {
            let other = world.send(1);
            world.run_to(world.now + 1_000);
            world.accept(other);
        }
        world.run_to(world.now + 1_000);
        assert!(world.left().contains(&ignored));
    }

    #[test]
    fn nothing_newer_of_a_lane_leaves_while_a_message_waits_for_its_retry() {
        let mut world = World::ready();
        let first = world.send(0);
        world.ack(first, 1, Verdict::TryAgain);
        let second = world.send(0);
        let elsewhere = world.send(1);
        let left = world.left();
        assert_eq!(left, [first, elsewhere], "{second:?} waits");
        world.run_to(1_000);
        assert_eq!(world.left(), [first], "and then one at a time until something is delivered");
        world.ack(first, 2, Verdict::Accepted);
        assert_eq!(world.left(), [second]);
    }

    #[test]
    fn final_refusal_settles_at_once() {
        let mut world = World::ready();
        let seq = world.send(0);
        world.ack(seq, 1, Verdict::Refused);
        assert_eq!(world.outcome(seq), Some((Outcome::Refused, false)));
    }

    #[test]
    fn try_again_is_final_after_the_last_retry() {
        let mut world = World::ready();
        let seq = world.send(0);
        for attempt in 1..=4 {
            assert_eq!(world.outcome(seq), None);
            world.ack(seq, attempt, Verdict::TryAgain);
            world.run_to(world.now + 8_000);
        }
        assert_eq!(world.outcome(seq), Some((Outcome::Exhausted(Cause::TryAgain), false)));
    }

    #[test]
    fn delay_that_the_server_names_holds_the_lane_and_uses_up_no_retry() {
        let mut world = World::ready_with(without_health());
        let [first, second] = [world.send(0), world.send(0)];
        world.fresh();
        for attempt in 1..=10 {
            world.ack(first, attempt, Verdict::TryAfter(Millis(7_000)));
            world.ack(second, attempt, Verdict::TryAfter(Millis(7_000)));
            world.run_to(world.now + 6_999);
            assert_eq!(world.left(), []);
            world.run_to(world.now + 1);
            assert_eq!(world.left(), [first]);
        }
        world.ack(first, 11, Verdict::Accepted);
        assert_eq!(world.outcome(first), DELIVERED);
        assert_eq!(world.left(), [second]);
    }

    #[test]
    fn delay_that_the_server_names_is_not_shortened_by_a_link_loss() {
        let mut world = World::ready();
        let seq = world.send(0);
        world.ack(seq, 1, Verdict::TryAfter(Millis(30_000)));
        world.fresh();
        world.replace_link();
        world.run_to(29_999);
        assert_eq!(world.left(), []);
        world.run_to(30_000);
        assert_eq!(world.left(), [seq]);
    }
}

mod losses {
    use super::*;

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

    /// Links on which everything works but that die as soon as `killer` has left.
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
                        Output::Transmit { seq, attempt } if at == world.now => {
                            Some((seq, attempt))
                        }
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
        panic!("the killer holds the queue hostage");
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
    fn message_without_a_place_for_an_id_is_never_sent_twice() {
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
}

mod settling {
    use super::*;

    #[test]
    fn ttl_covers_waiting_and_flying_messages() {
        let mut world = World::ready();
        let brief = Draft { ttl: Millis(4_000), ..draft(0) };
        let flying = world.send_draft(brief);
        world.engine.close(world.at());
        world.drain();
        let waiting = world.send_draft(brief);
        world.run_to(4_000);
        assert_eq!(world.outcome(flying), Some((Outcome::Expired, true)));
        assert_eq!(world.outcome(waiting), Some((Outcome::Expired, false)));
        world.fresh();
        world.open();
        world.connect();
        assert_eq!(world.left(), [], "what expired never leaves afterwards");
    }

    #[test]
    fn cancelled_message_never_leaves_and_frees_its_lane() {
        let mut world = World::new();
        let [first, second] = [world.send(0), world.send(0)];
        world.engine.cancel(world.at(), first);
        world.drain();
        world.connect();
        assert_eq!(world.outcome(first), Some((Outcome::Cancelled, false)));
        assert_eq!(world.left(), [second]);
    }

    #[test]
    fn logging_out_settles_everything_in_send_order() {
        let mut world = World::ready();
        let sent = [world.send(0), world.send(1), world.send(0)];
        world.fresh();
        world.engine.settle_all(world.at(), Outcome::LoggedOut);
        world.drain();
        let settled: Vec<_> = world.fresh();
        let expected = sent.map(|seq| Output::Settle {
            seq,
            outcome: Outcome::LoggedOut,
            maybe_delivered: true,
        });
        assert_eq!(settled, expected);
    }

    #[test]
    fn destroyed_engine_takes_nothing_and_orders_nothing() {
        let mut world = World::ready();
        let seq = world.send(0);
        world.engine.destroy(world.at());
        world.drain();
        assert_eq!(world.outcome(seq), Some((Outcome::Closed, true)));
        assert_eq!(world.engine.send(world.at(), draft(0)), Err(SendError::Closed));
        world.open();
        world.fresh();
        world.run_to(600_000);
        assert_eq!(world.fresh(), []);
        assert_eq!(world.engine.poll_timeout(), None);
    }
}

mod health {
    use super::*;

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
        assert!(world.fresh().contains(&Output::Disconnect { epoch }));
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

    /// A link whose server sends things but answers no ping.
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
        assert!(!world.fresh().contains(&Output::Report(Notice::PingsUnanswered)), "said once");
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
}

mod time {
    use super::*;

    #[test]
    fn clock_that_runs_backwards_stands_still_inside() {
        let mut engine = Engine::new(Config::default(), 1, Millis(10_000));
        engine.open(Millis(10_000));
        engine.handle_timeout(Millis(3));
        assert_eq!(engine.poll_timeout(), Some(Millis(15_000)));
    }

    #[test]
    fn same_inputs_give_the_same_orders() {
        let run = || {
            let mut world = World::ready();
            for round in 0..200_u32 {
                let seq = world.send(round % 7);
                match round % 5 {
                    0 => world.ack(seq, 1, Verdict::TryAgain),
                    1 => world.replace_link(),
                    _ => world.run_to(world.now + 500),
                }
            }
            world.log
        };
        assert_eq!(run(), run());
    }
}
