//! The effects of receipts.

use holdfast::client::Order;
use holdfast::client::deliveries::Sending;
use holdfast::client::receipts::Support;
use holdfast::engine::{Cause, Millis, Outcome, Output, Verdict, Way};

use crate::world::{World, draft};

const RECEIVED: Option<(Outcome, bool)> = Some((Outcome::Received, false));
const DELIVERED: Option<(Outcome, bool)> = Some((Outcome::Delivered, false));

#[test]
fn message_that_asks_for_a_receipt_settles_with_it() {
    let mut world = World::proving();
    let seq = world.send(draft(Way::Received));
    assert_eq!(world.outcome(seq), None);
    world.answer_receipts();
    assert_eq!(world.outcome(seq), None, "it is taken, but may not be dispatched yet");
    world.answer_receipts();
    assert_eq!(world.outcome(seq), RECEIVED);
}

#[test]
fn nothing_rests_on_receipts_before_the_first_of_a_link_is_answered() {
    let mut world = World::new().linked();
    let seq = world.send(draft(Way::Received));
    assert_eq!(world.left(), [seq], "nor does any message wait for it");
    assert_eq!(world.owed.len(), 1, "only the first receipt");
    world.answer_receipts();
    assert_eq!(world.outcome(seq), None);
    world.answer_receipts();
    world.answer_receipts();
    assert_eq!(world.outcome(seq), RECEIVED, "by the receipts after it");
}

#[test]
fn event_that_is_never_acknowledged_is_learned_at_the_first_deadline() {
    let mut world = World::proving();
    let first = [world.send(draft(Way::Acked)), world.send(draft(Way::Acked))];
    let begin = world.now;
    for _ in 0..3 {
        world.answer_receipts();
    }
    world.run_alive_to(begin + 9_999);
    assert_eq!(first.map(|seq| world.outcome(seq)), [None; 2]);
    world.run_to(begin + 10_000);
    assert_eq!(first.map(|seq| world.outcome(seq)), [RECEIVED; 2]);
    assert_eq!(world.count(Order::Learned { event: 1, answers: false }), 1, "reported once");
    world.fresh();
    let later = world.send(draft(Way::Acked));
    assert_eq!(world.left(), [later], "the lane goes on at once");
    for _ in 0..3 {
        world.answer_receipts();
    }
    assert_eq!(world.outcome(later), RECEIVED);
}

#[test]
fn first_acknowledgement_of_an_event_ends_that_for_good() {
    let mut world = World::proving();
    world.client.learn(world.at(), 1, false);
    let first = world.send(draft(Way::Acked));
    world.ack(first, 1, Verdict::Accepted);
    assert_eq!(world.outcome(first), DELIVERED);
    assert_eq!(world.count(Order::Learned { event: 1, answers: true }), 1);
    world.client.learn(world.at(), 1, false);
    let second = world.send(draft(Way::Acked));
    world.run_to(world.now + 1_000);
    // The first receipt proves that it is taken, the next one that it is dispatched.
    for _ in 0..3 {
        world.answer_receipts();
    }
    assert_eq!(world.outcome(second), None, "a receipt no longer suffices");
    world.ack(second, 1, Verdict::Accepted);
    assert_eq!(world.outcome(second), DELIVERED);
}

#[test]
fn acknowledged_event_is_repeated_over_the_same_link_once_it_was_received() {
    let mut world = World::proving();
    world.client.learn(world.at(), 1, true);
    let seq = world.send(draft(Way::Acked));
    assert_eq!(world.left(), [seq]);
    let begin = world.now;
    world.run_to(begin + 1_000);
    world.answer_receipts();
    world.run_to(begin + 9_999);
    assert_eq!(world.left(), []);
    world.run_to(begin + 11_500);
    assert_eq!(world.left(), [seq]);
}

#[test]
fn nothing_is_repeated_over_a_link_that_owes_its_receipt() {
    let mut world = World::proving();
    for answers in [false, true] {
        world.client.learn(world.at(), 1, answers);
        let seq = world.send(draft(Way::AckedAlways));
        assert_eq!(world.left(), [seq]);
        world.run_alive_to(world.now + 34_000);
        assert_eq!(world.left(), [], "it is on its way, or the link is dead");
        world.ack(seq, 1, Verdict::Accepted);
        world.answer_receipts();
        assert_eq!(world.outcome(seq), DELIVERED);
        world.fresh();
    }
}

#[test]
fn message_is_repeated_over_a_link_that_proves_nothing_though_the_one_before_did() {
    let mut world = World::proving();
    world.replace_link();
    world.fresh();
    let seq = world.send(draft(Way::AckedAlways));
    assert_eq!(world.left(), [seq]);
    // The server sends packets, but answers no receipt of this link and acknowledges nothing.
    world.run_alive_to(world.now + 19_999);
    assert_eq!(world.left(), [], "receipts may still come: the deadline begins anew once");
    world.run_alive_to(world.now + 1_001);
    assert_eq!(world.left(), [seq]);
}

#[test]
fn link_with_a_long_overdue_receipt_is_given_up_and_unproven_messages_leave_again() {
    let mut world = World::proving();
    let seq = world.send(draft(Way::Received));
    let epoch = world.epoch();
    let given_up = Order::Engine(Output::Disconnect { epoch, polite: false });
    world.run_alive_to(world.now + 34_999);
    assert_eq!(world.count(given_up), 0);
    world.run_to(world.now + 1);
    assert_eq!(world.count(given_up), 1);
    world.forget_receipts();
    world.fresh();
    world.reconnect();
    assert_eq!(world.left(), [seq]);
}

#[test]
fn latest_keeps_the_newest_of_its_lane() {
    let mut world = World::new();
    let latest = draft(Way::Latest);
    let sent = [world.send(latest), world.send(latest), world.send(latest)];
    assert_eq!(world.outcome(sent[0]), Some((Outcome::Superseded, false)));
    assert_eq!(world.outcome(sent[1]), Some((Outcome::Superseded, false)));
    world.connect();
    assert_eq!(world.left(), [sent[2]]);
    let newer = world.send(latest);
    assert_eq!(world.left(), [newer], "the older message has left already");
    world.lose_link();
    assert_eq!(world.outcome(sent[2]), Some((Outcome::Superseded, true)));
    world.fresh();
    world.reconnect();
    assert_eq!(world.left(), [newer]);
}

#[test]
fn message_that_leaves_once_settles_by_its_receipt_or_is_in_doubt() {
    let mut world = World::proving();
    let once = Sending { once: true, ..draft(Way::Received) };
    let taken = world.send(once);
    world.answer_receipts();
    world.answer_receipts();
    let doubtful = world.send(once);
    world.lose_link();
    assert_eq!(world.outcome(taken), RECEIVED);
    assert_eq!(world.outcome(doubtful), Some((Outcome::Exhausted(Cause::LinkLost), true)));
}

#[test]
fn message_that_leaves_once_and_was_received_is_not_in_doubt_when_the_link_ends() {
    let mut world = World::proving();
    let seq = world.send(Sending { once: true, ..draft(Way::Acked) });
    world.run_to(world.now + 1_000);
    world.answer_receipts();
    world.answer_receipts();
    world.lose_link();
    assert_eq!(world.outcome(seq).map(|(outcome, _)| outcome), Some(Outcome::Received));
}

#[test]
fn message_may_have_a_deadline_of_its_own() {
    let mut world = World::new();
    world.client.set_support(Support::Off);
    let mut world = world.linked();
    world.fresh();
    let long = Sending { ack_timeout: Some(Millis(20_000)), ..draft(Way::AckedAlways) };
    let short = Sending { ack_timeout: Some(Millis(2_000)), lane: 1, ..draft(Way::AckedAlways) };
    let (long, short) = (world.send(long), world.send(short));
    assert_eq!(world.left(), [long, short]);
    world.run_to(3_000);
    assert_eq!(world.left(), [short]);
    world.ack(short, 2, Verdict::Accepted);
    world.run_alive_to(19_999);
    assert_eq!(world.left(), []);
    world.run_alive_to(21_500);
    assert_eq!(world.left(), [long]);
}

#[test]
fn dropped_batch_leaves_again_in_order_before_newer_messages() {
    let mut world = World::new();
    world.polling = true;
    let mut world = world.linked().proven();
    let sent: Vec<_> = (0..16).map(|_| world.send(draft(Way::Received))).collect();
    assert_eq!(world.left(), sent[..1], "one batch is on its way");
    world.answer_receipts();
    // 15 wait: the server is first asked whether it takes many at once, and drops them.
    assert_eq!((world.left(), world.owed.len()), (vec![], 18));
    world.forget_receipts();
    world.run_to(world.now + 1_000);
    world.answer_receipts();
    let batch = world.left();
    assert_eq!(batch, sent[1..13], "a POST carries 12 packets");
    // The server drops the whole POST, and answers the receipt that comes alone.
    world.forget_receipts();
    world.run_to(world.now + 1_000);
    assert_eq!(world.left(), []);
    world.answer_receipts();
    assert_eq!(world.left(), batch);
    world.answer_receipts();
    assert_eq!(world.left(), sent[13..]);
    world.answer_receipts();
    world.answer_receipts();
    assert!(
        sent.iter().all(|&seq| world.outcome(seq).is_some_and(|(o, _)| o == Outcome::Received))
    );
}

#[test]
fn server_that_answers_anything_else_is_asked_for_no_more_receipts() {
    let mut world = World::new().linked();
    let (epoch, name) = world.owed.pop_front().expect("the first");
    world.client.receipt(world.at(), epoch, name, false);
    world.drain();
    assert_eq!(world.count(Order::Receiptless), 1);
    let seq = world.send(draft(Way::Received));
    world.run_to(world.now + 5_000);
    assert!(world.owed.is_empty());
    world.ack(seq, 1, Verdict::Accepted);
    assert_eq!(world.outcome(seq), DELIVERED, "only its acknowledgement settles it");
    world.replace_link();
    assert!(world.owed.is_empty());
}

#[test]
fn room_that_is_freed_while_a_post_is_handed_over_lets_no_more_into_it() {
    let mut world = World::new();
    world.polling = true;
    let mut world = world.linked();
    world.fresh();
    let sent: Vec<_> = (0..20)
        .map(|_| world.client.send(world.at(), &draft(Way::Acked)).expect("taken"))
        .collect();
    let mut left = 0;
    while left < 12 {
        match world.client.poll().expect("12 leave at once") {
            Order::Look => world.client.looked(world.at(), false, None),
            order => left += u32::from(matches!(order, Order::Transmit { .. })),
        }
    }
    world.clogged = true;
    for &seq in &sent[..3] {
        world.client.cancel(world.at(), seq);
    }
    world.drain();
    assert_eq!(world.left(), []);
    world.clogged = false;
    world.run_to(world.now + 4);
    assert_eq!(world.left(), sent[12..15], "in the next POST");
}

#[test]
fn batch_over_polling_is_not_cut_where_its_own_packets_wait_in_the_transport() {
    let mut world = World::new();
    world.polling = true;
    let mut world = world.linked().proven();
    let sent: Vec<_> = (0..100)
        .map(|_| world.client.send(world.at(), &draft(Way::Acked)).expect("taken"))
        .collect();
    world.drain();
    // Asks whether the server takes many packets in one POST.
    world.now += 10;
    world.answer_receipts();
    assert_eq!(world.left(), sent);
}
