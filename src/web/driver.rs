//! The client, driven from JavaScript.

use core::cell::{Cell, RefCell};

use wasm_bindgen::prelude::*;

use super::call::{Call, What, Wire};
use super::numbers::{
    FIELDS, Told, claim_number, count, door_number, double, down_cause, fate_flags, grant, millis,
    order, page_event, said, standing_number, way, whole,
};
use super::settings::{SETTINGS, config_of};
use super::value::{NAMES, Value};
use crate::client::clock::{Clock, Reading, Readings};
use crate::client::deliveries::{Id, Sending};
use crate::client::keeper::Keeper;
use crate::client::receipts::Support;
use crate::client::storage::{Found, Segment, Taken};
use crate::client::timer::{Setting, Timer};
use crate::client::{Came, Client, Soon, transport};
use crate::engine::{Config, Epoch, Input, Moment, Phase, Seq, Verdict};

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
const PLACE: u32 = 64;
const LONG: u32 = 128;
const KNOWN: u32 = 256;
const SAME: u32 = 512;
/// The flag of the first event; the others are its multiples.
const EVENT: u32 = 1024;

/// The flags of a segment, as the table `SEGMENT_FLAG` has them.
const FORMER: u32 = 1;
const OURS: u32 = 2;

/// The flags of a row, as the table `ROW_FLAG` has them.
const SETTLED: u32 = 1;
const AWAY: u32 = 2;

/// The flags of an event that came, as the table `CAME_FLAG` has them.
const FETCHED: u32 = 1;
const WANTS_ACK: u32 = 2;

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
        Call::new(&self.wire, first).run(*what, link).map_or(0, Value::place)
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
        let Some(told) = Told::ALL.get(what as usize) else { return 0.0 };
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
                    has_place: has(PLACE),
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
            Told::Standing => {
                return client
                    .standing(now, seq)
                    .map_or(0.0, |standing| standing_number(standing).into());
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
            Told::Open
            | Told::Disconnect
            | Told::LogOut
            | Told::ResetLogout
            | Told::Hold
            | Told::Named
            | Told::Page
            | Told::Reopen
            | Told::Destroy => {
                if client.phase() == Phase::Idle {
                    // No link was wanted: the next attempt is a first one.
                    self.wire.tries.set(-1);
                }
                // The page may have been asleep.
                if *told == Told::Page {
                    timer.slept();
                }
                live(client, now, *told, count(a), b != 0.0);
                let talk = client.take_talk();
                return door_number(client.door(), talk).into();
            }
            Told::Accepts => return client.accepts().into(),
            Told::WantsGrant => return client.is_asked(epoch).into(),
            Told::Name => {
                client.name(now, whole(a), whole(b));
                return 0.0;
            }
            Told::Relink => {
                client.relink(now);
                return 0.0;
            }
            Told::Keep => {
                client.keep(now, or_none(a), b != 0.0);
                return 0.0;
            }
            Told::Asked => return client.stored(now, |keeper| keeper.asked(seq, b != 0.0)).into(),
            Told::IsOpen => return client.keeper().is_open().into(),
            Told::Generation => return client.keeper().generation().map_or(-1.0, double),
            Told::Read => {
                client.read(now, count(a), whole(b));
                return 0.0;
            }
            Told::SettledElsewhere => {
                let verdict = if b != 0.0 { Verdict::Accepted } else { Verdict::Refused };
                return client.settled_elsewhere(now, seq, verdict, c != 0.0).into();
            }
            Told::Echoed => return client.echoed(now, seq, b != 0.0).into(),
            Told::Measured => return client.measured(now, seq, whole(b)).into(),
            Told::Leave => {
                let claim = client.leave(now, seq);
                return claim.map_or(0.0, |claim| claim_number(claim).into());
            }
            Told::HasEnded => return client.has_ended(whole(a)).into(),
            Told::EndedElsewhere => {
                client.ended_elsewhere(whole(a));
                return 0.0;
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
            Told::Follow => {
                client.follow();
                return 0.0;
            }
            Told::Begun => {
                client.begun(now, whole(a), whole(b));
                return 0.0;
            }
            Told::Granted => {
                client.authorized(now, epoch, whole(b), whole(c));
                return 0.0;
            }
            Told::LinkUp => {
                client.linked(now, epoch, b != 0.0, millis(self.wire.heartbeat.get()));
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
            Told::Authorized => Input::Authorized { epoch, grant: grant(count(b)) },
            Told::LinkDown => Input::LinkDown { epoch, cause: down_cause(count(b), c) },
            Told::Joined => Input::Joined { epoch },
            Told::JoinRejected
            | Told::Greeted
            | Told::AskedForRoom
            | Told::Said
            | Told::Unsaid
            | Told::Remember
            | Told::Unremember
            | Told::EmitSoon
            | Told::Warns
            | Told::AskOnline
            | Told::Live
            | Told::Came
            | Told::Seen
            | Told::Replied
            | Told::IsAlias
            | Told::Typing
            | Told::IsOurs
            | Told::Resynced
            | Told::Listed
            | Told::IsLeftNews
            | Told::IsPresenceStale => return event(client, now, *told, [a, b, c, d, e]),
            Told::Ponged => Input::Ponged { epoch },
            Told::Heard => Input::Heard { epoch },
            Told::Names => return double(NAMES.as_ptr().addr() as u64),
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

fn readings(wall: f64, running: f64) -> Readings {
    Readings { wall: whole(wall), running: whole(running) }
}

/// What the app and the page want of the link and the session.
fn live(client: &mut Client, now: Moment, told: Told, number: u32, flag: bool) {
    match told {
        Told::Page => client.page(now, page_event(number, flag)),
        Told::Open => client.open(now),
        Told::Named => client.named(),
        Told::Reopen => client.reopen(now),
        Told::ResetLogout => client.reset_logout(),
        Told::Hold => client.hold(now, number != 0),
        Told::Disconnect => client.disconnect(now),
        Told::LogOut => client.log_out(now),
        _ => client.destroy(now),
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
        Told::Taken => keeper.taken(Taken::Refused),
        Told::Hello => keeper.hello(opening, count(b), c != 0.0, d != 0.0),
        Told::HasElsewhere => keeper.has_elsewhere(opening, Seq::from_bits(whole(b))),
        _ => {}
    }
}

/// What is told of events that are no messages of the outbox. Answers what is asked for, or 0.
fn event(client: &mut Client, now: Moment, told: Told, [a, b, c, d, e]: [f64; 5]) -> f64 {
    let key = whole(a);
    let epoch = Epoch(count(a));
    let flag = b != 0.0;
    let answer = match told {
        Told::Remember => {
            let (nth, is_now) = client.remember(key);
            return f64::from(nth) * 2.0 + f64::from(is_now);
        }
        Told::EmitSoon => match client.emit_soon(now, epoch) {
            Soon::Leaves => return 0.0,
            Soon::Held(number) => return double(number + 1),
            Soon::Dropped => return -1.0,
        },
        Told::Came => {
            let flags = count(d);
            let came = Came {
                id: key,
                content: whole(b),
                names: count(c),
                is_fetched: flags & FETCHED != 0,
                wants_ack: flags & WANTS_ACK != 0,
            };
            return fate_flags(client.came(came, count(e) as usize)).into();
        }
        Told::Seen => return client.saw().into(),
        Told::Greeted => {
            client.greeted(now, epoch, flag);
            false
        }
        Told::AskedForRoom => {
            client.asked_for_room([a, b, c].map(whole));
            false
        }
        Told::Said => {
            client.said(key, flag);
            false
        }
        Told::AskOnline => {
            client.ask_online();
            false
        }
        Told::Resynced => {
            client.resynced(count(a), flag);
            false
        }
        Told::JoinRejected => client.join_rejected(now, epoch, or_none(b)),
        Told::Unsaid => client.unsaid(key),
        Told::Unremember => client.unremember(key, count(b)),
        Told::Warns => client.warns(key),
        Told::Live => client.holds(a != 0.0),
        Told::Replied => client.replied(key, whole(b)),
        Told::IsAlias => client.is_alias(now, key, count(b), c != 0.0),
        Told::Typing => client.typing(now, key, millis(b)),
        Told::IsOurs => client.is_ours(count(a)),
        Told::Listed => client.listed(epoch),
        Told::IsLeftNews => client.is_left_news(a != 0.0),
        Told::IsPresenceStale => client.is_presence_stale(),
        _ => false,
    };
    answer.into()
}

/// A number of JavaScript's that is negative where there is none.
fn or_none(number: f64) -> Option<u64> {
    (number >= 0.0).then(|| whole(number))
}
