//! The deduplicator on connections that come and go.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use holdfast_server::{Deduplicator, DeduplicatorOptions, Failure};
use serde_json::{Value, json};
use socketioxide::SocketIo;
use socketioxide::extract::{Data, SocketRef};
use tokio::sync::Notify;

use super::User;
use super::client::Client;

/// The handlers behave by `content`: `wait` waits for `go_on`, `panic`, `fail` and `refuse` do so, anything else
/// succeeds.
#[derive(Default)]
struct Handlers {
    begun: Mutex<Vec<String>>,
    has_begun: Notify,
    go_on: Notify,
    effects: AtomicUsize,
}

impl Handlers {
    async fn handle(&self, message: Value) -> Result<Value, Failure> {
        let content = message["content"].as_str().unwrap_or_default();
        self.begun.lock().unwrap().push(content.to_owned());
        self.has_begun.notify_one();
        match content {
            "wait" => self.go_on.notified().await,
            "panic" => panic!("intended by the test"),
            "fail" => return Err(std::io::Error::other("a secret of the database").into()),
            "refuse" => return Err(Failure::refused("TOO_LONG", "Say less")),
            _ => tokio::task::yield_now().await,
        }
        let effects = self.effects.fetch_add(1, Ordering::SeqCst) + 1;
        Ok(json!({ "success": true, "messageId": effects }))
    }
}

fn serve(buffer: usize) -> (Router, Arc<Handlers>) {
    let (layer, io) = SocketIo::builder().max_buffer_size(buffer).build_layer();
    let handlers = Arc::new(Handlers::default());
    let options =
        DeduplicatorOptions::new(|socket: &SocketRef| socket.extensions.get().map(|User(id)| id));
    let once = Deduplicator::new(options.on_error(|_| {}));
    let used = handlers.clone();
    io.ns("/", async move |socket: SocketRef, Data(auth): Data<Value>| {
        socket.extensions.insert(User(auth["userId"].as_str().unwrap().to_owned()));
        let handler = async move |_: SocketRef, message: Value| used.handle(message).await;
        socket.on("send_message", once.wrap(handler));
        socket.emit("ready", &()).unwrap();
    });
    (Router::new().layer(layer), handlers)
}

fn message(id: &str, content: &str) -> Value {
    json!(["send_message", { "_tempId": id, "content": content }])
}

#[tokio::test]
async fn a_repeat_on_another_connection_waits_for_the_first_and_gets_its_answer() {
    let (app, handlers) = serve(128);
    let mut first = Client::connect(&app, "anna").await;
    first.ask(message("1", "wait")).await;
    handlers.has_begun.notified().await;
    first.close().await;

    let mut second = Client::connect(&app, "anna").await;
    let repeat = second.ask(message("1", "wait")).await;
    let other = second.ask(message("1", "other")).await;
    assert_eq!(second.answer(other).await["code"], "DUPLICATE_ID");
    handlers.go_on.notify_one();
    let answer = second.answer(repeat).await;
    assert_eq!(answer, json!({ "success": true, "messageId": 1 }));
    let late = second.ask(message("1", "wait")).await;
    assert_eq!(second.answer(late).await, answer);
    assert_eq!(handlers.effects.load(Ordering::SeqCst), 1);

    let mut bert = Client::connect(&app, "bert").await;
    let own = bert.ask(message("1", "of another user")).await;
    assert_eq!(bert.answer(own).await["messageId"], 2);
}

#[tokio::test]
async fn a_message_that_took_no_effect_runs_again() {
    let (app, handlers) = serve(128);
    let mut anna = Client::connect(&app, "anna").await;
    for (content, code) in
        [("panic", "INTERNAL_ERROR"), ("fail", "INTERNAL_ERROR"), ("refuse", "TOO_LONG")]
    {
        for _ in 0..2 {
            let question = anna.ask(message(content, content)).await;
            let answer = anna.answer(question).await;
            assert_eq!(answer["code"], code);
            assert!(!answer.to_string().contains("secret"));
        }
    }
    let begun = handlers.begun.lock().unwrap().clone();
    assert_eq!(begun, ["panic", "panic", "fail", "fail", "refuse", "refuse"]);
}

#[tokio::test]
async fn a_message_without_a_usable_id_is_answered_and_not_deduplicated() {
    let (app, handlers) = serve(128);
    let mut anna = Client::connect(&app, "anna").await;
    for (event, code) in [
        (message("", "x"), json!("INVALID_MESSAGE_ID")),
        (json!(["send_message"]), json!("INVALID_MESSAGE")),
        (json!(["send_message", { "content": "x" }]), Value::Null),
        (json!(["send_message", { "content": "x" }]), Value::Null),
        (json!(["send_message", 7]), Value::Null),
    ] {
        let question = anna.ask(event).await;
        assert_eq!(anna.answer(question).await["code"], code);
    }
    assert_eq!(handlers.effects.load(Ordering::SeqCst), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handlers_begin_in_order_and_a_full_connection_loses_no_answer() {
    let (app, handlers) = serve(4);
    let mut anna = Client::connect(&app, "anna").await;
    let mut questions = Vec::new();
    for n in 0..50 {
        questions.push(anna.ask(message(&n.to_string(), &n.to_string())).await);
    }
    for question in questions {
        assert_eq!(anna.answer(question).await["success"], true);
    }
    let expected: Vec<_> = (0..50).map(|n| n.to_string()).collect();
    assert_eq!(*handlers.begun.lock().unwrap(), expected);
}
