//! Random operations against a small model: after each of them every invariant holds, and once the
//! world is kind again everything settles.

mod world;

use std::collections::{BTreeMap, BTreeSet};

use holdfast::engine::{
    Config, DownCause, Draft, Grant, Input, Millis, Outcome, Output, Phase, Seq, Verdict,
};
use world::{World, draft};

const SEEDS: u64 = 2_000;
const STEPS: usize = 300;

/// Randomness of the tests' own (xorshift64*), so that a seed names a run for good.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % bound
    }
}

/// What must be true of the orders, whoever gave them.
#[derive(Default)]
struct Model {
    accepted: BTreeMap<Seq, Draft>,
    settled: BTreeSet<Seq>,
    /// Transmissions on the live link that are not known to be answered, with their attempt.
    flight: BTreeMap<Seq, u32>,
    /// Messages that failed on this link and have not left again.
    retrying: BTreeSet<Seq>,
    /// The newest message of each lane that left on this link for the first time since it came up.
    newest: BTreeMap<u32, Seq>,
    attempts: BTreeMap<Seq, u32>,
    read: usize,
}

impl Model {
    /// Checks everything that was ordered since the last call.
    fn check(&mut self, world: &World, window: usize) {
        let status = world.engine.status();
        if !matches!(status.phase, Phase::Ready | Phase::Suspect) {
            // No answer of the old link will come; all of it leaves again, and first.
            self.flight.clear();
            self.retrying.clear();
            self.newest.clear();
        }
        for &(_, output) in &world.log[self.read..] {
            match output {
                Output::Transmit { seq, attempt } => {
                    assert!(!self.settled.contains(&seq), "I5: {seq:?} left after it settled");
                    let draft = self.accepted[&seq];
                    let last = self.attempts.insert(seq, attempt).unwrap_or(0);
                    assert_eq!(attempt, last + 1, "attempts of {seq:?} are counted");
                    assert!(!draft.once || attempt == 1, "{seq:?} may leave once only");
                    // It may be out already: an ack deadline that ran out shows only now.
                    let was_out = self.flight.insert(seq, attempt).is_some();
                    let older = self.retrying.range(..seq);
                    for &waiting in older {
                        let lane = self.accepted[&waiting].lane;
                        assert_ne!(lane, draft.lane, "I3: {seq:?} overtook {waiting:?}");
                    }
                    if !self.retrying.remove(&seq) && !was_out {
                        let newest = self.newest.insert(draft.lane, seq);
                        assert!(newest < Some(seq), "I3: {seq:?} left after {newest:?}");
                    }
                    let mut others = self.flight.keys().filter(|other| **other != seq);
                    let beside = |other: &Seq| self.accepted[other].lane == draft.lane;
                    let alone = draft.strict
                        || others.clone().any(|other| beside(other) && self.accepted[other].strict);
                    assert!(
                        !alone || !others.any(beside),
                        "{seq:?} is not alone in its strict lane"
                    );
                }
                Output::Settle { seq, .. } => {
                    assert!(self.accepted.contains_key(&seq), "{seq:?} was never accepted");
                    assert!(self.settled.insert(seq), "I1: {seq:?} settled twice");
                    self.flight.remove(&seq);
                    self.retrying.remove(&seq);
                }
                Output::Authorize { .. }
                | Output::Connect { .. }
                | Output::Disconnect { .. }
                | Output::Join { .. }
                | Output::Ping { .. }
                | Output::Report(_)
                | Output::Changed => {}
            }
        }
        self.read = world.log.len();
        assert!(status.in_flight <= window, "I8: {} in flight", status.in_flight);
        let unsettled = self.accepted.len() - self.settled.len();
        assert_eq!(status.queued + status.in_flight, unsettled, "nothing got lost inside");
    }
}

fn config(dice: &mut Dice) -> Config {
    let mut config = Config::default();
    config.send.window = 1 + u32::try_from(dice.below(6)).expect("small");
    config.send.retries = u32::try_from(dice.below(4)).expect("small");
    config.queue.capacity = 40;
    if dice.below(4) == 0 {
        config.health = None;
    }
    config
}

fn random_draft(dice: &mut Dice) -> Draft {
    let ttl = if dice.below(8) == 0 { Millis(dice.below(20_000)) } else { Millis(86_400_000) };
    Draft {
        lane: u32::try_from(dice.below(4)).expect("small"),
        strict: dice.below(10) == 0,
        once: dice.below(10) == 0,
        ttl,
        ..draft(0)
    }
}

fn random_verdict(dice: &mut Dice) -> Verdict {
    match dice.below(10) {
        0 => Verdict::Refused,
        1 | 2 => Verdict::TryAgain,
        3 => Verdict::TryAfter(Millis(dice.below(5_000))),
        _ => Verdict::Accepted,
    }
}

/// An answer to something out, to something long gone, or to nothing that ever was.
fn random_ack(dice: &mut Dice, world: &mut World, model: &mut Model) {
    let verdict = random_verdict(dice);
    let pick = |dice: &mut Dice, count: usize| usize::try_from(dice.below(count as u64)).ok();
    if dice.below(10) > 0
        && !model.flight.is_empty()
        && let Some(index) = pick(dice, model.flight.len())
    {
        let (&seq, &attempt) = model.flight.iter().nth(index).expect("counted");
        if matches!(verdict, Verdict::TryAgain | Verdict::TryAfter(_)) {
            model.retrying.insert(seq);
        }
        model.flight.remove(&seq);
        world.ack(seq, attempt, verdict);
    } else if !model.accepted.is_empty()
        && let Some(index) = pick(dice, model.accepted.len())
    {
        let (&seq, _) = model.accepted.iter().nth(index).expect("counted");
        // A stray 'try again' names an attempt that is over.
        let attempt = match verdict {
            Verdict::TryAgain | Verdict::TryAfter(_) => 0,
            Verdict::Accepted | Verdict::Refused => 1,
        };
        world.ack(seq, attempt, verdict);
    } else {
        world.ack(Seq::from_bits(dice.below(u64::MAX)), 1, verdict);
    }
}

fn step(dice: &mut Dice, world: &mut World, model: &mut Model) {
    let epoch = world.any_epoch();
    match dice.below(20) {
        0..=5 => {
            let draft = random_draft(dice);
            if let Ok(seq) = world.engine.send(world.at(), draft) {
                model.accepted.insert(seq, draft);
            }
            world.drain();
        }
        6..=10 => random_ack(dice, world, model),
        11 => {
            let index =
                usize::try_from(dice.below(1 + model.accepted.len() as u64)).expect("small");
            if let Some(&seq) = model.accepted.keys().nth(index) {
                world.engine.cancel(world.at(), seq);
                world.drain();
            }
        }
        12 | 13 => {
            let Some(epoch) = epoch else {
                return world.open();
            };
            let grant = [Grant::Granted, Grant::Granted, Grant::Granted, Grant::Failed]
                [usize::try_from(dice.below(4)).expect("small")];
            world.tell(Input::Authorized { epoch, grant });
            world.tell(Input::LinkUp { epoch, join: dice.below(4) > 0 });
            if dice.below(3) > 0 {
                world.tell(Input::Joined { epoch });
            }
        }
        14 => {
            let Some(epoch) = epoch else { return };
            let cause = match dice.below(6) {
                0 => DownCause::RetryAfter(Millis(dice.below(10_000))),
                _ => DownCause::Lost,
            };
            world.tell(Input::LinkDown { epoch, cause });
        }
        15 => world.tell(Input::Woke),
        16 => {
            let Some(epoch) = epoch else { return };
            world.tell(Input::Ponged { epoch });
        }
        17 => world.open(),
        18 => {
            if dice.below(4) == 0 {
                world.engine.close(world.at());
                world.drain();
            }
        }
        _ => world.wake_late(world.now + dice.below(40_000)),
    }
}

fn run(seed: u64) -> Vec<(u64, Output)> {
    let mut dice = Dice::new(seed);
    let config = config(&mut dice);
    let window = config.send.window as usize;
    let mut world = World::with(config);
    let mut model = Model::default();
    for _ in 0..STEPS {
        step(&mut dice, &mut world, &mut model);
        model.check(&world, window);
    }
    // The world is kind from here on: everything that was accepted settles.
    world.open();
    for _ in 0..200 {
        if model.accepted.len() == model.settled.len() {
            break;
        }
        if !world.engine.status().is_ready() {
            if let Some(at) = world.engine.status().next_attempt_at {
                world.run_to(at.0.max(world.now));
            }
            let epoch = world.epoch();
            world.tell(Input::Authorized { epoch, grant: Grant::Granted });
            world.tell(Input::LinkUp { epoch, join: false });
            world.tell(Input::Heard { epoch });
        }
        model.check(&world, window);
        for (seq, attempt) in model.flight.clone() {
            world.ack(seq, attempt, Verdict::Accepted);
        }
        model.check(&world, window);
        if let Some(at) = world.engine.poll_timeout() {
            world.run_to(at.0);
        }
        model.check(&world, window);
    }
    assert_eq!(model.accepted.len(), model.settled.len(), "liveness: {:?}", world.engine.status());
    world.log
}

#[test]
fn random_operations_keep_every_invariant_and_everything_settles() {
    for seed in 0..SEEDS {
        let result = std::panic::catch_unwind(|| run(seed));
        assert!(result.is_ok(), "seed {seed}");
    }
}

#[test]
fn same_seed_gives_the_same_run() {
    assert_eq!(run(42), run(42));
}

#[test]
fn outcomes_of_every_kind_occur() {
    let mut kinds = BTreeSet::new();
    for seed in 0..200 {
        for (_, output) in run(seed) {
            if let Output::Settle { outcome, .. } = output {
                kinds.insert(format!("{outcome:?}"));
            }
        }
    }
    for outcome in [Outcome::Delivered, Outcome::Refused, Outcome::Expired, Outcome::Cancelled] {
        assert!(kinds.contains(&format!("{outcome:?}")), "{outcome:?} is not among {kinds:?}");
    }
    assert!(kinds.iter().any(|kind| kind.starts_with("Exhausted")), "{kinds:?}");
}
