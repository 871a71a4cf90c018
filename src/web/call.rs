//! A call from JavaScript about the Socket: what is requested, its arguments, and who handles it.
//!
//! No borrow is active while JavaScript runs (D1). Between two calls only numbers in cells are stored, and every
//! JavaScript value is on the stack of the call. So a listener of the app may call anything and finds no
//! half-finished state that could trap. A call about one connection carries the number of the attempt that made the
//! connection (D4).

use core::cell::Cell;

use super::socket_io::{Manager, Socket};
use super::value::{Name, Result, SMALL, Value};
use crate::client::transport;

/// The state of the connection between two calls.
#[derive(Debug, Default)]
pub struct Wire {
    /// The attempt that the transport belongs to, while the client still listens to it. 0 is none.
    pub(super) epoch: Cell<u32>,
    /// The attempt whose connection the server has opened.
    pub(super) opened: Cell<u32>,
    /// The server has accepted the Socket's connection.
    pub(super) is_up: Cell<bool>,
    /// The number of attempts since the last connection. The very first one is not counted.
    pub(super) tries: Cell<i32>,
    /// The client itself emits now, not the app.
    pub(super) is_ours: Cell<bool>,
    /// The app's options limit how long an acknowledgement may take.
    pub(super) has_timeout: Cell<bool>,
    /// A receipt's namespace was connected, and was left again.
    pub(super) has_left: Cell<bool>,
    pub(super) order: Cell<transport::Order>,
    /// The longest silence in milliseconds that the handshake of the live connection allows.
    pub(super) heartbeat: Cell<f64>,
}

/// The values that JavaScript passes with each call, by index: see `pkg-template/shell/wire.js`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    // The first two are the Socket and its Manager.
    /// The epoch, for the shell to read.
    Epoch = 2,
    /// The size of the largest message that the server accepts, for the shell to read.
    MaxPayload,
    // Functions of the shell.
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
    // The Socket's configuration.
    Outsider,
    OnPacket,
    ConnectsOthers,
    Transports,
    Given,
    // The original methods.
    Connect,
    Disconnect,
    Emit,
    EmitEvent,
    Open,
    Socket,
    // Parts found inside the Socket.
    Options,
    QueueName,
    Session,
    SessionName,
    OffsetName,
    // The client's callbacks.
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

// All of them must be among the numbers that stay on the stack.
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
        /// The calls from JavaScript: the first ones by the table `WIRE`, the others by the functions that it was
        /// given.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum What { $($(#[$about])* $what,)* }

        impl What {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$what),*];
        }
    };
}

whats! {
    /// Overrides the methods of the Socket and its Manager.
    Begin
    /// Arguments: failures, milliseconds until a silent WebSocket is given up. The link is the number of the
    /// attempt.
    Open
    /// Arguments: whether it is polite, whether it is final.
    Shut
    /// Arguments: event, its arguments, and the acknowledgement, if any. Returns the packet's number, or
    /// `undefined` if the packet did not leave.
    Emit
    /// Arguments: name, count.
    Ask
    /// Arguments: query, headers. The next attempt uses them.
    Identity
    /// Removes everything of a user.
    Clean
    /// A packet of any namespace came.
    Came
    /// Attaches to the attempt's connection, if any. Argument: the longest silence that the heartbeat allows.
    Attach
    /// A connection: a packet came.
    Heard
    /// A connection: its transport has sent all its packets.
    Drained
    /// A connection: it was upgraded to a WebSocket.
    Upgraded
    /// A connection: the upgrade failed, so it stays with polling.
    UpgradeFailed
    /// The Socket: an event of socket.io itself.
    EmitReserved
    /// The Socket: an event of the server.
    EmitEvent
    /// The Socket: emits what was received and emitted before it was connected.
    EmitBuffered
    /// The Socket: an event leaves.
    Leaving
    /// The Socket: the app wants a link.
    Connect
    /// The Socket: the app wants no link.
    Disconnect
    /// The Socket, with `retries`: the app emits.
    EmitOnce
    /// The Socket: whether there is a link, or an attempt at one.
    IsActive
    /// The Manager: it would reconnect by itself.
    Reconnect
    /// The Manager: somebody wants it open.
    OpenManager
    /// The Manager: somebody wants a Socket of another namespace.
    MakeSocket
    /// A connection: the server has sent the handshake.
    Handshake
    /// A connection: it is open.
    Opened
    /// A connection: it is closed.
    Closed
    /// The transport of a closed connection: a packet came nevertheless.
    LatePacket
    /// A connection: its time to answer is over.
    SaidNothing
}

/// A call from JavaScript: the values of every call, and those of this one.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    pub(super) wire: &'a Wire,
    /// The index of the first value.
    first: i32,
}

impl<'a> Call<'a> {
    /// `first` is the index of the first of five values: the parts, the Socket, the Manager, the subject of the
    /// call, and the list of its arguments. In a call about a connection, the last is the value that the
    /// connection's event carried.
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

    /// The value that a connection's event carried.
    fn detail(self) -> Value {
        self.args()
    }

    /// The argument at `index`.
    pub(super) fn arg(self, index: u32) -> Value {
        self.args().item(index)
    }

    pub(super) fn part(self, part: Part) -> Value {
        self.parts().get(part)
    }

    /// Does what is requested. `link` is the attempt that the call is about.
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
            // A component may enable reconnection by `socket.io.reconnection(true)`, but two that reconnect
            // independently would conflict.
            What::Reconnect => Ok(()),
            What::OpenManager => return self.open_manager(),
            What::MakeSocket => return self.make_socket(),
            What::Came => self.packet_came(self.detail()),
            What::Attach => {
                self.set_epoch(link);
                self.wire.heartbeat.set(self.detail().to_number());
                Ok(())
            }
            What::Handshake => {
                let number = |name| self.detail().get(name).to_number();
                self.parts().set(Part::MaxPayload, self.detail().get(Name::MaxPayload));
                wire.heartbeat
                    .set((number(Name::PingInterval) + number(Name::PingTimeout)).max(0.0));
                Ok(())
            }
            What::Drained => self.drained(is_live),
            What::Upgraded if is_live => self.tell(Part::OnTransport),
            // The shell handles this itself.
            What::Heard | What::Upgraded => Ok(()),
            What::UpgradeFailed => self.upgrade_failed(),
            What::Opened => {
                wire.opened.set(link);
                Ok(())
            }
            What::Closed => self.closed(self.detail(), is_live && wire.opened.get() != link, link),
            What::LatePacket => self.late_packet(self.detail()),
            What::SaidNothing => self.unanswered(is_live),
        };
        done.map(|()| Value::UNDEFINED)
    }

    /// Sets the attempt that the transport belongs to from now on.
    pub(super) fn set_epoch(self, epoch: u32) {
        self.wire.epoch.set(epoch);
        self.parts().set(Part::Epoch, Value::number(epoch.into()));
    }

    /// Calls one of the client's callbacks.
    pub(super) fn tell(self, part: Part) -> Result<()> {
        self.parts().call0(part).map(drop)
    }

    pub(super) fn error(self, text: impl Into<Value>) -> Value {
        self.parts().call1(Part::Error, text).unwrap_or(Value::UNDEFINED)
    }

    /// Emits an event that the Manager emits when it reconnects by itself.
    pub(super) fn announce(self, event: Name, detail: Value) -> Result<()> {
        if self.wire.tries.get() > 0 { self.proclaim(event, detail) } else { Ok(()) }
    }

    /// Emits an event on the Manager, to which the Socket listens as well.
    pub(super) fn proclaim(self, event: Name, detail: Value) -> Result<()> {
        if self.manager().emit_reserved(event, detail).is_err() {
            self.tell(Part::Report)?;
        }
        Ok(())
    }

    /// The attempt failed. Reports it to the Manager.
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

    /// Runs for each Socket of the Manager, of any namespace.
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
