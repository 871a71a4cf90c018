//! Private fields of the Socket. Minified bundles of socket.io-client rename all fields that begin with `_`, so
//! each field is found by its content.

use super::call::{Call, Part, each};
use super::value::{Kind, Name, Result, Value};

impl Call<'_> {
    /// Finds the options that the Socket was made with, and the queue of `retries`.
    pub(super) fn find_insides(self) -> Result<()> {
        let parts = self.parts();
        parts.set(Part::Options, Value::object());
        self.each_field(&mut |name, value| {
            let is_options = value.get(Name::ForceNew).is_truthy();
            let is_queue = value.kind() == Kind::List
                && !name.call1(Name::EndsWith, Name::Buffer)?.is_truthy()
                && !self.part(Part::QueueName).is_truthy();
            if is_options {
                parts.set(Part::Options, value);
                self.wire.has_timeout.set(value.get(Name::AckTimeout).is_truthy());
            }
            if is_queue {
                parts.set(Part::QueueName, name);
            }
            Ok(())
        })
    }

    fn each_field(self, run: &mut dyn FnMut(Value, Value) -> Result<()>) -> Result<()> {
        let fields = Value::OBJECT.call1(Name::Entries, self.socket().0)?;
        each(fields, &mut |field| run(field.item(0), field.item(1)))
    }

    /// Emits as the original does, but without a limit on how long the acknowledgement may take.
    pub(super) fn emit_plainly(self, args: Value) -> Result {
        let emit = || self.part(Part::Emit).apply(self.socket().0, args);
        if !self.wire.has_timeout.get() {
            return emit();
        }
        let options = self.part(Part::Options);
        let ack_timeout = options.get(Name::AckTimeout);
        options.set(Name::AckTimeout, Value::UNDEFINED);
        let sent = emit();
        options.set(Name::AckTimeout, ack_timeout);
        sent
    }

    /// The server named a session, which the Socket has just stored: finds the field of it, and the field of the
    /// last event's offset.
    pub(super) fn find_session(self, session: Value) -> Result<()> {
        if self.part(Part::SessionName).is_truthy() {
            return Ok(());
        }
        let socket = self.socket().0;
        let listeners = socket.call0(Name::ListenersAny)?;
        let all = listeners.call1(Name::Splice, Value::small(0))?;
        // An event name that nobody listens to. The Socket stores the last text of an event as its offset.
        let args = Value::ARRAY.call2(Name::Of, Name::Unheard, Name::Unheard)?;
        self.part(Part::EmitEvent).call2(Name::Call, socket, args)?;
        listeners.get(Name::Push).apply(listeners, all)?;
        self.each_field(&mut |name, value| {
            if value.is(session) {
                self.parts().set(Part::SessionName, name);
            }
            if value.is(Name::Unheard) {
                self.parts().set(Part::OffsetName, name);
                socket.remove(name);
            }
            Ok(())
        })
    }

    /// Whether the Socket has a session that the server could recover.
    pub(super) fn has_session(self) -> bool {
        self.socket().0.get(self.part(Part::SessionName)).is_truthy()
    }

    /// Stores the offset of the last event.
    pub(super) fn set_offset(self, offset: Value) {
        self.socket().0.set(self.part(Part::OffsetName), offset);
    }

    /// Forgets the sessions, so that no attempt asks the server to recover them.
    pub(super) fn forget_sessions(self) -> Result<()> {
        self.each_socket(&mut |one| {
            one.remove(self.part(Part::SessionName));
            one.remove(self.part(Part::OffsetName));
            Ok(())
        })
    }

    /// Removes everything of a user that the next user's session could send, receive or recover.
    pub(super) fn wipe(self) -> Result<()> {
        // socket.io-client reports the same error to pending emits when it disconnects.
        let error = self.error(Name::Ended);
        let hear = |callback| self.parts().call2(Part::Call, callback, error).map(drop);
        self.each_socket(&mut |one| {
            let acks = Value::OBJECT.call1(Name::Values, one.get(Name::Acks))?;
            // The queue of a Socket without `retries` is empty.
            let queue = one.get(self.part(Part::QueueName));
            let packets = queue.call1(Name::Splice, Value::small(0)).unwrap_or(Value::UNDEFINED);
            one.set(Name::SendBuffer, Value::list());
            one.set(Name::ReceiveBuffer, Value::list());
            one.set(Name::Acks, Value::object());
            // Queued emits are told below, and only once.
            each(packets, &mut |packet| {
                packet.set(Name::TryCount, Value::number(-1.0));
                Ok(())
            })?;
            each(acks, &mut |ack| {
                if ack.get(Name::WithError).is_truthy() { hear(ack) } else { Ok(()) }
            })?;
            each(packets, &mut |packet| {
                // It is told while it is the first in the queue, and for the last time.
                packet.set(Name::TryCount, Value::number(f64::INFINITY));
                queue.call1(Name::Unshift, packet)?;
                let args = packet.get(Name::Args);
                hear(args.item(args.count().saturating_sub(1)))
            })
        })?;
        self.forget_sessions()
    }
}
