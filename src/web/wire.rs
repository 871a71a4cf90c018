//! The life of a connection: how it is opened, what is handled while it lives, and how it ends.

use super::call::{Call, Part, What};
use super::socket_io::{Engine, Transport};
use super::value::{Name, Result, Value};
use crate::client::transport;

impl Call<'_> {
    /// Opens a connection.
    pub(super) fn open(self, attempt: u32) -> Result<()> {
        let Self { wire, .. } = self;
        let (parts, manager) = (self.parts(), self.manager());
        // Sockets of other namespaces may have kept the connection open, but it was made with the former
        // credentials.
        if manager.engine().ready_state().is(Name::Open) {
            manager.disconnect()?;
        }
        self.set_epoch(attempt);
        wire.tries.set(wire.tries.get() + 1);
        self.announce(Name::ReconnectAttempt, Value::number(wire.tries.get().into()))?;

        // The app may have assigned other transports since.
        let options = manager.options();
        let assigned = options.get(Name::Transports);
        let is_new = !assigned.is(self.part(Part::Given));
        if is_new && assigned.is_truthy() {
            parts.set(Part::Transports, assigned);
        }
        let wanted = self.part(Part::Transports);
        // A copy, because socket.io-client modifies this list.
        let list = wanted.rest(0)?;
        let count = list.count();
        let mut order = wire.order.get();
        if order.is_turned(self.arg(0).to_number() as u32, is_new) && count > 1 {
            list.set(Value::small(0), wanted.item(1));
            list.set(Value::small(1), wanted.item(0));
        }
        wire.order.set(order);
        parts.set(Part::Given, list);
        options.set(Name::Transports, list);

        let (event, on_packet) = (Name::Packet, self.part(Part::OnPacket));
        manager.0.call2(Name::Off, event, on_packet)?;
        manager.0.call2(Name::On, event, on_packet)?;
        parts.set(Part::MaxPayload, Value::UNDEFINED);
        wire.heartbeat.set(0.0);
        self.part(Part::Connect).call1(Name::Call, self.socket().0)?;

        let engine = manager.engine();
        let hear = |what, of| self.hear(what, attempt, of);
        for &(event, what) in &[
            (Name::Handshake, What::Handshake),
            (Name::Packet, What::Heard),
            (Name::Drain, What::Drained),
            (Name::Upgrade, What::Upgraded),
            (Name::UpgradeError, What::UpgradeFailed),
            (Name::Open, What::Opened),
            (Name::Close, What::Closed),
        ] {
            engine.0.call2(Name::On, event, hear(what, engine.0)?)?;
        }
        if transport::is_watched(engine.transport().is(Name::WebSocket), count) {
            let listener = hear(What::SaidNothing, engine.0)?;
            parts.call2(Part::Later, listener, self.arg(1))?;
        }
        Ok(())
    }

    /// A JavaScript function that makes this call about one connection.
    pub(super) fn hear(self, what: What, attempt: u32, subject: Value) -> Result {
        self.parts().call3(Part::Hear, what, Value::number(attempt.into()), subject)
    }

    pub(super) fn drained(self, is_live: bool) -> Result<()> {
        if !is_live {
            return Ok(());
        }
        // For polling this means that a POST was answered. For a WebSocket it only means that the browser has taken
        // the bytes.
        if Engine(self.subject()).transport().is(Name::Polling) {
            self.tell(Part::OnHeard)?;
        }
        self.tell(Part::OnDrained)
    }

    /// Closes a connection whose upgrade failed at the wrong moment. If the WebSocket is lost while polling pauses
    /// for it, polling stays paused for ever without an error. So polling is resumed and closed.
    pub(super) fn upgrade_failed(self) -> Result<()> {
        let transport = Engine(self.subject()).transport();
        if transport.ready_state().is(Name::Pausing) {
            transport.0.set(Name::ReadyState, Name::Open);
            transport.0.call0(Name::OnError)?;
            transport.0.call0(Name::Close)?;
        }
        Ok(())
    }

    /// The connection is closed. `is_early` is true if it was never open.
    pub(super) fn closed(self, reason: Value, is_early: bool, attempt: u32) -> Result<()> {
        if is_early {
            // The Manager reports nothing about a connection that an app closes before it is open.
            self.fail(reason)?;
        }
        // The handshake may be answered after the attempt was given up. Nobody else would tell the server, which
        // would keep the session until its ping timeout.
        let transport = Engine(self.subject()).transport();
        transport.on(Name::Packet, self.hear(What::LatePacket, attempt, transport.0)?).map(drop)
    }

    pub(super) fn late_packet(self, packet: Value) -> Result<()> {
        if packet.get(Name::Type).is(Name::Open) {
            let handshake = Value::JSON.call1(Name::Parse, packet.get(Name::Data))?;
            let transport = Transport(self.subject());
            transport.0.get(Name::Query).set(Name::Sid, handshake.get(Name::Sid));
            transport.write(Name::Close)?;
        }
        Ok(())
    }

    pub(super) fn unanswered(self, is_live: bool) -> Result<()> {
        if is_live && Engine(self.subject()).ready_state().is(Name::Opening) {
            self.fail(Name::Unanswered)?;
        }
        Ok(())
    }

    /// Closes the connection in any state. Listeners are told; the client is not. `is_polite` tells the server, and
    /// reports to listeners that this side closed it. `is_final` closes it even if Sockets of other namespaces use
    /// it.
    pub(super) fn shut(self, is_polite: bool, is_final: bool) -> Result<()> {
        let Self { wire, .. } = self;
        let was_connecting = wire.epoch.get() != 0 && !wire.is_up.get();
        self.set_epoch(0);
        let manager = self.manager();
        if is_polite {
            self.part(Part::Disconnect).call1(Name::Call, self.socket().0)?;
            if !is_final && self.has_others()? {
                return Ok(());
            }
        } else {
            // The server may keep this session for a while. If it recovered the session meanwhile, the session
            // would lose its rooms when the old link ends there.
            self.forget_sessions()?;
            if was_connecting {
                let error = self.error(Name::Timeout);
                // The Socket handles the Manager's event.
                self.proclaim(Name::Error, error)?;
                self.announce(Name::ReconnectError, error)?;
            }
        }
        // `engine.close()` never reports the end of a half-open transport; the Manager reports it at once.
        manager.disconnect().map(drop)
    }

    pub(super) fn has_others(self) -> Result<bool> {
        let mut has_others = false;
        self.each_socket(&mut |one| {
            has_others |= !one.is(self.socket().0) && one.get(Name::Active).is_truthy();
            Ok(())
        })?;
        Ok(has_others)
    }

    /// The connection ended, or the attempt failed.
    pub(super) fn end(self, error: Value, is_rejection: bool, reason: Value) -> Result<()> {
        self.set_epoch(0);
        // After a refusal or a disconnect by the server the transport is still open. The next attempt makes its
        // own.
        if !self.socket().subs().is_truthy() {
            self.manager().disconnect()?;
        }
        self.parts().call3(Part::OnDown, error, is_rejection, reason).map(drop)
    }
}
