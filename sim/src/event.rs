//! The events of a world, and their order.

use holdfast::engine::{DownCause, Epoch, Grant};

use crate::ids::{ConnectionId, PageId, SessionId, TabId};
use crate::plan::{Person, Planned};
use crate::wire::{Dispatch, Frame, Packet, Task};
use crate::work::{Done, Step, Work};

#[derive(Debug)]
pub(crate) enum Event {
    Planned(Planned),
    // On the client's machine.
    Timer {
        page: PageId,
        number: u64,
    },
    Awake,
    Authorized {
        page: PageId,
        epoch: Epoch,
        grant: Grant,
        /// The user whose credentials were read when they were requested.
        read: Option<Person>,
    },
    Later {
        page: PageId,
        later: Later,
    },
    Managed {
        page: PageId,
        managed: Managed,
    },
    Upgraded {
        connection: ConnectionId,
    },
    Up {
        connection: ConnectionId,
    },
    Closed {
        connection: ConnectionId,
        cause: DownCause,
    },
    Packet {
        connection: ConnectionId,
        packet: Packet,
    },
    HeartbeatMissed {
        connection: ConnectionId,
    },
    Loaded {
        tab: TabId,
    },
    Disk {
        page: PageId,
        work: Box<Work>,
    },
    Done {
        page: PageId,
        done: Box<Done>,
    },
    Step {
        page: PageId,
        opening: u32,
        step: Step,
    },
    /// A dead link should have been detected by now.
    Judged {
        connection: ConnectionId,
        verdict: u32,
        disturbances: u64,
    },
    // On the server's machine.
    Arrived {
        connection: ConnectionId,
    },
    Hangup {
        connection: ConnectionId,
    },
    Frame {
        connection: ConnectionId,
        frame: Frame,
        is_straggler: bool,
    },
    Heartbeat {
        connection: ConnectionId,
    },
    PatienceEnds {
        connection: ConnectionId,
    },
    Dispatch {
        connection: ConnectionId,
        dispatch: Dispatch,
    },
    /// A message ends the process that handles it.
    Poisoned {
        life: u32,
    },
    Finished {
        task: Task,
    },
    LateAnswer {
        connection: ConnectionId,
        packet: Packet,
    },
    Restarted,
}

/// Delayed actions of an app.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Later {
    Resynced { round: u32, session: SessionId, is_whole: bool },
    Answered { content: u64, number: u64, is_large: bool },
    Listed { epoch: Epoch },
}

pub(crate) struct Scheduled {
    pub(crate) at: u64,
    /// The order among events of the same time.
    pub(crate) turn: u8,
    pub(crate) number: u64,
    pub(crate) event: Event,
}

impl Scheduled {
    fn key(&self) -> (u64, u8, u64) {
        (self.at, self.turn, self.number)
    }
}

impl PartialEq for Scheduled {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Scheduled {}

impl PartialOrd for Scheduled {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Scheduled {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

pub(crate) const FIRST: u8 = 0;
pub(crate) const IN_TURN: u8 = 1;
pub(crate) const LAST: u8 = 2;

impl Event {
    /// The page that the event happens to. `page_of` maps a connection to its page. An event for a page that is
    /// gone has no effect.
    pub(crate) fn page(&self, page_of: impl FnOnce(ConnectionId) -> PageId) -> Option<PageId> {
        match *self {
            Self::Timer { page, .. }
            | Self::Authorized { page, .. }
            | Self::Done { page, .. }
            | Self::Later { page, .. }
            | Self::Managed { page, .. }
            | Self::Step { page, .. } => Some(page),
            Self::Up { connection }
            | Self::Upgraded { connection }
            | Self::Closed { connection, .. }
            | Self::Packet { connection, .. }
            | Self::HeartbeatMissed { connection }
            | Self::Judged { connection, .. } => Some(page_of(connection)),
            Self::Planned(_)
            | Self::Awake
            | Self::Loaded { .. }
            | Self::Disk { .. }
            | Self::Arrived { .. }
            | Self::Hangup { .. }
            | Self::Frame { .. }
            | Self::Heartbeat { .. }
            | Self::PatienceEnds { .. }
            | Self::Dispatch { .. }
            | Self::Finished { .. }
            | Self::LateAnswer { .. }
            | Self::Poisoned { .. }
            | Self::Restarted => None,
        }
    }

    /// Whether it happens on the client's machine, which may sleep.
    pub(crate) fn is_the_clients(&self) -> bool {
        match self {
            Self::Timer { .. }
            | Self::Awake
            | Self::Authorized { .. }
            | Self::Later { .. }
            | Self::Managed { .. }
            | Self::Up { .. }
            | Self::Upgraded { .. }
            | Self::Closed { .. }
            | Self::Packet { .. }
            | Self::HeartbeatMissed { .. }
            | Self::Loaded { .. }
            | Self::Disk { .. }
            | Self::Done { .. }
            | Self::Judged { .. }
            | Self::Step { .. } => true,
            Self::Planned(planned) => planned.is_the_clients(),
            Self::Arrived { .. }
            | Self::Hangup { .. }
            | Self::Frame { .. }
            | Self::Heartbeat { .. }
            | Self::PatienceEnds { .. }
            | Self::Dispatch { .. }
            | Self::Finished { .. }
            | Self::LateAnswer { .. }
            | Self::Poisoned { .. }
            | Self::Restarted => false,
        }
    }
}

/// The Manager's timers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Managed {
    Attempt { timer: u64 },
    TimedOut { connection: ConnectionId },
}
