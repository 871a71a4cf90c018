//! Clients in this process: long-polling requests that reach the app without a network.

use std::collections::VecDeque;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::time::timeout;
use tower::ServiceExt;

/// The time after which a wait fails the test.
const DEADLINE: Duration = Duration::from_secs(20);

/// One connection to the namespace `/`.
pub struct Client {
    app: Router,
    path: String,
    came: VecDeque<String>,
    questions: u32,
}

impl Client {
    /// Connects as this user, and waits until the app's handler has announced feeds or `ready`.
    pub async fn connect(app: &Router, user: &str) -> Self {
        let path = "/socket.io/?EIO=4&transport=polling".to_owned();
        let mut client = Self { app: app.clone(), path, came: VecDeque::new(), questions: 0 };
        let open = client.next().await;
        let open: Value = serde_json::from_str(&open[1..]).expect("an open packet");
        client.path += &format!("&sid={}", open["sid"].as_str().expect("an id"));
        client.post(format!("40{}", json!({ "userId": user }))).await;
        // Also reads the first ping: if a later one finds no room, socketioxide ends the connection.
        client.find("2").await;
        client.find("42").await;
        client
    }

    /// Emits an event with a number for its acknowledgement.
    pub async fn ask(&mut self, event: Value) -> u32 {
        self.questions += 1;
        self.post(format!("42{}{event}", self.questions)).await;
        self.questions
    }

    /// The acknowledgement with this number. Earlier packets are kept.
    pub async fn answer(&mut self, question: u32) -> Value {
        let start = format!("43{question}[");
        let list: Value =
            serde_json::from_str(&self.find(&start).await[start.len() - 1..]).unwrap();
        list[0].clone()
    }

    /// The arguments of the next event of this name.
    pub async fn event(&mut self, name: &str) -> Value {
        let packet = self.find(&format!("42[\"{name}\"")).await;
        serde_json::from_str(&packet[2..]).unwrap()
    }

    /// Whether an event of this name has come.
    pub fn has(&self, name: &str) -> bool {
        self.came.iter().any(|packet| packet.starts_with(&format!("42[\"{name}\"")))
    }

    /// Ends the connection.
    pub async fn close(self) {
        self.post("41".to_owned()).await;
    }

    async fn find(&mut self, start: &str) -> String {
        let found = timeout(DEADLINE, self.find_now(start)).await;
        found.unwrap_or_else(|_| panic!("no packet that begins with {start}"))
    }

    async fn find_now(&mut self, start: &str) -> String {
        let mut passed = VecDeque::new();
        loop {
            let packet = self.next().await;
            if packet.starts_with(start) {
                passed.append(&mut self.came);
                self.came = passed;
                return packet;
            }
            passed.push_back(packet);
        }
    }

    async fn next(&mut self) -> String {
        loop {
            if let Some(packet) = self.came.pop_front() {
                return packet;
            }
            let request = Request::get(&self.path).body(Body::empty()).unwrap();
            let body = self.request(request).await;
            self.came.extend(body.split('\u{1e}').map(str::to_owned));
        }
    }

    async fn post(&self, packet: String) {
        let request = Request::post(&self.path).body(Body::from(packet)).unwrap();
        self.request(request).await;
    }

    async fn request(&self, request: Request<Body>) -> String {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert_eq!(status, 200, "{body}");
        body
    }
}
