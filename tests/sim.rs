//! The engine in simulated worlds: a network, a server, a browser and an app that misbehave by seed.
//!
//! A failure prints its seed, its plan and the end of its trace. `cargo xtask sim --seed S` has all
//! of it, and `cargo xtask sim --seeds N` plays more than the tests do.

use sim::{Story, Tally};

const SEEDS: u64 = 2_000;
/// Seeds that each story is told with.
const STORIES: u64 = 200;

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

/// Plays a story with many seeds.
fn tell(story: Story) -> Tally {
    let mut tally = Tally::default();
    for seed in 0..STORIES {
        tally.add(
            &sim::tell(story, seed).unwrap_or_else(|violation| panic!("{story:?}: {violation}")),
        );
    }
    tally
}

#[test]
fn half_an_hour_of_throttled_timers_replaces_no_live_link() {
    let tally = tell(Story::Throttled);
    assert_eq!(tally.count("links"), STORIES, "one each");
    assert_eq!(tally.count("live links given up"), 0);
    assert_eq!(tally.count("delivered"), tally.count("messages"));
}

#[test]
fn eight_hours_of_sleep_replace_no_live_link() {
    let tally = tell(Story::Asleep);
    assert_eq!(tally.count("links"), STORIES, "one each");
    assert_eq!(tally.count("live links given up"), 0);
    assert_eq!(tally.count("sleeps"), STORIES);
    assert_eq!(tally.count("delivered"), tally.count("messages"));
}

#[test]
fn link_that_died_while_the_machine_slept_is_found_out_within_the_probe_of_waking() {
    let tally = tell(Story::DiesAsleep);
    assert_eq!(tally.count("dead links found after waking up"), STORIES, "each is judged");
    assert_eq!(tally.count("links"), 2 * STORIES, "and replaced once");
    assert_eq!(
        tally.count("delivered") + tally.count("exhausted by losses"),
        tally.count("messages")
    );
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
