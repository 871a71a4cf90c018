//! A server that takes so many connections a second, and what it does with those beyond that.

/// What a server does with an attempt that it has no room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overload {
    /// It, or the balancer before it, refuses at once.
    Refuses,
    /// It says nothing, and the client waits until its own patience ends.
    Hangs,
}

/// What comes of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Once it was its turn.
    AcceptedAt(u64),
    Refused,
    None,
}

pub(super) struct Server {
    /// Connections a second.
    capacity: u64,
    /// Attempts that may wait for their turn.
    queue: u64,
    overload: Overload,
    /// What it does while it is away.
    absence: Overload,
    is_away: bool,
    /// When it is done with all that it took, in nanoseconds.
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

    /// One after the other, each for its share of a second.
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

/// In a millisecond.
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
