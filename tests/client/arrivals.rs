//! Events from the server: repeats, second names, pending answers, and typing marks.

use holdfast::client::{Came, Fate, Order, Value};
use holdfast::engine::{Millis, Moment};

use crate::world::World;

const NEWS: Fate = Fate { is_news: true, is_doubtful: false, has_reply: false, waits: false };
const REPEAT: Fate = Fate { is_news: false, ..NEWS };

/// A message under the first name.
fn came(id: u64, content: u64) -> Came {
    Came { id, content, names: 1, is_fetched: false, wants_ack: false }
}

fn asking(id: u64, content: u64) -> Came {
    Came { wants_ack: true, ..came(id, content) }
}

#[test]
fn repeat_reaches_nobody_and_other_content_does() {
    let mut world = World::new().linked();
    assert_eq!(world.client.came(came(1, 10), 1_000), NEWS);
    assert_eq!(world.client.came(came(1, 10), 1_000), REPEAT);
    let other = world.client.came(came(1, 11), 1_000);
    assert_eq!(other, Fate { is_doubtful: true, ..NEWS });
    assert_eq!(world.client.came(came(1, 12), 1_000), NEWS, "the developer was warned");
    let elsewhere = Came { names: 2, ..came(1, 20) };
    assert_eq!(world.client.came(elsewhere, 1_000), NEWS, "an id is known under one name only");
}

#[test]
fn fetched_message_is_known_by_its_id_under_every_name_in_any_form() {
    let mut world = World::new().linked();
    let fetched = |id, content| Came { names: 3, is_fetched: true, ..came(id, content) };
    world.client.came(Came { names: 2, ..came(1, 10) }, 1_000);
    assert_eq!(world.client.came(fetched(1, 11), 1_000), REPEAT, "it came under the other name");
    assert_eq!(world.client.came(fetched(2, 20), 1_000), NEWS);
    assert_eq!(world.client.came(came(2, 21), 1_000), REPEAT);
    assert!(world.client.came(Came { names: 2, ..came(1, 12) }, 1_000).is_news);
}

#[test]
fn memory_of_repeats_is_bounded_and_a_repeat_renews_its_entry() {
    let mut world = World::new().linked();
    let told: Vec<_> =
        [1, 2, 1, 3, 1, 2].map(|id| world.client.came(came(id, 10 * id), 2).is_news).to_vec();
    assert_eq!(told, [true, true, false, true, false, true]);
    assert_eq!(world.client.came(came(7, 70), 0), NEWS);
    assert_eq!(world.client.came(came(7, 70), 0), NEWS, "nothing is remembered");
}

#[test]
fn event_for_one_user_is_news_for_the_next() {
    let mut world = World::new();
    world.name = 5;
    let mut world = world.linked();
    assert_eq!(world.client.came(came(1, 10), 1_000), NEWS);
    world.client.log_out(world.at());
    world.drain();
    assert_eq!(world.client.came(came(1, 10), 1_000), NEWS);
}

#[test]
fn repeats_wait_for_the_answer_and_get_it_when_it_is_there() {
    let mut world = World::new().linked();
    let waits = Fate { waits: true, ..REPEAT };
    assert_eq!(world.client.came(asking(1, 10), 1_000), Fate { waits: true, ..NEWS });
    for _ in 1..100 {
        assert_eq!(world.client.came(asking(1, 10), 1_000), waits);
    }
    assert_eq!(world.client.came(asking(1, 10), 1_000), REPEAT, "a hundred repeats wait");
    world.replace_link();
    assert_eq!(world.client.came(asking(1, 10), 1_000), waits, "no wait survives a lost link");
    assert!(world.client.replied(10, 10_000));
    assert_eq!(world.client.came(asking(1, 10), 1_000), Fate { has_reply: true, ..REPEAT });
    assert_eq!(world.client.came(came(1, 10), 1_000), REPEAT);
}

#[test]
fn answer_too_large_to_keep_is_given_anew() {
    let mut world = World::new().linked();
    for _ in 0..2 {
        assert_eq!(world.client.came(asking(1, 10), 1_000), Fate { waits: true, ..NEWS });
        assert!(!world.client.replied(10, 10_001));
    }
    assert!(!world.client.replied(99, 1), "no answer was requested");
}

#[test]
fn copy_without_an_acknowledgement_does_not_keep_one_that_wants_it_from_being_answered() {
    let mut world = World::new().linked();
    world.client.came(came(1, 10), 1_000);
    assert_eq!(world.client.came(asking(1, 10), 1_000), Fate { waits: true, ..NEWS });
}

#[test]
fn answers_are_forgotten_with_their_message_unless_it_came_again() {
    let mut world = World::new().linked();
    world.fresh();
    world.client.came(asking(1, 10), 1);
    world.client.came(came(2, 20), 1);
    world.drain();
    assert_eq!(world.fresh(), [Order::Discard { value: Value::Answer, key: 10 }]);
    world.client.came(asking(1, 10), 1);
    world.client.came(came(2, 20), 1);
    world.client.came(asking(1, 10), 1);
    world.drain();
    assert_eq!(world.fresh(), []);
}

#[test]
fn same_thing_under_a_second_name_is_one_soon_after_or_by_its_id() {
    let mut world = World::new().linked();
    let mut at =
        |ms: u64, name: u32, has_id: bool| world.client.is_alias(Moment(ms), 5, name, has_id);
    assert!(!at(1_000, 1, false));
    assert!(!at(1_000, 1, false), "emitted twice");
    assert!(at(2_999, 2, false));
    assert!(!at(3_000, 2, false), "too late to be the same event");
    assert!(!at(10_000, 1, false));
    assert!(at(90_000, 2, true));
}

#[test]
fn typing_mark_ends_by_its_time_by_the_server_and_with_the_link() {
    let mut world = World::new().linked();
    world.fresh();
    for who in [1, 2, 3] {
        assert!(!world.client.typing(world.at(), who, Millis(5_000)));
    }
    assert!(world.client.typing(world.at(), 2, Millis(0)));
    assert!(!world.client.typing(world.at(), 2, Millis(0)));
    world.run_to(4_000);
    assert!(world.client.typing(world.at(), 3, Millis(5_000)));
    world.run_to(5_000);
    assert_eq!(world.fresh(), [Order::StopTyping { who: 1 }]);
    world.lose_link();
    assert!(world.fresh().contains(&Order::StopTyping { who: 3 }));
    assert_eq!(world.client.poll_timeout(), world.client.status().next_attempt_at);
}
