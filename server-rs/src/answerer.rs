//! The acknowledgement of one event, sent even if the connection's buffer is full for a while.

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

/// Sends the answer to one event of a client.
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
    /// Sends the answer as soon as the connection has room for it. socketioxide drops what does not fit, and the
    /// client would then wait for its deadline. If the connection ends first, the client sends the message again on
    /// the next one.
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
            // Encoding can't fail here: all answers are JSON.
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
/// Twenty seconds. Every client has given up by then.
const MOST_TRIES: u32 = 1000;
