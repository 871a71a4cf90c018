//! A server that accepts a number of connections per second, and what it does with excess attempts.

/// A server's reaction to an excess attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overload {
    /// The server, or the balancer before it, refuses at once.
    Refuses,
    /// The server does not answer, and the client waits until it gives up.
    Hangs,
}

/// The result of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Accepted at this time, when its turn had come.
    AcceptedAt(u64),
    Refused,
    None,
}

pub(super) struct Server {
    /// Connections per second.
    capacity: u64,
    /// The number of attempts that may wait for their turn.
    queue: u64,
    overload: Overload,
    /// Its reaction while it is away.
    absence: Overload,
    is_away: bool,
    /// When it has handled all attempts so far, in nanoseconds.
    free_at: u64,
}

impl Server {
    pub(super) fn new(capacity: u64, queue: u64, overload: Overload, absence: Overload) -> Self {
        Self { capacity, queue, overload, absence, is_away: false, free_at: 0 }
    }

    pub(super) fn leave(&mut self) {
        self.is_away = true;
    }

    pub(super) fn come_back(&mut self) {
        self.is_away = false;
    }

    /// Handles attempts one after another, each for its share of a second.
    pub(super) fn attempt(&mut self, now: u64) -> Answer {
        let now = now * NANOS;
        let turn = 1_000 * NANOS / self.capacity;
        let waiting = self.free_at.saturating_sub(now);
        match () {
            () if self.is_away => self.absence.answer(),
            () if waiting > self.queue * turn => self.overload.answer(),
            () => {
                self.free_at = self.free_at.max(now) + turn;
                Answer::AcceptedAt(self.free_at.div_ceil(NANOS))
            }
        }
    }
}

impl Overload {
    fn answer(self) -> Answer {
        match self {
            Self::Refuses => Answer::Refused,
            Self::Hangs => Answer::None,
        }
    }
}

/// Nanoseconds in a millisecond.
const NANOS: u64 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_takes_what_it_can_each_second_and_a_queue_beyond() {
        for (overload, answer) in
            [(Overload::Refuses, Answer::Refused), (Overload::Hangs, Answer::None)]
        {
            let mut server = Server::new(100, 50, overload, overload);
            let answers: Vec<_> = (0..3_000).map(|at| server.attempt(at)).collect();
            let accepted = answers.iter().filter(|&&each| each != answer).count();
            assert!((345..=355).contains(&accepted), "{accepted}");
            assert_eq!(answers[0], Answer::AcceptedAt(10));
            assert_eq!(answers[1], Answer::AcceptedAt(20));
        }
    }

    #[test]
    fn server_that_is_away_takes_none() {
        let mut server = Server::new(100, 50, Overload::Refuses, Overload::Hangs);
        server.leave();
        assert_eq!(server.attempt(5), Answer::None);
        server.come_back();
        assert_eq!(server.attempt(5), Answer::AcceptedAt(15));
    }
}
