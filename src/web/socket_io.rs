//! The properties and methods of socket.io-client and engine.io-client that are used, by their own names. None of
//! them begins with `_`, because minified bundles rename those. `insides.rs` handles the Socket's fields with such
//! names.

use super::value::{Name, Result, Value};

macro_rules! objects {
    ($($(#[$about:meta])* $object:ident { $($(#[$of:meta])* $field:ident = $name:ident,)* })*) => { $(
        $(#[$about])*
        #[derive(Clone, Copy, Debug)]
        pub struct $object(pub Value);

        impl $object {
            $($(#[$of])* #[must_use] pub fn $field(self) -> Value { self.0.get(Name::$name) })*
        }
    )* };
}

objects! {
    /// The app's Socket.
    Socket {
        /// Its namespace.
        nsp = Nsp,
        /// Its subscriptions to its Manager, which a refused handshake removes and a failed transport does not.
        subs = Subs,
        /// The callbacks of pending acknowledgements, by number.
        acks = Acks,
        /// The number of the next acknowledgement.
        ids = Ids,
        /// The flags of its next emit.
        flags = Flags,
        /// Packets that wait for a connection.
        send_buffer = SendBuffer,
        /// Events that came before `connect` was emitted.
        receive_buffer = ReceiveBuffer,
    }
    /// Its Manager, which has one connection at a time.
    Manager {
        /// The options of the next connection.
        options = Opts,
        /// The Sockets, by their namespaces.
        sockets = Nsps,
    }
    /// One connection: engine.io's Socket.
    Engine {
        /// `opening`, `open`, `closing` or `closed`.
        ready_state = ReadyState,
    }
    /// The transport of a connection: polling or a WebSocket.
    Transport {
        /// Its name in the option `transports`.
        name = TransportName,
        /// As that of a connection, or `pausing`.
        ready_state = ReadyState,
    }
}

impl Socket {
    /// The app's listeners for an event.
    pub fn listeners(self, event: Value) -> Result {
        self.0.call1(Name::Listeners, event)
    }
}

impl Manager {
    /// The present connection, or the last one.
    #[must_use]
    pub fn engine(self) -> Engine {
        Engine(self.0.get(Name::Engine))
    }

    /// Closes the connection.
    pub fn disconnect(self) -> Result {
        self.0.call0(Name::Disconnect)
    }

    /// Emits an event to the Manager's listeners.
    pub fn emit_reserved(self, event: Name, detail: Value) -> Result {
        self.0.call2(Name::EmitReserved, event, detail)
    }
}

impl Engine {
    /// Its present transport.
    #[must_use]
    pub fn transport(self) -> Transport {
        Transport(self.0.get(Name::Transport))
    }
}

impl Transport {
    /// Whether it has this name.
    #[must_use]
    pub fn is(self, name: Name) -> bool {
        self.name().is(name)
    }

    /// Adds a listener.
    pub fn on(self, event: Name, listener: Value) -> Result {
        self.0.call2(Name::On, event, listener)
    }

    /// Sends an engine.io packet of this type.
    pub fn write(self, kind: Name) -> Result {
        let packet = Value::object();
        packet.set(Name::Type, kind);
        self.0.call1(Name::Write, Value::ARRAY.call1(Name::Of, packet)?)
    }
}
