//! The deduplicator: a message that arrives again under the same id takes effect once.

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

/// Wraps handlers, so that a message which arrives again takes effect once.
///
/// Make one for the whole server, outside of the connection's handler: a repeat comes on a new connection more often
/// than not. Make one for each event if ids may be shared by events. Clones are one deduplicator.
///
/// Its memory ends with the process. Across restarts a unique index on (user, id) does what this does within one
/// process; the two go together.
pub struct Deduplicator<A: Adapter = LocalAdapter>(Arc<Shared<A>>);

struct Shared<A: Adapter> {
    options: DeduplicatorOptions<A>,
    ledger: Mutex<Ledger<Answerer<A>>>,
    without_id: AtomicU64,
}

/// What a [`Deduplicator`] has to know. All times and bounds have a default.
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
    /// `user`: whom a connection was authenticated for, asked for every message; `None` where nobody is logged in, and
    /// ids then count for this connection alone. Never take it from the message.
    pub fn new(user: impl Fn(&SocketRef<A>) -> Option<String> + Send + Sync + 'static) -> Self {
        Self {
            user: Box::new(user),
            id_field: "_tempId".to_owned(),
            ttl: Duration::from_secs(86_400),
            // About 50 MB with answers of the usual size.
            max: 100_000,
            max_bytes: 100_000_000,
            // Ten full windows of a client; two, so that an app in two tabs is never held up.
            max_waiting: 10_000,
            max_waiting_per_user: 2048,
            // Long after every client gave up on it.
            handler_timeout: Duration::from_secs(600),
            on_error: Box::new(print),
        }
    }

    /// The property of the message that is its id. Default `_tempId`.
    pub fn id_field(mut self, name: impl Into<String>) -> Self {
        self.id_field = name.into();
        self
    }

    /// How long an answer is kept after it was last asked for. Default a day, which is also how long a client keeps a
    /// message: never set it shorter than that.
    pub fn ttl(mut self, time: Duration) -> Self {
        self.ttl = time;
        self
    }

    /// How many answers are kept. Beyond it, one of the users who hold most loses the answer that was not asked for
    /// the longest. Default 100,000.
    pub fn max(mut self, answers: usize) -> Self {
        self.max = answers;
        self
    }

    /// How many bytes the answers may take, by estimate. Default 100,000,000.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// How many messages may be without an answer at once, repeats included. One beyond it is answered `RATE_LIMITED`
    /// with `retryAfterMs`, which costs a client no retry. Default 10,000.
    pub fn max_waiting(mut self, messages: usize) -> Self {
        self.max_waiting = messages;
        self
    }

    /// How many of these may be one user's, or of one connection where nobody is logged in. Default 2048.
    pub fn max_waiting_per_user(mut self, messages: usize) -> Self {
        self.max_waiting_per_user = messages;
        self
    }

    /// How long a handler may take. One that is still at work then is dropped, and its message is answered
    /// `INTERNAL_ERROR`. Default ten minutes.
    pub fn handler_timeout(mut self, time: Duration) -> Self {
        self.handler_timeout = time;
        self
    }

    /// Told of what went wrong on the server. Default: a line on standard error.
    pub fn on_error(mut self, on_error: impl Fn(&Trouble) + Send + Sync + 'static) -> Self {
        self.on_error = Box::new(on_error);
        self
    }
}

/// Why a handler took no effect: it may run again if the message comes again.
///
/// Any error becomes one by `?`, and is a failure: the client is told `INTERNAL_ERROR`, without the error's text, and
/// sends again.
#[derive(Debug)]
pub struct Failure(Why);

#[derive(Debug)]
enum Why {
    Refused(Value),
    Failed(BoxError),
}

impl Failure {
    /// The message is refused. `code` is final for the client unless it is `RATE_LIMITED`, `UNAVAILABLE` or
    /// `INTERNAL_ERROR`; `error` is a text that the user may read.
    pub fn refused(code: impl Into<String>, error: impl Into<String>) -> Self {
        Self(Why::Refused(json!({ "error": error.into(), "code": code.into() })))
    }

    /// The message is refused for now, with the code `RATE_LIMITED`: the client sends it again after this time.
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
    /// Makes one with an empty memory.
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
    /// `T` is what the handler takes: the first argument of the event, or all of them where it is a tuple. An event that
    /// is none is answered `INVALID_MESSAGE`. The handler's `Ok` says that the message took effect: it is kept, and
    /// answers each repeat. It has to be an object without `error`. After `Err`, after a panic and after the timeout
    /// nothing is kept, and a repeat runs the handler again.
    ///
    /// The handlers of a connection begin in the order of its messages: each has run up to where it first waits before
    /// the next one begins. Work goes on when its connection is gone.
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

/// A message with its id and its content.
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

/// What of a message's work is left after its first step, in a task of its own.
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
        // Kept before it is answered, so that whoever has the answer can rely on it.
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

/// What became of a handler.
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

/// Takes the first step at once. The tasks of a connection overtake one another; what happens before does not.
fn start(mut work: Rest) -> Rest {
    // Whoever polls it next has a waker of its own.
    match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(()) => Box::pin(ready(())),
        Poll::Pending => work,
    }
}

/// One answer for all arrivals of a message.
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

/// What the client is told of a failure on the server: nothing but that it may try again.
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

/// What a client waits when too much is in progress.
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

        let panicked = run::<()>(async { panic!("as the test wants") }, TIME).await;
        assert!(matches!(panicked, Outcome::Failed(Trouble::HandlerPanicked)));

        let hung = run::<()>(std::future::pending(), TIME).await;
        assert!(matches!(hung, Outcome::Failed(Trouble::HandlerTimedOut(TIME))));
    }

    #[tokio::test]
    async fn an_answer_that_cannot_be_encoded_took_effect_all_the_same() {
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
