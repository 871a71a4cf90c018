//! A Socket.IO server with the crate socketioxide, in its own process. `README.md` in the folder above describes
//! its environment variables.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::future::{Ready, ready};
use std::io::Write;
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;
use std::{env, process};

use axum::Router;
use holdfast_server::{Deduplicator, DeduplicatorOptions, Failure};
use serde_json::{Value, json};
use socketioxide::extract::{AckSender, Data, Event, SocketRef, State};
use socketioxide::{SocketIo, SocketIoBuilder, TransportType};
use tokio::net::TcpListener;
use tokio::time::sleep;

/// The log of taken messages, and how many more may be taken.
struct Log {
    file: File,
    left: u64,
}

/// The state that the handlers share.
struct Shared {
    log: Mutex<Log>,
    acknowledges: bool,
    /// The messages of earlier processes, as an app's unique index knows them. The deduplicator knows those of this
    /// process.
    before: HashSet<String>,
}

#[tokio::main(worker_threads = 2)]
async fn main() {
    let file = OpenOptions::new().append(true).create(true).open(variable("LOG")).unwrap();
    let left = match number("DIE_AFTER") {
        0 => u64::MAX,
        count => count,
    };
    let shared: &'static Shared = Box::leak(Box::new(Shared {
        log: Mutex::new(Log { file, left }),
        acknowledges: variable("MODE") == "acks",
        before: messages_in(&fs::read_to_string(variable("LOG")).unwrap()),
    }));
    let once = (variable("DEDUPLICATES") == "yes")
        .then(|| Deduplicator::new(DeduplicatorOptions::new(|_| Some("alice".to_owned()))));

    let builder = SocketIo::builder()
        .ping_interval(Duration::from_millis(number("PING_INTERVAL_MS")))
        .ping_timeout(Duration::from_millis(number("PING_TIMEOUT_MS")))
        .with_state(shared);
    let (layer, io) = restrict(builder).build_layer();
    // Each handler's future runs in its own task, and tasks may overtake each other. The code before a handler
    // returns its future runs in the order of the packets.
    io.ns("/", async move |socket: SocketRef, State(shared): State<&'static Shared>| {
        shared.note(&format!("+ {}", socket.id));
        if let Some(once) = once {
            socket.on("send_message", once.wrap(async |_, data| shared.take_once(data).await));
        }
        socket.on_fallback(take);
    });

    let listener = TcpListener::bind(("127.0.0.1", number("PORT") as u16)).await.unwrap();
    println!("Server: http://{}", listener.local_addr().unwrap());
    axum::serve(listener, Router::new().layer(layer)).await.unwrap();
}

fn take(
    Event(event): Event,
    Data(data): Data<Value>,
    State(shared): State<&'static Shared>,
    ack: AckSender,
) -> Ready<()> {
    shared.take(&event, &data);
    if event == "send_message" && shared.acknowledges {
        // Fails if the connection's buffer is full; then the acknowledgement is lost.
        ack.send(&json!({ "success": true, "_tempId": data["_tempId"] })).ok();
    }
    ready(())
}

impl Shared {
    fn note(&self, line: &str) {
        self.log.lock().unwrap().write(line);
    }

    /// The handler in the deduplicator. Its handlers begin in the order of the packets.
    async fn take_once(&self, data: Value) -> Result<Value, Failure> {
        let id = data["_tempId"].as_str().unwrap_or("-");
        if !self.before.contains(id) {
            self.take("send_message", &data);
            // Long enough for a link to end between taking and answering a message.
            sleep(Duration::from_millis(50)).await;
        }
        Ok(json!({ "success": true, "_tempId": id }))
    }

    fn take(&self, event: &str, data: &Value) {
        let id = data["_tempId"].as_str().unwrap_or("-");
        let n = data["n"].as_u64().map_or("-".to_owned(), |n| n.to_string());
        let mut log = self.log.lock().unwrap();
        log.write(&format!("{event} {id} {n}"));
        if event != "send_message" {
            return;
        }
        log.left -= 1;
        if log.left == 0 {
            // The log stays locked, so that nothing else is taken before the signal arrives.
            let id = process::id().to_string();
            Command::new("kill").args(["-9", &id]).status().unwrap();
            process::abort();
        }
    }
}

impl Log {
    fn write(&mut self, line: &str) {
        self.file.write_all(format!("{line}\n").as_bytes()).unwrap();
    }
}

fn messages_in(log: &str) -> HashSet<String> {
    let words = log.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    words.filter(|words| words[0] == "send_message").map(|words| words[1].to_owned()).collect()
}

fn restrict<A: socketioxide::adapter::Adapter>(builder: SocketIoBuilder<A>) -> SocketIoBuilder<A> {
    match env::var("TRANSPORTS").as_deref() {
        Ok("polling") => builder.transports([TransportType::Polling]),
        Ok("websocket") => builder.transports([TransportType::Websocket]),
        _ => builder,
    }
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set"))
}

fn number(name: &str) -> u64 {
    variable(name).parse().unwrap_or_else(|_| panic!("{name} is no number"))
}
