//! The acknowledgement of one event, which outlasts a full connection.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use socketioxide::adapter::Adapter;
use socketioxide::extract::AckSender;
use socketioxide::handler::{FromMessageParts, Value};
use socketioxide::socket::Socket;
use socketioxide::{SendError, SocketError};
use tokio::time::sleep;

/// Answers one event of a client's.
pub struct Answerer<A: Adapter> {
    socket: Arc<Socket<A>>,
    ack: Option<i64>,
}

impl<A: Adapter> FromMessageParts<A> for Answerer<A> {
    type Error = Infallible;

    fn from_message_parts(
        socket: &Arc<Socket<A>>,
        _: &mut Value,
        ack: &Option<i64>,
    ) -> Result<Self, Infallible> {
        Ok(Self { socket: socket.clone(), ack: *ack })
    }
}

impl<A: Adapter> Answerer<A> {
    /// Sends the answer, as soon as the connection has room for it: socketioxide drops what does not fit, and the
    /// client would wait for its deadline. Where the connection ends before, the client asks again on the next one.
    pub(crate) fn answer<T: Serialize + Send + Sync + 'static>(self, answer: T) {
        if self.try_answer(&answer) == Sent::NoRoom {
            tokio::spawn(async move {
                for _ in 0..MOST_TRIES {
                    sleep(TRY_AGAIN).await;
                    if self.try_answer(&answer) == Sent::Done {
                        return;
                    }
                }
            });
        }
    }

    fn try_answer(&self, answer: &impl Serialize) -> Sent {
        let event = &mut Value::Str(Default::default(), None);
        let Ok(ack) = AckSender::from_message_parts(&self.socket, event, &self.ack);
        match ack.send(answer) {
            Err(SendError::Socket(SocketError::InternalChannelFull)) => Sent::NoRoom,
            // What cannot be encoded is none of ours: all answers are JSON.
            Ok(()) | Err(SendError::Socket(SocketError::Closed) | SendError::Serialize(_)) => {
                Sent::Done
            }
        }
    }
}

#[derive(PartialEq)]
enum Sent {
    Done,
    NoRoom,
}

const TRY_AGAIN: Duration = Duration::from_millis(20);
/// Twenty seconds: every client gave up by then.
const MOST_TRIES: u32 = 1000;
