//! Generations of a user's logouts: which one a session belongs to.

use holdfast::client::storage::Storage;
use holdfast::client::{Client, Order};
use holdfast::engine::{Config, Moment};

/// First generations are multiples of this.
const FIRST: u64 = 1 << 16;
const NOW: Moment = Moment(1);

/// Drains the orders. Returns whether a logout elsewhere was seen, and the number of an opening.
fn drain(client: &mut Client) -> (bool, Option<u32>) {
    let (mut is_ended, mut opened) = (false, None);
    while let Some(order) = client.poll() {
        match order {
            Order::Ended { elsewhere } => is_ended |= elsewhere,
            Order::Storage(Storage::Open { opening }) => opened = Some(opening),
            _ => {}
        }
    }
    (is_ended, opened)
}

fn sees(client: &mut Client, generation: u64) -> bool {
    client.looked(NOW, false, Some(generation));
    drain(client).0
}

#[test]
fn first_generation_that_another_tab_began_at_the_same_time_is_this_tabs_too() {
    for is_seen_first in [true, false] {
        let mut client = Client::new(Config::default(), 1, Moment(0));
        client.keep(NOW, Some(FIRST), true);
        let opening = drain(&mut client).1.expect("it opens");
        assert!(!sees(&mut client, FIRST));
        if is_seen_first {
            assert!(!sees(&mut client, 2 * FIRST), "the disk is not open yet");
        }
        client.stored(NOW, |keeper| keeper.opened(opening, 1, (0, 7), true, 2 * FIRST));
        assert!(!sees(&mut client, 2 * FIRST), "both tabs agree on it");
        assert_eq!(client.keeper().generation(), Some(2 * FIRST));
        assert!(sees(&mut client, 3 * FIRST), "a different one means another session");
    }
}

#[test]
fn logout_is_seen_before_the_disk_is_open() {
    let mut client = Client::new(Config::default(), 1, Moment(0));
    client.keep(NOW, Some(FIRST), true);
    drain(&mut client);
    assert!(!sees(&mut client, FIRST));
    assert!(sees(&mut client, FIRST + 1));
}
