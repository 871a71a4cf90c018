//! Feeds: each item arrives once, also at clients that were away.

mod memory;
mod offset;
mod read;
mod store;

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde::ser::{Serialize, SerializeTuple, Serializer};
use serde_json::{Value, json};
use socketioxide::adapter::{Adapter, LocalAdapter};
use socketioxide::extract::SocketRef;
use socketioxide::operators::BroadcastOperators;
use socketioxide::socket::Sid;
use socketioxide::{BroadcastError, SocketIo};
use tokio::sync::Semaphore;
use tokio::time::timeout;

pub use self::memory::{MemoryLimits, MemoryStore};
pub use self::offset::{NoOffset, Offset};
pub use self::store::{FeedId, FeedStore, Item, Link, Reading, Reset};

use self::store::AnyStore;
use crate::caught::{caught, caught_now};
use crate::deduplicator::UserOf;
use crate::trouble::{BoxError, Trouble, print};
use crate::turns::Turns;

/// The feeds of a namespace. Clones share the same feeds.
///
/// An item is first stored and then sent: as an item to the connections that read the feed, and as a plain event to
/// all others in the room. Items are JSON; bytes become lists of numbers.
pub struct Feed<A: Adapter = LocalAdapter>(Arc<Shared<A>>);

struct Shared<A: Adapter> {
    io: SocketIo<A>,
    namespace: String,
    options: FeedOptions<A>,
    /// Serializes the publishing for each feed, so that items are sent in the order in which they were stored.
    publishing: Turns<FeedId>,
    /// Serializes the authorization of one connection for one feed.
    asking: Turns<(Sid, FeedId)>,
    /// Serializes entering a feed's room and being removed from it.
    entering: tokio::sync::Mutex<()>,
    reads: Semaphore,
}

/// The configuration of a [`Feed`]. All but `user` have a default.
pub struct FeedOptions<A: Adapter = LocalAdapter> {
    user: Box<UserOf<A>>,
    authorize: Box<Authorize<A>>,
    store: Box<dyn AnyStore>,
    user_room: Box<dyn Fn(&str) -> String + Send + Sync>,
    timeout: Duration,
    max_reads: usize,
    max_reads_per_connection: usize,
    on_error: Box<dyn Fn(&Trouble) + Send + Sync>,
}

type Authorize<A> = dyn Fn(ReadRequest<A>) -> Pin<Box<dyn Future<Output = Result<bool, BoxError>> + Send>>
    + Send
    + Sync;

/// A connection's request to read the feed of a room.
pub struct ReadRequest<A: Adapter = LocalAdapter> {
    /// The connection.
    pub socket: SocketRef<A>,
    /// Its user, if anybody is logged in.
    pub user: Option<String>,
    /// The room.
    pub room: String,
}

impl<A: Adapter> FeedOptions<A> {
    /// `user` returns the authenticated user of a connection. It is called when the connection is attached and at
    /// every read. `None` means that nobody is logged in; the connection then has no user feed. A connection whose
    /// user has changed stops reading the former user's feeds.
    pub fn new(user: impl Fn(&SocketRef<A>) -> Option<String> + Send + Sync + 'static) -> Self {
        Self {
            user: Box::new(user),
            authorize: Box::new(|_| Box::pin(async { Ok(false) })),
            store: Box::new(MemoryStore::default()),
            user_room: Box::new(|user| format!("user_{user}")),
            timeout: Duration::from_secs(10),
            max_reads: 10_000,
            max_reads_per_connection: 100,
            on_error: Box::new(print),
        }
    }

    /// Decides whether a user may read the feed of a room. It is called for the first read on each connection. The
    /// decision is valid until the connection ends or [`RoomFeed::revoke`] is called. Default: nobody may read.
    pub fn authorize<F, Fut, E>(mut self, authorize: F) -> Self
    where
        F: FnOnce(ReadRequest<A>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<bool, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        self.authorize = Box::new(move |request| {
            let authorize = authorize.clone();
            Box::pin(async move { authorize(request).await.map_err(Into::into) })
        });
        self
    }

    /// Where items are stored. Default: a [`MemoryStore`] with its default limits.
    pub fn store(mut self, store: impl FeedStore) -> Self {
        self.store = Box::new(store);
        self
    }

    /// The Socket.IO room into which the app puts all connections of a user. Its connections that do not read feeds
    /// get the plain events. Default: `user_<id>`.
    pub fn user_room(mut self, room: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        self.user_room = Box::new(room);
        self
    }

    /// How long `authorize` and each call of the store may take. Default: 10 s.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// The largest number of unanswered reads. A further read is answered `UNAVAILABLE` with `retryAfterMs`.
    /// Default: 10,000.
    pub fn max_reads(mut self, reads: usize) -> Self {
        self.max_reads = reads;
        self
    }

    /// The largest number of these for one connection. Default: 100.
    pub fn max_reads_per_connection(mut self, reads: usize) -> Self {
        self.max_reads_per_connection = reads;
        self
    }

    /// Called with every error on the server. Default: prints a line to standard error.
    pub fn on_error(mut self, on_error: impl Fn(&Trouble) + Send + Sync + 'static) -> Self {
        self.on_error = Box::new(on_error);
        self
    }
}

/// An error of publishing or revoking.
#[derive(Debug)]
#[non_exhaustive]
pub enum FeedError {
    /// The user's id or the room's name is empty or longer than 500 characters, or the room's name begins with
    /// `holdfast:`.
    Name,
    /// The event is reserved by Socket.IO, or begins with `holdfast:`.
    Event,
    /// The arguments can't be encoded as JSON.
    Encode(serde_json::Error),
    /// The store failed with this error.
    Store(BoxError),
    /// The store did not answer within this time. Whether the item is stored is unknown.
    TimedOut(Duration),
    /// The store panicked.
    Panicked,
    /// The adapter could not reach other servers. On those, the right is still valid.
    Adapter(BoxError),
}

impl fmt::Display for FeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => write!(
                f,
                "a feed's user or room must have 1 to {MAX_NAME_LENGTH} characters, and a room must not begin with `{OWN}`"
            ),
            Self::Event => {
                write!(
                    f,
                    "the event of an item must not be reserved by Socket.IO or begin with `{OWN}`"
                )
            }
            Self::Encode(_) => f.write_str("the arguments of an item can't be encoded as JSON"),
            Self::Store(_) => f.write_str("the store of a feed failed: nothing was published"),
            Self::TimedOut(time) => write!(
                f,
                "the store of a feed took longer than {time:?} (timeout): the item may be stored, but was not sent"
            ),
            Self::Panicked => f.write_str("the store of a feed panicked"),
            Self::Adapter(_) => {
                f.write_str("other servers could not be reached: the right is still valid on them")
            }
        }
    }
}

impl Error for FeedError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Encode(error) => Some(error),
            Self::Store(error) | Self::Adapter(error) => Some(error.as_ref()),
            Self::Name | Self::Event | Self::TimedOut(_) | Self::Panicked => None,
        }
    }
}

impl<A: Adapter> Feed<A> {
    /// Makes the feeds of a namespace, which need not exist yet.
    pub fn new(io: &SocketIo<A>, namespace: impl Into<String>, options: FeedOptions<A>) -> Self {
        Self(Arc::new(Shared {
            io: io.clone(),
            namespace: namespace.into(),
            publishing: Turns::new(),
            asking: Turns::new(),
            entering: tokio::sync::Mutex::new(()),
            reads: Semaphore::new(options.max_reads.min(Semaphore::MAX_PERMITS)),
            options,
        }))
    }

    /// Announces feeds on a connection and answers its reads. Call it in the namespace's connect handler.
    pub fn attach(&self, socket: &SocketRef<A>) {
        self.0.clone().listen(socket);
    }

    /// The feed of a user.
    pub fn user(&self, id: impl Into<String>) -> UserFeed<A> {
        UserFeed { shared: self.0.clone(), id: FeedId::User(id.into()) }
    }

    /// The feed of a room.
    pub fn room(&self, name: impl Into<String>) -> RoomFeed<A> {
        RoomFeed { shared: self.0.clone(), name: name.into() }
    }
}

/// The feed of one user.
pub struct UserFeed<A: Adapter = LocalAdapter> {
    shared: Arc<Shared<A>>,
    id: FeedId,
}

impl<A: Adapter> UserFeed<A> {
    /// Stores an item and sends it. As with `emit`, a tuple becomes several arguments, and anything else becomes
    /// one.
    ///
    /// # Errors
    /// Nothing was sent. Nothing was stored either, unless the error says otherwise.
    pub async fn publish<T: Serialize + Sync + ?Sized>(
        &self,
        event: &str,
        args: &T,
    ) -> Result<Offset, FeedError> {
        self.shared.publish(&self.id, Item::new(event, args)).await
    }
}

/// The feed of one room.
pub struct RoomFeed<A: Adapter = LocalAdapter> {
    shared: Arc<Shared<A>>,
    name: String,
}

impl<A: Adapter> RoomFeed<A> {
    /// As [`UserFeed::publish`].
    ///
    /// # Errors
    /// Nothing was sent. Nothing was stored either, unless the error says otherwise.
    pub async fn publish<T: Serialize + Sync + ?Sized>(
        &self,
        event: &str,
        args: &T,
    ) -> Result<Offset, FeedError> {
        self.shared.publish(&FeedId::Room(self.name.clone()), Item::new(event, args)).await
    }

    /// Removes the user's connections from the feed and from the room, so that they get nothing more of either.
    /// This also overrides an `authorize` call in progress. The next read calls `authorize` again.
    ///
    /// # Errors
    /// On other servers the right is still valid.
    pub async fn revoke(&self, user: &str) -> Result<(), FeedError> {
        let feed = FeedId::Room(self.name.clone());
        let rooms = vec![readers(&feed), askers(&feed), self.name.clone()];
        let _entering = self.shared.entering.lock().await;
        let Some(namespace) = self.shared.namespace() else { return Ok(()) };
        let left = namespace.within(connections(user)).leave(rooms).await;
        left.map_err(|error| FeedError::Adapter(error.to_string().into()))
    }
}

impl<A: Adapter> Shared<A> {
    async fn publish(
        &self,
        feed: &FeedId,
        item: serde_json::Result<Item>,
    ) -> Result<Offset, FeedError> {
        let (name, plain_room) = match feed {
            FeedId::User(id) => (id, (self.options.user_room)(id)),
            FeedId::Room(name) => (name, name.clone()),
        };
        if !is_name(name) || (matches!(feed, FeedId::Room(_)) && name.starts_with(OWN)) {
            return Err(FeedError::Name);
        }
        let item = Arc::new(item.map_err(FeedError::Encode)?);
        if item.event.starts_with(OWN) || EVENTS_OF_SOCKET_IO.contains(&item.event.as_str()) {
            return Err(FeedError::Event);
        }
        let _turn = self.publishing.take(feed.clone()).await;
        let time = self.options.timeout;
        let stored = timeout(time, caught(self.options.store.append(feed, item.clone()))).await;
        let link = stored
            .map_err(|_| FeedError::TimedOut(time))?
            .map_err(|_| FeedError::Panicked)?
            .map_err(FeedError::Store)?;
        let name = match feed {
            FeedId::User(_) => Value::Null,
            FeedId::Room(name) => json!(name),
        };
        let head = [
            name,
            json!(link.before.to_string()),
            json!(link.offset.to_string()),
            json!(item.event),
        ];
        // In this order: a connection that begins to read between the two finds the item in the store.
        if let Some(namespace) = self.namespace() {
            let readers = namespace.clone().within(readers(feed));
            self.sent(readers.emit("holdfast:item", &Spread(&head, &item.args)).await);
            let but = vec![self::readers(feed), askers(feed)];
            let others = namespace.within(plain_room).except(but);
            self.sent(others.emit(&item.event, &Spread(&[], &item.args)).await);
        }
        Ok(link.offset)
    }

    /// A connection whose buffer had no room for an item reads it once it notices the gap.
    fn sent(&self, result: Result<(), BroadcastError>) {
        match result {
            Ok(()) | Err(BroadcastError::Socket(_) | BroadcastError::Serialize(_)) => {}
            Err(BroadcastError::Adapter(error)) => {
                self.report(&Trouble::AdapterFailed(error.to_string().into()));
            }
        }
    }

    fn namespace(&self) -> Option<BroadcastOperators<A>> {
        self.io.of(&self.namespace)
    }

    fn report(&self, trouble: &Trouble) {
        if caught_now(|| (self.options.on_error)(trouble)).is_err() {
            print(trouble);
        }
    }
}

/// The arguments of one event, from two lists.
struct Spread<'a>(&'a [Value], &'a [Value]);

impl Serialize for Spread<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // socketioxide spreads a tuple into several arguments.
        let mut tuple = serializer.serialize_tuple(self.0.len() + self.1.len())?;
        for value in self.0.iter().chain(self.1) {
            tuple.serialize_element(value)?;
        }
        tuple.end()
    }
}

/// The Socket.IO room of the connections that read a feed.
fn readers(feed: &FeedId) -> String {
    format!("{OWN}readers:{feed}")
}

/// The Socket.IO room of the connections whose `authorize` call is in progress.
fn askers(feed: &FeedId) -> String {
    format!("{OWN}askers:{feed}")
}

/// The Socket.IO room of all connections of a user.
fn connections(user: &str) -> String {
    format!("{OWN}connections:{user}")
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.encode_utf16().take(MAX_NAME_LENGTH + 1).count() <= MAX_NAME_LENGTH
}

impl<A: Adapter> Clone for Feed<A> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<A: Adapter> fmt::Debug for Feed<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").field("namespace", &self.0.namespace).finish_non_exhaustive()
    }
}

/// In characters as JavaScript counts them. A client may name any room, and a store stores the name.
const MAX_NAME_LENGTH: usize = 500;
/// A prefix that no app uses by accident for a room or an event.
const OWN: &str = "holdfast:";
const EVENTS_OF_SOCKET_IO: [&str; 6] =
    ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];
