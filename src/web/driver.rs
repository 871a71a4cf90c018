//! The engine, driven from JavaScript.

use wasm_bindgen::prelude::*;

use super::numbers::{
    FIELDS, double, down_cause, error_number, grant, millis, order, standing_number, verdict, whole,
};
use crate::engine::{Config, Draft, Engine, Epoch, Input, Millis, Outcome, Seq, config};

/// An [`Engine`] whose inputs and outputs are numbers.
///
/// Each command and fact takes the time `now` in milliseconds, which never decreases. After it the
/// caller polls and carries out orders until there is none, and then sets its timer by
/// [`next_timeout`](Self::next_timeout).
#[wasm_bindgen]
#[derive(Debug)]
pub struct Driver {
    engine: Engine,
    settings: [f64; SETTINGS],
    fields: [f64; FIELDS],
}

/// The flags of [`Driver::send`], as the table `SEND_FLAG` has them.
const STRICT: u32 = 1;
const ONCE: u32 = 2;
const DURABLE: u32 = 4;
const RESTORED: u32 = 8;

/// As many as `configNumbers` lists.
const SETTINGS: usize = 18;

// Commands.
#[wasm_bindgen]
impl Driver {
    /// `seed` is any number, different for each client.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(now: f64, seed: f64) -> Self {
        Self {
            engine: Engine::new(Config::default(), seed.to_bits(), millis(now)),
            settings: [0.0; SETTINGS],
            fields: [0.0; FIELDS],
        }
    }

    /// Notes a number of the configuration, by its place in `configNumbers`.
    pub fn set(&mut self, index: usize, number: f64) {
        if let Some(setting) = self.settings.get_mut(index) {
            *setting = number;
        }
    }

    /// Has the engine work with what was noted.
    pub fn configure(&mut self) {
        self.engine.reconfigure(config_of(&self.settings));
    }

    /// Takes a message and answers its number, or a negative one for why not.
    pub fn send(&mut self, now: f64, lane: u32, bytes: u32, flags: u32, ttl: f64) -> f64 {
        let strict = flags & STRICT != 0;
        let once = flags & ONCE != 0;
        let durable = flags & DURABLE != 0;
        let draft = Draft { lane, bytes, strict, once, durable, ttl: millis(ttl) };
        let taken = if flags & RESTORED != 0 {
            self.engine.take_back(millis(now), draft)
        } else {
            self.engine.send(millis(now), draft)
        };
        match taken {
            Ok(seq) => double(seq.to_bits()),
            Err(error) => error_number(error),
        }
    }

    /// Takes a message back.
    pub fn cancel(&mut self, now: f64, seq: f64) {
        self.engine.cancel(millis(now), Seq::from_bits(whole(seq)));
    }

    /// Asks for a link.
    pub fn open(&mut self, now: f64) {
        self.engine.open(millis(now));
    }

    /// Ends the link; what waits keeps waiting.
    pub fn close(&mut self, now: f64) {
        self.engine.close(millis(now));
    }

    /// Announces restored messages: nothing leaves before `restored`.
    pub fn restore(&mut self) {
        self.engine.restore();
    }

    /// Settles what waits as logged out. The link stays as it is.
    pub fn forget(&mut self, now: f64) {
        self.engine.settle_all(millis(now), Outcome::LoggedOut);
    }

    /// Ends everything.
    pub fn destroy(&mut self, now: f64) {
        self.engine.destroy(millis(now));
    }
}

// Facts.
#[wasm_bindgen]
impl Driver {
    /// The app's credentials are there, or not; `answer` by the table `GRANT`.
    pub fn authorized(&mut self, now: f64, epoch: u32, answer: u32) {
        self.fact(now, Input::Authorized { epoch: Epoch(epoch), grant: grant(answer) });
    }

    /// The connection is made.
    #[wasm_bindgen(js_name = linkUp)]
    pub fn link_up(&mut self, now: f64, epoch: u32, join: bool) {
        self.fact(now, Input::LinkUp { epoch: Epoch(epoch), join });
    }

    /// The connection ended; `cause` by the table `DOWN`, which says what `span` is for.
    #[wasm_bindgen(js_name = linkDown)]
    pub fn link_down(&mut self, now: f64, epoch: u32, cause: u32, span: f64) {
        self.fact(now, Input::LinkDown { epoch: Epoch(epoch), cause: down_cause(cause, span) });
    }

    /// The room is confirmed.
    pub fn joined(&mut self, now: f64, epoch: u32) {
        self.fact(now, Input::Joined { epoch: Epoch(epoch) });
    }

    /// The room is refused.
    #[wasm_bindgen(js_name = joinRejected)]
    pub fn join_rejected(&mut self, now: f64, epoch: u32) {
        self.fact(now, Input::JoinRejected { epoch: Epoch(epoch) });
    }

    /// A message is answered; `answer` by the table `VERDICT`, which says what `span` is for.
    pub fn acked(&mut self, now: f64, seq: f64, attempt: u32, answer: u32, span: f64) {
        let seq = Seq::from_bits(whole(seq));
        self.fact(now, Input::Acked { seq, attempt, verdict: verdict(answer, span) });
    }

    /// A message is kept, or cannot be.
    pub fn stored(&mut self, now: f64, seq: f64) {
        self.fact(now, Input::Stored { seq: Seq::from_bits(whole(seq)) });
    }

    /// A message is another tab's for now.
    pub fn withheld(&mut self, now: f64, seq: f64) {
        self.fact(now, Input::Withheld { seq: Seq::from_bits(whole(seq)) });
    }

    /// All restored messages are here.
    pub fn restored(&mut self, now: f64) {
        self.fact(now, Input::Restored);
    }

    /// A ping is answered.
    pub fn ponged(&mut self, now: f64, epoch: u32) {
        self.fact(now, Input::Ponged { epoch: Epoch(epoch) });
    }

    /// Something came from the server.
    pub fn heard(&mut self, now: f64, epoch: u32) {
        self.fact(now, Input::Heard { epoch: Epoch(epoch) });
    }

    /// The page is shown again, the network is back, or the machine woke up.
    pub fn woke(&mut self, now: f64) {
        self.fact(now, Input::Woke);
    }

    /// The timer fired.
    pub fn timeout(&mut self, now: f64) {
        self.engine.handle_timeout(millis(now));
    }
}

// Orders, the deadline and the view.
#[wasm_bindgen]
impl Driver {
    /// The number of the next order, whose fields can then be read; 0 when there is none.
    pub fn poll(&mut self) -> u32 {
        let Some(output) = self.engine.poll_output() else {
            return 0;
        };
        let (number, fields) = order(output, || self.engine.status());
        self.fields = fields;
        number
    }

    /// Where in the module's memory the fields of the order are that was polled last, as `f64`s.
    #[must_use]
    pub fn fields(&self) -> usize {
        self.fields.as_ptr().addr()
    }

    /// When [`timeout`](Self::timeout) wants to be called; negative for never.
    #[wasm_bindgen(js_name = nextTimeout)]
    #[must_use]
    pub fn next_timeout(&self) -> f64 {
        self.engine.poll_timeout().map_or(-1.0, |at| double(at.0))
    }

    /// What a message waits for, by the table `STANDINGS`; 0 where it has settled.
    #[must_use]
    pub fn standing(&self, now: f64, seq: f64) -> u32 {
        let seq = Seq::from_bits(whole(seq));
        self.engine.standing(millis(now), seq).map_or(0, standing_number)
    }
}

impl Driver {
    // Every exported fact would get a copy of this.
    #[inline(never)]
    fn fact(&mut self, now: f64, input: Input) {
        self.engine.handle(millis(now), input);
    }
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
