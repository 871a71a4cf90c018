//! JavaScript's values and the operations on them.
//!
//! A [`Value`] is the index of a JavaScript value on a stack in `pkg-template/shell/values.js`. It is valid until
//! the call of the module in which it was obtained returns. wasm-bindgen's own `JsValue` has disadvantages here:
//! each one needs code to drop it, its table would keep a client and its closures from being collected, and each
//! property and method needs an import of 85 bytes gzipped. Seven imports replace all of them. None of them throws:
//! an exception is returned as [`Thrown`], so no exception ever unwinds a frame of the module.

use core::num::NonZeroI32;

use wasm_bindgen::prelude::*;

// In the module that ships the shell passes these imports, so the module name does not matter.
#[cfg_attr(feature = "module", wasm_bindgen(raw_module = "values"))]
#[cfg_attr(not(feature = "module"), wasm_bindgen(module = "/pkg-template/shell/values.js"))]
extern "C" {
    fn get(of: i32, key: i32) -> i32;
    fn set(of: i32, key: i32, to: i32);
    fn call(of: i32, name: i32, a: i32, b: i32, c: i32) -> i32;
    fn number(number: f64) -> i32;
    #[wasm_bindgen(js_name = toNumber)]
    fn to_number(of: i32) -> f64;
    fn kind(of: i32) -> i32;
    fn is(of: i32, key: i32) -> i32;
}

/// A JavaScript value.
#[derive(Clone, Copy, Debug)]
pub struct Value(NonZeroI32);

/// An exception, which JavaScript stores.
#[derive(Clone, Copy, Debug)]
pub struct Thrown;

/// The index of the first number that stays on the stack. The names follow the numbers.
const FIRST_NUMBER: i32 = 8;
const FIRST_NAME: i32 = FIRST_NUMBER + SMALL as i32;

/// The number of small numbers that stay on the stack.
pub const SMALL: u32 = 48;

/// The result of a JavaScript operation, which may throw.
pub type Result<T = Value> = core::result::Result<T, Thrown>;

/// The kind of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A falsy value, including an empty text.
    Falsy,
    /// A truthy value without a kind of its own.
    Truthy,
    /// A function.
    Function,
    /// A text that is not empty.
    Text,
    /// A list.
    List,
}

macro_rules! names {
    ($($name:ident $text:literal)*) => {
        /// The names and texts that the module uses.
        #[derive(Clone, Copy, Debug)]
        pub enum Name { $(#[doc = concat!("`", $text, "`")] $name,)* }

        /// All names as JavaScript reads them, to put them on its stack once.
        pub const NAMES: &str = concat!($($text, "|",)* "\0");
    };
}

names! {
    // The Socket.
    Nsp "nsp"
    Subs "subs"
    Connected "connected"
    Acks "acks"
    Flags "flags"
    Ids "ids"
    SendBuffer "sendBuffer"
    ReceiveBuffer "receiveBuffer"
    EmitReserved "emitReserved"
    EmitEvent "emitEvent"
    EmitBuffered "emitBuffered"
    NotifyOutgoingListeners "notifyOutgoingListeners"
    Listeners "listeners"
    ListenersAny "listenersAny"
    ListenersAnyOutgoing "listenersAnyOutgoing"
    Emit "emit"
    Packet "packet"
    Active "active"
    Close "close"
    // Private parts of the Socket.
    ForceNew "forceNew"
    AckTimeout "ackTimeout"
    FromQueue "fromQueue"
    Volatile "volatile"
    WithError "withError"
    TryCount "tryCount"
    Args "args"
    // Its Manager.
    Opts "opts"
    Transports "transports"
    Query "query"
    ExtraHeaders "extraHeaders"
    Nsps "nsps"
    Engine "engine"
    Reconnect "reconnect"
    Socket "socket"
    On "on"
    Off "off"
    Retries "retries"
    // engine.io.
    Transport "transport"
    TransportName "name"
    ReadyState "readyState"
    OnError "onError"
    Write "write"
    MaxPayload "maxPayload"
    PingInterval "pingInterval"
    PingTimeout "pingTimeout"
    Sid "sid"
    // A packet.
    Type "type"
    Data "data"
    Pid "pid"
    Id "id"
    // Events, and their arguments.
    Connect "connect"
    Disconnect "disconnect"
    ConnectError "connect_error"
    ReconnectAttempt "reconnect_attempt"
    ReconnectError "reconnect_error"
    Error "error"
    Handshake "handshake"
    Drain "drain"
    Upgrade "upgrade"
    UpgradeError "upgradeError"
    Open "open"
    Opening "opening"
    Pausing "pausing"
    Polling "polling"
    WebSocket "websocket"
    Timeout "timeout"
    Unanswered "the WebSocket does not answer"
    Ended "socket has been disconnected"
    InvalidNamespace "Invalid namespace"
    UnableToConnect "Unable to connect"
    Unheard "/~holdfast/"
    Buffer "Buffer"
    Nothing ""
    // JavaScript.
    Length "length"
    Push "push"
    Pop "pop"
    Slice "slice"
    Splice "splice"
    Unshift "unshift"
    StartsWith "startsWith"
    EndsWith "endsWith"
    Call "call"
    Apply "apply"
    Of "of"
    Entries "entries"
    Values "values"
    DeleteProperty "deleteProperty"
    Parse "parse"
}

impl Value {
    /// `undefined`.
    pub const UNDEFINED: Self = Self::at(1);
    /// `true`.
    pub const TRUE: Self = Self::at(2);
    /// `false`.
    pub const FALSE: Self = Self::at(3);
    /// `Object`.
    pub const OBJECT: Self = Self::at(4);
    /// `Array`.
    pub const ARRAY: Self = Self::at(5);
    /// `Reflect`.
    pub const REFLECT: Self = Self::at(6);
    /// `JSON`.
    pub const JSON: Self = Self::at(7);

    /// A value that stays on the stack.
    const fn at(index: i32) -> Self {
        Self(NonZeroI32::new(index).expect("no index is 0"))
    }

    /// One of the numbers below [`SMALL`], which stay on the stack.
    #[must_use]
    pub const fn small(number: u32) -> Self {
        Self::at(FIRST_NUMBER + number as i32)
    }

    /// One of the values that were passed to a call of the module.
    #[must_use]
    pub fn given(first: i32, index: i32) -> Self {
        NonZeroI32::new(first + index).map_or(Self::UNDEFINED, Self)
    }

    fn got(at: i32) -> Result {
        NonZeroI32::new(at).map(Self).ok_or(Thrown)
    }

    /// The index on the stack.
    #[must_use]
    pub const fn index(self) -> i32 {
        self.0.get()
    }

    /// A number as a value.
    #[must_use]
    pub fn number(value: f64) -> Self {
        Self::given(number(value), 0)
    }

    /// A property. `undefined` if it is missing or the value can't have properties.
    #[must_use]
    pub fn get(self, key: impl Into<Self>) -> Self {
        Self::given(get(self.index(), key.into().index()), 0)
    }

    /// An item of a list.
    #[must_use]
    pub fn item(self, index: u32) -> Self {
        Self::given(get(self.index(), !(index as i32)), 0)
    }

    /// Sets a property.
    pub fn set(self, key: impl Into<Self>, to: impl Into<Self>) {
        set(self.index(), key.into().index(), to.into().index());
    }

    /// Calls a method without arguments.
    pub fn call0(self, name: impl Into<Self>) -> Result {
        Self::got(call(self.index(), name.into().index(), 0, 0, 0))
    }

    /// Calls a method with one argument.
    pub fn call1(self, name: impl Into<Self>, a: impl Into<Self>) -> Result {
        Self::got(call(self.index(), name.into().index(), a.into().index(), 0, 0))
    }

    /// Calls a method with two arguments.
    pub fn call2(self, name: impl Into<Self>, a: impl Into<Self>, b: impl Into<Self>) -> Result {
        Self::got(call(self.index(), name.into().index(), a.into().index(), b.into().index(), 0))
    }

    /// Calls a method with three arguments.
    pub fn call3(
        self,
        name: impl Into<Self>,
        a: impl Into<Self>,
        b: impl Into<Self>,
        c: impl Into<Self>,
    ) -> Result {
        Self::got(call(
            self.index(),
            name.into().index(),
            a.into().index(),
            b.into().index(),
            c.into().index(),
        ))
    }

    /// The value as a number. NaN if it is none.
    #[must_use]
    pub fn to_number(self) -> f64 {
        to_number(self.index())
    }

    /// The number of items of a list.
    #[must_use]
    pub fn count(self) -> u32 {
        self.get(Name::Length).to_number() as u32
    }

    /// The kind of the value.
    #[must_use]
    pub fn kind(self) -> Kind {
        match kind(self.index()) {
            0 => Kind::Falsy,
            2 => Kind::Function,
            3 => Kind::Text,
            4 => Kind::List,
            _ => Kind::Truthy,
        }
    }

    /// Whether the value is truthy.
    #[must_use]
    pub fn is_truthy(self) -> bool {
        kind(self.index()) != 0
    }

    /// Whether it is identical to another value.
    #[must_use]
    pub fn is(self, other: impl Into<Self>) -> bool {
        is(self.index(), other.into().index()) != 0
    }

    /// The items from `from` on, as a new list.
    pub fn rest(self, from: u32) -> Result {
        self.call1(Name::Slice, Self::small(from))
    }

    /// Deletes a property.
    pub fn remove(self, name: impl Into<Self>) {
        let _ = Self::REFLECT.call2(Name::DeleteProperty, self, name);
    }

    /// Calls the function with `this` and a list of arguments.
    pub fn apply(self, this: Self, args: Self) -> Result {
        Self::REFLECT.call3(Name::Apply, self, this, args)
    }

    /// A new object.
    #[must_use]
    pub fn object() -> Self {
        Self::OBJECT.call0(Name::Call).unwrap_or(Self::UNDEFINED)
    }

    /// A new list.
    #[must_use]
    pub fn list() -> Self {
        Self::ARRAY.call0(Name::Of).unwrap_or(Self::UNDEFINED)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        if value { Self::TRUE } else { Self::FALSE }
    }
}

impl From<Name> for Value {
    fn from(name: Name) -> Self {
        Self::given(FIRST_NAME, name as i32)
    }
}
