//! The overridden methods of the Socket and its Manager.
//!
//! The client overrides these methods instead of adding listeners, so no `off(event)` removes them and no
//! `listeners(event)` shows them. The client's code runs first and is guarded. Then every listener of the app is
//! called, each guarded, so that one that throws does not prevent the others (D3).

use super::call::{Call, Part, What, each};
use super::value::{Kind, Name, Result, Value};

/// Overridden on the Socket. The first one only with `retries`, which repeats emits.
const OF_SOCKET: [(Name, What); 10] = [
    (Name::Emit, What::EmitOnce),
    (Name::EmitReserved, What::EmitReserved),
    (Name::EmitEvent, What::EmitEvent),
    (Name::EmitBuffered, What::EmitBuffered),
    (Name::NotifyOutgoingListeners, What::Leaving),
    (Name::Connect, What::Connect),
    (Name::Open, What::Connect),
    (Name::Disconnect, What::Disconnect),
    (Name::Close, What::Disconnect),
    (Name::Active, What::IsActive),
];

/// Overridden on its Manager.
const OF_MANAGER: [(Name, What); 4] = [
    (Name::Reconnect, What::Reconnect),
    (Name::Open, What::OpenManager),
    (Name::Connect, What::OpenManager),
    (Name::Socket, What::MakeSocket),
];

impl Call<'_> {
    /// Overrides the methods.
    pub(super) fn begin(self) -> Result<()> {
        self.wire.tries.set(-1);
        self.find_insides()?;
        let repeats = self.part(Part::Options).get(Name::Retries).is_truthy();
        self.override_all(self.socket().0, &OF_SOCKET[usize::from(!repeats)..])?;
        self.override_all(self.manager().0, &OF_MANAGER)
    }

    fn override_all(self, of: Value, methods: &[(Name, What)]) -> Result<()> {
        for &(name, what) in methods {
            self.parts().call3(Part::Override, of, name, what)?;
        }
        Ok(())
    }

    /// Handles an event of socket.io itself: `connect`, `disconnect` or `connect_error`.
    pub(super) fn emit_reserved(self) -> Result {
        let Self { wire, .. } = self;
        let socket = self.socket();
        let (event, args) = (self.arg(0), self.args().rest(1)?);
        let detail = args.item(0);
        let is_live = wire.epoch.get() != 0;
        let is_connect = event.is(Name::Connect);
        if event.is(Name::Disconnect) {
            // A transport that closes before the server has accepted the connection is a failed attempt. One that
            // the client closes or gives up has no connection to end.
            if !wire.is_up.replace(false) {
                return if is_live {
                    socket.0.call2(Name::EmitReserved, Name::ConnectError, self.error(detail))
                } else {
                    Ok(socket.0)
                };
            }
            if is_live {
                self.end(Value::UNDEFINED, false, detail)?;
            }
        } else if is_connect {
            wire.is_up.set(true);
            self.announce(Name::Reconnect, Value::number(wire.tries.get().into()))?;
            wire.tries.set(0);
            if is_live {
                self.tell(Part::OnUp)?;
            }
        } else if is_live {
            // The server may refuse a namespace that it has accepted before.
            wire.is_up.set(false);
            socket.0.set(Name::Connected, false);
            // A refused handshake removes the Socket's subscriptions; a failed transport does not.
            self.end(detail, !socket.subs().is_truthy(), Value::UNDEFINED)?;
            self.announce(Name::ReconnectError, detail)?;
        }
        let heard = wire.epoch.get();
        self.parts().call2(Part::OnReserved, event, args)?;
        self.dispatch(event, args)?;
        if is_connect && is_live && wire.epoch.get() == heard {
            self.tell(Part::OnGreeted)?;
        }
        Ok(socket.0)
    }

    /// Handles an event of the server, with its arguments.
    pub(super) fn emit_event(self, args: Value) -> Result<()> {
        let count = args.count();
        // As the original does for connection state recovery: the server appends an offset to events with a text as
        // last argument, except to volatile ones. A bare event has only its name, which is no offset.
        let last = if count > 1 { args.item(count - 1) } else { Value::UNDEFINED };
        let kind = last.kind();
        let is_offset = (kind == Kind::Text || last.is(Name::Nothing)) && self.has_session();
        if is_offset {
            self.set_offset(last);
        }
        let extra = if is_offset || kind == Kind::Function { last } else { Value::UNDEFINED };
        let told = self.part(Part::OnEvent);
        if self.parts().call3(Part::Call, told, args, extra)?.is(false) {
            return Ok(());
        }
        self.call_each(self.socket().0.call0(Name::ListenersAny)?, args)?;
        self.dispatch(args.item(0), args.rest(1)?)
    }

    /// The Socket is connected: emits what was received and emitted before. In the original, one packet that can't
    /// be encoded would throw at every connect, before 'connect' is emitted.
    pub(super) fn emit_buffered(self) -> Result<()> {
        let session = self.part(Part::Session);
        if session.is_truthy() {
            self.find_session(session)?;
        }
        let socket = self.socket();
        let received = socket.receive_buffer();
        socket.0.set(Name::ReceiveBuffer, Value::list());
        // socket.io-client has frozen these lists.
        each(received, &mut |args| socket.0.call1(Name::EmitEvent, args.rest(0)?).map(drop))?;
        let buffered = socket.send_buffer();
        socket.0.set(Name::SendBuffer, Value::list());
        each(buffered, &mut |packet| {
            let notified = socket.0.call1(Name::NotifyOutgoingListeners, packet);
            if notified.and_then(|_| socket.0.call1(Name::Packet, packet)).is_err() {
                socket.acks().remove(packet.get(Name::Id));
                self.tell(Part::Report)?;
            }
            Ok(())
        })
    }

    /// An event leaves.
    pub(super) fn leaving(self, packet: Value) -> Result<()> {
        if !self.wire.is_ours.get() {
            self.parts().call1(Part::OnLeaving, packet)?;
        }
        let listeners = self.socket().0.call0(Name::ListenersAnyOutgoing)?;
        self.call_each(listeners, packet.get(Name::Data))
    }

    /// The app called a method of its Socket that the client handles.
    pub(super) fn hand_over(self, part: Part) -> Result {
        self.tell(part)?;
        Ok(self.socket().0)
    }

    /// Emits for the app with `retries`. The original would repeat an emit without a callback for want of an
    /// acknowledgement, and delay all later ones. So such an emit is sent once. It still asks for an
    /// acknowledgement as with `retries`, because servers may call the callback.
    pub(super) fn emit_once(self) -> Result {
        let args = self.args();
        let flags = self.socket().flags();
        let is_asked = args.item(args.count().wrapping_sub(1)).kind() == Kind::Function;
        if is_asked || flags.get(Name::Volatile).is_truthy() {
            return self.part(Part::Emit).apply(self.socket().0, args);
        }
        flags.set(Name::FromQueue, true);
        args.call1(Name::Push, self.part(Part::Nothing))?;
        // Without its timeout, which would remove it from the buffer.
        self.emit_plainly(args)
    }

    /// Opens the Manager for Sockets of other namespaces, which share the present connection.
    pub(super) fn open_manager(self) -> Result {
        let manager = self.manager().0;
        if self.wire.epoch.get() != 0 || !self.parts().call0(Part::IsActive)?.is_truthy() {
            return self.part(Part::Open).call2(Name::Call, manager, self.arg(0));
        }
        self.tell(Part::WantsLink)?;
        Ok(manager)
    }

    /// Makes a Socket of another namespace.
    pub(super) fn make_socket(self) -> Result {
        let other = self.part(Part::Socket).apply(self.manager().0, self.args())?;
        if self.part(Part::ConnectsOthers).is_truthy() {
            return other.call0(Name::Connect);
        }
        Ok(other)
    }
}
