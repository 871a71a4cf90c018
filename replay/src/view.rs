//! What the inspector shows: the shapes of `pkg-template/inspector/replay.d.ts`. Times are milliseconds since the client was
//! made, by its own clock.

use serde::Serialize;

/// A number with its name.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Named {
    /// Its name.
    pub name: &'static str,
    /// The number; NaN where none was given.
    pub value: f64,
}

/// An order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ordered {
    /// Its name in the table `ORDER`.
    pub name: &'static str,
    /// Its fields.
    pub numbers: Vec<Named>,
}

/// What sort of step it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The app wants something.
    Command,
    /// Something happened outside.
    Fact,
    /// Something is asked of the client, and nothing changes.
    Question,
    /// The client wants something done.
    Order,
    /// The client sets its timer, or its timer fired.
    Timer,
    /// A poll without an order.
    Nothing,
}

/// One crossing of the border, described.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// Counts from 0.
    pub index: usize,
    /// When.
    pub at: f64,
    /// The name of the command or fact in the table `TOLD`.
    pub told: String,
    /// What came with it.
    pub numbers: Vec<Named>,
    /// What it was answered; none for a trap.
    pub answer: Option<f64>,
    /// The order that a poll answered.
    pub order: Option<Ordered>,
    /// One sentence.
    pub says: String,
    /// What sort of step it is.
    pub kind: Kind,
    /// The message that it is about, by [`Message::n`].
    pub message: Option<u32>,
    /// Whether the client answered what was recorded.
    pub agrees: bool,
}

/// What a message waits for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Wait {
    /// One word.
    pub why: &'static str,
    /// One sentence.
    pub text: String,
    /// When that ends at the latest, if known.
    pub until: Option<f64>,
}

/// What happened to a message, and when.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Mark {
    /// When.
    pub at: f64,
    /// What.
    pub what: Happening,
    /// Which transmission it is about, from 1; 0 where it is about none.
    pub attempt: u32,
}

/// What happened to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Happening {
    /// The app sent it.
    Sent,
    /// The app sent the same message again, and waits for this one.
    Joined,
    /// It was read from disk.
    Restored,
    /// It is on disk.
    Saved,
    /// It was handed to the Socket.
    Left,
    /// The server acknowledged it.
    Acked,
    /// The server's acknowledgement is a refusal.
    Refused,
    /// It has its result.
    Settled,
}

/// Where a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// In its lane.
    Waiting,
    /// It left, and has no answer.
    InFlight,
    /// It has its result.
    Settled,
}

/// How a message ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ending {
    /// `SUCCESS` or the code that the app was told. `ANSWER`: the code is the server's own.
    pub code: &'static str,
    /// What a success rests on.
    pub by: Option<&'static str>,
    /// Whether it may have been delivered nevertheless.
    pub maybe_delivered: bool,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Counts the recording's messages from 1.
    pub n: u32,
    /// The number that crosses the border.
    pub seq: f64,
    /// The number of its event.
    pub event: u32,
    /// Its lane.
    pub lane: f64,
    /// Its size.
    pub bytes: u32,
    /// How it may settle.
    pub way: &'static str,
    /// It is saved to disk.
    pub is_durable: bool,
    /// It leaves alone of its lane.
    pub is_strict: bool,
    /// Transmissions so far.
    pub attempts: u32,
    /// Where it is.
    pub state: State,
    /// Where it is kept: `memory`, `saving`, `disk` or `other-tab`.
    pub saved: &'static str,
    /// What it waits for.
    pub wait: Option<Wait>,
    /// How it ended.
    pub result: Option<Ending>,
    /// What happened to it, in order.
    pub marks: Vec<Mark>,
}

/// A time that the link spent in one phase.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Span {
    /// The phase.
    pub phase: &'static str,
    /// The attempt.
    pub epoch: u32,
    /// Since when.
    pub from: f64,
    /// Until when; none for the present one.
    pub to: Option<f64>,
}

/// Something that is worth a sentence.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// When.
    pub at: f64,
    /// The sentence.
    pub text: String,
}

/// How long an answer took.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RoundTrip {
    /// When it came.
    pub at: f64,
    /// How long it took.
    pub ms: f64,
    /// `ping` or `message`.
    pub of: &'static str,
}

/// The client at a step.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct View {
    /// Steps so far.
    pub steps: usize,
    /// Now.
    pub at: f64,
    /// Where the link is.
    pub phase: &'static str,
    /// The last attempt.
    pub epoch: u32,
    /// When the next attempt is made.
    pub next_attempt_at: Option<f64>,
    /// Messages that wait.
    pub queued: usize,
    /// Messages that left.
    pub in_flight: usize,
    /// The last round trip of a ping.
    pub rtt_ms: Option<f64>,
    /// When the last ping was answered.
    pub last_pong_at: Option<f64>,
    /// The transport; none before the first link.
    pub transport: Option<&'static str>,
    /// What this server makes of receipts: `unknown`, `given` or `off`.
    pub receipts: &'static str,
    /// `anonymous` or `named`.
    pub user: &'static str,
    /// The link speaks for the user whose messages wait.
    pub is_authorized: bool,
    /// Messages are saved to disk.
    pub is_saving: bool,
    /// Other tabs that were heard of.
    pub tabs: usize,
    /// What the link went through.
    pub link: Vec<Span>,
    /// What was noticed.
    pub events: Vec<Event>,
    /// How long answers took.
    pub round_trips: Vec<RoundTrip>,
    /// What waits, and the last that settled, in send order.
    pub messages: Vec<Message>,
    /// The first step at which the client answered otherwise than recorded.
    pub differs_at: Option<usize>,
}
