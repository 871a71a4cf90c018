//! The client, driven from JavaScript.

use core::cell::{Cell, RefCell};

use wasm_bindgen::prelude::*;

use super::call::{Call, What, Wire};
use super::numbers::{
    FIELDS, Told, claim_number, count, door_number, double, down_cause, millis, order, page_event,
    said, way, whole,
};
#[cfg(not(feature = "followed"))]
use super::own;
use super::settings::{SETTINGS, config_of};
use super::value::{NAMES, Value};
use crate::client::clock::{Clock, Reading, Readings};
use crate::client::deliveries::{Id, Sending};
use crate::client::receipts::Support;
use crate::client::timer::{Setting, Timer};
use crate::client::{Client, transport};
use crate::engine::{Config, Epoch, Input, Moment, Seq};

/// A [`Client`] whose inputs and outputs are numbers.
///
/// After whatever it was told the caller polls and carries out orders until there is none, and then sets its
/// timer.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Driver {
    state: RefCell<State>,
    /// Of the next configuration.
    settings: RefCell<[u64; SETTINGS]>,
    fields: Cell<[f64; FIELDS]>,
    wire: Wire,
}

/// What decides.
#[derive(Debug)]
struct State {
    client: Client,
    clock: Clock,
    timer: Timer,
}

/// The flags of a send, as the table `SEND_FLAG` has them.
const STRICT: u32 = 1;
const ONCE: u32 = 2;
const DURABLE: u32 = 4;
const RESTORED: u32 = 8;
/// The flag of the second way; the others are its multiples, by the table `WAYS`.
const WAY: u32 = 16;
const CARRIES_ID: u32 = 64;
const LONG: u32 = 128;
const KNOWN: u32 = 256;
const SAME: u32 = 512;
/// The flag of the first event; the others are its multiples.
const EVENT: u32 = 1024;

#[wasm_bindgen]
impl Driver {
    /// `wall` and `running` are what the two clocks show, as for [`tell`](Self::tell); `seed` is any number, different
    /// for each client.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(wall: f64, running: f64, seed: f64) -> Self {
        let clock = Clock::new(readings(wall, running));
        let client = Client::new(Config::default(), seed.to_bits(), Moment::default());
        Self {
            state: RefCell::new(State { client, clock, timer: Timer::Off }),
            settings: RefCell::new([0; SETTINGS]),
            fields: Cell::new([0.0; FIELDS]),
            wire: Wire::default(),
        }
    }

    /// What is called for of the Socket, by its place among [`What::ALL`], about the connection of the attempt `link`.
    /// `first` is where on the stack the values are that come with it; the answer is where its own value is, 0 where
    /// something was thrown. Any JavaScript may run meanwhile, and call the driver again.
    pub fn wire(&self, what: u32, link: u32, first: i32) -> i32 {
        let Some(what) = What::ALL.get(what as usize) else { return 0 };
        Call::new(&self.wire, first).run(*what, link).map_or(0, Value::index)
    }

    /// A command or a fact, by its place in the table `TOLD`. `wall` and `running` are what `Date.now()` and
    /// `performance.now()` show. What the other numbers are stands beside it there. Each export costs the module some
    /// hundred bytes, so there is one for all.
    #[expect(clippy::too_many_arguments, reason = "numbers alone cross this border")]
    pub fn tell(
        &self,
        what: u32,
        wall: f64,
        running: f64,
        a: f64,
        b: f64,
        c: f64,
        d: f64,
        e: f64,
        f: f64,
    ) -> f64 {
        let Some(&told) = Told::ALL.get(what as usize) else { return 0.0 };
        // No JavaScript runs while it is borrowed.
        let state = &mut *self.state.borrow_mut();
        let now = state.read_clocks(wall, running);
        let State { client, timer, .. } = state;
        let seq = Seq::from_bits(whole(a));
        let epoch = Epoch(count(a));
        let input = match told {
            Told::Send => {
                let flags = count(c);
                let has = |flag: u32| flags & flag != 0;
                let sending = Sending {
                    id: if has(LONG) {
                        Id::TooLong
                    } else if has(KNOWN) {
                        Id::Known { seq, is_same: has(SAME) }
                    } else {
                        Id::Fresh
                    },
                    lane: whole(a),
                    bytes: count(b),
                    strict: has(STRICT),
                    carries_id: has(CARRIES_ID),
                    once: has(ONCE),
                    durable: has(DURABLE),
                    ttl: millis(d),
                    way: way(flags / WAY % 4),
                    event: flags / EVENT,
                    ack_timeout: (e > 0.0).then(|| millis(e)),
                    print: whole(f),
                };
                let taken = if has(RESTORED) {
                    client.take_up(now, &sending)
                } else {
                    client.send(now, &sending)
                };
                return match taken {
                    Ok(seq) => double(seq.to_bits()),
                    Err(claim) => -f64::from(claim_number(claim)),
                };
            }
            Told::Poll => {
                let Some(next) = client.poll() else {
                    return match timer.follow(now, client.poll_timeout()) {
                        Setting::Stays => 0.0,
                        Setting::In(span) => -1.0 - double(span.0),
                        Setting::Off => f64::NEG_INFINITY,
                    };
                };
                let (number, fields) = order(next, || client.status(), wall - double(now.0));
                self.fields.set(fields);
                return number.into();
            }
            Told::Fields => return double(self.fields.as_ptr().addr() as u64),
            Told::Names => return double(NAMES.as_ptr().addr() as u64),
            Told::Set => {
                if let Some(setting) = self.settings.borrow_mut().get_mut(count(a) as usize) {
                    *setting = whole(b);
                }
                return 0.0;
            }
            Told::Configure => {
                client.reconfigure(config_of(&self.settings.borrow()));
                return 0.0;
            }
            Told::Cancel => {
                client.cancel(now, seq);
                return 0.0;
            }
            Told::Page => {
                // The page may have been asleep.
                timer.slept();
                client.page(now, page_event(count(a), b != 0.0));
                return door(client);
            }
            Told::Name => {
                client.name(now, whole(a), whole(b));
                return 0.0;
            }
            Told::Measured => return client.measured(now, seq, whole(b)).into(),
            Told::Learn => {
                client.learn(now, count(a), b != 0.0);
                return 0.0;
            }
            Told::Receiptless => {
                client.set_support(Support::Off);
                return 0.0;
            }
            Told::Follow => {
                client.follow();
                return 0.0;
            }
            Told::Begun => {
                client.begun(now, whole(a), whole(b));
                return 0.0;
            }
            Told::LinkUp => {
                client.linked(now, epoch, b != 0.0, millis(self.wire.heartbeat.get()));
                return 0.0;
            }
            Told::Greeted => {
                client.greeted(now, epoch, b != 0.0);
                return 0.0;
            }
            Told::Over => {
                client.over(now, epoch, b != 0.0, whole(c));
                return 0.0;
            }
            Told::Looked => {
                client.looked(now, transport::is_clogged(b != 0.0, c), or_none(a));
                return 0.0;
            }
            Told::Receipt => {
                client.receipt(now, epoch, count(b), c != 0.0);
                return 0.0;
            }
            Told::Acked => {
                return client.acked(now, seq, count(b), said(count(c), d, e)).into();
            }
            Told::Timeout => {
                timer.fired();
                client.handle_timeout(now);
                return 0.0;
            }
            Told::LinkDown => Input::LinkDown { epoch, cause: down_cause(count(b), c) },
            Told::Heard => Input::Heard { epoch },
            Told::Said => {
                client.emitted(whole(a), b != 0.0);
                return 0.0;
            }
            Told::Unsaid => return client.forget_emit(whole(a)).into(),
            Told::Remember => {
                let (nth, is_now) = client.remember(whole(a));
                return f64::from(nth) * 2.0 + f64::from(is_now);
            }
            Told::Resynced => {
                client.resynced(count(a), b != 0.0);
                return 0.0;
            }
            // Of a client with links of its own alone.
            #[cfg(not(feature = "followed"))]
            _ => return own::tell(client, &self.wire, now, told, seq, epoch, [a, b, c, d, e, f]),
            #[cfg(feature = "followed")]
            _ => return 0.0,
        };
        client.handle(now, input);
        0.0
    }
}

impl State {
    /// What time it is. A sleep is told to the client before anything else is.
    fn read_clocks(&mut self, wall: f64, running: f64) -> Moment {
        let Reading { now, has_slept } = self.clock.read(readings(wall, running));
        if has_slept {
            self.timer.slept();
            self.client.handle(now, Input::Woke);
        }
        now
    }
}

/// What the app may do by now, and whether what was said so far is nobody's.
pub(super) fn door(client: &mut Client) -> f64 {
    let talk = client.take_talk();
    door_number(client.door(), talk).into()
}

fn readings(wall: f64, running: f64) -> Readings {
    Readings { wall: whole(wall), running: whole(running) }
}

/// A number of JavaScript's that is negative where there is none.
pub(super) fn or_none(number: f64) -> Option<u64> {
    (number >= 0.0).then(|| whole(number))
}
