//! The client in simulated worlds: a seed determines the faults of the network, the server, the browser and the
//! app.
//!
//! A failure prints its seed, its plan and the end of its trace. `cargo xtask sim --seed S` prints the whole trace,
//! and `cargo xtask sim --seeds N` plays more seeds than the tests.

use sim::{Story, Tally};

const SEEDS: u64 = 2_000;
/// The number of seeds for each story.
const STORIES: u64 = 200;

/// Plays a seed. If it breaks a rule, fails with its plan and the end of its trace.
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

#[test]
fn two_tabs_on_a_server_that_keeps_one_session_come_to_rest_and_everything_arrives() {
    for seed in 0..STORIES {
        let tally =
            sim::tell(Story::Rivals, seed).unwrap_or_else(|violation| panic!("{violation}"));
        let links = tally.count("links");
        assert!(links <= 100, "seed {seed}: {links} links in an hour");
        assert_eq!(tally.count("delivered"), tally.count("messages"), "seed {seed}");
    }
}

/// Seeds that found a bug, named after it.
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
    fn jitter_made_a_wait_of_zero() {
        play(8_993);
    }

    #[test]
    fn time_asleep_was_counted_against_a_probe() {
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

    #[test]
    fn token_that_changed_before_the_name_locked_the_user_out() {
        play(277);
        play(1_770);
    }

    #[test]
    fn logout_elsewhere_left_orders_about_the_link_behind() {
        play(37);
        play(114);
    }

    #[test]
    fn newer_message_replaced_one_that_was_not_to_be_replaced() {
        play(19);
        play(39_653);
    }

    #[test]
    fn window_that_young_links_had_narrowed_opened_without_a_link() {
        play(12);
        play(75);
    }

    #[test]
    fn poison_behind_a_narrow_window_was_never_found_out() {
        play(1_339);
        play(495);
    }

    #[test]
    fn batch_that_was_dropped_before_the_transport_changed_was_never_missed() {
        play(229);
        play(2_995);
    }

    #[test]
    fn receipt_that_was_owed_across_a_sleep_ended_a_live_link() {
        play(170);
        play(491);
        play(8_047);
    }

    #[test]
    fn round_trip_of_hours_kept_a_link_from_being_asked() {
        play(874);
    }

    #[test]
    fn probe_that_proves_nothing_was_due_again_at_once() {
        play(42);
    }

    #[test]
    fn silence_of_a_sleep_ended_a_link_that_no_probe_could_save() {
        play(51_695);
        play(655_579);
    }

    #[test]
    fn deadlines_of_their_own_ran_out_early() {
        play(331);
        play(7_423);
    }

    #[test]
    fn clock_that_stepped_back_was_believed_outside_of_the_engine() {
        play(9_834);
        play(944_428);
    }

    #[test]
    fn name_of_a_receipt_was_used_again_while_an_answer_could_come() {
        play(20_627);
    }

    #[test]
    fn message_failed_though_a_receipt_was_to_come() {
        play(2_707);
        play(3_163);
    }

    #[test]
    fn poison_hid_behind_a_message_that_was_taken_again_and_again() {
        play(13_611);
        play(39_131);
    }

    #[test]
    fn message_that_leaves_once_left_again_after_another_post_was_dropped() {
        play(57_690);
    }

    #[test]
    fn stable_link_with_a_narrow_window_did_not_end_the_backoff() {
        play(10_365);
    }

    #[test]
    fn burst_after_a_quiet_while_ended_every_link() {
        play(57_003);
        play(103_567);
    }

    #[test]
    fn message_that_the_server_took_and_died_of_was_repeated_for_ever() {
        play(7_075);
        play(7_935);
        play(108_010);
    }

    #[test]
    fn poison_left_together_with_another_message_again_and_again() {
        play(525_023);
    }

    #[test]
    fn cancelled_message_stayed_in_the_journal_of_a_page_that_was_gone() {
        play(595_806);
    }

    #[test]
    fn two_pages_that_missed_a_message_both_reclaimed_it() {
        play(584_958);
    }

    /// A bug of the simulation: the app of a Manager opened or closed the link while orders of the clock were
    /// pending.
    #[test]
    fn orders_of_a_waking_clock_were_not_carried_out_for_a_followed_manager() {
        for seed in [23_034, 297_055, 338_947, 338_962, 352_338, 594_741] {
            play(seed);
        }
    }

    #[test]
    fn message_that_fits_was_measured_without_the_time() {
        play(1_293_666);
    }

    #[test]
    fn page_whose_storage_failed_kept_what_others_had_for_ever() {
        play(524_622);
    }

    #[test]
    fn message_that_was_deleted_with_what_had_settled_counted_as_kept() {
        play(9_118);
        play(9_382);
    }

    #[test]
    fn end_of_a_message_that_a_duplicated_tab_took_was_never_told() {
        play(7_414);
        play(7_830);
    }

    #[test]
    fn write_that_failed_behind_the_cache_was_not_told() {
        play(46_174);
        play(50_718);
    }

    #[test]
    fn erasing_that_failed_was_due_again_in_the_past() {
        play(50_467);
        play(51_413);
    }

    #[test]
    fn logout_made_the_journal_of_another_user_forget_what_to_erase() {
        play(23_594);
        play(24_069);
    }

    #[test]
    fn message_left_while_it_moved_to_another_name_of_its_user() {
        play(21_909);
        play(25_330);
    }

    #[test]
    fn message_of_a_session_that_was_over_came_back_before_it_was_erased() {
        play(9_034);
        play(17_692);
    }

    /// A bug of the simulation: its time ran ahead of the client's, because not every call passes the time.
    #[test]
    fn time_was_reported_that_nobody_was_told() {
        play(845_195);
        play(902_422);
        play(972_489);
    }

    /// A bug of the simulation: a running page shows at once which messages are in memory only; a page in the cache
    /// does so once it is back.
    #[test]
    fn page_that_deleted_what_it_could_not_list_was_thrown_away_before_it_heard_of_it() {
        play(22_062);
    }
}
