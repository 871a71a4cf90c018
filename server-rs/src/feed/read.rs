//! Reading a feed, and whether a client may.

use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use socketioxide::adapter::Adapter;
use socketioxide::extract::{SocketRef, TryData};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::store::{FeedId, Item, Reading, Reset};
use super::{OWN, Offset, ReadRequest, Shared, askers, connections, is_name, readers};
use crate::answerer::Answerer;
use crate::caught::{caught, caught_now};
use crate::locked;
use crate::trouble::{BoxError, Trouble};

/// Why a read was refused.
#[derive(Debug)]
enum Refusal {
    Invalid,
    Forbidden,
    Unavailable,
}

/// The state of a connection.
struct Connection {
    user: Mutex<Option<String>>,
    /// Limits its reads.
    reads: Semaphore,
}

/// The arguments of `holdfast:read`: a room, or null for the user's own feed; and a position or null.
type Question = (Option<String>, Option<String>);

impl<A: Adapter> Shared<A> {
    pub(super) fn listen(self: Arc<Self>, socket: &SocketRef<A>) {
        let reads = self.options.max_reads_per_connection.min(Semaphore::MAX_PERMITS);
        let connection =
            Arc::new(Connection { user: Mutex::new(None), reads: Semaphore::new(reads) });
        let user = self.identify(socket, &connection);
        if let Some(user) = user.filter(|_| reads_feeds(socket)) {
            expect_read(socket, askers(&FeedId::User(user)));
        }
        socket.on(
            "holdfast:read",
            move |socket: SocketRef<A>, TryData(question): TryData<Question>, to: Answerer<A>| {
                async move {
                    let answer = match (self.reads.try_acquire(), connection.reads.try_acquire()) {
                        (Ok(_permit), Ok(_own_permit)) => {
                            let question = question.map_err(|_| Refusal::Invalid);
                            self.answer(&socket, &connection, question).await
                        }
                        (Err(_), _) | (_, Err(_)) => Err(Refusal::Unavailable),
                    };
                    to.answer(answer.unwrap_or_else(|refusal| refusal.into()));
                }
            },
        );
        socket.on(
            "holdfast:leave",
            |socket: SocketRef<A>, TryData(room): TryData<String>| async move {
                let Ok(room) = room else { return };
                let feed = FeedId::Room(room);
                socket.leave(readers(&feed));
                socket.leave(askers(&feed));
            },
        );
        // If this is lost, the connection is gone or its buffer is full.
        socket.emit("holdfast:feeds", &VERSION).ok();
    }

    async fn answer(
        &self,
        socket: &SocketRef<A>,
        connection: &Connection,
        question: Result<Question, Refusal>,
    ) -> Result<Value, Refusal> {
        let (room, position) = question?;
        if room.as_deref().is_some_and(|name| !is_name(name)) {
            return Err(Refusal::Invalid);
        }
        let position = position.map(|text| text.parse::<Offset>()).transpose();
        let position = position.map_err(|_| Refusal::Invalid)?;
        let user = self.identify(socket, connection);
        let feed = match room {
            None => FeedId::User(user.clone().ok_or(Refusal::Forbidden)?),
            Some(name) if name.starts_with(OWN) => return Err(Refusal::Forbidden),
            Some(name) => FeedId::Room(name),
        };
        self.admit(socket, connection, user, &feed).await?;
        let reading = self.options.store.read(&feed, position.as_ref(), MOST_ITEMS);
        let reading = self.guard(reading, Trouble::StoreFailed).await?;
        // Meanwhile the right may have been revoked, and the user may have changed.
        self.identify(socket, connection);
        if !is_in(socket, &readers(&feed)) {
            return Err(Refusal::Forbidden);
        }
        Ok(match reading {
            Reading::Items { items, end } => {
                json!({ "items": page(&items), "end": end.to_string() })
            }
            Reading::Reset { reset, end } => {
                let reset = match reset {
                    Reset::Trimmed => "trimmed",
                    Reset::Replaced => "replaced",
                };
                json!({ "reset": reset, "end": end.to_string() })
            }
        })
    }

    /// Puts a connection that may read the feed among its readers, so that it is sent new items from now on.
    async fn admit(
        &self,
        socket: &SocketRef<A>,
        connection: &Connection,
        user: Option<String>,
        feed: &FeedId,
    ) -> Result<(), Refusal> {
        let room = match feed {
            FeedId::User(_) => {
                enter(socket, readers(feed));
                socket.leave(askers(feed));
                return Ok(());
            }
            FeedId::Room(name) => name.clone(),
        };
        let _turn = self.asking.take((socket.id, feed.clone())).await;
        if is_in(socket, &readers(feed)) {
            return Ok(());
        }
        // A concurrent revoke removes the connection from this room as well.
        enter(socket, askers(feed));
        let request = ReadRequest { socket: socket.clone(), user, room };
        let asked = async { (self.options.authorize)(request).await };
        let may_read = self.guard(asked, Trouble::AuthorizeFailed).await;
        let _entering = self.entering.lock().await;
        self.identify(socket, connection);
        let is_revoked = !is_in(socket, &askers(feed));
        let may_read = may_read.map(|may_read| may_read && !is_revoked);
        if let Ok(true) = may_read {
            // Enter this room before leaving the other one: in neither, it would be sent plain events.
            enter(socket, readers(feed));
        }
        socket.leave(askers(feed));
        may_read?.then_some(()).ok_or(Refusal::Forbidden)
    }

    /// Runs the app's own code, which may fail, hang or panic.
    async fn guard<T>(
        &self,
        call: impl Future<Output = Result<T, BoxError>>,
        failed: fn(BoxError) -> Trouble,
    ) -> Result<T, Refusal> {
        let time = self.options.timeout;
        let trouble = match timeout(time, caught(call)).await {
            Ok(Ok(Ok(value))) => return Ok(value),
            Ok(Ok(Err(error))) => failed(error),
            Ok(Err(_)) => Trouble::FeedPanicked,
            Err(_) => Trouble::FeedTimedOut(time),
        };
        self.report(&trouble);
        Err(Refusal::Unavailable)
    }

    /// Returns the connection's present user. If it has changed, the connection leaves all feeds of the former
    /// user.
    fn identify(&self, socket: &SocketRef<A>, connection: &Connection) -> Option<String> {
        let user = caught_now(|| (self.options.user)(socket)).unwrap_or_else(|_| {
            self.report(&Trouble::UserPanicked);
            None
        });
        // An empty id means nobody, as no such feed exists.
        let user = user.filter(|user| is_name(user));
        let mut known = locked(&connection.user);
        if *known != user {
            for room in socket.rooms().into_iter().filter(|room| room.starts_with(OWN)) {
                socket.leave(room);
            }
            if let Some(user) = &user {
                enter(socket, connections(user));
            }
            known.clone_from(&user);
        }
        user
    }
}

/// Whether the client announces that it reads its feed first.
fn reads_feeds<A: Adapter>(socket: &SocketRef<A>) -> bool {
    let query = socket.req_parts().uri.query().unwrap_or_default();
    query.split('&').any(|pair| pair == "holdfast=feeds")
}

/// Keeps plain events from a client that reads its feed first: the answer will contain them as items.
fn expect_read<A: Adapter>(socket: &SocketRef<A>, askers: String) {
    enter(socket, askers.clone());
    let socket = socket.clone();
    tokio::spawn(async move {
        sleep(FIRST_READ).await;
        socket.leave(askers);
    });
}

fn is_in<A: Adapter>(socket: &SocketRef<A>, room: &str) -> bool {
    socket.rooms().iter().any(|joined| joined == room)
}

/// Joins a room. If the connection has ended, it is removed again, because socketioxide clears a connection's rooms
/// only once.
fn enter<A: Adapter>(socket: &SocketRef<A>, room: String) {
    socket.join(room.clone());
    if !socket.connected() {
        socket.leave(room);
        if socket.rooms().is_empty() {
            // So that the adapter does not keep an empty list either.
            socket.leave_all();
        }
    }
}

/// The items of one answer, at least one if there are any.
fn page(items: &[(Offset, Arc<Item>)]) -> Vec<Value> {
    let mut bytes = 0;
    let mut page = Vec::new();
    for (offset, item) in items {
        let start = [json!(offset.to_string()), json!(item.event)];
        let value = Value::Array(start.into_iter().chain(item.args.iter().cloned()).collect());
        bytes += encoded_length(&value);
        if bytes > MOST_BYTES && !page.is_empty() {
            break;
        }
        page.push(value);
    }
    page
}

fn encoded_length(value: &Value) -> usize {
    struct Count(usize);
    impl io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    match serde_json::to_writer(&mut count, value) {
        Ok(()) => count.0,
        // Unreachable: a JSON value can be written, and counting never fails.
        Err(_) => usize::MAX / 2,
    }
}

impl From<Refusal> for Value {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Invalid => json!({
                "error": "holdfast:read takes null or the name of a room, and null or an offset",
                "code": "INVALID",
            }),
            Refusal::Forbidden => {
                json!({ "error": "This feed may not be read here", "code": "FORBIDDEN" })
            }
            Refusal::Unavailable => json!({
                "error": "The feed cannot be read now",
                "code": "UNAVAILABLE",
                "retryAfterMs": RETRY_AFTER_MS,
            }),
        }
    }
}

/// The version of the protocol.
const VERSION: u32 = 1;
/// A client that announces a read but does not read gets plain events after this time.
const FIRST_READ: Duration = Duration::from_secs(10);
const MOST_ITEMS: usize = 1_000;
const MOST_BYTES: usize = 256 * 1024;
const RETRY_AFTER_MS: u32 = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    fn items(count: usize, text: &str) -> Vec<(Offset, Arc<Item>)> {
        let mut offset = Offset::empty();
        let mut items = Vec::new();
        for _ in 0..count {
            offset = offset.next();
            items.push((offset.clone(), Arc::new(Item::new("e", &(text, 7)).unwrap())));
        }
        items
    }

    #[test]
    fn a_page_has_the_offset_the_event_and_its_arguments() {
        let items = items(2, "a");
        let offset = |at: usize| items[at].0.to_string();
        assert_eq!(
            page(&items),
            [json!([offset(0), "e", "a", 7]), json!([offset(1), "e", "a", 7])]
        );
    }

    #[test]
    fn a_page_ends_at_256_kb_but_has_an_item_at_least() {
        assert_eq!(page(&items(5, &"x".repeat(100_000))).len(), 2);
        assert_eq!(page(&items(5, &"x".repeat(300_000))).len(), 1);
        assert_eq!(page(&items(200, "x")).len(), 200);
    }
}
