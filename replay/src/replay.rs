//! Replays a client step by step.

use std::cell::Cell;

use holdfast::border::numbers::{count, double};
use holdfast::border::told::Told;
use holdfast::border::{Around, Border};
use holdfast::client::Order;

use crate::account::Account;
use crate::crossing::{Answer, Crossing, Start};
use crate::describe::{self, Subject};
use crate::names;
use crate::view::{Named, Ordered, Step, View};

/// A client that gets the recorded commands and facts.
#[derive(Debug)]
pub struct Replay {
    border: Border,
    around: Recorded,
    account: Account,
    steps: usize,
    differs_at: Option<usize>,
}

/// Stands for the browser: gives the client the values that it asked the browser for.
#[derive(Debug, Default)]
struct Recorded {
    /// The recorded answer to [`Told::LinkUp`].
    heartbeat: Cell<f64>,
    /// The order that the last poll returned.
    order: Cell<Option<Order>>,
}

impl Around for Recorded {
    fn heartbeat(&self) -> f64 {
        self.heartbeat.get()
    }

    fn ordered(&self, order: &Order) {
        self.order.set(Some(*order));
    }
}

/// The result of playing a crossing.
struct Played {
    told: Option<Told>,
    answer: f64,
    order: Option<Order>,
    agrees: bool,
}

impl Replay {
    /// A client at the start of a recording.
    #[must_use]
    pub fn new(start: Start) -> Self {
        Self {
            border: Border::new(start.wall, start.running, start.seed),
            around: Recorded::default(),
            account: Account::default(),
            steps: 0,
            differs_at: None,
        }
    }

    /// Plays one crossing. Returns whether the client's answer is the recorded one. It is false for a recorded trap.
    ///
    /// # Panics
    /// If the client panics, which is a bug of the client. The recorded client trapped at that step too.
    pub fn advance(&mut self, crossing: &Crossing) -> bool {
        self.play(crossing).agrees
    }

    /// Plays one crossing, and describes it.
    ///
    /// # Panics
    /// Like [`advance`](Self::advance).
    pub fn step(&mut self, crossing: &Crossing) -> Step {
        let index = self.steps;
        let Played { told, answer, order, agrees } = self.play(crossing);
        let fields = self.border.fields();
        let subject = told.map_or(Subject::Unknown, |told| match order {
            Some(order) => Subject::Order(order),
            None => Subject::Told { told, numbers: crossing.numbers, answer },
        });
        let message = describe::message(&subject).and_then(|seq| self.account.nth(seq));
        let label = message.map_or_else(|| "a message".to_owned(), |n| format!("message {n}"));
        Step {
            index,
            at: self.at(),
            told: told
                .map_or_else(|| "unknown".to_owned(), |told| names::camel(&format!("{told:?}"))),
            numbers: told.map_or_else(Vec::new, |told| named(told.arguments(), &crossing.numbers)),
            answer: matches!(crossing.answer, Answer::Number(_)).then_some(answer),
            order: order.map(|_| {
                let (name, arguments) = names::order(count(answer) as usize);
                Ordered { name, numbers: named(arguments, &fields) }
            }),
            says: describe::sentence(&subject, &label),
            kind: describe::kind(&subject),
            message,
            agrees,
        }
    }

    /// The client's present state.
    #[must_use]
    pub fn view(&self) -> View {
        self.account.view(self.border.client(), self.at(), self.steps, self.differs_at)
    }

    /// The number of steps played.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// The first step at which the client's answer differed from the recorded one.
    #[must_use]
    pub fn differs_at(&self) -> Option<usize> {
        self.differs_at
    }

    fn at(&self) -> f64 {
        double(self.border.now().0)
    }

    fn play(&mut self, crossing: &Crossing) -> Played {
        let index = self.steps;
        self.steps += 1;
        let Some(&told) = Told::ALL.get(crossing.told) else {
            self.differs_at.get_or_insert(index);
            return Played { told: None, answer: 0.0, order: None, agrees: false };
        };
        if let (Told::LinkUp, Answer::Number(heartbeat)) = (told, crossing.answer) {
            self.around.heartbeat.set(heartbeat);
        }
        self.around.order.set(None);
        let Crossing { wall, running, numbers, .. } = *crossing;
        let answer = self.border.tell(&self.around, told, wall, running, numbers);
        let agrees = match crossing.answer {
            // The answer is an address in the recorded module's memory.
            Answer::Number(_) if matches!(told, Told::Fields | Told::Names) => true,
            #[expect(
                clippy::float_cmp,
                reason = "the same numbers give the same answer, bit for bit"
            )]
            Answer::Number(recorded) => recorded == answer,
            Answer::Trap => false,
        };
        if !agrees {
            self.differs_at.get_or_insert(index);
        }
        let order = self.around.order.get();
        let at = self.at();
        match &order {
            Some(order) => self.account.ordered(at, order),
            None => self.account.told(at, told, &numbers, answer),
        }
        self.account.followed(at, self.border.client());
        Played { told: Some(told), answer, order, agrees }
    }
}

fn named(names: &'static [&'static str], numbers: &[f64]) -> Vec<Named> {
    let named = names.iter().zip(numbers).filter(|(name, _)| **name != "_");
    named.map(|(&name, &value)| Named { name, value }).collect()
}
