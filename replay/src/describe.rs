//! Describes the crossings of the border in plain English.

use holdfast::border::flag::{DURABLE, EVENT, RESTORED, STRICT, WAY};
use holdfast::border::numbers::{self, count, whole};
use holdfast::border::told::Told;
use holdfast::client::claim::Claim;
use holdfast::client::storage::Storage;
use holdfast::client::verdict::{Opinion, Reading};
use holdfast::client::{Order, PageEvent, Value};
use holdfast::engine::{DownCause, Notice, Output, Phase, Seq, Way};

use crate::view::Kind;

/// The content of a step.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject {
    /// A command or fact that this version does not have.
    Unknown,
    /// A command, a fact or a question.
    Told { told: Told, numbers: [f64; 6], answer: f64 },
    /// An order that was polled.
    Order(Order),
}

/// The names of the table `CODES`, by number. A claim has four bits for its code, so there are 16.
pub(crate) const CODES: [&str; 16] = [
    "SUCCESS",
    "ANSWER",
    "ACK_TIMEOUT",
    "LINK_LOST",
    "EXPIRED",
    "CANCELLED",
    "CLOSED",
    "NO_RESPONSE",
    "LOGGED_OUT",
    "QUEUE_FULL",
    "DUPLICATE_ID",
    "INVALID_MESSAGE_PAYLOAD",
    "UNKNOWN",
    "UNKNOWN",
    "UNKNOWN",
    "UNKNOWN",
];

/// The flags of a send, decoded.
pub(crate) struct Flags {
    pub(crate) is_strict: bool,
    pub(crate) is_durable: bool,
    pub(crate) is_restored: bool,
    pub(crate) way: &'static str,
    pub(crate) event: u32,
}

impl Flags {
    pub(crate) fn of(flags: u32) -> Self {
        Self {
            is_strict: flags & STRICT != 0,
            is_durable: flags & DURABLE != 0,
            is_restored: flags & RESTORED != 0,
            way: match numbers::way(flags / WAY % 4) {
                Way::Acked => "acked",
                Way::AckedAlways => "always",
                Way::Received => "received",
                Way::Latest => "latest",
            },
            event: flags / EVENT,
        }
    }
}

/// Whether an acknowledgement means that the message took effect.
pub(crate) fn is_accepted(said: u32) -> bool {
    let said = numbers::said(said, 0.0, 0.0);
    match said.opinion {
        Opinion::Accepted => true,
        Opinion::Refused | Opinion::Retry | Opinion::After => false,
        Opinion::None => said.reading == Reading::Accepted,
    }
}

/// The reason why no message leaves in this phase of the link.
pub(crate) fn no_link(phase: Phase) -> &'static str {
    match phase {
        Phase::Idle => "No link is wanted: the app has not connected yet, or has disconnected.",
        Phase::Waiting => "The link is lost. The next attempt to connect is scheduled.",
        Phase::Authorizing => "The app has been asked for credentials.",
        Phase::Connecting => "The connection is being made.",
        Phase::Joining => "The server has not confirmed the join yet.",
        Phase::Ready => "The link is ready.",
        Phase::Suspect => "The server is silent. It must answer a ping first.",
        Phase::Closed => "The client is closed.",
    }
}

/// The message that a step is about.
pub(crate) fn message(subject: &Subject) -> Option<Seq> {
    match *subject {
        Subject::Unknown => None,
        Subject::Told { told: Told::Send, answer, .. } => {
            (answer > 0.0).then(|| Seq::from_bits(whole(answer)))
        }
        Subject::Told { told, numbers, .. } => {
            let index = told.arguments().iter().position(|&name| name == "message")?;
            (numbers[index] >= 0.0).then(|| Seq::from_bits(whole(numbers[index])))
        }
        Subject::Order(order) => match order {
            Order::Transmit { seq, .. }
            | Order::Forget { seq }
            | Order::Storage(
                Storage::Put { seq, .. }
                | Storage::Share { seq }
                | Storage::Ask { seq }
                | Storage::Cancel { seq },
            ) => Some(seq),
            Order::Settle(ending) => Some(ending.seq),
            _ => None,
        },
    }
}

/// The sort of step.
pub(crate) fn kind(subject: &Subject) -> Kind {
    let told = match subject {
        Subject::Unknown => return Kind::Nothing,
        Subject::Order(_) => return Kind::Order,
        Subject::Told { told: Told::Poll, answer, .. } => {
            return if *answer < 0.0 { Kind::Timer } else { Kind::Nothing };
        }
        Subject::Told { told, .. } => *told,
    };
    match told {
        Told::Timeout => Kind::Timer,
        Told::Standing
        | Told::Poll
        | Told::Fields
        | Told::Names
        | Told::IsOpen
        | Told::Generation
        | Told::HasEnded
        | Told::Warns
        | Told::IsOurs
        | Told::IsPresenceStale
        | Told::Accepts
        | Told::WantsGrant => Kind::Question,
        Told::Send
        | Told::Set
        | Told::Configure
        | Told::Cancel
        | Told::Open
        | Told::Hold
        | Told::Disconnect
        | Told::Name
        | Told::Relink
        | Told::LogOut
        | Told::Keep
        | Told::Learn
        | Told::Receiptless
        | Told::Destroy
        | Told::Leave
        | Told::AskedForRoom
        | Told::Said
        | Told::Unsaid
        | Told::Remember
        | Told::Unremember
        | Told::ResetLogout
        | Told::EmitSoon
        | Told::AskOnline
        | Told::Named
        | Told::Reopen
        | Told::Follow
        | Told::Feed
        | Told::FeedBegins => Kind::Command,
        _ => Kind::Fact,
    }
}

/// One sentence about a step. `label` names its message.
pub(crate) fn sentence(subject: &Subject, label: &str) -> String {
    match *subject {
        Subject::Unknown => "A command or fact that this version does not know.".to_owned(),
        Subject::Told { told, numbers, answer } => told_sentence(told, &numbers, answer, label),
        Subject::Order(order) => order_sentence(&order, label),
    }
}

#[expect(clippy::too_many_lines, reason = "one sentence for each command and fact")]
fn told_sentence(told: Told, numbers: &[f64; 6], answer: f64, label: &str) -> String {
    let [a, b, c, ..] = *numbers;
    let yes = |is: bool| if is { "yes" } else { "no" };
    let is_so = yes(answer > 0.0);
    let on_off = |is: bool, on: &str, off: &str| if is { on.to_owned() } else { off.to_owned() };
    match told {
        Told::Send if answer <= 0.0 => {
            format!(
                "The app sends a message, and the client refuses it: {}.",
                CODES[count(-answer) as usize % 16]
            )
        }
        Told::Send => format!("The app sends {label} of {b} bytes."),
        Told::Standing => format!("What does {label} wait for?"),
        Told::Poll if answer == 0.0 => "No more orders. The timer stays as it is.".to_owned(),
        Told::Poll if answer == f64::NEG_INFINITY => {
            "No more orders. The client needs no timer.".to_owned()
        }
        Told::Poll => {
            format!("No more orders. The timer is set to {} ms from now.", -1.0 - answer)
        }
        Told::Fields => "Where are the fields of the order?".to_owned(),
        Told::Names => "Where are the names?".to_owned(),
        Told::Set => format!("Setting {a} is {b}."),
        Told::Configure => "Apply the settings.".to_owned(),
        Told::Cancel => format!("The app cancels {label}."),
        Told::Open => "The app asks for a link.".to_owned(),
        Told::Hold => {
            on_off(a != 0.0, "The app's login is not ready.", "The app's login is ready.")
        }
        Told::Disconnect => "The app ends the link.".to_owned(),
        Told::Name if whole(a) == 0 => "The app says that nobody is logged in.".to_owned(),
        Told::Name => "The app names its user.".to_owned(),
        Told::Relink => "New options replace the link.".to_owned(),
        Told::LogOut => "The user logs out.".to_owned(),
        Told::Keep => on_off(
            a >= 0.0,
            "The shell asks for the user's storage to be opened.",
            "Nothing can be saved.",
        ),
        Told::Learn => format!(
            "Known from earlier: the server {} event {a}.",
            if b == 0.0 { "does not acknowledge" } else { "acknowledges" }
        ),
        Told::Receiptless => "This server gives no receipts, or the app wants none.".to_owned(),
        Told::Destroy => "The app destroys the client.".to_owned(),
        Told::Granted => "The app hands over credentials.".to_owned(),
        Told::LinkUp => format!("The server accepts connection {a}."),
        Told::Over => format!(
            "Connection {a} goes over {}.",
            if b == 0.0 { "a WebSocket" } else { "polling" }
        ),
        Told::Looked => "The shell checks the transport and the logout counter.".to_owned(),
        Told::Receipt => "The server gives a receipt: it has what was sent before.".to_owned(),
        Told::Acked => {
            let says = if is_accepted(count(c)) { "acknowledges" } else { "refuses" };
            let late = if answer > 0.0 { "" } else { "; this no longer counts" };
            format!("The server {says} {label} (attempt {b}){late}.")
        }
        Told::Timeout => "The timer fires.".to_owned(),
        Told::Authorized => match count(b) {
            0 => "The app's auth succeeds.".to_owned(),
            1 => "The app's auth returns no credentials: nobody is logged in.".to_owned(),
            _ => "The app's auth failed.".to_owned(),
        },
        Told::LinkDown => match numbers::down_cause(count(b), c) {
            DownCause::Lost => "The connection is lost or could not be made.".to_owned(),
            DownCause::Final => "The server refuses the connection for good.".to_owned(),
            DownCause::RetryAfter(span) => {
                format!("The server refuses the connection and asks for a wait of {} ms.", span.0)
            }
            DownCause::Kicked => "The server ends the connection.".to_owned(),
        },
        Told::Joined => "The server confirms the join.".to_owned(),
        Told::JoinRejected => "The server refuses a join.".to_owned(),
        Told::Ponged => "The server answers a ping.".to_owned(),
        Told::Heard => "A packet arrives from the server.".to_owned(),
        Told::Page => match numbers::page_event(count(a), b != 0.0) {
            PageEvent::Online => "The browser reports that it is online.",
            PageEvent::Left => "The page is being left.",
            PageEvent::Cached => "The page goes into the back-forward cache.",
            PageEvent::Loaded => "The page is shown for the first time.",
            PageEvent::Back => "The page is back from the back-forward cache.",
            PageEvent::Hidden => "The page is hidden.",
            PageEvent::Shown => "The page is shown.",
            PageEvent::Resumed => "The page was frozen and resumes.",
        }
        .to_owned(),
        Told::Reopen => "The page asks for its link again.".to_owned(),
        Told::Named => "A component names the user.".to_owned(),
        Told::IsOpen => format!("Have all saved messages been handed out? {is_so}."),
        Told::Generation => "What is the logout counter of the open storage?".to_owned(),
        Told::Opened => "The storage is open.".to_owned(),
        Told::StorageFailed => "The storage failed. Messages are in memory only.".to_owned(),
        Told::Locked => on_off(
            c != 0.0,
            "This tab gets the lock of a journal.",
            "This tab does not get the lock of a journal.",
        ),
        Told::Gathered => {
            "The turn is over. Its messages can be written to disk together.".to_owned()
        }
        Told::Segment => format!("Read from disk: a segment of {d} messages.", d = numbers[3]),
        Told::Row => "Read from disk: a message.".to_owned(),
        Told::Read => "All that was to be read from disk has been read.".to_owned(),
        Told::Committed => on_off(b != 0.0, "A transaction is on disk.", "A transaction failed."),
        Told::Taken => "A saved message cannot be read.".to_owned(),
        Told::Hello => "Another tab introduces itself.".to_owned(),
        Told::SettledElsewhere => format!("Another tab reports the result of {label}."),
        Told::Asked => format!("Another tab asks for {label}."),
        Told::HasElsewhere => format!("Another tab has {label}."),
        Told::Echoed => format!("A server event carries the id of {label}."),
        Told::Measured => format!("The largest packet of {label} has {b} bytes."),
        Told::Leave => format!("One of the sends that share {label} is cancelled."),
        Told::HasEnded => format!("Has a saved message ended? {is_so}."),
        Told::EndedElsewhere => "Another tab reports that a saved message has ended.".to_owned(),
        Told::Greeted => "The server greets the connection.".to_owned(),
        Told::AskedForRoom => "The app asked for a room.".to_owned(),
        Told::Said => "The app emits an event that is repeated after each reconnect.".to_owned(),
        Told::Unsaid => {
            "The app withdraws an emit that was repeated after each reconnect.".to_owned()
        }
        Told::Remember => {
            "A component emits an event that is repeated after each reconnect.".to_owned()
        }
        Told::Unremember => "A component withdraws such an event.".to_owned(),
        Told::ResetLogout => "The app connects again after a logout.".to_owned(),
        Told::EmitSoon if answer == 0.0 => "The app emits an event. It leaves now.".to_owned(),
        Told::EmitSoon if answer < 0.0 => "The app emits an event. It is dropped.".to_owned(),
        Told::EmitSoon => "The app emits an event. It waits for the link.".to_owned(),
        Told::Warns => format!("Is this warning new? {is_so}."),
        Told::AskOnline => "The app wants to know who is online.".to_owned(),
        Told::Live => {
            format!("A live message arrives. Is it buffered until the resync ends? {is_so}.")
        }
        Told::Came => {
            let news = if count(answer) & 1 == 0 { "a repeat" } else { "new" };
            format!("An event with an id arrives. It is {news}.")
        }
        Told::Seen => "The event is noted.".to_owned(),
        Told::Replied => "The app's listeners answer an event.".to_owned(),
        Told::IsAlias => format!("Did the same content arrive under another event name? {is_so}."),
        Told::Typing => on_off(b > 0.0, "A user is typing.", "A user stops typing."),
        Told::IsOurs => format!("Does the fetched data belong to the present user? {is_so}."),
        Told::Resynced => "The app's `onResync` has ended.".to_owned(),
        Told::Listed => "The server lists who is online.".to_owned(),
        Told::IsLeftNews => "The server says that a user has left.".to_owned(),
        Told::IsPresenceStale => {
            format!("Is the list of online users older than the link? {is_so}.")
        }
        Told::Accepts => format!("Does the client accept messages? {is_so}."),
        Told::WantsGrant => format!("Does the attempt still wait for credentials? {is_so}."),
        Told::Follow => "The app's own Socket makes the connections.".to_owned(),
        Told::Begun => "The app's own Socket begins an attempt.".to_owned(),
        Told::Feeds => "The server announces feeds.".to_owned(),
        Told::Feed => on_off(b != 0.0, "The app follows a feed.", "The app leaves a feed."),
        Told::FeedBegins => "An earlier page load stopped reading a feed here.".to_owned(),
        Told::Item => match count(answer) {
            1 | 2 => "An item of a feed arrives and is shown.",
            3 | 4 => "An item of a feed arrives too early and is kept.",
            _ => "An item of a feed arrives and is dropped.",
        }
        .to_owned(),
        Told::ReadFeed => "The server answers a read of a feed.".to_owned(),
    }
}

fn order_sentence(order: &Order, label: &str) -> String {
    match *order {
        Order::Engine(output) => engine_sentence(output, label),
        Order::Transmit { attempt, .. } => format!("Emit {label}, attempt {attempt}."),
        Order::Settle(ending) => settle_sentence(ending.claim, label),
        Order::Forget { .. } => format!("Stop waiting for an answer to {label}."),
        Order::Receipt { count, .. } => format!("Ask for {count} receipts."),
        Order::Ended { elsewhere: true } => {
            "The session is over. The user logged out in another tab.".to_owned()
        }
        Order::Ended { elsewhere: false } => "The session of this user is over.".to_owned(),
        Order::Foreign => {
            "The credentials belong to another user. The client does not connect with them."
                .to_owned()
        }
        Order::Learned { event, answers: true } => {
            format!("Remember: the server acknowledges event {event}.")
        }
        Order::Learned { event, answers: false } => {
            format!("Remember: the server does not acknowledge event {event}.")
        }
        Order::Receiptless => "Remember: this server gives no receipts.".to_owned(),
        Order::Storage(storage) => storage_sentence(storage, label),
        Order::Look => "Check the transport and the logout counter.".to_owned(),
        Order::Replay { .. } => {
            "Repeat an emit that the server has forgotten with the connection.".to_owned()
        }
        Order::Discard { value, .. } => match value {
            Value::Remembered => "Stop repeating an emit.",
            Value::Deferred => "Drop an event that waited.",
            Value::Answer => "Drop a saved answer to an event.",
        }
        .to_owned(),
        Order::Emit { .. } => "Emit an event that waited.".to_owned(),
        Order::Returned { .. } => "The link is back. Messages leave again.".to_owned(),
        Order::Resync { .. } => "Ask the app to fetch missed messages.".to_owned(),
        Order::Release => "Pass on the live messages that waited for the resync.".to_owned(),
        Order::AskOnline => "Ask the server who is online.".to_owned(),
        Order::Read { .. } => "Read a feed.".to_owned(),
        Order::StopTyping { .. } => "Tell the app that a user stopped typing.".to_owned(),
    }
}

fn engine_sentence(output: Output, label: &str) -> String {
    match output {
        Output::Authorize { epoch } => format!("Attempt {}: ask the app for credentials.", epoch.0),
        Output::Connect { epoch, failures: 0 } => format!("Attempt {}: connect.", epoch.0),
        Output::Connect { epoch, failures } => {
            format!("Attempt {}: connect, after {failures} failures.", epoch.0)
        }
        Output::Disconnect { epoch, .. } => format!("Close connection {}.", epoch.0),
        Output::Join { .. } => "Emit the join.".to_owned(),
        Output::Ping { .. } => "Emit a ping.".to_owned(),
        Output::Report(notice) => match notice {
            Notice::JoinUnconfirmed => {
                "The join was not confirmed in time. The client continues without it."
            }
            Notice::LinkSilent => "The server is silent. The link is replaced.",
            Notice::ConnectTimedOut => "No connection in time. The client tries again.",
            Notice::AuthTimedOut => {
                "The app's auth did not return in time. The client tries again."
            }
            Notice::PingsUnanswered => {
                "The server answers no pings. The client uses receipts to check the link."
            }
        }
        .to_owned(),
        Output::Changed => "The app's state has changed.".to_owned(),
        // The client handles these itself.
        Output::Store { .. }
        | Output::Transmit { .. }
        | Output::Settle { .. }
        | Output::Unanswered { .. } => format!("Something about {label}."),
    }
}

fn settle_sentence(claim: Claim, label: &str) -> String {
    let code = CODES[numbers::code_number(claim.code) as usize];
    let by = match claim.by {
        holdfast::client::claim::By::Nobody => "",
        holdfast::client::claim::By::Ack => ", by its acknowledgement",
        holdfast::client::claim::By::Receipt => ", by a receipt",
        holdfast::client::claim::By::Echo => ", by a server event",
    };
    format!("Settle {label}: {code}{by}.")
}

fn storage_sentence(storage: Storage, label: &str) -> String {
    match storage {
        Storage::Open { .. } => "Open the storage.".to_owned(),
        Storage::Close => "Close the storage.".to_owned(),
        Storage::Remember { .. } => "Remember this tab's journal.".to_owned(),
        Storage::Lock { .. } => "Ask for the lock of a journal.".to_owned(),
        Storage::Unlock { .. } => "Release the lock of a journal.".to_owned(),
        Storage::Gather { .. } => {
            "Collect the messages of this turn, to write them together.".to_owned()
        }
        Storage::Read { of: 0, .. } => "Read everything that is saved for this user.".to_owned(),
        Storage::Read { .. } => "Read a journal.".to_owned(),
        Storage::Put { .. } => format!("Save {label}."),
        Storage::Move { .. } => "Move a saved message into this tab's journal.".to_owned(),
        Storage::List { .. } => "Record on disk that a message has settled.".to_owned(),
        Storage::Drop { .. } => "Delete a segment.".to_owned(),
        Storage::Commit { .. } => "Commit the transaction.".to_owned(),
        Storage::Take { .. } => "Pass a saved message to the client.".to_owned(),
        Storage::Ended { .. } => "Tell the app that a logout ended a saved message.".to_owned(),
        Storage::Share { .. } => format!("Tell the other tabs the result of {label}."),
        Storage::Hello { .. } => "Introduce this tab to the others.".to_owned(),
        Storage::Ask { .. } => format!("Ask the other tabs for {label}."),
        Storage::Cancel { .. } => format!("Tell the other tabs that {label} is cancelled."),
        Storage::Failed => "The storage failed. Messages are in memory only.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Subject, sentence};
    use holdfast::border::told::Told;

    #[test]
    fn every_command_and_fact_has_a_sentence_that_ends() {
        for &told in Told::ALL {
            for answer in [0.0, 1.0, -3.0] {
                let subject = Subject::Told { told, numbers: [1.0; 6], answer };
                let text = sentence(&subject, "message 7");
                assert!(text.ends_with(['.', '?']), "{told:?}: {text}");
            }
        }
    }
}
