//! The driver as JavaScript meets it, in a real browser, and its numbers against the tables that the
//! shell has of them. `cargo xtask test` runs it.

#![cfg(target_arch = "wasm32")]

use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use holdfast::engine::{
    Cause, DownCause, Grant, Notice, Outcome, Phase, SendError, Standing, Verdict, Way,
};
use holdfast::web::numbers::Told;
use holdfast::web::{Driver, numbers};
use js_sys::WebAssembly::Memory;
use js_sys::{Array, Float64Array, Object, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(module = "/pkg-template/shell/numbers.js")]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = TOLD)]
    static TOLD: Object;
    #[wasm_bindgen(thread_local_v2, js_name = WAYS)]
    static WAYS: Array;
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
        match tell(driver, Told::Poll, 0.0, &[]) as u32 {
            0 => return orders,
            order => {
                let name = ORDERS.with(|table| text(table, order));
                if name != "look" {
                    orders.push((name, fields(driver).get_index(0)));
                }
            }
        }
    }
}

/// What is not said is 0, as it is from JavaScript.
fn tell(driver: &mut Driver, told: Told, now: f64, said: &[f64]) -> f64 {
    let what = Told::ALL.iter().position(|&other| other == told).expect("all are listed");
    let at = |index: usize| said.get(index).copied().unwrap_or_default();
    driver.tell(what as u32, now, at(0), at(1), at(2), at(3), at(4), at(5))
}

fn send(driver: &mut Driver, now: f64, lane: u32, flags: u32) -> f64 {
    tell(driver, Told::Send, now, &[lane.into(), 100.0, flags.into(), 60_000.0])
}

/// As the shell reads them.
fn fields(driver: &mut Driver) -> Float64Array {
    let memory: Memory = wasm_bindgen::memory().unchecked_into();
    let (at, count) = (tell(driver, Told::Fields, 0.0, &[]) as u32, numbers::FIELDS as u32);
    Float64Array::new_with_byte_offset_and_length(&memory.buffer(), at, count)
}

fn ready() -> Driver {
    let mut driver = Driver::new(0.0, 0.5);
    tell(&mut driver, Told::Receiptless, 0.0, &[]);
    tell(&mut driver, Told::Open, 0.0, &[]);
    tell(&mut driver, Told::Granted, 0.0, &[1.0]);
    tell(&mut driver, Told::LinkUp, 0.0, &[1.0, 1.0]);
    tell(&mut driver, Told::Joined, 0.0, &[1.0]);
    let names: Vec<_> = drain(&mut driver).into_iter().map(|(name, _)| name).collect();
    // What was about the attempt is out of date by now.
    assert_eq!(names, ["join", "changed"]);
    driver
}

#[wasm_bindgen_test]
fn message_goes_its_way_in_numbers() {
    let mut driver = ready();
    let seq = send(&mut driver, 1.0, 0, 0);
    assert!(seq > 0.0);
    let orders = drain(&mut driver);
    assert_eq!(orders[0], ("transmit".into(), seq));
    let accepted = VERDICT.with(|table| number(table, "accepted"));
    tell(&mut driver, Told::Acked, 2.0, &[seq, 1.0, accepted.into()]);
    let orders = drain(&mut driver);
    assert_eq!(orders[0], ("settle".into(), seq));
}

#[wasm_bindgen_test]
fn durable_message_is_stored_first_and_restored_ones_come_back() {
    let mut driver = ready();
    let flag = |name| SEND_FLAG.with(|table| number(table, name));
    let seq = send(&mut driver, 1.0, 0, flag("durable"));
    assert_eq!(drain(&mut driver)[0], ("store".into(), seq));
    tell(&mut driver, Told::Stored, 2.0, &[seq]);
    assert_eq!(drain(&mut driver)[0], ("transmit".into(), seq));
    tell(&mut driver, Told::Restore, 3.0, &[]);
    let old = send(&mut driver, 3.0, 1, flag("restored"));
    assert!(old > 0.0 && old < seq, "it is older");
    tell(&mut driver, Told::Restored, 4.0, &[]);
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
fn what_is_told_has_the_numbers_that_the_shell_uses() {
    let names = TOLD.with(Object::keys);
    assert_eq!(names.length() as usize, Told::ALL.len());
    for (code, told) in Told::ALL.iter().enumerate() {
        let name = text(&names, code as u32);
        assert_eq!(name.to_lowercase(), format!("{told:?}").to_lowercase());
        assert_eq!(TOLD.with(|table| number(table, &name)), code as u32);
    }
}

#[wasm_bindgen_test]
fn ways_have_the_names_that_the_shell_uses() {
    for (way, name) in [
        (Way::Acked, "acked"),
        (Way::AckedAlways, "always"),
        (Way::Received, "received"),
        (Way::Latest, "latest"),
    ] {
        let at = (0..4).find(|&at| WAYS.with(|table| text(table, at)) == name);
        assert_eq!(at.map(numbers::way), Some(way));
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
        (Notice::LinkSilent, "silent"),
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
        assert_eq!(cause("kicked"), DownCause::Kicked);
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
    let seqs: Vec<_> = (0..50).map(|lane| send(&mut driver, 1.0, lane, 0)).collect();
    for (slot, seq) in seqs.into_iter().enumerate() {
        assert_eq!(slot_of(seq), slot as f64);
    }
}

#[wasm_bindgen_test]
fn numbers_from_outside_never_trap() {
    let mut driver = ready();
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 1e300, 0.5];
    for number in odd {
        for told in Told::ALL {
            if told != Told::Destroy {
                tell(&mut driver, told, number, &[number; 6]);
            }
        }
        drain(&mut driver);
        let length = fields(&mut driver).length();
        assert!(length == FIELDS.with(|count| count.as_f64().unwrap() as u32));
    }
    driver.tell(u32::MAX, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
}

#[wasm_bindgen_test]
async fn deadline_is_met_by_a_real_timer() {
    let start = js_sys::Date::now();
    let mut driver = Driver::new(0.0, 0.5);
    // An ack deadline of 30 ms, everything else out of the way.
    tell(&mut driver, Told::Set, 0.0, &[0.0, 30.0]);
    for index in [4, 5, 6, 7, 9, 12, 13] {
        tell(&mut driver, Told::Set, 0.0, &[index.into(), 1e6]);
    }
    tell(&mut driver, Told::Configure, 0.0, &[]);
    tell(&mut driver, Told::Receiptless, 0.0, &[]);
    tell(&mut driver, Told::Open, 0.0, &[]);
    tell(&mut driver, Told::Granted, 0.0, &[1.0]);
    tell(&mut driver, Told::LinkUp, 0.0, &[1.0]);
    send(&mut driver, 0.0, 0, 0);
    drain(&mut driver);
    let deadline = -tell(&mut driver, Told::Poll, 0.0, &[]);
    let timer = TimeoutFuture::new(deadline as u32);
    let limit = TimeoutFuture::new(30_000);
    assert!(matches!(select(timer, limit).await, Either::Left(_)));
    let now = (js_sys::Date::now() - start).max(deadline);
    tell(&mut driver, Told::Timeout, now, &[]);
    assert!(drain(&mut driver).iter().any(|(order, _)| order == "settle"));
}
