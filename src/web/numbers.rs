//! The enums of the engine as numbers, and back. The tables of the other side are in
//! `pkg-template/shell/numbers.js`; `tests/web.rs` holds the two together.

use crate::client::claim::{Audience, By, Claim, Code, Ending};
#[cfg(not(feature = "followed"))]
use crate::client::feed::{Offset, Read};
use crate::client::storage::Storage;
use crate::client::verdict::{Acknowledgement, Opinion, Reading};
use crate::client::{Address, Door, Fate, Order, PageEvent, Talk, Value};
use crate::engine::{
    DownCause, Grant, Millis, Moment, Notice, Output, Phase, Standing, Status, Way,
};

/// An order: its number in the table `ORDER`, and its fields in the order of its handler's parameters
/// there. No order is 0.
///
/// [`Output::Changed`] carries the new status: the phase, messages queued and in flight, the times of the next
/// attempt and of the last pong in milliseconds since the epoch, and the last round trip in milliseconds, each
/// negative where there is none. `lead` is that of the clock on the wall over the client's.
#[must_use]
pub fn order(order: Order, status: impl FnOnce() -> Status, lead: f64) -> (u32, [f64; FIELDS]) {
    let mut fields = [0.0; FIELDS];
    let number = match order {
        Order::Engine(output) => return engine_order(output, status, lead),
        Order::Transmit { seq, attempt, is_asked, is_large } => {
            fields[0] = double(seq.to_bits());
            fields[1] = attempt.into();
            fields[2] = is_asked.into();
            fields[3] = is_large.into();
            6
        }
        Order::Settle(ending) => {
            fields[0] = double(ending.seq.to_bits());
            fields[1] = ending_number(&ending).into();
            7
        }
        Order::Forget { seq } => {
            fields[0] = double(seq.to_bits());
            35
        }
        Order::Receipt { epoch, name, count } => {
            fields[0] = epoch.0.into();
            fields[1] = name.into();
            fields[2] = count.into();
            11
        }
        Order::Ended { elsewhere } => {
            fields[0] = elsewhere.into();
            12
        }
        Order::Storage(storage) => return storage_order(storage),
        Order::Foreign => 13,
        Order::Learned { event, answers } => {
            fields[0] = event.into();
            fields[1] = answers.into();
            14
        }
        Order::Receiptless => 15,
        Order::Look => 16,
        Order::Replay { key, is_asked } => {
            fields[0] = double(key);
            fields[1] = is_asked.into();
            36
        }
        Order::Discard { value, key } => {
            fields[0] = double(key);
            fields[1] = value_number(value).into();
            37
        }
        Order::Emit { key } => {
            fields[0] = double(key);
            38
        }
        Order::Returned { begins } => {
            fields[0] = begins.map_or(-1.0, f64::from);
            39
        }
        Order::Resync { round, since } => {
            fields[0] = round.into();
            fields[1] = since.into();
            40
        }
        Order::Release => 41,
        Order::AskOnline => 42,
        Order::StopTyping { who } => {
            fields[0] = double(who);
            43
        }
        Order::Read { feed, round } => {
            fields[0] = feed.into();
            fields[1] = round.into();
            44
        }
    };
    (number, fields)
}

fn engine_order(
    output: Output,
    status: impl FnOnce() -> Status,
    lead: f64,
) -> (u32, [f64; FIELDS]) {
    let mut fields = [0.0; FIELDS];
    let number = match output {
        // The client keeps them to itself.
        Output::Unanswered { .. }
        | Output::Store { .. }
        | Output::Transmit { .. }
        | Output::Settle { .. } => 0,
        Output::Authorize { epoch } => {
            fields[0] = epoch.0.into();
            1
        }
        Output::Connect { epoch, failures } => {
            fields[0] = epoch.0.into();
            fields[1] = failures.into();
            2
        }
        Output::Disconnect { epoch, polite } => {
            fields[0] = epoch.0.into();
            fields[1] = polite.into();
            3
        }
        Output::Join { epoch } => {
            fields[0] = epoch.0.into();
            4
        }
        Output::Ping { epoch } => {
            fields[0] = epoch.0.into();
            5
        }
        Output::Report(notice) => {
            fields[0] = notice_number(notice).into();
            8
        }
        Output::Changed => {
            let status = status();
            let or_none = |at: Option<Moment>| at.map_or(-1.0, |at| double(at.0) + lead);
            fields = [
                phase_number(status.phase).into(),
                double(status.queued as u64),
                double(status.in_flight as u64),
                or_none(status.next_attempt_at),
                or_none(status.last_pong_at),
                status.rtt.map_or(-1.0, |span| double(span.0)),
            ];
            9
        }
    };
    (number, fields)
}

fn storage_order(order: Storage) -> (u32, [f64; FIELDS]) {
    let at =
        |address: Address| (address.opening.into(), double(address.number), address.index.into());
    let (number, a, (b, c, d)) = match order {
        Storage::Open { opening } => (10, opening.into(), NONE),
        Storage::Close => (17, 0.0, NONE),
        Storage::Remember { name } => (18, name.into(), NONE),
        Storage::Lock { name, waits } => (19, name.into(), (waits.into(), 0.0, 0.0)),
        Storage::Unlock { name } => (20, name.into(), NONE),
        Storage::Gather { opening } => (21, opening.into(), NONE),
        Storage::Read { of, mine } => (22, of.into(), (mine.into(), 0.0, 0.0)),
        Storage::Put { seq, address } => (23, double(seq.to_bits()), at(address)),
        Storage::Move { row, address } => (24, row.into(), at(address)),
        Storage::List { address } => (25, 0.0, at(address)),
        Storage::Drop { name, number } => (26, name.into(), (double(number), 0.0, 0.0)),
        Storage::Commit { transaction, opening, guard } => {
            (27, transaction.into(), (opening.into(), guard.map_or(-1.0, double), 0.0))
        }
        Storage::Take { row } => (28, row.into(), NONE),
        Storage::Ended { row } => (29, row.into(), NONE),
        Storage::Share { seq } => (30, double(seq.to_bits()), NONE),
        Storage::Hello { name, is_new } => (31, name.into(), (is_new.into(), 0.0, 0.0)),
        Storage::Ask { seq } => (32, double(seq.to_bits()), NONE),
        Storage::Cancel { seq } => (33, double(seq.to_bits()), NONE),
        Storage::Failed => (34, 0.0, NONE),
    };
    (number, [a, b, c, d, 0.0, 0.0])
}

const NONE: (f64, f64, f64) = (0.0, 0.0, 0.0);

/// As many fields as the largest order has.
pub const FIELDS: usize = 6;

/// Its place in the table `STANDINGS`.
#[must_use]
pub fn standing_number(standing: Standing) -> u32 {
    match standing {
        Standing::Link => 1,
        Standing::Turn => 2,
        Standing::Delay => 3,
        Standing::Answer => 4,
    }
}

/// Its place in the table `VALUE`.
#[must_use]
pub fn value_number(value: Value) -> u32 {
    match value {
        Value::Remembered => 0,
        Value::Deferred => 1,
        Value::Answer => 2,
    }
}

/// What the app may do, by the table `DOOR`; 4 more where what was said is nobody's.
#[must_use]
pub fn door_number(door: Door, talk: Talk) -> u32 {
    let number = match door {
        Door::Open => 0,
        Door::Paused => 1,
        Door::LoggedOut => 2,
    };
    number + if talk == Talk::Ends { 4 } else { 0 }
}

/// Its flags by the table `FATE`.
#[must_use]
pub fn fate_flags(fate: Fate) -> u32 {
    let Fate { is_news, is_doubtful, has_reply, waits } = fate;
    u32::from(is_news)
        | u32::from(is_doubtful) << 1
        | u32::from(has_reply) << 2
        | u32::from(waits) << 3
}

/// Its place in the table `PHASES`.
#[must_use]
pub fn phase_number(phase: Phase) -> u32 {
    match phase {
        Phase::Idle => 0,
        Phase::Waiting => 1,
        Phase::Authorizing => 2,
        Phase::Connecting => 3,
        Phase::Joining => 4,
        Phase::Ready => 5,
        Phase::Suspect => 6,
        Phase::Closed => 7,
    }
}

/// Its place in the table `CODES`.
#[must_use]
pub fn code_number(code: Code) -> u32 {
    match code {
        Code::None => 0,
        Code::Server => 1,
        Code::AckTimeout => 2,
        Code::LinkLost => 3,
        Code::Expired => 4,
        Code::Cancelled => 5,
        Code::Closed => 6,
        Code::NoResponse => 7,
        Code::LoggedOut => 8,
        Code::QueueFull => 9,
        Code::DuplicateId => 10,
        Code::InvalidPayload => 11,
    }
}

/// What is told of a message's end, in one number: its code, and times the factors of the table `CLAIM` the rest.
#[must_use]
pub fn claim_number(claim: Claim) -> u32 {
    let by = match claim.by {
        By::Nobody => 0,
        By::Ack => 1,
        By::Receipt => 2,
        By::Echo => 3,
    };
    let audience = match claim.audience {
        Audience::Nobody => 0,
        Audience::Senders => 1,
        Audience::Complaint => 2,
        Audience::OldComplaint => 3,
    };
    code_number(claim.code)
        | u32::from(claim.maybe_delivered) << 4
        | u32::from(claim.retryable) << 5
        | by << 6
        | audience << 8
}

/// The same of an end.
#[must_use]
pub fn ending_number(ending: &Ending) -> u32 {
    claim_number(ending.claim) | u32::from(ending.is_timed) << 10 | u32::from(ending.stays) << 11
}

/// What an acknowledgement says: its place in the table `READINGS`, and 4 times that of the app's opinion in
/// `OPINIONS`. Any other number is a failure.
#[must_use]
pub fn said(number: u32, span: f64, own_span: f64) -> Acknowledgement {
    let reading = match number % 4 {
        0 => Reading::Accepted,
        2 => Reading::Final,
        3 => Reading::Limited,
        _ => Reading::Failed,
    };
    let opinion = match number / 4 {
        1 => Opinion::Accepted,
        2 => Opinion::Refused,
        3 => Opinion::Retry,
        4 => Opinion::After,
        _ => Opinion::None,
    };
    Acknowledgement { reading, span: millis(span), opinion, own_span: millis(own_span) }
}

/// Its place in the table `NOTICES`.
#[must_use]
pub fn notice_number(notice: Notice) -> u32 {
    match notice {
        Notice::JoinUnconfirmed => 0,
        Notice::LinkSilent => 1,
        Notice::ConnectTimedOut => 2,
        Notice::AuthTimedOut => 3,
        Notice::PingsUnanswered => 4,
    }
}

/// What JavaScript tells, by its place in the table `TOLD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// lane or the message that has the id, bytes, flags by the table `SEND_FLAG`, ttl, acknowledgement deadline or 0, what
    /// it is kept as or 0. Answers the message's number, or as a negative one what is told of a refusal.
    Send,
    /// message. Answers its place in the table `STANDINGS`, 0 where it has settled.
    Standing,
    /// Answers the number of the next order, whose `Fields` can then be read. Where there is none: what to do with the
    /// timer. 0: it stays as it is; a negative number: it is set anew, for as many milliseconds less one; an infinite one: it is cleared.
    Poll,
    /// Answers where in the module's memory the fields of the order are that was polled last, as `f64`s.
    Fields,
    /// place in the table of `settings.rs`, number
    Set,
    /// Takes what was set.
    Configure,
    /// message
    Cancel,
    /// Asks for a link. This and the other commands about the link and the session come with whether no link is wanted for
    /// now, and answer the door by the table `DOOR`; 4 is added where what was said is nobody's.
    Open,
    /// Whether the app's login is not ready: with whether it is not.
    Hold,
    /// Ends the link; what is nobody's in particular settles.
    Disconnect,
    /// user, subject seen in an earlier life; 0 is nobody
    Name,
    /// Makes a link that there is anew.
    Relink,
    /// Settles what waits as logged out, and ends the link.
    LogOut,
    /// generation of the user's logouts or a negative number, whether it has just begun
    Keep,
    /// event, whether the server acknowledges it
    Learn,
    /// This server gives no receipts, or none are wanted.
    Receiptless,
    /// Ends everything.
    Destroy,
    /// epoch, user as the app names him, subject of the credentials; 0 is nobody
    Granted,
    /// epoch, whether there is a room to join
    LinkUp,
    /// epoch, whether messages leave over polling from now on, bytes of the largest packet or 0
    Over,
    /// whether the transport has more to send than it can, generation of the user's logouts or a negative number
    Looked,
    /// epoch, name, whether it was refused as an unknown namespace is
    Receipt,
    /// message, transmission, what was said, its span, the span of the app's opinion. Answers whether it counts.
    Acked,
    /// The timer fired.
    Timeout,
    /// epoch, answer by the table `GRANT`
    Authorized,
    /// epoch, cause by the table `DOWN`, its span
    LinkDown,
    /// epoch
    Joined,
    /// epoch, fingerprint of the room's name or a negative number; whether it is ours is answered
    JoinRejected,
    /// epoch
    Ponged,
    /// epoch
    Heard,
    /// What became of the page, by its place in the list `PAGE_EVENTS`; whether the event is about the cache, or the page is
    /// shown. Answers like `Open`.
    Page,
    /// What a page that is back looks at is known: it asks for its link again. Answers like `Open`.
    Reopen,
    /// A component names the user; `Name` follows.
    Named,
    /// Whether what was kept has been handed out is answered.
    IsOpen,
    /// The generation that messages are kept in is answered.
    Generation,
    /// opening, milliseconds since the epoch, own journal or 0, new journal, whether there are locks, generation
    Opened,
    /// opening
    StorageFailed,
    /// opening, journal, whether it was granted
    Locked,
    /// opening
    Gathered,
    /// opening, journal, number, size, generation or a negative number, flags by the table `SEGMENT_FLAG`
    Segment,
    /// opening, index, number, flags by the table `ROW_FLAG`, message or a negative number
    Row,
    /// opening, generation
    Read,
    /// transaction, whether it was done
    Committed,
    /// What was to be taken up cannot be read.
    Taken,
    /// opening, journal, whether it is new, whether it goes first
    Hello,
    /// message, whether it is a success, whether sending it again makes sense. Answers whether it was another tab's.
    SettledElsewhere,
    /// message, whether the tab that asks goes first. Answers whether this tab has it, or takes it back.
    Asked,
    /// opening, message: another tab has it
    HasElsewhere,
    /// message: an event carries its id; whether that refuses it. Answers whether it counts.
    Echoed,
    /// message, bytes of its largest packet, infinite where it cannot be encoded. Answers whether it may leave.
    Measured,
    /// message: one of the sends that wait for it is taken back. Answers what that one is told, or 0.
    Leave,
    /// Whether what is kept as this has ended is answered.
    HasEnded,
    /// What is kept as this has ended, says another tab.
    EndedElsewhere,
    /// epoch, whether the server has taken up the session before
    Greeted,
    /// fingerprints of three names that the room may have
    AskedForRoom,
    /// fingerprint, whether there is a callback
    Said,
    /// fingerprint; whether it was known is answered
    Unsaid,
    /// fingerprint. Answers the number of this use times 2, plus 1 where it is to be said now.
    Remember,
    /// fingerprint, number of the use; whether nobody wants it any more is answered
    Unremember,
    /// The user is not logged out any more.
    ResetLogout,
    /// epoch of the connection: an event is worth a wait. Answers 0 where it leaves, a negative number where it does not, and from 1 on the number under which
    /// it is held.
    EmitSoon,
    /// fingerprint of what for; whether the developer is told is answered
    Warns,
    /// The app wants to know who is online.
    AskOnline,
    /// whether an acknowledgement is wanted; whether the message is held is answered
    Live,
    /// fingerprint of the id, that of the content, names as bits, flags by the table `CAME_FLAG`, messages to keep in mind. Answers
    /// the flags of the table `FATE`.
    Came,
    /// Answers where the message is noted down.
    Seen,
    /// fingerprint of the content, characters of the answer; whether it is kept is answered
    Replied,
    /// fingerprint, number of the name, whether it has an id; whether it came under another name is answered
    IsAlias,
    /// fingerprint of the id, for how long, or 0; whether he did is answered
    Typing,
    /// round; whether what was fetched in it is for this user is answered
    IsOurs,
    /// round, whether the answer is without a fault
    Resynced,
    /// epoch; whether the list is taken is answered
    Listed,
    /// whether he was listed; whether the app is told is answered
    IsLeftNews,
    /// Whether there is no list of this link is answered.
    IsPresenceStale,
    /// Answers where in the module's memory the names are that it uses.
    Names,
    /// Whether messages are taken is answered.
    Accepts,
    /// epoch; whether credentials are asked for is answered
    WantsGrant,
    /// Somebody else makes the attempts.
    Follow,
    /// Of somebody else's attempt: numbers of the user's name and of the credentials' subject. A new epoch begins.
    Begun,
    /// epoch: the server has feeds
    Feeds,
    /// feed, whether it is followed
    Feed,
    /// feed, number and fingerprint of the offset of its last item in an earlier life
    FeedBegins,
    /// feed, round or 0, fingerprint of the offset before, number and fingerprint of the offset. Answers by the table `ITEM`.
    Item,
    /// feed, round, what was answered by the table `READ`, number and fingerprint of the end or milliseconds; whether that is of use
    /// is answered
    ReadFeed,
}

impl Told {
    /// In the order of the table.
    pub const ALL: [Self; 84] = [
        Self::Send,
        Self::Standing,
        Self::Poll,
        Self::Fields,
        Self::Set,
        Self::Configure,
        Self::Cancel,
        Self::Open,
        Self::Hold,
        Self::Disconnect,
        Self::Name,
        Self::Relink,
        Self::LogOut,
        Self::Keep,
        Self::Learn,
        Self::Receiptless,
        Self::Destroy,
        Self::Granted,
        Self::LinkUp,
        Self::Over,
        Self::Looked,
        Self::Receipt,
        Self::Acked,
        Self::Timeout,
        Self::Authorized,
        Self::LinkDown,
        Self::Joined,
        Self::JoinRejected,
        Self::Ponged,
        Self::Heard,
        Self::Page,
        Self::Reopen,
        Self::Named,
        Self::IsOpen,
        Self::Generation,
        Self::Opened,
        Self::StorageFailed,
        Self::Locked,
        Self::Gathered,
        Self::Segment,
        Self::Row,
        Self::Read,
        Self::Committed,
        Self::Taken,
        Self::Hello,
        Self::SettledElsewhere,
        Self::Asked,
        Self::HasElsewhere,
        Self::Echoed,
        Self::Measured,
        Self::Leave,
        Self::HasEnded,
        Self::EndedElsewhere,
        Self::Greeted,
        Self::AskedForRoom,
        Self::Said,
        Self::Unsaid,
        Self::Remember,
        Self::Unremember,
        Self::ResetLogout,
        Self::EmitSoon,
        Self::Warns,
        Self::AskOnline,
        Self::Live,
        Self::Came,
        Self::Seen,
        Self::Replied,
        Self::IsAlias,
        Self::Typing,
        Self::IsOurs,
        Self::Resynced,
        Self::Listed,
        Self::IsLeftNews,
        Self::IsPresenceStale,
        Self::Names,
        Self::Accepts,
        Self::WantsGrant,
        Self::Follow,
        Self::Begun,
        Self::Feeds,
        Self::Feed,
        Self::FeedBegins,
        Self::Item,
        Self::ReadFeed,
    ];
}

/// By the table `WAYS`. Any other number is the last one.
#[must_use]
pub fn way(number: u32) -> Way {
    match number {
        0 => Way::Acked,
        1 => Way::AckedAlways,
        2 => Way::Received,
        _ => Way::Latest,
    }
}

/// A number of JavaScript's as a count, within the range.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "casting saturates, which is the wish"
)]
pub fn count(number: f64) -> u32 {
    number as u32
}

/// By the table `READ`. Any other number is a refusal.
#[cfg(not(feature = "followed"))]
#[must_use]
pub fn read(number: u32, end: f64, print: f64) -> Read {
    let offset = Offset { number: whole(end), print: whole(print) };
    match number {
        0 => Read::Page(offset),
        1 => Read::Reset(offset),
        2 => Read::Failed(millis(end)),
        _ => Read::Refused,
    }
}

/// By the table `GRANT`. Any other number is a failed answer.
#[must_use]
pub fn grant(number: u32) -> Grant {
    match number {
        0 => Grant::Granted,
        1 => Grant::Absent,
        _ => Grant::Failed,
    }
}

/// By the table `DOWN`. Any other number is a loss, which is tried again.
#[must_use]
pub fn down_cause(number: u32, span: f64) -> DownCause {
    match number {
        1 => DownCause::Final,
        2 => DownCause::RetryAfter(millis(span)),
        3 => DownCause::Kicked,
        _ => DownCause::Lost,
    }
}

/// By the list `PAGE_EVENTS`. Any other number is the last.
#[must_use]
pub fn page_event(number: u32, flag: bool) -> PageEvent {
    match (number, flag) {
        (0, _) => PageEvent::Online,
        (1, false) => PageEvent::Left,
        (1, true) => PageEvent::Cached,
        (2, false) => PageEvent::Loaded,
        (2, true) => PageEvent::Back,
        (3, false) => PageEvent::Hidden,
        (3, true) => PageEvent::Shown,
        _ => PageEvent::Resumed,
    }
}

/// A span as JavaScript has it. `NaN` and what is negative are none.
#[must_use]
pub fn millis(number: f64) -> Millis {
    Millis(whole(number))
}

/// A number of JavaScript's, without its fraction and within the range.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "casting saturates, which is the wish"
)]
pub fn whole(number: f64) -> u64 {
    number as u64
}

/// A number for JavaScript.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "exact below 2^53: 285,000 years, 8 billion sends")]
pub fn double(number: u64) -> f64 {
    number as f64
}
