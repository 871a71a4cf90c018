//! A message from `send` to its one result: equal ids, lanes, which answers count, and the reported result (I15).

use holdfast::client::claim::{Audience, By, Claim, Code, Ending};
use holdfast::client::deliveries::{Id, Sending};
use holdfast::client::receipts::Support;
use holdfast::client::verdict::{Acknowledgement, Opinion, Reading};
use holdfast::client::{Client, Order};
use holdfast::engine::{Config, Millis, Moment, Outcome, Seq, Verdict, Way};

use crate::world::{World, draft, reply};

const NOW: Moment = Moment(1);

fn acked() -> Sending {
    draft(Way::Acked)
}

/// A client of a server that gives no receipts.
fn receiptless() -> World {
    let mut world = World::new();
    world.client.set_support(Support::Off);
    world.linked()
}

/// The only result of a message.
fn ending(world: &World, seq: Seq) -> Ending {
    let all = world.endings(seq);
    assert_eq!(all.len(), 1, "{all:?}");
    all[0]
}

fn code(world: &mut World, sending: Sending) -> Result<Seq, Code> {
    world.client.send(world.at(), &sending).map_err(|claim| claim.code)
}

// Equal ids.

#[test]
fn same_message_under_an_id_that_waits_joins_it() {
    let mut world = World::new();
    let seq = world.send(acked());
    let again = Sending { id: Id::Known { seq, is_same: true }, ..acked() };
    assert_eq!(code(&mut world, again), Ok(seq));
    assert_eq!(world.client.status().queued, 1);
}

#[test]
fn another_message_under_an_id_that_waits_is_refused() {
    let mut world = World::new();
    let seq = world.send(acked());
    let other = Sending { id: Id::Known { seq, is_same: false }, ..acked() };
    let claim = world.client.send(world.at(), &other).expect_err("another message has its id");
    let Claim { code, maybe_delivered, retryable, by, audience } = claim;
    assert_eq!((code, maybe_delivered, retryable), (Code::DuplicateId, false, false));
    assert_eq!((by, audience), (By::Nobody, Audience::Senders));
}

#[test]
fn hundred_sends_may_wait_for_one_message() {
    let mut world = World::new();
    let seq = world.send(acked());
    let again = Sending { id: Id::Known { seq, is_same: true }, ..acked() };
    for _ in 1..100 {
        assert_eq!(code(&mut world, again), Ok(seq));
    }
    assert_eq!(code(&mut world, again), Err(Code::QueueFull));
    world.client.leave(world.at(), seq).expect("other sends wait");
    assert_eq!(code(&mut world, again), Ok(seq));
}

#[test]
fn refusals_have_an_order() {
    let mut world = World::new();
    let seq = world.send(acked());
    let known = Id::Known { seq, is_same: false };
    let refused = |world: &mut World, id| code(world, Sending { id, ..acked() }).err();
    assert_eq!(refused(&mut world, known), Some(Code::DuplicateId));
    world.client.log_out(world.at());
    assert_eq!(refused(&mut world, Id::TooLong), Some(Code::InvalidPayload));
    assert_eq!(refused(&mut world, known), Some(Code::LoggedOut));
    assert_eq!(refused(&mut world, Id::Fresh), Some(Code::LoggedOut));
    world.client.reset_logout();
    world.client.destroy(world.at());
    let claim = world.client.send(world.at(), &acked()).expect_err("closed");
    assert_eq!((claim.code, claim.retryable), (Code::Closed, true));
}

#[test]
fn last_send_that_leaves_a_message_cancels_it() {
    let mut world = receiptless();
    let seq = world.send(acked());
    world
        .client
        .send(world.at(), &Sending { id: Id::Known { seq, is_same: true }, ..acked() })
        .ok();
    let claim = world.client.leave(world.at(), seq).expect("another send waits");
    assert_eq!((claim.code, claim.maybe_delivered), (Code::Cancelled, true), "it has left");
    world.drain();
    assert_eq!(world.outcome(seq), None);
    assert_eq!(world.client.leave(world.at(), seq), None);
    world.drain();
    assert_eq!(world.outcome(seq), Some((Outcome::Cancelled, true)));
}

// Lanes.

#[test]
fn lanes_have_dense_numbers_that_are_used_again() {
    let mut world = World::new();
    let lane = |world: &mut World, lane| {
        let seq = world.send(Sending { lane, ..acked() });
        (seq, world.client.draft(seq).expect("unsettled").lane)
    };
    let end = |world: &mut World, seq| {
        world.client.cancel(world.at(), seq);
        world.drain();
    };
    let (first, zero) = lane(&mut world, 1 << 50);
    let (_, one) = lane(&mut world, 7);
    let (second, same) = lane(&mut world, 1 << 50);
    assert_eq!([zero, one, same], [0, 1, 0]);
    end(&mut world, first);
    assert_eq!(lane(&mut world, 8).1, 2, "the first lane still has a message");
    end(&mut world, second);
    // A key whose number was reused gets another number.
    let [(_, free), (_, fresh)] = [9, 1 << 50].map(|key| lane(&mut world, key));
    assert_eq!([free, fresh], [0, 3]);
}

// The draft that follows from a message.

#[test]
fn message_that_carries_no_id_leaves_once_and_is_not_saved() {
    let mut world = World::new();
    let durable = Sending { durable: true, ..acked() };
    for (sending, once, is_durable) in [
        (durable, false, true),
        (Sending { carries_id: false, ..durable }, true, false),
        (Sending { once: true, ..durable }, true, false),
        // The payload carries no id.
        (Sending { carries_id: false, way: Way::Received, ..durable }, false, true),
        (Sending { way: Way::Latest, ..durable }, false, false),
    ] {
        let seq = world.client.send(world.at(), &sending).expect("room");
        let taken = world.client.draft(seq).expect("unsettled");
        assert_eq!((taken.once, taken.durable), (once, is_durable), "{sending:?}");
    }
}

#[test]
fn acknowledgement_is_asked_for_where_it_says_more_than_a_receipt() {
    for (mut world, way, expected) in [
        (World::proving(), Way::Acked, true),
        (World::proving(), Way::AckedAlways, true),
        (World::proving(), Way::Received, false),
        (World::proving(), Way::Latest, false),
        (receiptless(), Way::Received, true),
    ] {
        world.send(draft(way));
        let asked = world.fresh().into_iter().find_map(|order| match order {
            Order::Transmit { is_asked, .. } => Some(is_asked),
            _ => None,
        });
        assert_eq!(asked, Some(expected), "{way:?}");
    }
}

// Messages that are too large for the link.

#[test]
fn message_is_measured_where_it_may_be_larger_than_the_server_takes() {
    let mut world = receiptless();
    let epoch = world.epoch();
    world.client.over(world.at(), epoch, false, 600);
    for (bytes, is_measured) in [(100, false), (101, true)] {
        world.fresh();
        let seq = world.send(Sending { bytes, ..acked() });
        let order = Order::Transmit { seq, attempt: 1, is_asked: true, is_large: is_measured };
        assert!(world.fresh().contains(&order));
        assert!(world.client.measured(world.at(), seq, 600));
        assert!(!world.client.measured(world.at(), seq, 601));
        world.drain();
        let Ending { outcome, claim, is_timed, .. } = ending(&world, seq);
        assert_eq!((outcome, claim.code, is_timed), (Outcome::Refused, Code::Server, false));
        assert_eq!((claim.by, claim.retryable), (By::Nobody, false));
    }
}

#[test]
fn measuring_tells_the_time_though_the_message_fits() {
    let mut world = World::proving();
    let seq = world.send(acked());
    world.now += 5;
    assert!(world.client.measured(world.at(), seq, 600));
    assert_eq!(world.client.now(), world.at());
}

#[test]
fn message_that_cannot_be_encoded_is_refused_where_no_limit_is_known() {
    let mut world = receiptless();
    let seq = world.send(acked());
    assert!(world.client.measured(world.at(), seq, u64::MAX - 1));
    assert!(!world.client.measured(world.at(), seq, u64::MAX));
}

// Which answers count.

#[test]
fn first_final_answer_is_the_one() {
    let mut world = receiptless();
    let seq = world.send(acked());
    let now = world.at();
    assert!(world.client.acked(now, seq, 1, reply(Verdict::TryAgain)));
    assert!(world.client.acked(now, seq, 1, reply(Verdict::Accepted)));
    assert!(!world.client.acked(now, seq, 1, reply(Verdict::Refused)));
    assert!(!world.client.echoed(now, seq, true));
    world.drain();
    let Ending { outcome, claim, is_timed, .. } = ending(&world, seq);
    assert_eq!((outcome, claim.code, claim.by), (Outcome::Delivered, Code::None, By::Ack));
    assert!(is_timed, "it left once");
    assert!(!world.client.acked(now, seq, 1, reply(Verdict::Accepted)), "it has settled");
}

#[test]
fn event_confirms_or_refuses_a_message() {
    for (is_refused, outcome, code) in
        [(false, Outcome::Delivered, Code::None), (true, Outcome::Refused, Code::Server)]
    {
        let mut world = receiptless();
        let seq = world.send(acked());
        assert!(world.client.echoed(world.at(), seq, is_refused));
        world.drain();
        let end = ending(&world, seq);
        assert_eq!((end.outcome, end.claim.code, end.claim.by), (outcome, code, By::Echo));
        assert_eq!((end.claim.maybe_delivered, end.claim.retryable), (false, false));
    }
}

/// A message that settled by its receipt.
fn received() -> (World, Seq) {
    let mut world = World::proving();
    world.client.learn(world.at(), 1, false);
    let seq = world.send(acked());
    for _ in 0..2 {
        world.now += 1_000;
        world.run_to(world.now);
        world.answer_receipts();
    }
    let end = ending(&world, seq);
    assert_eq!((end.outcome, end.claim.by, end.stays), (Outcome::Received, By::Receipt, true));
    (world, seq)
}

#[test]
fn refusal_after_a_receipt_is_told_once_and_complained_of() {
    for by_event in [false, true] {
        let (mut world, seq) = received();
        let now = world.at();
        let refuse = |client: &mut Client| match by_event {
            true => client.echoed(now, seq, true),
            false => client.acked(now, seq, 1, reply(Verdict::TryAgain)),
        };
        assert!(refuse(&mut world.client));
        assert!(!refuse(&mut world.client), "the first answer counts");
        world.drain();
        let all = world.endings(seq);
        let Ending { outcome, claim, stays, .. } = all[1];
        assert_eq!((all.len(), outcome, stays), (2, Outcome::Refused, false));
        assert_eq!((claim.code, claim.audience), (Code::Server, Audience::Complaint));
        assert_eq!((claim.maybe_delivered, claim.retryable), (true, !by_event));
    }
}

#[test]
fn acknowledgement_after_a_receipt_is_told_and_teaches_that_the_event_is_answered() {
    let (mut world, seq) = received();
    assert!(!world.client.echoed(world.at(), seq, false), "a confirmation is no news");
    assert!(world.client.acked(world.at(), seq, 1, reply(Verdict::Accepted)));
    world.drain();
    let end = world.endings(seq)[1];
    assert_eq!((end.claim.by, end.claim.audience), (By::Ack, Audience::Senders));
    assert_eq!(world.count(Order::Learned { event: 1, answers: true }), 1);
}

#[test]
fn answer_after_a_receipt_is_waited_for_while_its_link_lives() {
    let (mut world, seq) = received();
    world.replace_link();
    assert!(!world.client.acked(world.at(), seq, 1, reply(Verdict::Refused)));
}

#[test]
fn answers_of_a_thousand_messages_are_waited_for() {
    let (mut world, first) = received();
    for _ in 0..1_000 {
        world.send(acked());
        world.now += 10;
        world.answer_receipts();
    }
    world.run_alive_to(world.now + 5_000);
    world.answer_receipts();
    world.answer_receipts();
    assert_eq!(world.count(Order::Forget { seq: first }), 1);
    assert!(!world.client.acked(world.at(), first, 1, reply(Verdict::Refused)));
}

// The reported result.

#[test]
fn closed_client_says_of_what_has_left_that_it_was_not_answered() {
    let mut world = receiptless();
    let left = world.send(acked());
    world.lose_link();
    let waits = world.send(acked());
    world.client.destroy(world.at());
    world.drain();
    for (seq, code, maybe_delivered) in
        [(left, Code::NoResponse, true), (waits, Code::Closed, false)]
    {
        let claim = ending(&world, seq).claim;
        assert_eq!((claim.code, claim.maybe_delivered), (code, maybe_delivered));
        assert!(claim.retryable);
    }
}

#[test]
fn message_that_kept_failing_has_the_code_of_the_server() {
    let config = Config::default();
    let retries = config.send.retries;
    let mut world = World::with(config);
    world.client.set_support(Support::Off);
    let mut world = world.linked();
    let seq = world.send(acked());
    for attempt in 1..=retries + 1 {
        while world.left().is_empty() {
            world.run_to(world.now + 100);
        }
        world.ack(seq, attempt, Verdict::TryAgain);
    }
    let Ending { claim, is_timed, .. } = ending(&world, seq);
    assert_eq!((claim.code, claim.by, claim.retryable), (Code::Server, By::Ack, true));
    assert!(!is_timed, "the answered attempt is unknown");
}

#[test]
fn newer_message_replaces_an_older_one_silently() {
    let mut world = World::new();
    let [older, _] = [0, 1].map(|_| world.send(draft(Way::Latest)));
    assert_eq!(ending(&world, older).claim.audience, Audience::Nobody);
}

// Messages of an earlier page load.

fn restored(client: &mut Client, sending: Sending) -> Result<Seq, Claim> {
    client.take_up(NOW, &Sending { print: 5, ..sending })
}

#[test]
fn restored_message_may_have_been_delivered_whatever_its_result() {
    let mut world = World::new();
    world.now = 1;
    let seq = restored(&mut world.client, Sending { ttl: Millis(10), ..acked() }).expect("room");
    world.run_to(100);
    let claim = ending(&world, seq).claim;
    assert_eq!((claim.code, claim.maybe_delivered), (Code::Expired, true));
    assert_eq!(claim.audience, Audience::OldComplaint, "the sender is gone");
    let seq = restored(&mut world.client, Sending { print: 6, ..acked() });
    let seq = seq.map_err(|claim| claim.audience);
    assert_eq!(seq, Err(Audience::Nobody), "it has settled here");
}

#[test]
fn message_that_settled_in_another_tab_is_not_restored() {
    let mut world = World::new();
    world.client.ended_elsewhere(5);
    let claim = restored(&mut world.client, acked()).expect_err("the app was told");
    assert_eq!(claim.audience, Audience::Nobody);
    assert!(world.client.take_up(NOW, &Sending { print: 6, ..acked() }).is_ok());
}

#[test]
fn message_that_settled_here_is_not_restored_again() {
    let mut world = World::new();
    world.now = 1;
    let sending = Sending { durable: true, print: 5, ..acked() };
    let seq = world.send(sending);
    assert!(!world.client.has_ended(5));
    world.client.cancel(NOW, seq);
    world.drain();
    assert!(world.client.has_ended(5));
    let claim = restored(&mut world.client, acked()).expect_err("the app was told");
    assert_eq!(claim.audience, Audience::Nobody);
    // Nor is one that was not saved.
    world.send(Sending { once: true, print: 9, ..sending });
    world.client.destroy(NOW);
    world.drain();
    assert!(!world.client.has_ended(9));
}

#[test]
fn restored_message_that_is_not_accepted_is_reported() {
    let mut world = World::new();
    let seq = world.send(acked());
    let other = Sending { id: Id::Known { seq, is_same: false }, ..acked() };
    let claim = restored(&mut world.client, other).expect_err("another message has its id");
    assert_eq!((claim.code, claim.maybe_delivered), (Code::DuplicateId, true));
    assert_eq!(claim.audience, Audience::OldComplaint);
    let same = Sending { id: Id::Known { seq, is_same: true }, ..acked() };
    assert_eq!(restored(&mut world.client, same), Ok(seq));
    world.client.destroy(NOW);
    let claim = restored(&mut world.client, acked()).expect_err("closed");
    assert_eq!(claim.audience, Audience::Senders, "the app asked for it");
}

// The meaning of an acknowledgement.

const BACKOFF: Millis = Millis(700);

#[test]
fn words_of_an_acknowledgement_mean_what_their_code_says() {
    for (reading, expected) in [
        (Reading::Accepted, Verdict::Accepted),
        (Reading::Failed, Verdict::TryAgain),
        (Reading::Final, Verdict::Refused),
        (Reading::Limited, Verdict::TryAfter(Millis(900))),
    ] {
        let reply = Acknowledgement { reading, span: Millis(900), ..Acknowledgement::default() };
        assert_eq!(reply.verdict(BACKOFF), expected);
    }
}

#[test]
fn app_knows_better_than_the_words_of_an_acknowledgement() {
    for (opinion, expected) in [
        (Opinion::Accepted, Verdict::Accepted),
        (Opinion::Refused, Verdict::Refused),
        (Opinion::Retry, Verdict::TryAgain),
        (Opinion::After, Verdict::TryAfter(Millis(800))),
    ] {
        for reading in [Reading::Accepted, Reading::Failed, Reading::Final, Reading::Limited] {
            let own_span = Millis(800);
            let reply = Acknowledgement { reading, span: Millis(900), opinion, own_span };
            assert_eq!(reply.verdict(BACKOFF), expected);
        }
    }
}

#[test]
fn limit_that_names_no_time_is_the_usual_wait_and_no_wait_is_very_short() {
    let limited =
        |span| Acknowledgement { reading: Reading::Limited, span, ..Acknowledgement::default() };
    let opinion = |own_span| Acknowledgement {
        opinion: Opinion::After,
        own_span,
        ..Acknowledgement::default()
    };
    for put in [limited as fn(Millis) -> Acknowledgement, opinion] {
        for (span, backoff, expected) in
            [(0, 700, 700), (0, 5, 100), (5, 700, 100), (300, 700, 300)]
        {
            let verdict = put(Millis(span)).verdict(Millis(backoff));
            assert_eq!(verdict, Verdict::TryAfter(Millis(expected)));
        }
    }
}
