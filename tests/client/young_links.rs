//! Links that live for a short time, again and again, and the conclusions from that.

use std::collections::VecDeque;

use holdfast::client::Order;
use holdfast::client::deliveries::Sending;
use holdfast::client::receipts::Support;
use holdfast::engine::{
    Cause, DownCause, Epoch, Input, Millis, Outcome, Output, Seq, Verdict, Way,
};

use crate::world::{World, draft};

const RECEIVED: Option<Outcome> = Some(Outcome::Received);

fn how(world: &World, seq: Seq) -> Option<Outcome> {
    world.outcome(seq).map(|(outcome, _)| outcome)
}

/// A link that gives receipts, lives for three seconds and ends.
fn live_shortly(world: &mut World) {
    if !world.client.status().is_ready() {
        world.reconnect();
    }
    for _ in 0..3 {
        world.now += 10;
        world.answer_receipts();
    }
    world.run_to(world.now + 3_000);
    world.lose_link();
}

#[test]
fn event_that_is_never_acknowledged_is_learned_across_links_that_die_before_its_deadline() {
    let mut world = World::proving();
    let sent = [0, 1].map(|_| world.send(draft(Way::Acked)));
    for _ in 0..2 {
        live_shortly(&mut world);
        assert_eq!(sent.map(|seq| world.outcome(seq)), [None; 2]);
    }
    live_shortly(&mut world);
    assert_eq!(sent.map(|seq| how(&world, seq)), [RECEIVED; 2]);
    assert_eq!(world.count(Order::Learned { event: 1, answers: false }), 1);
}

#[test]
fn links_that_end_while_a_message_is_handled_teach_nothing() {
    let mut world = World::proving();
    let seq = world.send(draft(Way::Acked));
    for _ in 0..12 {
        for _ in 0..3 {
            world.now += 10;
            world.answer_receipts();
        }
        // The handler may have ended the link, with nothing done.
        world.run_to(world.now + 900);
        world.lose_link();
        assert_eq!(world.outcome(seq), None);
        world.reconnect();
    }
}

#[test]
fn message_of_an_event_that_has_no_number_settles_after_as_many_links() {
    let mut world = World::proving();
    let seq = world.send(Sending { event: 0, ..draft(Way::Acked) });
    for _ in 0..3 {
        assert_eq!(world.outcome(seq), None);
        live_shortly(&mut world);
    }
    assert_eq!(how(&world, seq), RECEIVED);
}

#[test]
fn acknowledgement_on_a_later_link_keeps_an_event_from_being_taken_for_silent() {
    let mut world = World::proving();
    let first = world.send(draft(Way::Acked));
    live_shortly(&mut world);
    live_shortly(&mut world);
    world.reconnect();
    world.ack(first, 3, Verdict::Accepted);
    let second = world.send(draft(Way::Acked));
    for _ in 0..4 {
        live_shortly(&mut world);
        assert_eq!(world.outcome(second), None);
    }
    assert_eq!(world.count(Order::Learned { event: 1, answers: false }), 0);
}

#[test]
fn message_that_was_received_is_given_up_after_fifteen_links_only() {
    let mut world = World::proving();
    let seq = world.send(draft(Way::AckedAlways));
    for _ in 0..15 {
        assert_eq!(world.outcome(seq), None);
        if !world.client.status().is_ready() {
            world.reconnect();
        }
        // Its turn comes: after links that died young, messages leave with gaps.
        world.run_to(world.now + 2_000);
        for _ in 0..2 {
            world.now += 10;
            world.answer_receipts();
        }
        world.lose_link();
    }
    assert_eq!(world.outcome(seq), Some((Outcome::Exhausted(Cause::LinkLost), true)));
}

#[test]
fn links_that_deliver_something_and_die_at_once_do_not_grow_the_backoff() {
    let mut world = World::proving();
    let mut longest = 0;
    for _ in 0..20 {
        let seq = world.send(draft(Way::Acked));
        world.ack(seq, 1, Verdict::Accepted);
        world.lose_link();
        longest =
            longest.max(world.client.status().next_attempt_at.expect("planned").0 - world.now);
        world.reconnect();
    }
    assert!(longest <= 3_000, "{longest}");
    for _ in 0..5 {
        world.lose_link();
        longest =
            longest.max(world.client.status().next_attempt_at.expect("planned").0 - world.now);
        world.reconnect();
    }
    assert!(longest > 3_000, "links that deliver nothing grow the backoff: {longest}");
}

/// The number of failures in a row that the last attempt was given.
fn failures(world: &World) -> Option<u32> {
    let told = |(_, order): &(u64, Order)| match *order {
        Order::Engine(Output::Connect { failures, .. }) => Some(failures),
        _ => None,
    };
    world.log.iter().rev().find_map(told)
}

#[test]
fn link_that_was_stable_begins_the_backoff_anew_though_it_carries_more_then_and_dies() {
    let mut world = World::proving();
    world.send(draft(Way::Acked));
    for _ in 0..6 {
        world.replace_link();
    }
    assert_eq!(failures(&world), Some(6));
    // After 5 s the link takes more than one message at a time, which may end it.
    world.run_alive_to(world.now + 5_000);
    world.replace_link();
    assert_eq!(failures(&world), Some(1), "earlier failures are forgotten");
}

#[test]
fn message_that_kills_links_is_found_out_behind_others_that_arrive() {
    let mut world = World::proving();
    let killer = world.send(draft(Way::Acked));
    world.lose_link();
    let mut behind = Vec::new();
    for lane in 1..60 {
        behind.push(world.send(Sending { lane, ..draft(Way::Acked) }));
        world.fresh();
        if !world.client.status().is_ready() {
            world.reconnect();
        }
        // The messages before the killer are answered.
        for seq in world.left() {
            if seq == killer {
                world.lose_link();
                break;
            }
            world.ack(seq, 1, Verdict::Accepted);
        }
    }
    assert_eq!(how(&world, killer), Some(Outcome::Exhausted(Cause::LinkLost)));
    let innocent = |seq: &Seq| how(&world, *seq) != Some(Outcome::Exhausted(Cause::LinkLost));
    assert!(behind.iter().all(innocent));
}

/// Everything that left on this link is taken but not acknowledged, until the killer's handler has run for a while.
fn live_until_killed(world: &mut World, killer: Seq) {
    if !world.client.status().is_ready() {
        world.reconnect();
    }
    let mut left_at = None;
    while left_at.is_none_or(|at| world.now < at + 100) {
        world.run_to(world.now + 50);
        world.answer_receipts();
        if world.left().contains(&killer) {
            left_at = Some(world.now);
        }
        assert!(world.now < 4_000_000, "it never leaves");
    }
    world.lose_link();
}

#[test]
fn message_that_kills_links_is_found_out_behind_others_that_are_taken_and_never_answered() {
    for before in [0, 1, 2, 3, 5] {
        let mut world = World::proving();
        // Most links end before that.
        let ack_timeout = Some(Millis(20_000));
        let send = |lane| Sending { lane, ack_timeout, ..draft(Way::AckedAlways) };
        let sent: Vec<Seq> = (0..before + 5).map(|lane| world.send(send(lane))).collect();
        let killer = sent[before as usize];
        world.lose_link();
        let mut links = 0;
        while world.outcome(killer).is_none() {
            live_until_killed(&mut world, killer);
            links += 1;
            assert!(links < 100, "{before} before it: the message still leaves with others");
        }
        let killed = Some(Outcome::Exhausted(Cause::LinkLost));
        assert_eq!(how(&world, killer), killed, "{before} before it");
        let mut others = sent.iter().filter(|&&seq| seq != killer);
        assert!(others.all(|&seq| how(&world, seq) != killed), "{before} before it");
    }
}

/// A server that ends the links of clients that send more than ten events a second.
struct Guard {
    acknowledges: bool,
    /// Packets on their way, with their arrival times.
    up: VecDeque<(u64, Packet)>,
    down: VecDeque<(u64, Packet)>,
    /// When the last ten events arrived.
    taken: VecDeque<u64>,
    seen: usize,
    kicks: u32,
    /// The time that it takes to answer.
    work: u64,
}

#[derive(Clone, Copy)]
enum Packet {
    Message(Seq, u32),
    Receipt(Epoch, u32),
}

const LATENCY: u64 = 20;

impl Guard {
    fn new(acknowledges: bool, work: u64) -> Self {
        let (up, down) = (VecDeque::new(), VecDeque::new());
        Self { acknowledges, up, down, taken: VecDeque::new(), seen: 0, kicks: 0, work }
    }

    fn serve(&mut self, world: &mut World) {
        for &(at, order) in &world.log[self.seen..] {
            let packet = match order {
                Order::Transmit { seq, attempt, .. } => Packet::Message(seq, attempt),
                Order::Receipt { epoch, name, .. } => Packet::Receipt(epoch, name),
                _ => continue,
            };
            self.up.push_back((at + LATENCY, packet));
        }
        self.seen = world.log.len();
        while let Some((at, packet)) = self.up.pop_front() {
            if at > world.now {
                self.up.push_front((at, packet));
                break;
            }
            let answered_at = at + LATENCY;
            match packet {
                Packet::Receipt(..) => self.down.push_back((answered_at, packet)),
                Packet::Message(..) => {
                    self.taken.retain(|&then| then + 1_000 > at);
                    if self.taken.len() >= 10 {
                        return self.kick(world);
                    }
                    self.taken.push_back(at);
                    if self.acknowledges {
                        self.down.push_back((answered_at + self.work, packet));
                    }
                }
            }
        }
        let now = world.now;
        let (due, later) = self.down.drain(..).partition(|&(at, _)| at <= now);
        self.down = later;
        let due: VecDeque<_> = due;
        for (_, packet) in due {
            match packet {
                Packet::Message(seq, attempt) => world.ack(seq, attempt, Verdict::Accepted),
                Packet::Receipt(epoch, name) => {
                    world.client.receipt(world.at(), epoch, name, true);
                    world.drain();
                }
            }
        }
    }

    /// Ends the link. Pending answers never come.
    fn kick(&mut self, world: &mut World) {
        self.kicks += 1;
        self.up.clear();
        self.down.clear();
        self.taken.clear();
        let epoch = world.epoch();
        world.tell(Input::LinkDown { epoch, cause: DownCause::Lost });
    }
}

/// Sends `count` messages to a server with a guard. Returns when all had settled, and after how many kicks.
fn send_to_guard(mut world: World, mut guard: Guard, count: u32, lanes: u32) -> (u64, u32) {
    let send = |lane| Sending { lane: u64::from(lane % lanes), ..draft(Way::Acked) };
    let sent: Vec<_> = (0..count).map(|lane| world.send(send(lane))).collect();
    world.open();
    while sent.iter().any(|&seq| world.outcome(seq).is_none()) {
        assert!(world.now < 400_000, "{} kicks", guard.kicks);
        world.run_to(world.now + 5);
        if world.client.status().phase == holdfast::engine::Phase::Authorizing {
            world.connect();
        }
        guard.serve(&mut world);
    }
    for seq in sent {
        let outcome = how(&world, seq);
        assert!(matches!(outcome, Some(Outcome::Delivered | Outcome::Received)), "{outcome:?}");
    }
    (world.now, guard.kicks)
}

#[test]
fn server_that_ends_links_of_fast_senders_still_gets_everything() {
    for (acknowledges, work, lanes) in [
        (true, 0, 1),
        (true, 0, 60),
        (true, 300, 1),
        (true, 300, 60),
        (false, 0, 1),
        (false, 0, 60),
    ] {
        let guard = Guard::new(acknowledges, work);
        let (took, kicks) = send_to_guard(World::new(), guard, 60, lanes);
        assert!(took <= 65_000, "{took} ms, {kicks} kicks, acks {acknowledges} after {work}");
    }
}

#[test]
fn server_without_receipts_that_ends_links_of_fast_senders_still_gets_everything() {
    for (work, lanes) in [(0, 1), (0, 60), (300, 1), (300, 60)] {
        let mut world = World::new();
        world.client.set_support(Support::Off);
        let (took, kicks) = send_to_guard(world, Guard::new(true, work), 60, lanes);
        assert!(took <= 65_000, "{took} ms, {kicks} kicks, acks after {work}");
    }
}
