//! The deduplicator: a message that arrives again with the same id takes effect once.

mod answers;
mod envelope;
mod ledger;

use std::convert::Infallible;
use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use socketioxide::adapter::{Adapter, LocalAdapter};
use socketioxide::extract::{Data, SocketRef};
use socketioxide::handler::{self, FromMessageParts};
use socketioxide::socket::Socket;
use tokio::time::timeout;

use self::answers::{Answers, Limits};
use self::envelope::{Envelope, MAX_ID_LENGTH, Unusable};
use self::ledger::{Decision, Id, Key, Ledger, Owner};
use crate::answerer::Answerer;
use crate::caught::{caught, caught_now};
use crate::locked;
use crate::trouble::{BoxError, Trouble, print};

/// Wraps handlers so that a message that arrives again takes effect once.
///
/// Make one for the whole server, outside of the connection's handler, because a repeat usually comes on a new
/// connection. Make one for each event if events may share ids. Clones share one state.
///
/// The memory ends with the process. To cover restarts, add a unique index on (user, id) to the database; both are
/// needed.
pub struct Deduplicator<A: Adapter = LocalAdapter>(Arc<Shared<A>>);

struct Shared<A: Adapter> {
    options: DeduplicatorOptions<A>,
    ledger: Mutex<Ledger<Answerer<A>>>,
    without_id: AtomicU64,
}

/// The configuration of a [`Deduplicator`]. All limits have a default.
pub struct DeduplicatorOptions<A: Adapter = LocalAdapter> {
    user: Box<UserOf<A>>,
    id_field: String,
    ttl: Duration,
    max: usize,
    max_bytes: usize,
    max_waiting: usize,
    max_waiting_per_user: usize,
    handler_timeout: Duration,
    on_error: Box<dyn Fn(&Trouble) + Send + Sync>,
}

pub(crate) type UserOf<A> = dyn Fn(&SocketRef<A>) -> Option<String> + Send + Sync;

impl<A: Adapter> DeduplicatorOptions<A> {
    /// `user` returns the authenticated user of a connection. It is called for every message. `None` means that
    /// nobody is logged in; ids are then unique only within the connection. Never take the user from the message.
    pub fn new(user: impl Fn(&SocketRef<A>) -> Option<String> + Send + Sync + 'static) -> Self {
        Self {
            user: Box::new(user),
            id_field: "_tempId".to_owned(),
            ttl: Duration::from_secs(86_400),
            // About 50 MB with answers of typical size.
            max: 100_000,
            max_bytes: 100_000_000,
            // Ten full windows of a client; two for one user, so that an app in two tabs is never limited.
            max_waiting: 10_000,
            max_waiting_per_user: 2048,
            // Much later than any client gives up.
            handler_timeout: Duration::from_secs(600),
            on_error: Box::new(print),
        }
    }

    /// The property of the message that is its id. Default: `_tempId`.
    pub fn id_field(mut self, name: impl Into<String>) -> Self {
        self.id_field = name.into();
        self
    }

    /// How long an answer is kept after the last request for it. Default: a day, which is also how long a client
    /// keeps a message. Never set it shorter than the client's time.
    pub fn ttl(mut self, time: Duration) -> Self {
        self.ttl = time;
        self
    }

    /// The largest number of answers. Above it, one of the users with the most answers loses the one that was
    /// requested least recently. Default: 100,000.
    pub fn max(mut self, answers: usize) -> Self {
        self.max = answers;
        self
    }

    /// The largest estimated size of all answers in bytes. Default: 100,000,000.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// The largest number of messages without an answer, including repeats. A further message is answered
    /// `RATE_LIMITED` with `retryAfterMs`, which costs the client no retry. Default: 10,000.
    pub fn max_waiting(mut self, messages: usize) -> Self {
        self.max_waiting = messages;
        self
    }

    /// The largest number of these for one user, or for one connection without a user. Default: 2048.
    pub fn max_waiting_per_user(mut self, messages: usize) -> Self {
        self.max_waiting_per_user = messages;
        self
    }

    /// How long a handler may take. After that it is dropped, and its message is answered `INTERNAL_ERROR`.
    /// Default: ten minutes.
    pub fn handler_timeout(mut self, time: Duration) -> Self {
        self.handler_timeout = time;
        self
    }

    /// Called with every error on the server. Default: prints a line to standard error.
    pub fn on_error(mut self, on_error: impl Fn(&Trouble) + Send + Sync + 'static) -> Self {
        self.on_error = Box::new(on_error);
        self
    }
}

/// A handler's failure to take effect. The handler runs again if the message arrives again.
///
/// Any error converts into one by `?` and counts as an internal failure: the client is answered `INTERNAL_ERROR`,
/// without the error's text, and sends the message again.
#[derive(Debug)]
pub struct Failure(Why);

#[derive(Debug)]
enum Why {
    Refused(Value),
    Failed(BoxError),
}

impl Failure {
    /// Refuses the message. `code` is final for the client unless it is `RATE_LIMITED`, `UNAVAILABLE` or
    /// `INTERNAL_ERROR`. `error` is a text that the user may read.
    pub fn refused(code: impl Into<String>, error: impl Into<String>) -> Self {
        Self(Why::Refused(json!({ "error": error.into(), "code": code.into() })))
    }

    /// Refuses the message for now, with the code `RATE_LIMITED`. The client sends it again after `wait`.
    pub fn not_before(wait: Duration, error: impl Into<String>) -> Self {
        let ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        Self(Why::Refused(refusal("RATE_LIMITED", &error.into(), Some(ms))))
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(Why::Failed(error.into()))
    }
}

impl<A: Adapter> Deduplicator<A> {
    /// Makes a deduplicator with an empty memory.
    pub fn new(options: DeduplicatorOptions<A>) -> Self {
        let limits = Limits { ttl: options.ttl, max: options.max, max_bytes: options.max_bytes };
        let ledger =
            Ledger::new(Answers::new(limits), options.max_waiting, options.max_waiting_per_user);
        Self(Arc::new(Shared {
            options,
            ledger: Mutex::new(ledger),
            without_id: AtomicU64::new(0),
        }))
    }

    /// Makes a handler for `socket.on`.
    ///
    /// `T` is the argument of the handler: the first argument of the event, or all of them if `T` is a tuple. An
    /// event with other arguments is answered `INVALID_MESSAGE`. `Ok` means that the message took effect: its value
    /// is kept and answers every repeat. It must be an object without `error`. After `Err`, a panic or the timeout
    /// nothing is kept, and a repeat runs the handler again.
    ///
    /// The handlers of a connection begin in the order of its messages: each runs up to its first `await` that
    /// waits before the next one begins. A handler continues after its connection has ended.
    pub fn wrap<T, R, F, Fut>(
        &self,
        handler: F,
    ) -> impl FnOnce(SocketRef<A>, Arrived<T>, Answerer<A>) -> Rest
    + Clone
    + Send
    + Sync
    + 'static
    + use<A, T, R, F, Fut>
    where
        T: DeserializeOwned + Send + 'static,
        R: Serialize + 'static,
        F: FnOnce(SocketRef<A>, T) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<R, Failure>> + Send + 'static,
    {
        let shared = self.0.clone();
        move |socket: SocketRef<A>, arrived: Arrived<T>, ack: Answerer<A>| {
            shared.receive(socket, arrived, ack, handler)
        }
    }
}

/// A message's id and content.
pub struct Arrived<T> {
    envelope: Option<Envelope>,
    data: Option<T>,
}

impl<A: Adapter, T: DeserializeOwned> FromMessageParts<A> for Arrived<T> {
    type Error = Infallible;

    fn from_message_parts(
        socket: &Arc<Socket<A>>,
        event: &mut handler::Value,
        ack: &Option<i64>,
    ) -> Result<Self, Infallible> {
        let envelope = Envelope::read(event);
        let data = Data::from_message_parts(socket, event, ack).map(|Data(data)| data).ok();
        Ok(Self { envelope, data })
    }
}

/// The part of a message's work after its first step, which runs in its own task.
pub type Rest = Pin<Box<dyn Future<Output = ()> + Send>>;

impl<A: Adapter> Shared<A> {
    fn receive<T, R, F, Fut>(
        self: Arc<Self>,
        socket: SocketRef<A>,
        arrived: Arrived<T>,
        ack: Answerer<A>,
        handler: F,
    ) -> Rest
    where
        T: Send + 'static,
        R: Serialize + 'static,
        F: FnOnce(SocketRef<A>, T) -> Fut + Send + 'static,
        Fut: Future<Output = Result<R, Failure>> + Send + 'static,
    {
        let done = Box::pin(ready(()));
        let (envelope, data) = match (arrived.envelope, arrived.data) {
            (Some(envelope), Some(data)) => (envelope, data),
            (None, _) | (_, None) => {
                ack.answer(refusal("INVALID_MESSAGE", "This event takes something else", None));
                return done;
            }
        };
        let fingerprint = envelope.fingerprint(&self.options.id_field);
        let id = match envelope.id(&self.options.id_field) {
            Ok(Some(id)) => Id::Given(id.into()),
            Ok(None) => Id::Missing(self.without_id.fetch_add(1, Ordering::Relaxed)),
            Err(Unusable) => {
                let name = &self.options.id_field;
                let error = format!("{name} must be 1 to {MAX_ID_LENGTH} characters");
                ack.answer(refusal("INVALID_MESSAGE_ID", &error, None));
                return done;
            }
        };
        let owner = match caught_now(|| (self.options.user)(&socket)) {
            Ok(Some(user)) => Owner::User(user.into()),
            Ok(None) => Owner::Connection(socket.id),
            Err(_) => {
                self.report(&Trouble::UserPanicked);
                ack.answer(failure());
                return done;
            }
        };
        let key = Key { owner, id };
        let decision = locked(&self.ledger).arrive(&key, fingerprint, ack);
        match decision {
            Decision::Run => start(Box::pin(self.work(key, socket, data, handler))),
            Decision::Waits => done,
            Decision::Answered(ack, answer) => {
                ack.answer(Kept(answer));
                done
            }
            Decision::Other(ack) => {
                let error = "Another message was sent under this id";
                ack.answer(refusal("DUPLICATE_ID", error, None));
                done
            }
            Decision::Full(ack) => {
                ack.answer(refusal("RATE_LIMITED", "Too much is in progress", Some(WAIT_MS)));
                done
            }
        }
    }

    async fn work<T, R, F, Fut>(
        self: Arc<Self>,
        key: Key,
        socket: SocketRef<A>,
        data: T,
        handler: F,
    ) where
        R: Serialize,
        F: FnOnce(SocketRef<A>, T) -> Fut,
        Fut: Future<Output = Result<R, Failure>>,
    {
        let outcome = run(async move { handler(socket, data).await }, self.options.handler_timeout);
        let (answer, kept) = match outcome.await {
            Outcome::TookEffect { answer, trouble } => {
                if let Some(trouble) = trouble {
                    self.report(&trouble);
                }
                (answer, matches!(key.id, Id::Given(_)))
            }
            Outcome::Refused(answer) => (answer, false),
            Outcome::Failed(trouble) => {
                self.report(&trouble);
                (failure(), false)
            }
        };
        let answer = Arc::new(answer);
        // Keep the answer before sending it, so that a client that has received it can rely on it.
        let acks = locked(&self.ledger).settle(&key, kept.then_some(&answer));
        for ack in acks {
            ack.answer(Kept(answer.clone()));
        }
    }

    fn report(&self, trouble: &Trouble) {
        if caught_now(|| (self.options.on_error)(trouble)).is_err() {
            print(trouble);
        }
    }
}

/// The result of a handler.
#[derive(Debug)]
enum Outcome {
    TookEffect { answer: Value, trouble: Option<Trouble> },
    Refused(Value),
    Failed(Trouble),
}

async fn run<R: Serialize>(
    handler: impl Future<Output = Result<R, Failure>>,
    time: Duration,
) -> Outcome {
    match timeout(time, caught(handler)).await {
        Err(_) => Outcome::Failed(Trouble::HandlerTimedOut(time)),
        Ok(Err(_)) => Outcome::Failed(Trouble::HandlerPanicked),
        Ok(Ok(Err(Failure(Why::Failed(error))))) => Outcome::Failed(Trouble::HandlerFailed(error)),
        Ok(Ok(Err(Failure(Why::Refused(answer))))) => Outcome::Refused(answer),
        Ok(Ok(Ok(answer))) => match serde_json::to_value(answer) {
            Ok(answer) => Outcome::TookEffect { answer, trouble: None },
            Err(error) => Outcome::TookEffect {
                answer: Value::Null,
                trouble: Some(Trouble::AnswerNotEncodable(error)),
            },
        },
    }
}

/// Runs the first step at once. The tasks of a connection may overtake one another, but this step runs in order.
fn start(mut work: Rest) -> Rest {
    // The next poll uses its own waker.
    match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(()) => Box::pin(ready(())),
        Poll::Pending => work,
    }
}

/// An answer that all arrivals of a message share.
struct Kept(Arc<Value>);

impl Serialize for Kept {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

fn refusal(code: &str, error: &str, retry_after_ms: Option<u64>) -> Value {
    match retry_after_ms {
        None => json!({ "error": error, "code": code }),
        Some(ms) => json!({ "error": error, "code": code, "retryAfterMs": ms }),
    }
}

/// The answer after an internal failure. It only tells the client that it may retry.
fn failure() -> Value {
    refusal("INTERNAL_ERROR", "The server could not process this message", None)
}

impl<A: Adapter> Clone for Deduplicator<A> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<A: Adapter> fmt::Debug for Deduplicator<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deduplicator").finish_non_exhaustive()
    }
}

/// How long a client waits if too much is in progress.
const WAIT_MS: u64 = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Duration = Duration::from_secs(600);

    #[tokio::test(start_paused = true)]
    async fn ok_takes_effect_and_everything_else_does_not() {
        let answer = json!({ "success": true });
        let ok = run(ready(Ok(answer.clone())), TIME).await;
        assert!(matches!(ok, Outcome::TookEffect { answer: got, trouble: None } if got == answer));

        let refused = run(ready(Err::<(), _>(Failure::refused("TOO_LONG", "no"))), TIME).await;
        assert!(matches!(refused, Outcome::Refused(answer) if answer["code"] == "TOO_LONG"));

        let failed = run(async { Ok("x".parse::<u8>()?) }, TIME).await;
        assert!(matches!(failed, Outcome::Failed(Trouble::HandlerFailed(_))));

        let panicked = run::<()>(async { panic!("intended by the test") }, TIME).await;
        assert!(matches!(panicked, Outcome::Failed(Trouble::HandlerPanicked)));

        let hung = run::<()>(std::future::pending(), TIME).await;
        assert!(matches!(hung, Outcome::Failed(Trouble::HandlerTimedOut(TIME))));
    }

    #[tokio::test]
    async fn a_message_whose_answer_cannot_be_encoded_took_effect() {
        let keys_are_no_texts = std::collections::BTreeMap::from([((1, 2), 3)]);
        let outcome = run(ready(Ok(keys_are_no_texts)), TIME).await;
        let Outcome::TookEffect { answer, trouble } = outcome else { panic!("{outcome:?}") };
        assert_eq!(answer, Value::Null);
        assert!(matches!(trouble, Some(Trouble::AnswerNotEncodable(_))));
    }

    #[tokio::test]
    async fn the_first_step_is_taken_at_once() {
        let (tell, told) = std::sync::mpsc::channel();
        let rest = start(Box::pin(async move {
            tell.send(1).unwrap();
            tokio::task::yield_now().await;
            tell.send(2).unwrap();
        }));
        assert_eq!(told.try_recv(), Ok(1));
        assert!(told.try_recv().is_err());
        rest.await;
        assert_eq!(told.try_recv(), Ok(2));
    }
}
