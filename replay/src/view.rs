//! The data that the inspector shows, with the types of `pkg-template/inspector/replay.d.ts`. Times are milliseconds since the
//! client was made, by its own clock.

use serde::Serialize;

/// A number with its name.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Named {
    /// Its name.
    pub name: &'static str,
    /// The number. NaN if none was given.
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

/// The sort of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The app, or the shell for it, gives a command.
    Command,
    /// Something happened outside of the client.
    Fact,
    /// A question to the client, which changes nothing.
    Question,
    /// The client gives an order.
    Order,
    /// The client sets its timer, or its timer fired.
    Timer,
    /// A poll without an order.
    Nothing,
}

/// One crossing of the border, described.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// Its index, from 0.
    pub index: usize,
    /// When.
    pub at: f64,
    /// The name of the command or fact in the table `TOLD`.
    pub told: String,
    /// The numbers that came with it.
    pub numbers: Vec<Named>,
    /// The client's answer. None for a trap.
    pub answer: Option<f64>,
    /// The order that a poll returned.
    pub order: Option<Ordered>,
    /// One sentence about the step.
    pub says: String,
    /// Its sort.
    pub kind: Kind,
    /// The message that it is about, by [`Message::n`].
    pub message: Option<u32>,
    /// Whether the client's answer is the recorded one.
    pub agrees: bool,
}

/// The reason why a message waits.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Wait {
    /// The reason in one word.
    pub why: &'static str,
    /// The reason in one sentence.
    pub text: String,
    /// When the wait ends at the latest, if known.
    pub until: Option<f64>,
}

/// One event in the life of a message.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Mark {
    /// When.
    pub at: f64,
    /// Its sort.
    pub what: Happening,
    /// The transmission that it is about, from 1. 0 if it is about none.
    pub attempt: u32,
}

/// The sort of an event in the life of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Happening {
    /// The app sent it.
    Sent,
    /// The app sent the same message again, and shares this one's result.
    Joined,
    /// It was read from disk.
    Restored,
    /// It was saved to disk.
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

/// The state of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It waits in its lane.
    Waiting,
    /// It left, and the server has not answered.
    InFlight,
    /// It has its result.
    Settled,
}

/// How a message ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ending {
    /// `SUCCESS`, or the code of the result. `ANSWER` means that the code is the server's own.
    pub code: &'static str,
    /// The proof of a success: `ack`, `receipt` or `echo`.
    pub by: Option<&'static str>,
    /// Whether it may have been delivered although it failed.
    pub maybe_delivered: bool,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Its number within the recording, from 1.
    pub n: u32,
    /// Its number at the border.
    pub seq: f64,
    /// The number of its event.
    pub event: u32,
    /// Its lane.
    pub lane: f64,
    /// Its size.
    pub bytes: u32,
    /// The way that it was sent.
    pub way: &'static str,
    /// Whether it is to be saved to disk.
    pub is_durable: bool,
    /// Whether no other message of its lane may be in flight with it.
    pub is_strict: bool,
    /// The number of transmissions.
    pub attempts: u32,
    /// Its state.
    pub state: State,
    /// Where it is saved: `memory`, `saving`, `disk` or `other-tab`.
    pub saved: &'static str,
    /// Why it waits. None if it has settled.
    pub wait: Option<Wait>,
    /// Its result. None until it has settled.
    pub result: Option<Ending>,
    /// The events of its life, in order.
    pub marks: Vec<Mark>,
}

/// A span of time that the link spent in one phase.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Span {
    /// The phase.
    pub phase: &'static str,
    /// The number of the attempt to connect.
    pub epoch: u32,
    /// When it began.
    pub from: f64,
    /// When it ended. None for the present span.
    pub to: Option<f64>,
}

/// A notable event, in one sentence.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// When.
    pub at: f64,
    /// The sentence.
    pub text: String,
}

/// One round trip.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RoundTrip {
    /// When the answer arrived.
    pub at: f64,
    /// How long it took.
    pub ms: f64,
    /// `ping` or `message`.
    pub of: &'static str,
}

/// The client's state at a step.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct View {
    /// The number of steps played.
    pub steps: usize,
    /// The client's time.
    pub at: f64,
    /// The link's phase.
    pub phase: &'static str,
    /// The number of the last attempt to connect.
    pub epoch: u32,
    /// When the next attempt to connect begins.
    pub next_attempt_at: Option<f64>,
    /// The number of messages that wait.
    pub queued: usize,
    /// The number of messages in flight.
    pub in_flight: usize,
    /// The last round trip of a ping.
    pub rtt_ms: Option<f64>,
    /// When the last ping was answered.
    pub last_pong_at: Option<f64>,
    /// `websocket` or `polling`. None before the first link.
    pub transport: Option<&'static str>,
    /// Whether this server gives receipts: `unknown`, `given` or `off`.
    pub receipts: &'static str,
    /// `anonymous` or `named`.
    pub user: &'static str,
    /// Whether the link is authorized for the user whose messages wait.
    pub is_authorized: bool,
    /// Whether messages are saved to disk.
    pub is_saving: bool,
    /// The number of other tabs that have announced themselves.
    pub tabs: usize,
    /// The phases of the link, oldest first.
    pub link: Vec<Span>,
    /// Notable events of the link and the session, oldest first.
    pub events: Vec<Event>,
    /// Round trips, oldest first.
    pub round_trips: Vec<RoundTrip>,
    /// All unsettled messages, and the last that settled, in send order.
    pub messages: Vec<Message>,
    /// The first step at which the client's answer differed from the recorded one.
    pub differs_at: Option<usize>,
}
