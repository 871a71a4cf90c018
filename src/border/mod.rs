//! The border between JavaScript and the [`Client`]. Commands, facts, orders and return values cross it as numbers.
//!
//! `web` passes JavaScript's calls to [`Border`] and its results back. [`Border`] uses neither JavaScript nor the
//! browser, so a recording of the numbers that crossed can be replayed on any machine, with the same result at each step.

pub mod numbers;
#[cfg(not(feature = "followed"))]
mod own;
pub mod settings;
pub mod told;

use numbers::{
    FIELDS, claim_number, count, door_number, double, down_cause, millis, order, page_event, said,
    way, whole,
};
use settings::{SETTINGS, config_of};
use told::Told;

use crate::client::clock::{Clock, Reading, Readings};
use crate::client::deliveries::{Id, Sending};
use crate::client::receipts::Support;
use crate::client::timer::{Setting, Timer};
use crate::client::{Client, Order, transport};
use crate::engine::{Config, Epoch, Input, Moment, Seq};

/// The border's surroundings: the Socket in a browser, the recording in a replay.
pub trait Around {
    /// The longest silence in milliseconds that the heartbeat of the live connection allows; 0 if unknown.
    fn heartbeat(&self) -> f64;

    /// Called at a command about the link while no link is wanted: the next attempt counts as the first.
    fn starts_anew(&self) {}

    /// Called with each order just before it crosses the border.
    fn ordered(&self, _order: &Order) {}

    /// The address in memory of the names that the module uses ([`Told::Names`]).
    fn names(&self) -> f64 {
        0.0
    }
}

/// A [`Client`] whose inputs and outputs are numbers.
///
/// After each [`tell`](Self::tell), the caller polls for orders and carries them out until there are no more. Then it
/// sets its timer.
#[derive(Debug)]
pub struct Border {
    client: Client,
    clock: Clock,
    timer: Timer,
    /// The settings that [`Told::Set`] handed over; [`Told::Configure`] applies them.
    settings: [u64; SETTINGS],
    /// The fields of the order that was polled last.
    fields: [f64; FIELDS],
}

/// The flags of [`Told::Send`], as in the table `SEND_FLAG`.
pub mod flag {
    /// No other message of its lane may be in flight at the same time.
    pub const STRICT: u32 = 1;
    /// It is transmitted once only.
    pub const ONCE: u32 = 2;
    /// It is saved to disk before it leaves.
    pub const DURABLE: u32 = 4;
    /// It was read from disk.
    pub const RESTORED: u32 = 8;
    /// The way, an index of the table `WAYS`, is added times this. It takes two bits.
    pub const WAY: u32 = 16;
    /// It carries an id, by which a server recognizes a repeat.
    pub const CARRIES_ID: u32 = 64;
    /// Its id is too long for the server.
    pub const LONG: u32 = 128;
    /// An unsettled message has the same id. `lane` is that message's number.
    pub const KNOWN: u32 = 256;
    /// That message also has the same content.
    pub const SAME: u32 = 512;
    /// The event's number is added times this.
    pub const EVENT: u32 = 1024;
}

impl Border {
    /// `wall` and `running` are the readings of the two clocks, as for [`tell`](Self::tell). `seed` is any number,
    /// different for each client.
    #[must_use]
    pub fn new(wall: f64, running: f64, seed: f64) -> Self {
        Self {
            client: Client::new(Config::default(), seed.to_bits(), Moment::default()),
            clock: Clock::new(readings(wall, running)),
            timer: Timer::Off,
            settings: [0; SETTINGS],
            fields: [0.0; FIELDS],
        }
    }

    /// The client as it is now.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The client's time at the last [`tell`](Self::tell), counted from when the client was made.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    /// The fields of the order that was polled last.
    #[must_use]
    pub fn fields(&self) -> [f64; FIELDS] {
        self.fields
    }

    /// Tells the client a command or a fact, with its numbers. `wall` and `running` are the readings of `Date.now()` and
    /// `performance.now()`. Returns the number that [`Told`] describes, or 0 if it describes none.
    ///
    /// It has one caller in the module. Inlining it there keeps the numbers in registers, which saves 0.1 KB gzipped.
    #[inline(always)]
    pub fn tell(
        &mut self,
        around: &impl Around,
        told: Told,
        wall: f64,
        running: f64,
        numbers: [f64; 6],
    ) -> f64 {
        let now = self.read_clocks(wall, running);
        let [a, b, c, d, e, f] = numbers;
        let Self { client, timer, .. } = self;
        let seq = Seq::from_bits(whole(a));
        let epoch = Epoch(count(a));
        let input = match told {
            Told::Send => {
                let flags = count(c);
                let has = |one: u32| flags & one != 0;
                let sending = Sending {
                    id: if has(flag::LONG) {
                        Id::TooLong
                    } else if has(flag::KNOWN) {
                        Id::Known { seq, is_same: has(flag::SAME) }
                    } else {
                        Id::Fresh
                    },
                    lane: whole(a),
                    bytes: count(b),
                    strict: has(flag::STRICT),
                    carries_id: has(flag::CARRIES_ID),
                    once: has(flag::ONCE),
                    durable: has(flag::DURABLE),
                    ttl: millis(d),
                    way: way(flags / flag::WAY % 4),
                    event: flags / flag::EVENT,
                    ack_timeout: (e > 0.0).then(|| millis(e)),
                    print: whole(f),
                };
                let taken = if has(flag::RESTORED) {
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
                around.ordered(&next);
                let (number, fields) = order(next, || client.status(), wall - double(now.0));
                self.fields = fields;
                return number.into();
            }
            Told::Fields => return double(self.fields.as_ptr().addr() as u64),
            Told::Names => return around.names(),
            Told::Set => {
                if let Some(setting) = self.settings.get_mut(count(a) as usize) {
                    *setting = whole(b);
                }
                return 0.0;
            }
            Told::Configure => {
                client.reconfigure(config_of(&self.settings));
                return 0.0;
            }
            Told::Cancel => {
                client.cancel(now, seq);
                return 0.0;
            }
            Told::Page => {
                // The page may have been asleep, and its timer may not have run.
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
                let heartbeat = around.heartbeat();
                client.linked(now, epoch, b != 0.0, millis(heartbeat));
                return heartbeat;
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
            // Only a client that makes its own links has these.
            #[cfg(not(feature = "followed"))]
            _ => return own::tell(client, around, now, told, seq, epoch, numbers),
            #[cfg(feature = "followed")]
            _ => return 0.0,
        };
        client.handle(now, input);
        0.0
    }

    /// Reads the clocks. If the machine has slept, tells the client so before anything else.
    fn read_clocks(&mut self, wall: f64, running: f64) -> Moment {
        let Reading { now, has_slept } = self.clock.read(readings(wall, running));
        if has_slept {
            self.timer.slept();
            self.client.handle(now, Input::Woke);
        }
        now
    }
}

/// Whether the app may have a link now, and whether its remembered emits have ended, as one number.
pub(super) fn door(client: &mut Client) -> f64 {
    let talk = client.take_talk();
    door_number(client.door(), talk).into()
}

fn readings(wall: f64, running: f64) -> Readings {
    Readings { wall: whole(wall), running: whole(running) }
}

/// A number from JavaScript; a negative one means none.
pub(super) fn or_none(number: f64) -> Option<u64> {
    (number >= 0.0).then(|| whole(number))
}
