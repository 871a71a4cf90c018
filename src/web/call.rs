//! A call of JavaScript's about the Socket: what is asked for, what is handed over for it, and who does it.
//!
//! No borrow is held while JavaScript runs (D1): what is known between two calls is numbers in cells, and every
//! JavaScript value is on the stack of the call. So whatever a listener of the app's does, it finds nothing half
//! done that could trap. What is about one connection carries the attempt that this was made by (D4).

use core::cell::Cell;

use super::socket_io::{Manager, Socket};
use super::value::{Name, Result, SMALL, Value};
use crate::client::transport;

/// What is known of the connection between two calls.
#[derive(Debug, Default)]
pub struct Wire {
    /// The attempt that the transport belongs to, while it may still speak. 0 is none.
    pub(super) epoch: Cell<u32>,
    /// The attempt whose connection the server has opened.
    pub(super) opened: Cell<u32>,
    /// The server has let us in.
    pub(super) is_up: Cell<bool>,
    /// Attempts since the last connection, the very first one not counted.
    pub(super) tries: Cell<i32>,
    /// What leaves is no emit of the app's.
    pub(super) is_ours: Cell<bool>,
    /// The app's options bound how long an acknowledgement may take.
    pub(super) has_timeout: Cell<bool>,
    /// A namespace of ours was connected, and left.
    pub(super) has_left: Cell<bool>,
    pub(super) order: Cell<transport::Order>,
    /// Of the live connection: the longest silence that the server's handshake allows.
    pub(super) heartbeat: Cell<f64>,
}

/// What JavaScript hands over with each call, by its place: see `pkg-template/shell/wire.js`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    // The first two are the Socket and its Manager.
    /// The epoch, for the shell to read.
    Epoch = 2,
    /// The largest message that the server takes, for the shell to read.
    MaxPayload,
    // What the shell does.
    Call,
    CallEach,
    Report,
    TextOf,
    Error,
    Later,
    Hear,
    Override,
    Nothing,
    OurFlags,
    // What the Socket was made of.
    Outsider,
    OnPacket,
    ConnectsOthers,
    Transports,
    Given,
    // What it does by itself.
    Connect,
    Disconnect,
    Emit,
    EmitEvent,
    Open,
    Socket,
    // What is kept of what it has inside.
    Options,
    QueueName,
    Session,
    SessionName,
    OffsetName,
    // Who is told.
    WantsLink,
    WantsNone,
    IsActive,
    OnDrained,
    OnReceipt,
    OnTransport,
    OnHeard,
    OnUp,
    OnGreeted,
    OnDown,
    OnEvent,
    OnReserved,
    OnLeaving,
}

// All of them have to be among the numbers that stay on the stack.
const _: () = assert!((Part::OnLeaving as u32) < SMALL && What::ALL.len() < SMALL as usize);

impl From<Part> for Value {
    fn from(part: Part) -> Self {
        Self::small(part as u32)
    }
}

impl From<What> for Value {
    fn from(what: What) -> Self {
        Self::small(what as u32)
    }
}

macro_rules! whats {
    ($($(#[$about:meta])* $what:ident)*) => {
        /// What JavaScript calls for: the first by the table `WIRE`, the others by what it was given to call.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum What { $($(#[$about])* $what,)* }

        impl What {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$what),*];
        }
    };
}

whats! {
    /// Overrides what has to be.
    Begin
    /// failures, milliseconds until a silent WebSocket is given up; the link is the attempt's number
    Open
    /// whether it is polite, whether it is final
    Shut
    /// event, arguments, and the acknowledgement, if any. Answers its number; nothing where the packet did not leave.
    Emit
    /// name, count
    Ask
    /// query, headers: the next attempt is made with them
    Identity
    /// Leaves nothing of a user behind.
    Clean
    /// A packet of whatever namespace came.
    Came
    /// What speaks from now on belongs to the attempt, if any; the longest silence that the heartbeat allows
    Attach
    /// Of one connection: something came.
    Heard
    /// Of one connection: its transport has sent what it had.
    Drained
    /// Of one connection: it goes over a WebSocket by now.
    Upgraded
    /// Of one connection: it stays with polling.
    UpgradeFailed
    /// Of the Socket: an event of socket.io's own.
    EmitReserved
    /// Of the Socket: an event of the server's.
    EmitEvent
    /// Of the Socket: what came and what was emitted before it was connected.
    EmitBuffered
    /// Of the Socket: an event leaves.
    Leaving
    /// Of the Socket: the app wants a link.
    Connect
    /// Of the Socket: the app wants none.
    Disconnect
    /// Of the Socket, under `retries`: the app emits.
    EmitOnce
    /// Of the Socket: whether there is, or is to be, a link.
    IsActive
    /// Of its Manager: it would reconnect by itself.
    Reconnect
    /// Of its Manager: somebody wants it open.
    OpenManager
    /// Of its Manager: somebody wants a Socket of another namespace.
    MakeSocket
    /// Of one connection: the server opened it.
    Handshake
    /// Of one connection: it is open.
    Opened
    /// Of one connection: it is closed.
    Closed
    /// Of the transport of a closed one: something came all the same.
    LatePacket
    /// Of one connection: its time to say something is over.
    SaidNothing
}

/// One call of JavaScript's: what it is given for every call, and what for this one.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    pub(super) wire: &'a Wire,
    /// The place of the first value that was given.
    first: i32,
}

impl<'a> Call<'a> {
    /// `first` is the place of the first of five values: the parts, the Socket, the Manager, whatever the call is
    /// about, and the list of its arguments; where it is about a connection, what was said of that.
    #[must_use]
    pub fn new(wire: &'a Wire, first: i32) -> Self {
        Self { wire, first }
    }

    pub(super) fn parts(self) -> Value {
        Value::given(self.first, 0)
    }

    pub(super) fn socket(self) -> Socket {
        Socket(Value::given(self.first, 1))
    }

    pub(super) fn manager(self) -> Manager {
        Manager(Value::given(self.first, 2))
    }

    pub(super) fn subject(self) -> Value {
        Value::given(self.first, 3)
    }

    pub(super) fn args(self) -> Value {
        Value::given(self.first, 4)
    }

    /// What was said of a connection.
    fn said(self) -> Value {
        self.args()
    }

    /// An argument.
    pub(super) fn arg(self, index: u32) -> Value {
        self.args().item(index)
    }

    pub(super) fn part(self, part: Part) -> Value {
        self.parts().get(part)
    }

    /// Does what was asked for. `link` is the attempt that it is about.
    pub fn run(self, what: What, link: u32) -> Result {
        let Self { wire, .. } = self;
        let is_live = wire.epoch.get() == link;
        let done = match what {
            What::Begin => self.begin(),
            What::Open => self.open(link),
            What::Shut => self.shut(self.arg(0).is_truthy(), self.arg(1).is_truthy()),
            What::Emit => return self.send(),
            What::Ask => self.ask_receipts(),
            What::Identity => {
                let options = self.manager().options();
                options.set(Name::Query, self.arg(0));
                options.set(Name::ExtraHeaders, self.arg(1));
                Ok(())
            }
            What::Clean => self.wipe(),
            What::EmitReserved => return self.emit_reserved(),
            What::EmitEvent => self.emit_event(self.arg(0)),
            What::EmitBuffered => self.emit_buffered(),
            What::Leaving => self.leaving(self.arg(0)),
            What::Connect => return self.hand_over(Part::WantsLink),
            What::Disconnect => return self.hand_over(Part::WantsNone),
            What::EmitOnce => return self.emit_once(),
            What::IsActive => return self.parts().call0(Part::IsActive),
            // Whatever a component sets by `socket.io.reconnection(true)`: of two that reconnect neither
            // knows what the other does.
            What::Reconnect => Ok(()),
            What::OpenManager => return self.open_manager(),
            What::MakeSocket => return self.make_socket(),
            What::Came => self.packet_came(self.said()),
            What::Attach => {
                self.set_epoch(link);
                self.wire.heartbeat.set(self.said().to_number());
                Ok(())
            }
            What::Handshake => {
                let said = |name| self.said().get(name).to_number();
                self.parts().set(Part::MaxPayload, self.said().get(Name::MaxPayload));
                wire.heartbeat.set((said(Name::PingInterval) + said(Name::PingTimeout)).max(0.0));
                Ok(())
            }
            What::Drained => self.drained(is_live),
            What::Upgraded if is_live => self.tell(Part::OnTransport),
            // The shell hears of it by itself.
            What::Heard | What::Upgraded => Ok(()),
            What::UpgradeFailed => self.upgrade_failed(),
            What::Opened => {
                wire.opened.set(link);
                Ok(())
            }
            What::Closed => self.closed(self.said(), is_live && wire.opened.get() != link, link),
            What::LatePacket => self.late_packet(self.said()),
            What::SaidNothing => self.said_nothing(is_live),
        };
        done.map(|()| Value::UNDEFINED)
    }

    /// The attempt that the transport belongs to from now on.
    pub(super) fn set_epoch(self, epoch: u32) {
        self.wire.epoch.set(epoch);
        self.parts().set(Part::Epoch, Value::number(epoch.into()));
    }

    /// Tells the client.
    pub(super) fn tell(self, part: Part) -> Result<()> {
        self.parts().call0(part).map(drop)
    }

    pub(super) fn error(self, text: impl Into<Value>) -> Value {
        self.parts().call1(Part::Error, text).unwrap_or(Value::UNDEFINED)
    }

    /// What the Manager would say if it reconnected by itself, for whoever listens.
    pub(super) fn announce(self, event: Name, detail: Value) -> Result<()> {
        if self.wire.tries.get() > 0 { self.proclaim(event, detail) } else { Ok(()) }
    }

    /// The Manager says an event to whoever listens, the Socket too.
    pub(super) fn proclaim(self, event: Name, detail: Value) -> Result<()> {
        if self.manager().emit_reserved(event, detail).is_err() {
            self.tell(Part::Report)?;
        }
        Ok(())
    }

    /// The attempt failed, as far as the Manager knows.
    pub(super) fn fail(self, text: impl Into<Value>) -> Result<()> {
        self.proclaim(Name::Error, self.error(text))?;
        self.manager().disconnect().map(drop)
    }

    pub(super) fn call_each(self, listeners: Value, args: Value) -> Result<()> {
        self.parts().call3(Part::CallEach, listeners, self.socket().0, args).map(drop)
    }

    pub(super) fn dispatch(self, event: Value, args: Value) -> Result<()> {
        self.call_each(self.socket().listeners(event)?, args)
    }

    /// All of the Manager, of whatever namespace.
    pub(super) fn each_socket(self, run: &mut dyn FnMut(Value) -> Result<()>) -> Result<()> {
        each(Value::OBJECT.call1(Name::Values, self.manager().sockets())?, run)
    }
}

/// Runs for each item of a list.
pub(super) fn each(list: Value, run: &mut dyn FnMut(Value) -> Result<()>) -> Result<()> {
    for index in 0..list.count() {
        run(list.item(index))?;
    }
    Ok(())
}
