//! The driver as JavaScript meets it, in a real browser, and its numbers against the tables that the
//! shell has of them. `cargo xtask test` runs it.

#![cfg(target_arch = "wasm32")]

use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use holdfast::engine::{
    Cause, DownCause, Grant, Notice, Outcome, Phase, SendError, Standing, Verdict,
};
use holdfast::web::{Driver, numbers};
use js_sys::WebAssembly::Memory;
use js_sys::{Array, Float64Array, Object, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(module = "/pkg-template/shell/numbers.js")]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = ORDERS)]
    static ORDERS: Array;
    #[wasm_bindgen(thread_local_v2, js_name = PHASES)]
    static PHASES: Array;
    #[wasm_bindgen(thread_local_v2, js_name = STANDINGS)]
    static STANDINGS: Array;
    #[wasm_bindgen(thread_local_v2, js_name = OUTCOMES)]
    static OUTCOMES: Array;
    #[wasm_bindgen(thread_local_v2, js_name = NOTICES)]
    static NOTICES: Array;
    #[wasm_bindgen(thread_local_v2, js_name = SEND_ERRORS)]
    static SEND_ERRORS: Object;
    #[wasm_bindgen(thread_local_v2, js_name = GRANT)]
    static GRANT: Object;
    #[wasm_bindgen(thread_local_v2, js_name = DOWN)]
    static DOWN: Object;
    #[wasm_bindgen(thread_local_v2, js_name = VERDICT)]
    static VERDICT: Object;
    #[wasm_bindgen(thread_local_v2, js_name = SEND_FLAG)]
    static SEND_FLAG: Object;
    #[wasm_bindgen(thread_local_v2, js_name = FIELDS)]
    static FIELDS: JsValue;
    #[wasm_bindgen(js_name = slotOf)]
    fn slot_of(seq: f64) -> f64;
}

fn text(table: &Array, index: u32) -> String {
    table.get(index).as_string().expect("a text")
}

fn number(table: &Object, name: &str) -> u32 {
    let value = Reflect::get(table, &name.into()).expect("an object").as_f64();
    value.unwrap_or_else(|| panic!("{name} is missing")) as u32
}

/// Polls until there is nothing, and answers the orders' names and first fields.
fn drain(driver: &mut Driver) -> Vec<(String, f64)> {
    let mut orders = Vec::new();
    loop {
        match driver.poll() {
            0 => return orders,
            order => {
                let name = ORDERS.with(|table| text(table, order));
                orders.push((name, fields(driver).get_index(0)));
            }
        }
    }
}

/// As the shell reads them.
fn fields(driver: &Driver) -> Float64Array {
    let memory: Memory = wasm_bindgen::memory().unchecked_into();
    let (at, count) = (driver.fields() as u32, numbers::FIELDS as u32);
    Float64Array::new_with_byte_offset_and_length(&memory.buffer(), at, count)
}

fn ready() -> Driver {
    let mut driver = Driver::new(0.0, 0.5);
    driver.open(0.0);
    driver.authorized(0.0, 1, GRANT.with(|table| number(table, "granted")));
    driver.link_up(0.0, 1, true);
    driver.joined(0.0, 1);
    let names: Vec<_> = drain(&mut driver).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["authorize", "connect", "join", "changed"]);
    driver
}

#[wasm_bindgen_test]
fn message_goes_its_way_in_numbers() {
    let mut driver = ready();
    let seq = driver.send(1.0, 0, 100, 0, 60_000.0);
    assert!(seq > 0.0);
    let orders = drain(&mut driver);
    assert_eq!(orders[0], ("transmit".into(), seq));
    driver.acked(2.0, seq, 1, VERDICT.with(|table| number(table, "accepted")), 0.0);
    let orders = drain(&mut driver);
    assert_eq!(orders[0], ("settle".into(), seq));
}

#[wasm_bindgen_test]
fn durable_message_is_stored_first_and_restored_ones_come_back() {
    let mut driver = ready();
    let flag = |name| SEND_FLAG.with(|table| number(table, name));
    let seq = driver.send(1.0, 0, 100, flag("durable"), 60_000.0);
    assert_eq!(drain(&mut driver)[0], ("store".into(), seq));
    driver.stored(2.0, seq);
    assert_eq!(drain(&mut driver)[0], ("transmit".into(), seq));
    driver.restore();
    let old = driver.send(3.0, 1, 100, flag("restored"), 60_000.0);
    assert!(old > 0.0 && old < seq, "it is older");
    driver.restored(4.0);
    assert_eq!(drain(&mut driver)[0], ("transmit".into(), old));
}

#[wasm_bindgen_test]
fn refused_send_answers_a_negative_number_that_the_shell_has_a_code_for() {
    for error in SendError::ALL {
        let key = numbers::error_number(error).to_string();
        let code = SEND_ERRORS.with(|table| Reflect::get(table, &key.into()));
        assert_eq!(code.expect("an object").as_string().as_deref(), Some(error.code()));
    }
}

#[wasm_bindgen_test]
fn outcomes_have_the_codes_that_the_shell_names() {
    for (outcome, code) in [
        (Outcome::Delivered, "DELIVERED"),
        (Outcome::Refused, ""),
        (Outcome::Exhausted(Cause::TryAgain), ""),
        (Outcome::Exhausted(Cause::AckTimeout), "ACK_TIMEOUT"),
        (Outcome::Exhausted(Cause::LinkLost), "LINK_LOST"),
        (Outcome::Expired, "EXPIRED"),
        (Outcome::Cancelled, "CANCELLED"),
        (Outcome::Closed, "CLOSED"),
        (Outcome::LoggedOut, "LOGGED_OUT"),
    ] {
        assert_eq!(OUTCOMES.with(|table| text(table, numbers::outcome_number(outcome))), code);
    }
}

#[wasm_bindgen_test]
fn standings_have_the_names_that_the_shell_shows() {
    for (standing, name) in [
        (Standing::Link, "link"),
        (Standing::Turn, "turn"),
        (Standing::Delay, "delay"),
        (Standing::Answer, "answer"),
    ] {
        assert_eq!(STANDINGS.with(|table| text(table, numbers::standing_number(standing))), name);
    }
}

#[wasm_bindgen_test]
fn phases_have_the_names_that_the_shell_shows() {
    for (phase, name) in [
        (Phase::Idle, "idle"),
        (Phase::Waiting, "waiting"),
        (Phase::Authorizing, "authorizing"),
        (Phase::Connecting, "connecting"),
        (Phase::Joining, "joining"),
        (Phase::Ready, "ready"),
        (Phase::Suspect, "suspect"),
        (Phase::Closed, "closed"),
    ] {
        assert_eq!(PHASES.with(|table| text(table, numbers::phase_number(phase))), name);
    }
}

#[wasm_bindgen_test]
fn notices_have_their_texts() {
    for (notice, word) in [
        (Notice::JoinUnconfirmed, "join"),
        (Notice::LinkSilent, "heard"),
        (Notice::ConnectTimedOut, "connection"),
        (Notice::AuthTimedOut, "auth"),
        (Notice::PingsUnanswered, "ping"),
    ] {
        let text = NOTICES.with(|table| text(table, numbers::notice_number(notice)));
        assert!(text.contains(word), "{text}");
    }
}

#[wasm_bindgen_test]
fn facts_mean_what_the_shell_says() {
    GRANT.with(|table| {
        assert_eq!(numbers::grant(number(table, "granted")), Grant::Granted);
        assert_eq!(numbers::grant(number(table, "absent")), Grant::Absent);
        assert_eq!(numbers::grant(number(table, "failed")), Grant::Failed);
    });
    DOWN.with(|table| {
        let cause = |name| numbers::down_cause(number(table, name), 5.0);
        assert_eq!(cause("lost"), DownCause::Lost);
        assert_eq!(cause("final"), DownCause::Final);
        assert_eq!(cause("retryAfter"), DownCause::RetryAfter(numbers::millis(5.0)));
    });
    VERDICT.with(|table| {
        let verdict = |name| numbers::verdict(number(table, name), 5.0);
        assert_eq!(verdict("accepted"), Verdict::Accepted);
        assert_eq!(verdict("refused"), Verdict::Refused);
        assert_eq!(verdict("tryAgain"), Verdict::TryAgain);
        assert_eq!(verdict("tryAfter"), Verdict::TryAfter(numbers::millis(5.0)));
    });
}

#[wasm_bindgen_test]
fn shell_finds_the_slot_that_the_engine_means() {
    let mut driver = ready();
    let seqs: Vec<_> = (0..50).map(|lane| driver.send(1.0, lane, 1, 0, 60_000.0)).collect();
    for (slot, seq) in seqs.into_iter().enumerate() {
        assert_eq!(slot_of(seq), slot as f64);
    }
}

#[wasm_bindgen_test]
fn numbers_from_outside_never_trap() {
    let mut driver = ready();
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 1e300, 0.5];
    for number in odd {
        driver.set(usize::MAX, number);
        driver.set(3, number);
        driver.configure();
        driver.send(number, u32::MAX, u32::MAX, u32::MAX, number);
        driver.acked(number, number, u32::MAX, u32::MAX, number);
        driver.cancel(number, number);
        driver.link_down(number, u32::MAX, u32::MAX, number);
        driver.authorized(number, u32::MAX, u32::MAX);
        driver.timeout(number);
        drain(&mut driver);
        assert!(fields(&driver).length() == FIELDS.with(|count| count.as_f64().unwrap() as u32));
    }
}

#[wasm_bindgen_test]
async fn deadline_is_met_by_a_real_timer() {
    let start = js_sys::Date::now();
    let mut driver = Driver::new(0.0, 0.5);
    // An ack deadline of 30 ms, everything else out of the way.
    driver.set(0, 30.0);
    for index in [4, 5, 6, 7, 9, 12, 13] {
        driver.set(index, 1e6);
    }
    driver.configure();
    driver.open(0.0);
    driver.authorized(0.0, 1, 0);
    driver.link_up(0.0, 1, false);
    driver.send(0.0, 0, 1, 0, 60_000.0);
    drain(&mut driver);
    let deadline = driver.next_timeout();
    let timer = TimeoutFuture::new(deadline as u32);
    let limit = TimeoutFuture::new(30_000);
    assert!(matches!(select(timer, limit).await, Either::Left(_)));
    driver.timeout((js_sys::Date::now() - start).max(deadline));
    assert!(drain(&mut driver).iter().any(|(order, _)| order == "settle"));
}
