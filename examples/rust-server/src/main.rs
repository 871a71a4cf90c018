//! A chat server on socketioxide, with the deduplicator of holdfast-server. Messages are in a file, so a restart loses none.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::{env, process};

use axum::Router;
use holdfast_server::{Deduplicator, DeduplicatorOptions, Failure};
use serde_json::{Value, json};
use socketioxide::SocketIo;
use socketioxide::extract::{Data, SocketRef};
use socketioxide::handler::ConnectHandler;
use tokio::net::TcpListener;
use tower_http::cors::CorsLayer;

/// The user for whom a connection was authenticated.
#[derive(Clone)]
struct User(String);

fn user_of(socket: &SocketRef) -> Option<String> {
    socket.extensions.get().map(|User(id)| id)
}

/// A real app verifies a token here.
async fn authenticate(socket: SocketRef, Data(auth): Data<Value>) -> Result<(), &'static str> {
    let id = auth["userId"].as_str().ok_or("Sign in first")?;
    socket.extensions.insert(User(id.to_owned()));
    Ok(())
}

/// All messages, and the file that keeps them.
struct Messages {
    list: Vec<Value>,
    file: String,
}

impl Messages {
    fn open(file: String) -> Self {
        let text = fs::read_to_string(&file).unwrap_or_default();
        let list = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        Self { list, file }
    }

    /// Saves a message, unless an earlier process has saved it. A database does this by a unique index. A plain emit has no id,
    /// and is always new.
    fn save(&mut self, message: &Value) -> std::io::Result<bool> {
        let is_same = |one: &Value| one["from"] == message["from"] && one["id"] == message["id"];
        if !message["id"].is_null() && self.list.iter().any(is_same) {
            return Ok(false);
        }
        let mut file = OpenOptions::new().append(true).create(true).open(&self.file)?;
        file.write_all(format!("{message}\n").as_bytes())?;
        self.list.push(message.clone());
        Ok(true)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = env::var("SERVER_PORT").map_or(Ok(3001), |port| port.parse())?;
    let file = env::var("MESSAGES_FILE").unwrap_or_else(|_| "messages.jsonl".to_owned());
    let messages = Arc::new(Mutex::new(Messages::open(file)));

    let (layer, io) = SocketIo::new_layer();
    // A message that is sent again runs its handler once.
    let once = Deduplicator::new(DeduplicatorOptions::new(user_of));

    let everybody = io.clone();
    let on_connect = async move |socket: SocketRef| {
        socket.emit("history", &[&messages.lock().unwrap().list]).ok();
        let send_message = async move |socket: SocketRef, data: Value| {
            let message =
                json!({ "id": data["_tempId"], "from": user_of(&socket), "text": data["text"] });
            let is_new = messages.lock().unwrap().save(&message)?;
            if is_new {
                everybody.emit("message:new", &message).await.ok();
            }
            Ok::<_, Failure>(json!({ "success": true }))
        };
        socket.on("send_message", once.wrap(send_message));
    };
    io.ns("/", ConnectHandler::with(on_connect, authenticate));

    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let process = process::id();
    println!("The server listens on http://localhost:{port}. Stop it with: kill -9 {process}");
    // The page comes from another port.
    let app = Router::new().layer(layer).layer(CorsLayer::permissive());
    axum::serve(listener, app).await?;
    Ok(())
}
