//! A Socket.IO server with the feeds of holdfast-server, in its own process, for `tests/support/feed-suite.mjs`.

use std::collections::HashSet;
use std::env;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::serve::ListenerExt;
use holdfast_server::{Feed, FeedOptions, MemoryLimits, MemoryStore, ReadRequest};
use serde::ser::SerializeTuple;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use socketioxide::SocketIo;
use socketioxide::extract::{AckSender, Data, SocketRef};
use tokio::net::TcpListener;

#[derive(Clone)]
struct User(String);

#[derive(Deserialize)]
struct Auth {
    #[serde(rename = "userId")]
    user_id: Option<String>,
}

#[derive(Deserialize)]
struct Publish {
    user: Option<String>,
    room: Option<String>,
    event: String,
    args: Vec<Value>,
}

#[derive(Deserialize)]
struct Revoke {
    room: String,
    user: String,
}

#[derive(Deserialize)]
struct Room {
    room: String,
}

/// Any number of arguments of an event.
struct Args(Vec<Value>);

impl Serialize for Args {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(self.0.len())?;
        for value in &self.0 {
            tuple.serialize_element(value)?;
        }
        tuple.end()
    }
}

#[tokio::main(worker_threads = 2)]
async fn main() {
    let (layer, io) = SocketIo::new_layer();
    let denied = Arc::new(Mutex::new(HashSet::new()));
    let options = FeedOptions::new(|socket: &SocketRef| socket.extensions.get().map(|User(id)| id))
        .store(MemoryStore::new(MemoryLimits { max_items: 50, ..MemoryLimits::default() }))
        .authorize({
            let denied = denied.clone();
            async move |ReadRequest { room, .. }: ReadRequest| {
                Ok::<_, std::convert::Infallible>(
                    room.starts_with("open") && !denied.lock().unwrap().contains(&room),
                )
            }
        });
    let feed = Feed::new(&io, "/", options);

    let connect = async move |socket: SocketRef, Data(auth): Data<Auth>| {
        if let Some(id) = auth.user_id {
            socket.join(format!("user_{id}"));
            socket.extensions.insert(User(id));
        }
        socket.on("control:publish", {
            let feed = feed.clone();
            async move |Data(order): Data<Publish>, ack: AckSender| {
                let args = Args(order.args);
                let result = match (order.user, order.room) {
                    (Some(user), _) => feed.user(user).publish(&order.event, &args).await,
                    (None, Some(room)) => feed.room(room).publish(&order.event, &args).await,
                    (None, None) => return,
                };
                ack.send(&result.map_err(|error| error.to_string()).is_ok()).ok();
            }
        });
        socket.on("control:revoke", {
            let feed = feed.clone();
            async move |Data(order): Data<Revoke>, ack: AckSender| {
                feed.room(order.room).revoke(&order.user).await.unwrap();
                ack.send(&true).ok();
            }
        });
        socket.on("control:deny", async move |Data(order): Data<Room>, ack: AckSender| {
            denied.lock().unwrap().insert(order.room);
            ack.send(&true).ok();
        });
        socket.on(
            "control:join",
            async |socket: SocketRef, Data(order): Data<Room>, ack: AckSender| {
                socket.join(order.room);
                ack.send(&true).ok();
            },
        );
        // Last, because the suite takes it as the sign that the server is ready.
        feed.attach(&socket);
    };
    io.ns("/", connect);

    let port = env::var("PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(0);
    let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    println!("Server: http://{}", listener.local_addr().unwrap());
    // Without `nodelay` each answer waits 40 ms for the client's TCP.
    let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
    axum::serve(listener, Router::new().layer(layer)).await.unwrap();
}
