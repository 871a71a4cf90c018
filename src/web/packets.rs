//! Packets that leave over a connection, and receipts.

use super::call::{Call, Part};
use super::value::{Name, Result, Value};

/// The length of the common prefix of receipts' namespaces, which no server has: [`Name::Unheard`].
const RECEIPT: u32 = 11;
// PacketTypes of socket.io-parser.
const CONNECT: Value = Value::small(0);
const DISCONNECT: Value = Value::small(1);
const CONNECT_ERROR: Value = Value::small(4);

impl Call<'_> {
    /// Emits at once or not at all. The Socket buffers an emit if it knows that its link is dead but has not
    /// reported that yet. Then the emit is removed from the buffer, and the link is down.
    pub(super) fn send(self) -> Result {
        let Self { wire, .. } = self;
        let socket = self.socket();
        let (flags, id) = (socket.flags(), socket.ids());
        let buffered = socket.send_buffer().get(Name::Length);
        // `retries` and `ackTimeout` apply only to the app's emits.
        socket.0.set(Name::Flags, self.parts().call0(Part::OurFlags)?);
        wire.is_ours.set(true);
        let sent = self.emit_plainly(self.args());
        wire.is_ours.set(false);
        socket.0.set(Name::Flags, flags);
        if sent.is_err() {
            // An exception is passed on.
            socket.acks().remove(id);
            return sent;
        }
        let buffer = socket.send_buffer();
        if buffer.get(Name::Length).is(buffered) {
            return Ok(id);
        }
        buffer.call0(Name::Pop)?;
        socket.acks().remove(id);
        self.end(Value::UNDEFINED, false, Value::UNDEFINED)?;
        self.manager().disconnect()?;
        Ok(Value::UNDEFINED)
    }

    /// Sends a packet of another namespace than the Socket's.
    pub(super) fn send_packet(self, kind: Value, nsp: Value) -> Result<()> {
        let outsider = self.part(Part::Outsider);
        outsider.set(Name::Nsp, nsp);
        let packet = Value::object();
        packet.set(Name::Type, kind);
        outsider.call1(Name::Packet, packet).map(drop)
    }

    /// Asks the server for receipts: sends CONNECT for a namespace that it does not know.
    pub(super) fn ask_receipts(self) -> Result<()> {
        let name = self.arg(0);
        for _ in 0..self.arg(1).to_number() as u32 {
            self.send_packet(CONNECT, name)?;
        }
        Ok(())
    }

    /// Handles a packet of any namespace.
    pub(super) fn packet_came(self, packet: Value) -> Result<()> {
        let kind = packet.get(Name::Type);
        let (is_connect, is_error) = (kind.is(CONNECT), kind.is(CONNECT_ERROR));
        if !is_connect && !is_error {
            return Ok(());
        }
        let (nsp, data) = (packet.get(Name::Nsp), packet.get(Name::Data));
        if is_connect && nsp.is(self.socket().nsp()) {
            let session = if data.is_truthy() { data.get(Name::Pid) } else { data };
            self.parts().set(Part::Session, session);
        }
        let is_receipt = nsp.call1(Name::StartsWith, Name::Unheard)?.is_truthy();
        if self.wire.epoch.get() == 0 || !is_receipt {
            return Ok(());
        }
        // The texts by which servers refuse an unknown namespace: socket.io and socketioxide use one,
        // python-socketio the other.
        let text = self.parts().call1(Part::TextOf, data)?;
        let is_unknown = text.is(Name::InvalidNamespace) || text.is(Name::UnableToConnect);
        // The server accepted the namespace. Leave it once: no receipt will follow, and leaving a namespace twice
        // ends the link.
        if is_connect && !self.wire.has_left.replace(true) {
            self.send_packet(DISCONNECT, nsp)?;
        }
        let name = nsp.rest(RECEIPT)?.to_number().max(0.0);
        let is_plain = is_error && is_unknown;
        self.parts().call2(Part::OnReceipt, Value::number(name), is_plain).map(drop)
    }
}
