//! Very many clients that reconnect to one server, compared with the same number of clients with socket.io-client's
//! own algorithm: the peak of attempts, how soon all are back, and that no single user waits longer for it.
//!
//! `cargo xtask sim herd` plays 100,000 clients, and outages of up to three hours.

use sim::herd::{Comparison, Herd, Loss, Options, Overload, compare};

const OPTIONS: Options = Options {
    seed: 1,
    clients: 2_000,
    capacity: 40,
    queue: 40,
    senders_permille: 100,
    send_gap: 60_000,
};

fn after(outages: &[u64], options: &Options) -> Vec<Comparison> {
    let herd = |&outage| Herd { outage, loss: Loss::Seen, overload: Overload::Refuses };
    compare(&outages.iter().map(herd).collect::<Vec<_>>(), options)
}

#[test]
fn herd_keeps_to_its_limits() {
    for comparison in after(&[200, 3_000, 600_000], &OPTIONS) {
        let limits = comparison.limits().expect("an outage with limits");
        assert!(
            limits.hold(),
            "{:?}: {:.2} of their peak, {:?} ms late",
            comparison.herd,
            comparison.ratio(),
            comparison.late(),
        );
        assert!(comparison.ratio_of_seconds() <= 1.0, "{:?}", comparison.herd);
    }
}

#[test]
fn herd_that_sends_all_the_time_backs_off_all_the_same() {
    let options = Options { senders_permille: 1_000, send_gap: 2_000, ..OPTIONS };
    let comparison = &after(&[60_000], &options)[0];
    assert!(comparison.ratio() < 0.9, "{}", comparison.ratio());
}

#[test]
fn server_that_leaves_attempts_hanging_has_all_back_sooner_than_from_socket_io_client() {
    let herd = Herd { outage: 200, loss: Loss::Seen, overload: Overload::Hangs };
    let Comparison { ours, theirs, .. } = &compare(&[herd], &OPTIONS)[0];
    let (ours, theirs) = (ours.back(99).expect("back"), theirs.back(99).expect("back"));
    assert!(ours <= 100_000 && theirs > 2 * ours, "{ours} ms, theirs {theirs} ms");
}

#[test]
fn single_user_is_back_about_as_soon_as_with_socket_io_client_after_a_short_outage() {
    let options = Options { clients: 1_000, capacity: 1_000_000, senders_permille: 0, ..OPTIONS };
    let blips = [200, 1_000, 2_000, 3_000, 5_000];
    let comparisons = after(&blips, &options);
    let ours: Vec<_> = comparisons.iter().map(|each| each.ours.mean_back()).collect();
    let theirs: Vec<_> = comparisons.iter().map(|each| each.theirs.mean_back()).collect();
    let mean = |each: &[u64]| each.iter().sum::<u64>() / each.len() as u64;
    assert!(mean(&ours) <= mean(&theirs) * 6 / 5, "{ours:?} ms, theirs {theirs:?} ms");
    assert!(comparisons[0].ours.back(50) <= Some(1_100), "{:?}", comparisons[0].ours.back(50));
}

#[test]
fn same_seed_gives_the_same_herd() {
    let options = Options { clients: 300, ..OPTIONS };
    let curve = || after(&[3_000], &options)[0].ours.seconds();
    assert_eq!(curve(), curve());
}
