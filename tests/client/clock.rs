//! The clock made of two clocks, and when the one timer is set anew.

use holdfast::client::clock::{Clock, Reading, Readings};
use holdfast::client::timer::{Setting, Timer};
use holdfast::engine::{Millis, Moment};

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;
/// The wall clock's first reading.
const NOON: u64 = 1_800_000_000_000;

/// Two clocks, and the clock made of them.
struct Clocks {
    wall: u64,
    running: u64,
    clock: Clock,
}

impl Clocks {
    fn new() -> Self {
        let (wall, running) = (NOON, 500);
        Self { wall, running, clock: Clock::new(Readings { wall, running }) }
    }

    /// Both clocks run on.
    fn pass(&mut self, ms: u64) {
        self.wall += ms;
        self.running += ms;
    }

    fn read(&mut self) -> Reading {
        let Self { wall, running, .. } = *self;
        self.clock.read(Readings { wall, running })
    }

    /// The time, and whether the machine slept.
    fn time(&mut self) -> (u64, bool) {
        let Reading { now: Moment(now), has_slept } = self.read();
        (now, has_slept)
    }
}

#[test]
fn time_passes_with_both_clocks() {
    let mut clocks = Clocks::new();
    assert_eq!(clocks.time(), (0, false));
    clocks.pass(7 * HOUR);
    assert_eq!(clocks.time(), (7 * HOUR, false), "the clocks were not read meanwhile");
    assert_eq!(clocks.time(), (7 * HOUR, false), "the readings are the same");
}

#[test]
fn sleep_in_which_one_clock_stands_still_counts_as_time() {
    let mut clocks = Clocks::new();
    clocks.pass(1_000);
    clocks.read();
    clocks.wall += 8 * HOUR;
    clocks.pass(20);
    assert_eq!(clocks.time(), (8 * HOUR + 1_020, true));
    clocks.pass(20);
    assert_eq!(clocks.time(), (8 * HOUR + 1_040, false), "reported once");
}

#[test]
fn sleep_in_which_both_clocks_go_on_is_time_like_any_other() {
    let mut clocks = Clocks::new();
    clocks.pass(8 * HOUR);
    assert_eq!(clocks.time(), (8 * HOUR, false));
}

#[test]
fn two_clocks_differ_by_a_little() {
    let mut clocks = Clocks::new();
    clocks.wall += 2_000;
    assert_eq!(clocks.time(), (0, false));
    clocks.wall += 2_001;
    assert_eq!(clocks.time(), (2_001, true));
}

#[test]
fn clock_that_is_set_back_changes_nothing() {
    let mut clocks = Clocks::new();
    clocks.pass(1_000);
    clocks.read();
    clocks.wall -= DAY;
    clocks.pass(1_000);
    assert_eq!(clocks.time(), (2_000, false));
    clocks.pass(1_000);
    assert_eq!(clocks.time(), (3_000, false), "it counts from where it was set to");
}

#[test]
fn clock_that_is_set_forward_by_a_day_and_an_hour_looks_like_sleep() {
    let mut clocks = Clocks::new();
    clocks.wall += DAY + HOUR;
    clocks.pass(1_000);
    assert_eq!(clocks.time(), (DAY + HOUR + 1_000, true));
    clocks.wall -= DAY + HOUR;
    clocks.pass(1_000);
    assert_eq!(clocks.time(), (DAY + HOUR + 2_000, false), "setting it right takes no time back");
}

#[test]
fn readings_that_run_backwards_take_no_time_back() {
    let mut clocks = Clocks::new();
    clocks.pass(1_000);
    clocks.read();
    clocks.running -= 400;
    clocks.wall -= 400;
    assert_eq!(clocks.time(), (1_000, false));
    clocks.pass(300);
    assert_eq!(
        clocks.time(),
        (1_300, false),
        "nor does time stand still until they have caught up"
    );
    (clocks.running, clocks.wall) = (0, 0);
    assert_eq!(clocks.time(), (1_300, false));
}

#[test]
fn readings_without_any_sense_are_no_trap() {
    let mut clocks = Clocks::new();
    (clocks.running, clocks.wall) = (u64::MAX, u64::MAX);
    clocks.read();
    (clocks.running, clocks.wall) = (0, u64::MAX);
    clocks.read();
    (clocks.running, clocks.wall) = (u64::MAX, 0);
    assert_eq!(clocks.read().now, Moment::NEVER);
}

// The timer.

const NOW: Moment = Moment(10_000);
const IN_A_MINUTE: Option<Moment> = Some(Moment(70_000));

fn timer_in_a_minute() -> Timer {
    let mut timer = Timer::Off;
    assert_eq!(timer.follow(NOW, IN_A_MINUTE), Setting::In(Millis(60_000)));
    timer
}

#[test]
fn timer_is_set_for_a_deadline_and_cleared_without_one() {
    let mut timer = Timer::Off;
    assert_eq!(timer.follow(NOW, None), Setting::Stays);
    timer = timer_in_a_minute();
    assert_eq!(timer.follow(NOW, IN_A_MINUTE), Setting::Stays);
    assert_eq!(timer.follow(NOW, None), Setting::Off, "it would wake the page for nothing");
    assert_eq!(timer.follow(NOW, None), Setting::Stays);
}

#[test]
fn timer_is_set_sooner_and_never_later() {
    let mut timer = timer_in_a_minute();
    assert_eq!(timer.follow(NOW, Some(Moment(90_000))), Setting::Stays);
    assert_eq!(timer.follow(NOW, Some(Moment(69_999))), Setting::In(Millis(59_999)));
}

#[test]
fn timer_that_fired_is_set_for_the_next_deadline() {
    let mut timer = timer_in_a_minute();
    timer.fired();
    let next = timer.follow(Moment(70_000), Some(Moment(130_000)));
    assert_eq!(next, Setting::In(Millis(60_000)));
}

#[test]
fn deadline_that_has_passed_is_due_at_once_and_set_for_once() {
    let mut timer = Timer::Off;
    let past = Some(Moment(1));
    assert_eq!(timer.follow(NOW, past), Setting::In(Millis(0)));
    assert_eq!(timer.follow(NOW, past), Setting::Stays);
    assert_eq!(timer.follow(NOW + Millis(900), past), Setting::Stays, "its firing is due");
}

#[test]
fn timer_after_a_sleep_is_set_anew() {
    let mut timer = timer_in_a_minute();
    timer.slept();
    let anew = timer.follow(NOW, IN_A_MINUTE);
    assert_eq!(anew, Setting::In(Millis(60_000)), "it stood still, and would be late");
    assert_eq!(timer.follow(NOW, IN_A_MINUTE), Setting::Stays);
    timer.slept();
    assert_eq!(timer.follow(NOW, None), Setting::Off);
    timer.slept();
    assert_eq!(timer.follow(NOW, None), Setting::Stays, "an unset timer can't be late");
}

#[test]
fn timer_of_a_young_client_is_set_anew_after_a_sleep() {
    let mut timer = Timer::Off;
    assert_eq!(timer.follow(Moment(0), IN_A_MINUTE), Setting::In(Millis(70_000)));
    timer.slept();
    assert_eq!(timer.follow(Moment(5), Some(Moment(2_000))), Setting::In(Millis(1_995)));
    timer.slept();
    assert_eq!(timer.follow(Moment(5), Some(Moment(2_000))), Setting::In(Millis(1_995)));
}

#[test]
fn timer_that_is_overdue_stood_still_where_the_clock_did_not() {
    let mut timer = timer_in_a_minute();
    assert_eq!(timer.follow(Moment(71_000), IN_A_MINUTE), Setting::Stays, "the page is busy");
    assert_eq!(timer.follow(Moment(71_001), IN_A_MINUTE), Setting::In(Millis(0)));
}

#[test]
fn wait_beyond_what_timers_take_is_cut_into_pieces() {
    let mut timer = Timer::Off;
    let far = Some(Moment(1 << 40));
    assert_eq!(timer.follow(NOW, far), Setting::In(Millis((1 << 31) - 1)));
    timer.fired();
    let then = Moment((1 << 40) - 5);
    assert_eq!(timer.follow(then, far), Setting::In(Millis(5)), "set again for the rest");
}
