//! The driver, called from JavaScript in a real browser, and its numbers compared with the shell's tables. `cargo
//! xtask test` runs it.

#![cfg(target_arch = "wasm32")]

use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use holdfast::border::numbers;
use holdfast::border::told::Told;
use holdfast::client::claim::{Audience, By, Claim, Code, Ending};
use holdfast::client::storage::Storage;
use holdfast::client::verdict::{Acknowledgement, Opinion, Reading};
use holdfast::client::{Address, Fate, Order, PageEvent, Value};
use holdfast::engine::{DownCause, Grant, Notice, Outcome, Phase, Seq, Standing, Way};
use holdfast::web::Driver;
use holdfast::web::call::What;
use js_sys::WebAssembly::Memory;
use js_sys::{Array, Float64Array, Object, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(module = "/pkg-template/shell/numbers.js")]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = TOLD)]
    static TOLD: Object;
    #[wasm_bindgen(thread_local_v2, js_name = WIRE)]
    static WIRE: Object;
    #[wasm_bindgen(thread_local_v2, js_name = WAYS)]
    static WAYS: Array;
    #[wasm_bindgen(thread_local_v2, js_name = ORDER)]
    static ORDER: Object;
    #[wasm_bindgen(thread_local_v2, js_name = PHASES)]
    static PHASES: Array;
    #[wasm_bindgen(thread_local_v2, js_name = STANDINGS)]
    static STANDINGS: Array;
    #[wasm_bindgen(thread_local_v2, js_name = CODES)]
    static CODES: Array;
    #[wasm_bindgen(thread_local_v2, js_name = CONFIRMATIONS)]
    static CONFIRMATIONS: Array;
    #[wasm_bindgen(thread_local_v2, js_name = CLAIM)]
    static CLAIM: Object;
    #[wasm_bindgen(thread_local_v2, js_name = NOTICES)]
    static NOTICES: Array;
    #[wasm_bindgen(thread_local_v2, js_name = GRANT)]
    static GRANT: Object;
    #[wasm_bindgen(thread_local_v2, js_name = DOWN)]
    static DOWN: Object;
    #[wasm_bindgen(thread_local_v2, js_name = READING)]
    static READING: Object;
    #[wasm_bindgen(thread_local_v2, js_name = OPINION)]
    static OPINION: JsValue;
    #[wasm_bindgen(thread_local_v2, js_name = WAY_FLAG)]
    static WAY_FLAG: JsValue;
    #[wasm_bindgen(thread_local_v2, js_name = EVENT_FLAG)]
    static EVENT_FLAG: JsValue;
    #[wasm_bindgen(thread_local_v2, js_name = SEND_FLAG)]
    static SEND_FLAG: Object;
    #[wasm_bindgen(thread_local_v2, js_name = SEGMENT_FLAG)]
    static SEGMENT_FLAG: Object;
    #[wasm_bindgen(thread_local_v2, js_name = ROW_FLAG)]
    static ROW_FLAG: Object;
    #[wasm_bindgen(thread_local_v2, js_name = VALUE)]
    static VALUE: Object;
    #[wasm_bindgen(thread_local_v2, js_name = DOOR)]
    static DOOR: Object;
    #[wasm_bindgen(thread_local_v2, js_name = CAME_FLAG)]
    static CAME_FLAG: Object;
    #[wasm_bindgen(thread_local_v2, js_name = FATE)]
    static FATE: Object;
    #[wasm_bindgen(thread_local_v2, js_name = PAGE_EVENTS)]
    static PAGE_EVENTS: Array;
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

/// The name with this number.
fn name(table: &Object, wanted: u32) -> String {
    let keys = Object::keys(table);
    let names = keys.iter().filter_map(|key| key.as_string());
    let mut names = names.filter(|key| number(table, key) == wanted);
    names.next().unwrap_or_else(|| panic!("nothing has number {wanted}"))
}

/// Drains the orders. Returns their names and first fields.
fn drain(driver: &mut Driver) -> Vec<(String, f64)> {
    let mut orders = Vec::new();
    loop {
        match tell(driver, Told::Poll, 0.0, &[]) as u32 {
            0 => return orders,
            order => {
                let name = ORDER.with(|table| name(table, order));
                if name != "look" {
                    orders.push((name, fields(driver).get_index(0)));
                }
            }
        }
    }
}

/// Missing values are 0, as from JavaScript.
fn tell(driver: &mut Driver, told: Told, now: f64, said: &[f64]) -> f64 {
    let what = Told::ALL.iter().position(|&other| other == told).expect("all are listed");
    let at = |index: usize| said.get(index).copied().unwrap_or_default();
    driver.tell(what as u32, now, now, at(0), at(1), at(2), at(3), at(4), at(5))
}

/// A message whose payload carries an id.
const CARRIES_ID: u32 = 64;

fn send(driver: &mut Driver, now: f64, lane: u32, flags: u32) -> f64 {
    tell(driver, Told::Send, now, &[lane.into(), 100.0, (flags | CARRIES_ID).into(), 60_000.0])
}

/// The fields as the shell reads them.
fn fields(driver: &mut Driver) -> Float64Array {
    let memory: Memory = wasm_bindgen::memory().unchecked_into();
    let (at, count) = (tell(driver, Told::Fields, 0.0, &[]) as u32, numbers::FIELDS as u32);
    Float64Array::new_with_byte_offset_and_length(&memory.buffer(), at, count)
}

fn ready() -> Driver {
    let mut driver = Driver::new(0.0, 0.0, 0.5);
    tell(&mut driver, Told::Receiptless, 0.0, &[]);
    tell(&mut driver, Told::Open, 0.0, &[]);
    tell(&mut driver, Told::Granted, 0.0, &[1.0]);
    tell(&mut driver, Told::LinkUp, 0.0, &[1.0, 1.0]);
    tell(&mut driver, Told::Greeted, 0.0, &[1.0]);
    tell(&mut driver, Told::Joined, 0.0, &[1.0]);
    let names: Vec<_> = drain(&mut driver).into_iter().map(|(name, _)| name).collect();
    // Orders about the attempt are outdated by now.
    assert_eq!(names, ["join", "changed", "returned", "askOnline"]);
    driver
}

#[wasm_bindgen_test]
fn message_goes_its_way_in_numbers() {
    let mut driver = ready();
    let seq = send(&mut driver, 1.0, 0, 0);
    assert!(seq > 0.0);
    let orders = drain(&mut driver);
    assert_eq!(orders[0], ("transmit".into(), seq));
    let accepted = READING.with(|table| number(table, "accepted"));
    assert_eq!(tell(&mut driver, Told::Acked, 2.0, &[seq, 1.0, accepted.into()]), 1.0);
    let orders = drain(&mut driver);
    assert_eq!(orders[0], ("settle".into(), seq));
}

const GENERATION: f64 = 65_536.0;
/// This tab's journal and another one, as the shell numbers them.
const MINE: f64 = 7.0;
const OTHER: f64 = 8.0;

/// A linked driver that saves messages, and waits for those on disk. Returns the number of its opening.
fn reading(driver: &mut Driver, has_locks: bool) -> f64 {
    tell(driver, Told::Keep, 1.0, &[GENERATION, 1.0]);
    let orders = drain(driver);
    assert_eq!(orders[0].0, "openStorage");
    let opening = orders[0].1;
    tell(driver, Told::Opened, 1.0, &[opening, 1e12, 0.0, MINE, has_locks.into(), GENERATION]);
    if has_locks {
        assert_eq!(drain(driver), [("remember".into(), MINE), ("lock".into(), MINE)]);
        tell(driver, Told::Locked, 1.0, &[opening, MINE, 1.0]);
        assert_eq!(drain(driver), [("hello".into(), MINE), ("read".into(), 0.0)]);
    } else {
        drain(driver);
    }
    opening
}

#[wasm_bindgen_test]
fn durable_message_leaves_once_it_is_committed() {
    let mut driver = ready();
    let opening = reading(&mut driver, true);
    tell(&mut driver, Told::Read, 1.0, &[opening, GENERATION]);
    drain(&mut driver);
    let durable = SEND_FLAG.with(|table| number(table, "durable"));
    let seq = send(&mut driver, 2.0, 0, durable);
    assert_eq!(drain(&mut driver)[0], ("gather".into(), opening));
    tell(&mut driver, Told::Gathered, 2.0, &[opening]);
    let orders = drain(&mut driver);
    assert_eq!(orders[0], ("put".into(), seq));
    assert_eq!(orders[1].0, "commit");
    assert!(orders.iter().all(|(name, _)| name != "transmit"), "{orders:?}");
    tell(&mut driver, Told::Committed, 3.0, &[orders[1].1, 1.0]);
    assert_eq!(drain(&mut driver)[0], ("transmit".into(), seq));
}

#[wasm_bindgen_test]
fn message_whose_write_failed_still_leaves_and_the_failure_is_reported() {
    let mut driver = ready();
    let opening = reading(&mut driver, true);
    tell(&mut driver, Told::Read, 1.0, &[opening, GENERATION]);
    drain(&mut driver);
    let durable = SEND_FLAG.with(|table| number(table, "durable"));
    let seq = send(&mut driver, 2.0, 0, durable);
    drain(&mut driver);
    tell(&mut driver, Told::Gathered, 2.0, &[opening]);
    let transaction = drain(&mut driver)[1].1;
    tell(&mut driver, Told::Committed, 3.0, &[transaction, 0.0]);
    let orders = drain(&mut driver);
    assert_eq!(orders[0].0, "storageFailed");
    assert!(orders.contains(&("transmit".into(), seq)), "{orders:?}");
}

#[wasm_bindgen_test]
fn rows_are_passed_on_by_what_the_shell_reports() {
    let mut driver = ready();
    let opening = reading(&mut driver, true);
    let (settled, away) = ROW_FLAG.with(|table| (number(table, "settled"), number(table, "away")));
    // First another tab's journal, whose first message was this tab's; then this tab's own journal.
    tell(&mut driver, Told::Segment, 1.0, &[opening, OTHER, 1.0, 2.0, GENERATION]);
    tell(&mut driver, Told::Row, 1.0, &[opening, 0.0, 1.0, away.into(), -1.0]);
    tell(&mut driver, Told::Row, 1.0, &[opening, 1.0, 2.0, 0.0, -1.0]);
    tell(&mut driver, Told::Segment, 1.0, &[opening, MINE, 2.0, 2.0, GENERATION]);
    tell(&mut driver, Told::Row, 1.0, &[opening, 0.0, 3.0, settled.into(), -1.0]);
    tell(&mut driver, Told::Row, 1.0, &[opening, 1.0, 4.0, 0.0, -1.0]);
    tell(&mut driver, Told::Read, 1.0, &[opening, GENERATION]);
    let restored = SEND_FLAG.with(|table| number(table, "restored"));
    let sent = [(1.0, 0), (4.0, 1)].map(|(row, lane)| {
        assert_eq!(next_order(&mut driver), ("take".into(), row));
        send(&mut driver, 1.0, lane, restored)
    });
    let orders = drain(&mut driver);
    let left: Vec<_> = orders.iter().filter(|(name, _)| name == "transmit").collect();
    assert_eq!(left, [&("transmit".into(), sent[1])], "the other tab has the first one");
    assert!(orders.contains(&("lock".into(), OTHER)), "{orders:?}");
}

/// The next order.
fn next_order(driver: &mut Driver) -> (String, f64) {
    let order = tell(driver, Told::Poll, 0.0, &[]) as u32;
    (ORDER.with(|table| name(table, order)), fields(driver).get_index(0))
}

#[wasm_bindgen_test]
fn segments_of_version_1_are_taken_over_by_what_the_shell_reports() {
    let flags = SEGMENT_FLAG.with(|table| (number(table, "former"), number(table, "ours")));
    let (former, ours) = (f64::from(flags.0), f64::from(flags.1));
    for (has_locks, flags, order) in [
        (true, former, Some("lock")),
        (true, former + ours, Some("lock")),
        (false, former + ours, Some("read")),
        (false, former, None),
    ] {
        let mut driver = ready();
        let opening = reading(&mut driver, has_locks);
        tell(&mut driver, Told::Segment, 1.0, &[opening, OTHER, 1.0, 0.0, -1.0, flags]);
        tell(&mut driver, Told::Read, 1.0, &[opening, GENERATION]);
        let orders = drain(&mut driver);
        let its = orders.iter().find(|(name, of)| name != "hello" && *of == OTHER);
        assert_eq!(its.map(|(name, _)| name.as_str()), order, "{orders:?}");
    }
}

#[wasm_bindgen_test]
fn storage_is_ordered_by_the_names_that_the_shell_carries_out() {
    let seq = Seq::from_bits(9);
    let address = Address { opening: 1, number: 2, index: 3 };
    let (name, row, number, opening, transaction) = (5, 6, 4, 1, 8);
    let orders = [
        (Storage::Open { opening }, "openStorage", vec![1.0]),
        (Storage::Close, "closeStorage", vec![]),
        (Storage::Remember { name }, "remember", vec![5.0]),
        (Storage::Lock { name, waits: true }, "lock", vec![5.0, 1.0]),
        (Storage::Unlock { name }, "unlock", vec![5.0]),
        (Storage::Gather { opening }, "gather", vec![1.0]),
        (Storage::Read { of: 0, mine: name }, "read", vec![0.0, 5.0]),
        (Storage::Put { seq, address }, "put", vec![9.0, 1.0, 2.0, 3.0]),
        (Storage::Move { row, address }, "move", vec![6.0, 1.0, 2.0, 3.0]),
        (Storage::List { address }, "list", vec![0.0, 1.0, 2.0, 3.0]),
        (Storage::Drop { name, number }, "drop", vec![5.0, 4.0]),
        (Storage::Commit { transaction, opening, guard: Some(7) }, "commit", vec![8.0, 1.0, 7.0]),
        (Storage::Commit { transaction, opening, guard: None }, "commit", vec![8.0, 1.0, -1.0]),
        (Storage::Take { row }, "take", vec![6.0]),
        (Storage::Ended { row }, "erased", vec![6.0]),
        (Storage::Share { seq }, "share", vec![9.0]),
        (Storage::Hello { name, is_new: true }, "hello", vec![5.0, 1.0]),
        (Storage::Ask { seq }, "ask", vec![9.0]),
        (Storage::Cancel { seq }, "cancelElsewhere", vec![9.0]),
        (Storage::Failed, "storageFailed", vec![]),
    ];
    for (order, name, mut expected) in orders {
        let (number, fields) = numbers::order(Order::Storage(order), || unreachable!(), 0.0);
        assert_eq!(ORDER.with(|table| self::name(table, number)), name);
        expected.resize(numbers::FIELDS, 0.0);
        assert_eq!(fields.as_slice(), expected, "{name}");
    }
}

#[wasm_bindgen_test]
fn send_is_read_by_the_flags_that_the_shell_sets() {
    let flag = |name| SEND_FLAG.with(|table| number(table, name));
    let factor = |table: &JsValue| table.as_f64().expect("a number") as u32;
    assert_eq!(flag("carriesId"), CARRIES_ID);
    let mut driver = ready();
    let claim = |told: f64| {
        let number = -told as u32;
        (number % CLAIM.with(|table| self::number(table, "maybe"))) as usize
    };
    let codes = ["SUCCESS", "LOGGED_OUT", "INVALID_MESSAGE_PAYLOAD", "DUPLICATE_ID"];
    let [_, logged_out, long, duplicate] = codes.map(code_named);
    assert_eq!(claim(send(&mut driver, 1.0, 0, flag("long"))), long);
    tell(&mut driver, Told::LogOut, 1.0, &[1.0]);
    assert_eq!(claim(send(&mut driver, 1.0, 0, 0)), logged_out);
    let mut driver = ready();
    let seq = send(&mut driver, 1.0, 0, 0);
    let again = |driver: &mut Driver, flags: u32| {
        tell(driver, Told::Send, 1.0, &[seq, 100.0, (flags | CARRIES_ID).into(), 60_000.0])
    };
    assert_eq!(claim(again(&mut driver, flag("known"))), duplicate);
    assert_eq!(again(&mut driver, flag("known") | flag("same")), seq);
    // A message that carries no id leaves once, and has no result but the loss of its link.
    let latest = factor(&WAY_FLAG.with(Clone::clone)) * 3;
    for (flags, asks) in [(0, 1.0), (latest, 1.0)] {
        drain(&mut driver);
        send(&mut driver, 1.0, 9, flags + factor(&EVENT_FLAG.with(Clone::clone)));
        while next_order(&mut driver).0 != "transmit" {}
        assert_eq!(fields(&mut driver).get_index(2), asks, "there are no receipts");
    }
}

#[wasm_bindgen_test]
fn commands_about_the_session_answer_what_the_shell_takes_for_the_door() {
    let door = |name| f64::from(DOOR.with(|table| number(table, name)));
    let mut driver = ready();
    let mut say = |told, said: &[f64]| tell(&mut driver, told, 1.0, said);
    let event = |name: &str| {
        let at = (0..PAGE_EVENTS.with(Array::length))
            .find(|&at| PAGE_EVENTS.with(|list| text(list, at)) == name);
        f64::from(at.expect("listed"))
    };
    assert_eq!(say(Told::Hold, &[1.0]), door("paused"));
    assert_eq!(say(Told::Hold, &[0.0]), door("open"));
    assert_eq!(say(Told::LogOut, &[1.0]), door("loggedOut"));
    assert_eq!(say(Told::Open, &[]), door("loggedOut"));
    assert_eq!(say(Told::ResetLogout, &[]), door("open"));
    assert_eq!(say(Told::Accepts, &[]), 1.0);
    assert_eq!(say(Told::Open, &[]), door("open") + door("ends"));
    assert_eq!(say(Told::WantsGrant, &[2.0]), 1.0);
    assert_eq!(say(Told::Page, &[event("pagehide"), 1.0]), door("open"));
    assert_eq!(say(Told::WantsGrant, &[2.0]), 0.0);
    assert_eq!(say(Told::Page, &[event("pageshow"), 1.0]), door("open"));
    assert_eq!(say(Told::Reopen, &[]), door("open"));
    assert_eq!(say(Told::WantsGrant, &[3.0]), 1.0);
    assert_eq!(say(Told::Disconnect, &[1.0]), door("open"));
    say(Told::LogOut, &[1.0]);
    say(Told::ResetLogout, &[]);
    assert_eq!(say(Told::Named, &[]), door("open") + door("ends"));
    say(Told::Destroy, &[1.0]);
    assert_eq!(say(Told::Accepts, &[]), 0.0);
}

/// The index of a code in the table.
fn code_named(code: &str) -> usize {
    let at = (0..12).find(|&at| CODES.with(|table| text(table, at)) == code);
    at.expect("the shell has it") as usize
}

#[wasm_bindgen_test]
fn events_are_ordered_by_the_names_that_the_shell_carries_out() {
    let key = 1 << 52;
    let double = 4_503_599_627_370_496.0;
    let orders = [
        (Order::Replay { key, is_asked: true }, "replayEmit", vec![double, 1.0]),
        (Order::Discard { value: Value::Remembered, key }, "forgetValue", vec![double, 0.0]),
        (Order::Emit { key: 5 }, "emitDeferred", vec![5.0]),
        (Order::Returned { begins: Some(1) }, "returned", vec![1.0]),
        (Order::Returned { begins: None }, "returned", vec![-1.0]),
        (Order::Resync { round: 3, since: 1 }, "askForMissed", vec![3.0, 1.0]),
        (Order::Release, "releaseBuffered", vec![]),
        (Order::AskOnline, "askOnline", vec![]),
        (Order::StopTyping { who: key }, "stopTyping", vec![double]),
    ];
    for (order, name, mut expected) in orders {
        let (number, fields) = numbers::order(order, || unreachable!(), 0.0);
        assert_eq!(ORDER.with(|table| self::name(table, number)), name);
        expected.resize(numbers::FIELDS, 0.0);
        assert_eq!(fields.as_slice(), expected, "{name}");
    }
    for (value, name) in [
        (Value::Remembered, "remembered"),
        (Value::Deferred, "deferred"),
        (Value::Answer, "answers"),
    ] {
        assert_eq!(VALUE.with(|table| number(table, name)), numbers::value_number(value));
    }
}

#[wasm_bindgen_test]
fn fate_of_an_event_is_what_the_shell_reads() {
    let fate = |name| FATE.with(|table| number(table, name));
    let none = Fate::default();
    for (one, name) in [
        (Fate { is_news: true, ..none }, "isNews"),
        (Fate { is_doubtful: true, ..none }, "isDoubtful"),
        (Fate { has_reply: true, ..none }, "hasReply"),
        (Fate { waits: true, ..none }, "waits"),
    ] {
        assert_eq!(numbers::fate_flags(one), fate(name));
    }
    let flag = |name| f64::from(CAME_FLAG.with(|table| number(table, name)));
    let (fetched, wants_ack) = (flag("fetched"), flag("wantsAck"));
    let mut driver = ready();
    let mut came = |id: f64, content: f64, flags: f64| {
        tell(&mut driver, Told::Came, 1.0, &[id, content, 1.0, flags, 10.0]) as u32
    };
    assert_eq!(came(1.0, 10.0, wants_ack), fate("isNews") | fate("waits"));
    assert_eq!(came(1.0, 10.0, wants_ack), fate("waits"));
    assert_eq!(came(1.0, 11.0, fetched), 0);
    assert_eq!(came(1.0, 12.0, 0.0), fate("isNews") | fate("isDoubtful"));
}

#[wasm_bindgen_test]
fn remembered_emits_and_deferred_events_are_answered_by_numbers() {
    let mut driver = Driver::new(0.0, 0.0, 0.5);
    assert_eq!(tell(&mut driver, Told::Remember, 0.0, &[7.0]), 2.0, "the first, not now");
    assert_eq!(tell(&mut driver, Told::EmitSoon, 0.0, &[0.0]), 1.0, "the first event is deferred");
    let mut driver = ready();
    assert_eq!(tell(&mut driver, Told::Remember, 0.0, &[7.0]), 3.0);
    assert_eq!(tell(&mut driver, Told::EmitSoon, 0.0, &[1.0]), 0.0, "it leaves");
    tell(&mut driver, Told::Destroy, 0.0, &[]);
    assert!(tell(&mut driver, Told::EmitSoon, 0.0, &[1.0]) < 0.0);
}

#[wasm_bindgen_test]
fn codes_have_the_names_that_the_shell_uses() {
    for (code, name) in [
        (Code::None, "SUCCESS"),
        (Code::Server, "ANSWER"),
        (Code::AckTimeout, "ACK_TIMEOUT"),
        (Code::LinkLost, "LINK_LOST"),
        (Code::Expired, "EXPIRED"),
        (Code::Cancelled, "CANCELLED"),
        (Code::Closed, "CLOSED"),
        (Code::NoResponse, "NO_RESPONSE"),
        (Code::LoggedOut, "LOGGED_OUT"),
        (Code::QueueFull, "QUEUE_FULL"),
        (Code::DuplicateId, "DUPLICATE_ID"),
        (Code::InvalidPayload, "INVALID_MESSAGE_PAYLOAD"),
    ] {
        assert_eq!(numbers::code_number(code) as usize, code_named(name));
    }
}

#[wasm_bindgen_test]
fn end_is_claimed_by_the_factors_that_the_shell_has() {
    let factor = |name| CLAIM.with(|table| number(table, name));
    let by = |how: By| match how {
        By::Nobody => "",
        By::Ack => "ack",
        By::Receipt => "receipt",
        By::Echo => "echo",
    };
    for (at, audience) in
        [Audience::Nobody, Audience::Senders, Audience::Complaint, Audience::OldComplaint]
            .into_iter()
            .enumerate()
    {
        for how in [By::Nobody, By::Ack, By::Receipt, By::Echo] {
            let confirmation = (0..4).find(|&at| {
                CONFIRMATIONS.with(|all| all.get(at).as_string().unwrap_or_default()) == by(how)
            });
            let claim = Claim {
                code: Code::Expired,
                maybe_delivered: at % 2 == 0,
                retryable: at < 2,
                by: how,
                audience,
            };
            let ending = Ending {
                seq: Seq::from_bits(9),
                outcome: Outcome::Expired,
                claim,
                is_timed: at > 1,
                stays: at == 3,
            };
            let expected = code_named("EXPIRED") as u32
                + factor("maybe") * u32::from(claim.maybe_delivered)
                + factor("retryable") * u32::from(claim.retryable)
                + factor("by") * confirmation.expect("the shell has it")
                + factor("audience") * at as u32;
            assert_eq!(numbers::claim_number(claim), expected);
            let more = factor("timed") * u32::from(ending.is_timed)
                + factor("stays") * u32::from(ending.stays);
            assert_eq!(numbers::ending_number(&ending), expected + more);
        }
    }
}

#[wasm_bindgen_test]
fn facts_and_commands_have_the_numbers_that_the_shell_uses() {
    let names = TOLD.with(Object::keys);
    assert_eq!(names.length() as usize, Told::ALL.len());
    for (code, told) in Told::ALL.iter().enumerate() {
        let name = text(&names, code as u32);
        assert_eq!(name.to_lowercase(), format!("{told:?}").to_lowercase());
        assert_eq!(TOLD.with(|table| number(table, &name)), code as u32);
    }
}

#[wasm_bindgen_test]
fn calls_about_the_socket_have_the_numbers_that_the_shell_uses() {
    let names = WIRE.with(Object::keys);
    for (code, what) in What::ALL.iter().enumerate().take(names.length() as usize) {
        let name = text(&names, code as u32);
        assert_eq!(name.to_lowercase(), format!("{what:?}").to_lowercase());
        assert_eq!(WIRE.with(|table| number(table, &name)), code as u32);
    }
    assert_eq!(What::ALL.get(names.length() as usize), Some(&What::EmitReserved));
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
    let opinion = OPINION.with(|factor| factor.as_f64().expect("a number") as u32);
    READING.with(|table| {
        for (name, reading) in [
            ("accepted", Reading::Accepted),
            ("failed", Reading::Failed),
            ("final", Reading::Final),
            ("limited", Reading::Limited),
        ] {
            for (at, own) in
                [Opinion::None, Opinion::Accepted, Opinion::Refused, Opinion::Retry, Opinion::After]
                    .into_iter()
                    .enumerate()
            {
                let said = numbers::said(number(table, name) + opinion * at as u32, 5.0, 6.0);
                let (span, own_span) = (numbers::millis(5.0), numbers::millis(6.0));
                assert_eq!(said, Acknowledgement { reading, span, opinion: own, own_span });
            }
        }
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
            if *told != Told::Destroy {
                tell(&mut driver, *told, number, &[number; 6]);
            }
        }
        drain(&mut driver);
        let length = fields(&mut driver).length();
        assert!(length == FIELDS.with(|count| count.as_f64().unwrap() as u32));
    }
    driver.tell(u32::MAX, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
}

#[wasm_bindgen_test]
fn events_of_the_page_mean_what_the_shell_hears() {
    let means = [
        ("online", PageEvent::Online, PageEvent::Online),
        ("pagehide", PageEvent::Left, PageEvent::Cached),
        ("pageshow", PageEvent::Loaded, PageEvent::Back),
        ("visibilitychange", PageEvent::Hidden, PageEvent::Shown),
        ("resume", PageEvent::Resumed, PageEvent::Resumed),
    ];
    assert_eq!(PAGE_EVENTS.with(Array::length), means.len() as u32);
    for (index, (event, without, with)) in (0..).zip(means) {
        assert_eq!(PAGE_EVENTS.with(|table| text(table, index)), event);
        assert_eq!(
            (numbers::page_event(index, false), numbers::page_event(index, true)),
            (without, with)
        );
    }
}

#[wasm_bindgen_test]
fn clock_on_the_wall_that_leads_wakes_the_client_before_it_is_told_anything() {
    let driver = Driver::new(1e12, 50.0, 0.5);
    let told = |told: Told, lead: f64, a: f64| {
        let what = Told::ALL.iter().position(|&other| other == told).expect("listed") as u32;
        driver.tell(what, 1e12 + lead, 50.0, a, 0.0, 0.0, 0.0, 0.0, 0.0)
    };
    for fact in [Told::Receiptless, Told::Open, Told::Granted, Told::LinkUp, Told::Greeted] {
        told(fact, 0.0, 1.0);
    }
    while told(Told::Poll, 0.0, 0.0) > 0.0 {}
    told(Told::Ponged, 0.0, 1.0);
    told(Told::IsOpen, 60_000.0, 0.0);
    let mut orders = Vec::new();
    while let order @ 1.. = told(Told::Poll, 60_000.0, 0.0) as i32 {
        orders.push(ORDER.with(|table| name(table, order as u32)));
    }
    assert!(orders.iter().any(|order| order == "ping"), "{orders:?}");
}

#[wasm_bindgen_test]
async fn deadline_is_met_by_a_real_timer() {
    let start = js_sys::Date::now();
    let mut driver = Driver::new(0.0, 0.0, 0.5);
    // An ack deadline of 30 ms, without any other deadline.
    tell(&mut driver, Told::Set, 0.0, &[0.0, 30.0]);
    for index in [4, 5, 6, 7, 9, 12, 13] {
        tell(&mut driver, Told::Set, 0.0, &[index.into(), 1e6]);
    }
    tell(&mut driver, Told::Configure, 0.0, &[]);
    tell(&mut driver, Told::Receiptless, 0.0, &[]);
    tell(&mut driver, Told::Open, 0.0, &[]);
    tell(&mut driver, Told::Granted, 0.0, &[1.0]);
    tell(&mut driver, Told::LinkUp, 0.0, &[1.0]);
    tell(&mut driver, Told::Greeted, 0.0, &[1.0]);
    send(&mut driver, 0.0, 0, 0);
    let span = loop {
        let order = tell(&mut driver, Told::Poll, 0.0, &[]);
        if order < 0.0 {
            break -1.0 - order;
        }
    };
    assert_eq!(tell(&mut driver, Told::Poll, 0.0, &[]), 0.0, "the timer is set");
    let timer = TimeoutFuture::new(span as u32);
    let limit = TimeoutFuture::new(30_000);
    assert!(matches!(select(timer, limit).await, Either::Left(_)));
    let now = (js_sys::Date::now() - start).max(span);
    tell(&mut driver, Told::Timeout, now, &[]);
    assert!(drain(&mut driver).iter().any(|(order, _)| order == "settle"));
}
