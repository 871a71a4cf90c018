//! What the Socket keeps inside and has no public way to. Minified bundles of socket.io-client have other names for all
//! that begins with `_`, so each place is found by what is in it.

use super::call::{Call, Part, each};
use super::value::{Kind, Name, Result, Value};

impl Call<'_> {
    /// Finds the options that the Socket was made by, and what the app emits with `retries`.
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

    /// Emits as the Socket does by itself, with no bound on how long the acknowledgement may take.
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

    /// The server named a session, which the Socket has just noted down: where that is, and where it notes down the
    /// offset of the last event.
    pub(super) fn find_session(self, session: Value) -> Result<()> {
        if self.part(Part::SessionName).is_truthy() {
            return Ok(());
        }
        let socket = self.socket().0;
        let listeners = socket.call0(Name::ListenersAny)?;
        let all = listeners.call1(Name::Splice, Value::small(0))?;
        // The name of an event that nobody hears. The Socket takes the last text of an event for its offset.
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

    /// Whether the server would recover the present session.
    pub(super) fn has_session(self) -> bool {
        self.socket().0.get(self.part(Part::SessionName)).is_truthy()
    }

    /// Notes down the offset of the event that came last.
    pub(super) fn set_offset(self, offset: Value) {
        self.socket().0.set(self.part(Part::OffsetName), offset);
    }

    /// No attempt asks the server for the sessions that there were.
    pub(super) fn forget_sessions(self) -> Result<()> {
        self.each_socket(&mut |one| {
            one.remove(self.part(Part::SessionName));
            one.remove(self.part(Part::OffsetName));
            Ok(())
        })
    }

    /// Leaves nothing of a user behind that the next one's session could send, receive or recover.
    pub(super) fn wipe(self) -> Result<()> {
        // As socket.io-client does for what was under way when it disconnects.
        let error = self.error(Name::Ended);
        let hear = |callback| self.parts().call2(Part::Call, callback, error).map(drop);
        self.each_socket(&mut |one| {
            let acks = Value::OBJECT.call1(Name::Values, one.get(Name::Acks))?;
            // A Socket without `retries` has an empty one.
            let queue = one.get(self.part(Part::QueueName));
            let packets = queue.call1(Name::Splice, Value::small(0)).unwrap_or(Value::UNDEFINED);
            one.set(Name::SendBuffer, Value::list());
            one.set(Name::ReceiveBuffer, Value::list());
            one.set(Name::Acks, Value::object());
            // What is in the queue hears of it below, and once.
            each(packets, &mut |packet| {
                packet.set(Name::TryCount, Value::number(-1.0));
                Ok(())
            })?;
            each(acks, &mut |ack| {
                if ack.get(Name::WithError).is_truthy() { hear(ack) } else { Ok(()) }
            })?;
            each(packets, &mut |packet| {
                // It hears of it while it is the first, and for the last time.
                packet.set(Name::TryCount, Value::number(f64::INFINITY));
                queue.call1(Name::Unshift, packet)?;
                let args = packet.get(Name::Args);
                hear(args.item(args.count().saturating_sub(1)))
            })
        })?;
        self.forget_sessions()
    }
}
