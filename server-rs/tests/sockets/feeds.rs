//! How the app's own code can affect a read that waits for it. `tests/support/feed-suite.mjs` tests the raw
//! protocol.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use holdfast_server::{
    BoxError, Feed, FeedError, FeedId, FeedOptions, FeedStore, Item, Link, MemoryStore, Offset,
    ReadRequest, Reading,
};
use serde_json::{Value, json};
use socketioxide::SocketIo;
use socketioxide::extract::{AckSender, Data, SocketRef};
use tokio::sync::Notify;

use super::User;
use super::client::Client;

/// Reports that it was reached, and waits until it may go on.
#[derive(Clone, Default)]
struct Gate {
    reached: Arc<Notify>,
    opened: Arc<Notify>,
}

impl Gate {
    async fn pass(&self) {
        self.reached.notify_one();
        self.opened.notified().await;
    }
}

fn options() -> FeedOptions {
    let options = FeedOptions::new(|socket: &SocketRef| socket.extensions.get().map(|User(id)| id));
    options.on_error(|_| {}).authorize(async |_: ReadRequest| Ok::<_, Infallible>(true))
}

fn serve(options: FeedOptions) -> (Router, Feed) {
    let (layer, io) = SocketIo::new_layer();
    let feed = Feed::new(&io, "/", options);
    let attached = feed.clone();
    io.ns("/", async move |socket: SocketRef, Data(auth): Data<Value>| {
        socket.extensions.insert(User(auth["userId"].as_str().unwrap().to_owned()));
        socket.join("news");
        socket.on("login", async |socket: SocketRef, Data(id): Data<String>, ack: AckSender| {
            socket.extensions.insert(User(id));
            ack.send(&true).unwrap();
        });
        attached.attach(&socket);
    });
    (Router::new().layer(layer), feed)
}

const READ: fn() -> Value = || json!(["holdfast:read", "news", null]);

#[tokio::test]
async fn a_revoke_overrides_a_pending_authorize() {
    let gate = Gate::default();
    let asked = gate.clone();
    let (app, feed) = serve(options().authorize(async move |_: ReadRequest| {
        asked.pass().await;
        Ok::<_, Infallible>(true)
    }));
    let mut anna = Client::connect(&app, "anna").await;
    let question = anna.ask(READ()).await;
    gate.reached.notified().await;
    feed.room("news").revoke("anna").await.unwrap();
    gate.opened.notify_one();
    assert_eq!(anna.answer(question).await["code"], "FORBIDDEN");

    // The revoke was not permanent: the next read calls `authorize` again.
    let question = anna.ask(READ()).await;
    gate.reached.notified().await;
    feed.room("news").revoke("bert").await.unwrap();
    gate.opened.notify_one();
    assert_eq!(anna.answer(question).await["items"], json!([]));
}

#[tokio::test]
async fn a_connection_with_a_pending_authorize_is_sent_no_plain_event() {
    let gate = Gate::default();
    let asked = gate.clone();
    let (app, feed) = serve(options().authorize(async move |_: ReadRequest| {
        asked.pass().await;
        Ok::<_, Infallible>(true)
    }));
    let mut anna = Client::connect(&app, "anna").await;
    let mut bert = Client::connect(&app, "bert").await;
    let question = anna.ask(READ()).await;
    gate.reached.notified().await;
    let offset = feed.room("news").publish("said", "hello").await.unwrap();
    gate.opened.notify_one();
    assert_eq!(anna.answer(question).await, json!({ "items": [], "end": offset.to_string() }));
    assert!(!anna.has("said") && !anna.has("holdfast:item"));
    assert_eq!(bert.event("said").await, json!(["said", "hello"]));
}

#[tokio::test]
async fn a_connection_whose_user_has_changed_stops_reading_for_the_former_user() {
    let (app, feed) = serve(options());
    let mut anna = Client::connect(&app, "anna").await;
    for room in [json!(null), json!("news")] {
        let question = anna.ask(json!(["holdfast:read", room, null])).await;
        assert_eq!(anna.answer(question).await["items"], json!([]));
    }
    let question = anna.ask(json!(["login", "bert"])).await;
    anna.answer(question).await;
    let question = anna.ask(json!(["holdfast:read", null, null])).await;
    anna.answer(question).await;
    feed.user("anna").publish("said", "to anna").await.unwrap();
    feed.room("news").publish("said", "to the room").await.unwrap();
    feed.user("bert").publish("said", "to bert").await.unwrap();
    assert_eq!(anna.event("holdfast:item").await[5], "to bert");
    assert!(!anna.has("holdfast:item"));
    feed.room("news").revoke("bert").await.unwrap();
    feed.room("news").publish("said", "a secret").await.unwrap();
    let question = anna.ask(json!(["holdfast:read", "", null])).await;
    anna.answer(question).await;
    assert_eq!(anna.event("said").await[1], "to the room");
    assert!(!anna.has("said"));
}

/// A store in memory whose reads wait for a gate.
struct Gated(Gate, MemoryStore);

impl FeedStore for Gated {
    async fn append(&self, feed: &FeedId, item: Arc<Item>) -> Result<Link, BoxError> {
        self.1.append(feed, item).await
    }

    async fn read(
        &self,
        feed: &FeedId,
        after: Option<&Offset>,
        limit: usize,
    ) -> Result<Reading, BoxError> {
        let reading = self.1.read(feed, after, limit).await;
        self.0.pass().await;
        reading
    }
}

#[tokio::test]
async fn an_item_published_during_a_read_of_the_store_is_sent_as_an_item() {
    let gate = Gate::default();
    let (app, feed) = serve(options().store(Gated(gate.clone(), MemoryStore::default())));
    let mut anna = Client::connect(&app, "anna").await;
    let question = anna.ask(READ()).await;
    gate.reached.notified().await;
    let offset = feed.room("news").publish("said", &("hello", 7)).await.unwrap();
    gate.opened.notify_one();
    let answer = anna.answer(question).await;
    assert_ne!(answer["end"], json!(offset.to_string()), "the store was asked before");
    let item = anna.event("holdfast:item").await;
    let expected = ["holdfast:item".into(), "news".into(), answer["end"].clone()];
    assert_eq!(item.as_array().unwrap()[..3], expected);
    assert_eq!(
        item.as_array().unwrap()[3..],
        [json!(offset.to_string()), json!("said"), json!("hello"), json!(7)]
    );
}

#[tokio::test]
async fn a_revoke_overrides_a_pending_read_of_the_store() {
    let gate = Gate::default();
    let (app, feed) = serve(options().store(Gated(gate.clone(), MemoryStore::default())));
    let mut anna = Client::connect(&app, "anna").await;
    let question = anna.ask(READ()).await;
    gate.reached.notified().await;
    feed.room("news").revoke("anna").await.unwrap();
    feed.room("news").publish("said", "a secret").await.unwrap();
    gate.opened.notify_one();
    assert_eq!(anna.answer(question).await["code"], "FORBIDDEN");
    let question = anna.ask(json!(["holdfast:read", "", null])).await;
    anna.answer(question).await;
    assert!(!anna.has("holdfast:item"));
}

#[tokio::test]
async fn app_code_that_fails_panics_or_hangs_is_answered_unavailable_and_reported() {
    enum Fault {
        Fails,
        Panics,
        Hangs,
    }
    let faults = Mutex::new(VecDeque::from([Fault::Fails, Fault::Panics, Fault::Hangs]));
    let faults = Arc::new(faults);
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = told.clone();
    let options = options()
        .timeout(Duration::from_millis(50))
        .on_error(move |trouble| tell.lock().unwrap().push(trouble.to_string()))
        .authorize(async move |_: ReadRequest| {
            let fault = faults.lock().unwrap().pop_front();
            match fault {
                Some(Fault::Fails) => Err("no database"),
                Some(Fault::Panics) => panic!("intended by the test"),
                Some(Fault::Hangs) => std::future::pending().await,
                None => Ok(true),
            }
        });
    let (app, _) = serve(options);
    let mut anna = Client::connect(&app, "anna").await;
    for _ in 0..3 {
        let question = anna.ask(READ()).await;
        let answer = anna.answer(question).await;
        assert_eq!(
            (&answer["code"], &answer["retryAfterMs"]),
            (&json!("UNAVAILABLE"), &json!(1000))
        );
    }
    assert_eq!(told.lock().unwrap().len(), 3, "{told:?}");
    let question = anna.ask(READ()).await;
    assert_eq!(anna.answer(question).await["items"], json!([]));
}

/// A store in memory that stores its first item at once but returns late.
struct Late(Gate, MemoryStore);

impl FeedStore for Late {
    async fn append(&self, feed: &FeedId, item: Arc<Item>) -> Result<Link, BoxError> {
        let link = self.1.append(feed, item).await?;
        if link.offset.number() == 1 {
            self.0.pass().await;
        }
        Ok(link)
    }

    async fn read(
        &self,
        feed: &FeedId,
        after: Option<&Offset>,
        limit: usize,
    ) -> Result<Reading, BoxError> {
        self.1.read(feed, after, limit).await
    }
}

#[tokio::test]
async fn items_are_sent_in_the_order_of_their_offsets() {
    let gate = Gate::default();
    let (app, feed) = serve(options().store(Late(gate.clone(), MemoryStore::default())));
    let mut anna = Client::connect(&app, "anna").await;
    let question = anna.ask(READ()).await;
    anna.answer(question).await;
    let room = feed.room("news");
    let (first, second, ()) = tokio::join!(room.publish("n", &1), room.publish("n", &2), async {
        gate.reached.notified().await;
        gate.opened.notify_one();
    });
    for (n, offset) in [(1, first.unwrap()), (2, second.unwrap())] {
        let item = anna.event("holdfast:item").await;
        assert_eq!((&item[3], &item[5]), (&json!(offset.to_string()), &json!(n)));
    }
}

/// A store whose methods fail.
struct Broken;

impl FeedStore for Broken {
    async fn append(&self, _: &FeedId, _: Arc<Item>) -> Result<Link, BoxError> {
        Err("the disk is full".into())
    }

    async fn read(&self, _: &FeedId, _: Option<&Offset>, _: usize) -> Result<Reading, BoxError> {
        Err("the disk is gone".into())
    }
}

#[tokio::test]
async fn an_item_that_was_not_stored_is_not_sent() {
    let (app, feed) = serve(options().store(Broken));
    let mut anna = Client::connect(&app, "anna").await;
    let question = anna.ask(json!(["holdfast:read", null, null])).await;
    assert_eq!(anna.answer(question).await["code"], "UNAVAILABLE");
    let failed = feed.user("anna").publish("said", "hello").await;
    assert!(matches!(failed, Err(FeedError::Store(_))));
    for name in ["", &"x".repeat(501)] {
        assert!(matches!(feed.room(name).publish("e", &1).await, Err(FeedError::Name)));
    }
    let own = feed.room("holdfast:readers:room:news").publish("e", &1).await;
    assert!(matches!(own, Err(FeedError::Name)));
    for event in ["holdfast:item", "disconnect"] {
        let failed = feed.room("news").publish(event, &1).await;
        assert!(matches!(failed, Err(FeedError::Event)));
    }
    let question = anna.ask(json!(["holdfast:read", "", null])).await;
    assert_eq!(anna.answer(question).await["code"], "INVALID");
    assert!(!anna.has("holdfast:item") && !anna.has("said"));
}

#[tokio::test]
async fn a_connection_has_a_bounded_number_of_reads() {
    let gate = Gate::default();
    let store = Gated(gate.clone(), MemoryStore::default());
    let (app, _) = serve(options().store(store).max_reads_per_connection(1));
    let mut anna = Client::connect(&app, "anna").await;
    let first = anna.ask(READ()).await;
    gate.reached.notified().await;
    let second = anna.ask(READ()).await;
    assert_eq!(anna.answer(second).await["code"], "UNAVAILABLE");
    gate.opened.notify_one();
    assert_eq!(anna.answer(first).await["items"], json!([]));
}
