//! The client, driven from JavaScript.

use core::cell::{Cell, RefCell};

use wasm_bindgen::prelude::*;

use super::call::{Call, What, Wire};
use super::numbers::{
    FIELDS, Told, count, double, down_cause, error_number, grant, millis, order, standing_number,
    taken, verdict, way, whole,
};
use super::value::{NAMES, Value};
use crate::client::Client;
use crate::client::keeper::{Found, Keeper, Segment};
use crate::client::receipts::Support;
use crate::engine::{Config, Draft, Epoch, Input, Millis, Seq, config};

/// A [`Client`] whose inputs and outputs are numbers.
///
/// After whatever it was told the caller polls and carries out orders until there is none, and then sets its
/// timer.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Driver {
    client: RefCell<Client>,
    settings: RefCell<[f64; SETTINGS]>,
    fields: Cell<[f64; FIELDS]>,
    wire: Wire,
}

/// The flags of a send, as the table `SEND_FLAG` has them.
const STRICT: u32 = 1;
const ONCE: u32 = 2;
const DURABLE: u32 = 4;
const RESTORED: u32 = 8;
/// The flag of the second way; the others are its multiples, by the table `WAYS`.
const WAY: u32 = 16;

/// The flags of a segment, as the table `SEGMENT_FLAG` has them.
const FORMER: u32 = 1;
const OURS: u32 = 2;

/// The flags of a row, as the table `ROW_FLAG` has them.
const SETTLED: u32 = 1;
const AWAY: u32 = 2;

/// As many as `configNumbers` lists.
const SETTINGS: usize = 18;

#[wasm_bindgen]
impl Driver {
    /// `seed` is any number, different for each client.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(now: f64, seed: f64) -> Self {
        Self {
            client: RefCell::new(Client::new(Config::default(), seed.to_bits(), millis(now))),
            settings: RefCell::new([0.0; SETTINGS]),
            fields: Cell::new([0.0; FIELDS]),
            wire: Wire::default(),
        }
    }

    /// What is called for of the Socket, by its place among [`What::ALL`], about the connection of the attempt `link`.
    /// `first` is where on the stack the values are that come with it; the answer is where its own value is, 0 where
    /// something was thrown. Any JavaScript may run meanwhile, and call the driver again.
    pub fn wire(&self, what: u32, link: u32, first: i32) -> i32 {
        let Some(what) = What::ALL.get(what as usize) else { return 0 };
        Call::new(&self.wire, first).run(*what, link).map_or(0, Value::place)
    }

    /// A command or a fact, by its place in the table `TOLD`, at the time `now` in milliseconds, which never
    /// decreases. What the other numbers are stands beside it there. Each export costs the module some hundred
    /// bytes, so there is one for all.
    #[expect(clippy::too_many_arguments, reason = "numbers alone cross this border")]
    pub fn tell(&self, what: u32, now: f64, a: f64, b: f64, c: f64, d: f64, e: f64, f: f64) -> f64 {
        let Some(told) = Told::ALL.get(what as usize) else { return 0.0 };
        let now = millis(now);
        // No JavaScript runs while it is borrowed.
        let client = &mut *self.client.borrow_mut();
        let seq = Seq::from_bits(whole(a));
        let epoch = Epoch(count(a));
        let input = match told {
            Told::Send => {
                let flags = count(c);
                let draft = Draft {
                    lane: count(a),
                    bytes: count(b),
                    strict: flags & STRICT != 0,
                    once: flags & ONCE != 0,
                    durable: flags & DURABLE != 0,
                    ttl: millis(d),
                    way: way(flags / WAY),
                    event: count(e),
                    ack_timeout: (f > 0.0).then(|| millis(f)),
                };
                let taken = if flags & RESTORED != 0 {
                    client.take_back(now, draft)
                } else {
                    client.send(now, draft)
                };
                return match taken {
                    Ok(seq) => double(seq.to_bits()),
                    Err(error) => error_number(error),
                };
            }
            Told::Standing => {
                return client
                    .standing(now, seq)
                    .map_or(0.0, |standing| standing_number(standing).into());
            }
            Told::Poll => {
                let Some(next) = client.poll() else {
                    let at = client.poll_timeout();
                    return at.map_or(f64::NEG_INFINITY, |at| -double(at.0));
                };
                let (number, fields) = order(next, || client.status());
                self.fields.set(fields);
                return number.into();
            }
            Told::Fields => return double(self.fields.as_ptr().addr() as u64),
            Told::Set => {
                if let Some(setting) = self.settings.borrow_mut().get_mut(count(a) as usize) {
                    *setting = b;
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
            Told::Open => {
                client.open(now);
                return 0.0;
            }
            Told::Close => {
                client.close(now);
                return 0.0;
            }
            Told::Disconnect => {
                client.disconnect(now);
                return 0.0;
            }
            Told::Name => {
                client.name(now, count(a), count(b));
                return 0.0;
            }
            Told::Relink => {
                client.relink(now);
                return 0.0;
            }
            Told::LogOut => {
                client.log_out(now);
                return 0.0;
            }
            Told::Keep => {
                client.keep(now, or_none(a), b != 0.0);
                return 0.0;
            }
            Told::KeepAgain => {
                client.keep_again(now);
                return 0.0;
            }
            Told::StopKeeping => {
                client.stop_keeping(now);
                return 0.0;
            }
            Told::Has => return client.keeper().has(seq).into(),
            Told::IsOpen => return client.keeper().is_open().into(),
            Told::Generation => return client.keeper().generation().map_or(-1.0, double),
            Told::Read => {
                client.read(now, count(a), whole(b));
                return 0.0;
            }
            Told::SettledElsewhere => {
                return client.settled_elsewhere(now, seq, verdict(count(b), 0.0)).into();
            }
            Told::Opened
            | Told::StorageFailed
            | Told::Locked
            | Told::Gathered
            | Told::Segment
            | Told::Row
            | Told::Committed
            | Told::Taken
            | Told::Hello
            | Told::HasElsewhere => {
                client.stored(now, |keeper| stored(keeper, *told, [a, b, c, d, e, f]));
                return 0.0;
            }
            Told::Learn => {
                client.learn(now, count(a), b != 0.0);
                return 0.0;
            }
            Told::Receiptless => {
                client.set_support(Support::Off);
                return 0.0;
            }
            Told::Destroy => {
                client.destroy(now);
                return 0.0;
            }
            Told::Granted => {
                client.authorized(now, epoch, count(b), count(c));
                return 0.0;
            }
            Told::LinkUp => {
                client.linked(now, epoch, b != 0.0, millis(c));
                return 0.0;
            }
            Told::Over => {
                client.over(now, epoch, b != 0.0);
                return 0.0;
            }
            Told::Looked => {
                client.looked(now, a != 0.0, or_none(b));
                return 0.0;
            }
            Told::Receipt => {
                client.receipt(now, epoch, count(b), c != 0.0);
                return 0.0;
            }
            Told::Acked => {
                client.acked(now, seq, count(b), verdict(count(c), d), count(e));
                return 0.0;
            }
            Told::Timeout => {
                client.handle_timeout(now);
                return 0.0;
            }
            Told::Authorized => Input::Authorized { epoch, grant: grant(count(b)) },
            Told::LinkDown => Input::LinkDown { epoch, cause: down_cause(count(b), c) },
            Told::Joined => Input::Joined { epoch },
            Told::JoinRejected => Input::JoinRejected { epoch },
            Told::Ponged => Input::Ponged { epoch },
            Told::Heard => Input::Heard { epoch },
            Told::Woke => Input::Woke,
            Told::Names => return double(NAMES.as_ptr().addr() as u64),
        };
        client.handle(now, input);
        0.0
    }
}

/// What the storage tells.
fn stored(keeper: &mut Keeper, told: Told, [a, b, c, d, e, f]: [f64; 6]) {
    let opening = count(a);
    match told {
        Told::Opened => {
            keeper.opened(opening, whole(b), (count(c), count(d)), e != 0.0, whole(f));
        }
        Told::StorageFailed => keeper.failed(opening),
        Told::Locked => keeper.locked(opening, count(b), c != 0.0),
        Told::Gathered => keeper.gathered(opening),
        Told::Segment => {
            let flags = count(f);
            let segment = Segment {
                name: count(b),
                number: whole(c),
                size: count(d),
                generation: or_none(e),
                is_former: flags & FORMER != 0,
                was_ours: flags & OURS != 0,
            };
            keeper.segment(opening, segment);
        }
        Told::Row => {
            let flags = count(d);
            let found = Found {
                row: count(c),
                is_settled: flags & SETTLED != 0,
                is_away: flags & AWAY != 0,
                known: or_none(e).map(Seq::from_bits),
            };
            keeper.row(opening, count(b), found);
        }
        Told::Committed => keeper.committed(count(a), b != 0.0),
        Told::Taken => keeper.taken(taken(count(a), Seq::from_bits(whole(b)))),
        Told::Hello => keeper.hello(opening, count(b), c != 0.0, d != 0.0),
        Told::HasElsewhere => keeper.has_elsewhere(opening, Seq::from_bits(whole(b))),
        _ => {}
    }
}

/// A number of JavaScript's that is negative where there is none.
fn or_none(number: f64) -> Option<u64> {
    (number >= 0.0).then(|| whole(number))
}

/// The settings in the order of `configNumbers`.
fn config_of(settings: &[f64; SETTINGS]) -> Config {
    let settings = settings.map(whole);
    let span = |index: usize| Millis(settings[index]);
    let count = |index: usize| u32::try_from(settings[index]).unwrap_or(u32::MAX);
    Config {
        send: config::Send {
            ack_timeout: span(0),
            retries: count(1),
            backoff: span(2),
            backoff_max: span(3),
            window: count(4),
            window_bytes: settings[5],
        },
        queue: config::Queue { capacity: count(6) as usize, max_bytes: settings[7] },
        reconnect: config::Reconnect {
            min: span(8),
            max: span(9),
            spread: span(10),
            stable: span(11),
            auth_timeout: span(12),
            connect_timeout: span(13),
        },
        join: config::Join { fallback: span(14) },
        // An interval of none is no health.
        health: (settings[15] > 0).then(|| config::Health {
            interval: span(15),
            timeout: span(16),
            probe: span(17),
        }),
    }
}
