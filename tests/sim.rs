//! The engine in simulated worlds: a network, a server, a browser and an app that misbehave by seed.
//!
//! A failure prints its seed, its plan and the end of its trace. `cargo xtask sim --seed S` has all
//! of it, and `cargo xtask sim --seeds N` plays more than the tests do.

use sim::Tally;

const SEEDS: u64 = 2_000;

/// Plays a seed; where it breaks a rule, fails with its plan and the end of its trace.
fn play(seed: u64) -> Tally {
    sim::run(seed).unwrap_or_else(|_| panic!("{}", sim::explain(seed)))
}

#[test]
fn no_world_breaks_a_rule_and_every_kind_of_trouble_occurs() {
    let mut tally = Tally::default();
    for seed in 0..SEEDS {
        tally.add(&play(seed));
    }
    let never: Vec<_> = tally.rows().filter(|&(_, count)| count == 0).collect();
    assert_eq!(never, [("of these wrongly", 0)]);
}

#[test]
fn same_seed_gives_the_same_trace_to_the_byte() {
    for seed in 0..200 {
        assert!(sim::trace(seed) == sim::trace(seed), "seed {seed}");
    }
}

/// Seeds that found a bug, by what they found.
mod found {
    use super::play;

    #[test]
    fn expired_message_left_while_the_timer_was_late() {
        play(8);
    }

    #[test]
    fn wait_that_got_shorter_was_not_shown() {
        play(9);
    }

    #[test]
    fn late_fallback_left_a_deadline_behind() {
        play(25);
    }

    #[test]
    fn server_that_named_no_wait_was_hammered() {
        play(720);
    }

    #[test]
    fn jitter_made_a_wait_of_none() {
        play(8_993);
    }

    #[test]
    fn sleep_was_taken_from_a_probe() {
        play(5_924);
    }

    #[test]
    fn silence_was_a_verdict_before_anybody_was_asked() {
        play(47_597);
    }

    #[test]
    fn ping_that_went_out_late_had_no_time_to_be_answered() {
        play(576_417);
    }

    #[test]
    fn lane_that_was_empty_for_a_moment_forgot_its_troubles() {
        play(67_191);
    }
}
