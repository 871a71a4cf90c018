//! What of socket.io-client and engine.io-client is used, by their own names. No name that begins with `_` is among
//! them: minified bundles have others there. What the Socket keeps under such names is in `insides.rs`.

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
        /// What it hears of its Manager by, which a refused handshake ends and a failed transport does not.
        subs = Subs,
        /// The acknowledgements that are waited for, by number.
        acks = Acks,
        /// The number of the next one.
        ids = Ids,
        /// What its next emit was asked to be.
        flags = Flags,
        /// Packets that wait for a connection.
        send_buffer = SendBuffer,
        /// Events that came before the connection was told.
        receive_buffer = ReceiveBuffer,
    }
    /// Its Manager, which has one connection at a time.
    Manager {
        /// The options that the next connection is made by.
        options = Opts,
        /// The Sockets of all namespaces, by these.
        sockets = Nsps,
    }
    /// One connection: engine.io's Socket.
    Engine {
        /// `opening`, `open`, `closing` or `closed`.
        ready_state = ReadyState,
    }
    /// What carries a connection: polling or a WebSocket.
    Transport {
        /// What it is called in the option `transports`.
        name = TransportName,
        /// As a connection's, and `pausing` besides.
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
    /// The connection that there is, or was.
    #[must_use]
    pub fn engine(self) -> Engine {
        Engine(self.0.get(Name::Engine))
    }

    /// Closes the connection.
    pub fn disconnect(self) -> Result {
        self.0.call0(Name::Disconnect)
    }

    /// Says an event to who listens to the Manager.
    pub fn emit_reserved(self, event: Name, detail: Value) -> Result {
        self.0.call2(Name::EmitReserved, event, detail)
    }
}

impl Engine {
    /// The transport that it goes over.
    #[must_use]
    pub fn transport(self) -> Transport {
        Transport(self.0.get(Name::Transport))
    }
}

impl Transport {
    /// Whether it is that one.
    #[must_use]
    pub fn is(self, name: Name) -> bool {
        self.name().is(name)
    }

    /// Hears an event of it.
    pub fn on(self, event: Name, listener: Value) -> Result {
        self.0.call2(Name::On, event, listener)
    }

    /// Sends packets of engine.io's, of one type.
    pub fn write(self, kind: Name) -> Result {
        let packet = Value::object();
        packet.set(Name::Type, kind);
        self.0.call1(Name::Write, Value::ARRAY.call1(Name::Of, packet)?)
    }
}
