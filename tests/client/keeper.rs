//! Saving messages: which tab saves them, slow storage, and failing storage.

use holdfast::client::keeper::Saved;
use holdfast::client::storage::Storage;
use holdfast::engine::Outcome;

use crate::disk::{ALICE, BOB, Disk, FIRST, FORMER, FORMER_OWN, Id, Tab};

const LOGGED_OUT: Option<(Outcome, bool)> = Some((Outcome::LoggedOut, false));
const DELIVERED: Option<Outcome> = Some(Outcome::Delivered);

/// A tab that is gone and left these messages in journal 1.
fn left(ids: impl IntoIterator<Item = Id>) -> Disk {
    let mut disk = Disk::new();
    let gone = disk.idle_page(1);
    disk.send(gone, ids);
    disk.end(gone);
    disk
}

/// Two tabs that know of each other, and one message that the first one saves.
fn two_tabs() -> (Disk, Tab, Tab) {
    let mut disk = Disk::new();
    let (one, other) = (disk.page(1), disk.page(2));
    disk.send(one, [7]);
    (disk, one, other)
}

/// A page in the cache whose message 7 another tab has taken over.
fn taken_over() -> (Disk, Tab, Tab) {
    let (mut disk, one, other) = two_tabs();
    disk.cache(one);
    disk.pass(2_000);
    assert_eq!(disk.kept(), [(2, 7)]);
    assert_eq!(disk.left(other), [7]);
    (disk, one, other)
}

/// Two pages in the cache that had message 7. The last page that had it, and was told its result, is gone.
fn lost_by_two() -> (Disk, Tab, Tab) {
    let (mut disk, one, other) = taken_over();
    disk.cache(other);
    let third = disk.page(2);
    disk.ack(third, 7);
    disk.end(third);
    disk.left(one);
    disk.left(other);
    (disk, one, other)
}

// Opening.

#[test]
fn message_leaves_once_it_is_kept_and_its_delivery_erases_it() {
    let mut disk = Disk::new();
    let tab = disk.page(1);
    disk.holds_disk = true;
    disk.send(tab, [7]);
    assert_eq!((disk.saved(tab, 7), disk.left(tab)), (Some(Saved::Writing), vec![]));
    disk.holds_disk = false;
    disk.run();
    assert!(disk.is_kept(tab, 7));
    assert_eq!((disk.left(tab), disk.kept()), (vec![7], vec![(1, 7)]));
    disk.ack(tab, 7);
    assert!(disk.segments.is_empty());
    assert_eq!(disk.now, 0, "no timer was needed");
}

#[test]
fn tab_has_its_own_journal_again_after_a_reload() {
    let mut disk = Disk::new();
    let tab = disk.load(0);
    disk.name(tab, ALICE);
    let name = disk.page_of(tab).name;
    disk.send(tab, [1, 2, 3]);
    disk.end(tab);
    let next = disk.page(name);
    assert_eq!(disk.left(next), [1, 2, 3]);
    disk.ack(next, 2);
    disk.end(next);
    let next = disk.page(name);
    assert_eq!(disk.page_of(next).name, name);
    assert_eq!(disk.left(next), [1, 3], "a settled message does not come back");
    assert_eq!(disk.now, 0, "no timer was needed");
}

#[test]
fn messages_of_an_earlier_page_load_go_first() {
    let mut disk = left([1, 2]);
    disk.holds_opening = true;
    let tab = disk.page(1);
    disk.send(tab, [3]);
    assert_eq!(disk.left(tab), []);
    disk.holds_opening = false;
    disk.run();
    assert_eq!(disk.left(tab), [1, 2, 3]);
}

#[test]
fn many_messages_are_few_segments_in_order() {
    let mut disk = Disk::new();
    let tab = disk.idle_page(1);
    for id in 0..1_000 {
        disk.send_now(tab, id);
    }
    disk.run();
    assert_eq!(disk.segments.len(), 4);
    disk.end(tab);
    let other = disk.page(2);
    disk.pass(2_000);
    assert_eq!(disk.segments.len(), 4, "and so are those that were taken over");
    let ids: Vec<Id> = disk.kept().into_iter().map(|(_, id)| id).collect();
    assert_eq!(ids, (0..1_000).collect::<Vec<_>>());
    assert!(disk.is_kept(other, 999));
}

#[test]
fn copy_of_a_tab_takes_a_new_journal_after_200_ms() {
    let mut disk = Disk::new();
    let tab = disk.page(1);
    disk.send(tab, [7]);
    let copy = disk.page(1);
    disk.pass(199);
    assert_eq!(disk.page_of(copy).name, 1);
    disk.pass(1);
    assert_ne!(disk.page_of(copy).name, 1);
    disk.send(copy, [8]);
    assert_eq!(disk.left(copy), [8], "and no message of the original");
}

#[test]
fn new_page_waits_a_moment_for_the_page_before_the_reload() {
    let mut disk = Disk::new();
    let before = disk.page(1);
    disk.send(before, [7]);
    let after = disk.page(1);
    disk.pass(150);
    disk.end(before);
    assert_eq!(disk.page_of(after).name, 1);
    assert_eq!(disk.left(after), [7]);
    disk.pass(1_000);
    assert_eq!(disk.page_of(after).name, 1);
}

#[test]
fn without_locks_a_copy_that_hears_an_answer_takes_a_new_journal() {
    let mut disk = Disk::without_locks();
    let tab = disk.page(1);
    disk.pass(200);
    disk.send(tab, [7]);
    let copy = disk.page(1);
    assert_ne!(disk.page_of(copy).name, 1, "at once");
    disk.send(copy, [8]);
    assert_eq!(disk.left(copy), [8]);
    assert_eq!(disk.page_of(tab).name, 1);
}

#[test]
fn without_locks_one_of_two_copies_that_open_at_the_same_time_has_the_journal() {
    let mut disk = Disk::without_locks();
    disk.leave((ALICE, 1, 1), &[1], Some(FIRST));
    disk.holds_opening = true;
    let (one, other) = (disk.page(1), disk.page(1));
    disk.holds_opening = false;
    disk.run();
    disk.pass(200);
    let names = [one, other].map(|tab| disk.page_of(tab).name);
    assert_eq!(names.iter().filter(|&&name| name == 1).count(), 1, "{names:?}");
    disk.run();
    assert_eq!([disk.left(one), disk.left(other)].concat(), [1]);
}

#[test]
fn without_locks_a_tab_takes_its_own_journal_after_200_ms_and_no_other() {
    let mut disk = Disk::without_locks();
    disk.leave((ALICE, 1, 1), &[1], Some(FIRST));
    disk.leave((ALICE, 2, 1), &[2], Some(FIRST));
    let tab = disk.page(1);
    disk.pass(199);
    assert_eq!(disk.left(tab), []);
    disk.pass(1);
    assert_eq!(disk.left(tab), [1]);
    disk.pass(10_000);
    assert_eq!(disk.kept(), [(1, 1), (2, 2)]);
}

#[test]
fn storage_that_opens_late_is_not_waited_for_and_used_from_then_on() {
    let mut disk = left([1]);
    disk.holds_opening = true;
    let tab = disk.page(1);
    disk.send(tab, [2]);
    disk.pass(4_999);
    assert_eq!(disk.left(tab), []);
    disk.pass(1);
    assert_eq!((disk.left(tab), disk.page_of(tab).failures), (vec![2], 1));
    disk.send(tab, [3]);
    assert_eq!((disk.left(tab), disk.saved(tab, 3)), (vec![3], Some(Saved::Nowhere)));
    disk.holds_opening = false;
    disk.run();
    assert_eq!(disk.left(tab), [1], "the messages left there are found");
    disk.send(tab, [4]);
    assert!(disk.is_kept(tab, 4));
    assert_eq!(disk.page_of(tab).failures, 1, "reported once");
}

#[test]
fn storage_that_is_asked_for_again_has_its_whole_time_again() {
    let mut disk = Disk::new();
    disk.holds_opening = true;
    let tab = disk.page(1);
    disk.pass(4_000);
    disk.name(tab, BOB);
    disk.pass(4_999);
    assert_eq!(disk.page_of(tab).failures, 0);
    disk.pass(1);
    assert_eq!(disk.page_of(tab).failures, 1);
}

#[test]
fn page_that_slept_through_an_opening_still_opens() {
    let mut disk = left([1]);
    disk.holds_opening = true;
    let tab = disk.page(1);
    disk.wake_after(60_000);
    disk.holds_opening = false;
    disk.run();
    assert_eq!(disk.left(tab), [1]);
    disk.send(tab, [2]);
    assert!(disk.is_kept(tab, 2));
}

#[test]
fn copy_that_slept_while_it_asked_hears_the_answer() {
    let mut disk = Disk::without_locks();
    let tab = disk.page(1);
    disk.pass(200);
    disk.send(tab, [7]);
    disk.holds_channel = true;
    let copy = disk.page(1);
    disk.wake_after(60_000);
    disk.holds_channel = false;
    disk.run();
    disk.pass(2_000);
    assert_ne!(disk.page_of(copy).name, 1);
    assert_eq!(disk.left(copy), []);
}

#[test]
fn opening_that_was_slept_through_is_given_another_second() {
    let mut disk = Disk::new();
    disk.holds_opening = true;
    let tab = disk.page(1);
    disk.wake_after(60_000);
    disk.pass(999);
    assert_eq!(disk.page_of(tab).failures, 0);
    disk.pass(1);
    assert_eq!(disk.page_of(tab).failures, 1);
}

#[test]
fn opening_of_a_page_whose_timers_are_always_late_is_not_waited_for_for_ever() {
    let mut disk = Disk::new();
    disk.holds_opening = true;
    let tab = disk.page(1);
    disk.wake_after(60_000);
    assert_eq!(disk.page_of(tab).failures, 0);
    disk.wake_after(60_000);
    assert_eq!(disk.page_of(tab).failures, 1);
}

#[test]
fn messages_of_one_user_are_not_read_for_the_next() {
    let mut disk = left([1]);
    disk.holds_opening = true;
    let tab = disk.page(1);
    let now = disk.at();
    // The app names Bob. His storage is not opened before his credentials are there.
    disk.page_of(tab).client.name(now, BOB, 0);
    disk.holds_opening = false;
    disk.run();
    assert_eq!(disk.left(tab), []);
    assert_eq!(disk.page_of(tab).client.status().queued, 0);
    disk.name(tab, BOB);
    assert_eq!((disk.left(tab), disk.kept()), (vec![], vec![(1, 1)]));
}

#[test]
fn storage_that_does_not_open_costs_the_disk_and_no_message_waits() {
    let mut disk = left([1]);
    disk.fails_opening = true;
    let tab = disk.page(1);
    disk.send(tab, [2]);
    assert_eq!((disk.left(tab), disk.saved(tab, 2)), (vec![2], Some(Saved::Nowhere)));
    assert_eq!(disk.page_of(tab).failures, 1);
    assert!(!disk.is_locked(1), "another tab may take over that journal");
    disk.ack(tab, 2);
    assert_eq!(disk.kept(), [(1, 1)]);
}

#[test]
fn storage_that_fails_after_it_was_late_is_told_once() {
    let mut disk = Disk::new();
    disk.holds_opening = true;
    let tab = disk.page(1);
    disk.pass(5_000);
    (disk.holds_opening, disk.fails_opening) = (false, true);
    disk.run();
    assert_eq!(disk.page_of(tab).failures, 1);
}

#[test]
fn facts_of_an_earlier_opening_are_ignored() {
    let mut disk = left([1]);
    disk.holds_opening = true;
    let tab = disk.page(1);
    disk.name(tab, BOB);
    disk.name(tab, ALICE);
    disk.holds_opening = false;
    disk.run();
    disk.keeper(tab, |keeper| {
        keeper.failed(1);
        keeper.opened(2, 0, (5, 6), true, FIRST);
        keeper.locked(2, 1, true);
        keeper.hello(2, 9, true, false);
        assert!(!keeper.read(2, FIRST + 1));
    });
    disk.run();
    assert_eq!(disk.left(tab), [1]);
    assert_eq!(disk.page_of(tab).failures, 0);
}

#[test]
fn without_storage_nothing_waits() {
    let mut disk = Disk::new();
    let tab = disk.load(1);
    disk.send(tab, [1]);
    disk.link(tab);
    assert_eq!(disk.saved(tab, 1), Some(Saved::Waiting), "its user is not known yet");
    disk.keep(tab, ALICE, None, false);
    disk.send(tab, [2]);
    assert_eq!(
        (disk.saved(tab, 1), disk.saved(tab, 2)),
        (Some(Saved::Nowhere), Some(Saved::Nowhere))
    );
    assert_eq!(disk.left(tab), [1, 2]);
    assert!(disk.segments.is_empty());
}

#[test]
fn page_that_ends_while_its_user_gets_a_name_loses_nothing() {
    let mut disk = Disk::new();
    let tab = disk.load(1);
    // Only the credentials name the user.
    disk.claim(tab, ALICE, Some(FIRST), false);
    disk.send(tab, [1]);
    let his = disk.generation(BOB);
    disk.fails_writes = true;
    disk.keep(tab, BOB, Some(his), false);
    disk.run();
    assert_eq!(disk.kept_of(ALICE).len(), 1, "a message that could not be saved anew stays saved");
    disk.fails_writes = false;
    disk.cancel(tab, 1);
    disk.pass(64_000);
    assert_eq!(disk.kept_of(ALICE), [], "until it settles");
}

#[test]
fn saved_message_is_saved_anew_for_the_user_who_is_named_later() {
    let mut disk = Disk::new();
    let tab = disk.load(1);
    // Only the credentials name the user.
    disk.claim(tab, ALICE, Some(FIRST), false);
    disk.send(tab, [1]);
    // Messages that wait to be written when the scope changes, and messages that are being written.
    disk.holds_disk = true;
    disk.send(tab, [2]);
    disk.send(tab, [3]);
    let his = disk.generation(BOB);
    disk.keep(tab, BOB, Some(his), false);
    disk.holds_disk = false;
    disk.run();
    assert_eq!(disk.kept_of(ALICE), []);
    assert_eq!(disk.kept_of(BOB).len(), 3);
    for id in [1, 2, 3] {
        assert!(disk.is_kept(tab, id));
    }
    disk.link(tab);
    disk.ack(tab, 1);
    disk.end(tab);
    let next = disk.load(1);
    disk.name(next, BOB);
    disk.link(next);
    assert_eq!(disk.left(next).len(), 2);
}

#[test]
fn two_tabs_that_begin_the_first_generation_at_once_agree_on_the_last() {
    let mut disk = Disk::new();
    disk.generations.insert(ALICE, FIRST + (1 << 16));
    let tab = disk.load(1);
    disk.keep(tab, ALICE, Some(FIRST), true);
    disk.send(tab, [1]);
    assert_eq!(disk.outcome(tab, 1), None);
    disk.end(tab);
    let next = disk.page(1);
    assert_eq!(disk.left(next), [1]);
}

// Taking over.

#[test]
fn journal_of_a_tab_that_ends_is_taken_over_in_one_commit_after_the_grace() {
    let (mut disk, one, other) = two_tabs();
    disk.send(one, [8]);
    disk.left(one);
    disk.end(one);
    disk.pass(1_999);
    assert_eq!(disk.kept(), [(1, 7), (1, 8)]);
    disk.orders(other);
    disk.pass(1);
    assert_eq!((disk.kept(), disk.left(other)), (vec![(2, 7), (2, 8)], vec![7, 8]));
    assert!(!disk.is_locked(1));
    assert_eq!(disk.commits(other), 1);
}

#[test]
fn tab_that_is_back_within_the_grace_keeps_its_journal() {
    let (mut disk, one, other) = two_tabs();
    disk.end(one);
    disk.pass(1_500);
    let back = disk.page(1);
    disk.pass(5_000);
    assert_eq!((disk.left(back), disk.left(other)), (vec![7], vec![]));
    // And its lock is waited for once more.
    disk.end(back);
    disk.pass(2_000);
    assert_eq!(disk.left(other), [7]);
}

#[test]
fn journals_of_tabs_that_were_gone_before_are_taken_over_at_once() {
    let mut disk = left([1]);
    let tab = disk.page(2);
    assert_eq!(disk.left(tab), [1]);
    assert_eq!(disk.now, 0);
}

#[test]
fn one_of_several_tabs_takes_over() {
    let mut disk = Disk::new();
    let gone = disk.page(1);
    disk.send(gone, [1, 2, 3]);
    let others: Vec<Tab> = (2..5).map(|name| disk.page(name)).collect();
    disk.end(gone);
    disk.pass(5_000);
    let mut all: Vec<Id> = others.iter().flat_map(|&tab| disk.left(tab)).collect();
    all.sort_unstable();
    assert_eq!(all, [1, 2, 3]);
    // And the rest of it when that tab ends as well.
    let has = others.iter().position(|&tab| disk.saved(tab, 1).is_some()).expect("somebody");
    disk.ack(others[has], 2);
    disk.end(others[has]);
    disk.pass(5_000);
    let mut all: Vec<Id> = others.iter().flat_map(|&tab| disk.left(tab)).collect();
    all.sort_unstable();
    assert_eq!(all, [1, 3]);
}

#[test]
fn client_that_wants_no_link_takes_over_nothing_until_it_wants_one() {
    let mut disk = left([1]);
    let idle = disk.idle_page(2);
    disk.pass(60_000);
    assert_eq!(disk.kept(), [(1, 1)]);
    disk.link(idle);
    assert_eq!((disk.kept(), disk.left(idle)), (vec![(2, 1)], vec![1]));
}

#[test]
fn client_that_was_disconnected_leaves_journals_to_the_others() {
    let (mut disk, one, other) = two_tabs();
    let idle = disk.page(3);
    disk.unlink(idle);
    disk.end(one);
    disk.pass(2_000);
    assert_eq!((disk.left(other), disk.left(idle)), (vec![7], vec![]));
    disk.link(idle);
    disk.pass(10_000);
    assert_eq!(disk.left(idle), []);
}

#[test]
fn tab_that_is_back_while_its_journal_is_asked_for_is_waited_for_once() {
    let mut disk = left([1]);
    disk.lock(1);
    disk.holds_locks = true;
    let tab = disk.idle_page(2);
    disk.holds_locks = false;
    disk.run();
    disk.holds_locks = true;
    disk.link(tab);
    disk.orders(tab);
    disk.say_hello(tab, 1);
    disk.holds_locks = false;
    disk.run();
    let waits = |order: &&Storage| **order == Storage::Lock { name: 1, waits: true };
    assert_eq!(disk.orders(tab).iter().filter(waits).count(), 1);
    disk.unlock(1);
    disk.pass(2_000);
    assert_eq!(disk.left(tab), [1]);
    // Its lock is waited for again when it is back.
    let back = disk.page(1);
    disk.send(back, [2]);
    disk.end(back);
    disk.pass(2_000);
    assert_eq!(disk.left(tab), [2]);
}

#[test]
fn segment_of_a_newer_build_is_neither_read_nor_touched() {
    let mut disk = Disk::new();
    for (name, id) in [(1, 1), (2, 2)] {
        disk.leave((ALICE, name, 5_000_000), &[id], Some(FIRST));
        disk.segments.get_mut(&(ALICE, name, 5_000_000)).expect("there").is_newer = true;
        disk.leave((ALICE, name, 1), &[id + 2], Some(FIRST));
    }
    let tab = disk.page(1);
    assert_eq!(disk.left(tab), [3, 4]);
    disk.send(tab, [5]);
    for id in [3, 4, 5] {
        disk.ack(tab, id);
    }
    assert_eq!(disk.kept(), [(1, 1), (2, 2)]);
    assert!(!disk.is_locked(2));
}

#[test]
fn message_that_another_tab_sends_too_goes_on_for_both() {
    let (mut disk, one, other) = two_tabs();
    disk.send(other, [7]);
    disk.end(one);
    disk.pass(2_000);
    assert_eq!(disk.left(other), [7], "once");
    disk.ack(other, 7);
    assert!(disk.segments.is_empty());
}

#[test]
fn move_that_fails_leaves_the_journal_where_it_is() {
    let (mut disk, one, other) = two_tabs();
    disk.end(one);
    disk.fails_writes = true;
    disk.pass(2_000);
    disk.fails_writes = false;
    assert_eq!(disk.kept(), [(1, 7)]);
    assert!(!disk.is_locked(1), "another tab may have it");
    disk.send(other, [8]);
    assert!(disk.is_kept(other, 8));
}

#[test]
fn journal_that_could_not_be_moved_is_moved_ten_seconds_later() {
    let (mut disk, one, other) = two_tabs();
    disk.end(one);
    disk.fails_writes = true;
    disk.pass(2_000);
    disk.fails_writes = false;
    disk.pass(9_999);
    assert_eq!((disk.kept(), disk.left(other)), (vec![(1, 7)], vec![]));
    disk.pass(1);
    assert_eq!((disk.kept(), disk.left(other)), (vec![(2, 7)], vec![7]));
}

#[test]
fn journal_that_cannot_be_read_is_left_to_other_tabs() {
    let (mut disk, one, other) = two_tabs();
    disk.end(one);
    disk.fails_reads = true;
    disk.pass(2_000);
    disk.fails_reads = false;
    assert_eq!(disk.page_of(other).failures, 1);
    assert!(!disk.is_locked(1));
    let third = disk.page(3);
    disk.pass(2_000);
    assert_eq!(disk.left(third), [7]);
}

#[test]
fn destroyed_client_neither_opens_nor_takes_over_nor_erases_others_messages() {
    let mut disk = left([1]);
    disk.holds_opening = true;
    let tab = disk.page(1);
    disk.destroy(tab);
    disk.holds_opening = false;
    disk.run();
    disk.name(tab, ALICE);
    assert_eq!(disk.outcome(tab, 1), None);
    assert_eq!(disk.kept(), [(1, 1)]);
    assert!(!disk.is_locked(1));
}

#[test]
fn destroyed_client_erases_what_it_told_closed() {
    let mut disk = Disk::new();
    let tab = disk.page(1);
    disk.send(tab, [1, 2]);
    disk.destroy(tab);
    assert_eq!(disk.outcome(tab, 2), Some((Outcome::Closed, true)));
    assert!(disk.segments.is_empty());
}

#[test]
fn destroyed_client_reports_results_of_messages_that_it_took_over() {
    let (mut disk, one, other) = taken_over();
    disk.restore(one);
    disk.destroy(other);
    assert_eq!(disk.ending(one, 7), Some(Outcome::Refused));
    assert!(disk.segments.is_empty());
    assert!(!disk.is_locked(2));
}

// Back from the cache.

#[test]
fn page_that_is_back_from_the_cache_has_its_messages_again() {
    let mut disk = Disk::new();
    let tab = disk.idle_page(1);
    disk.send(tab, [1, 2]);
    disk.cache(tab);
    disk.restore(tab);
    assert!(disk.is_kept(tab, 1) && disk.is_kept(tab, 2));
    disk.link(tab);
    assert_eq!(disk.left(tab), [1, 2]);
    disk.ack(tab, 1);
    disk.ack(tab, 2);
    assert!(disk.segments.is_empty());
}

#[test]
fn message_that_another_tab_took_over_is_withheld_until_that_tab_reports_its_result() {
    let (mut disk, one, other) = taken_over();
    disk.left(one);
    disk.restore(one);
    disk.link(one);
    disk.pass(10_000);
    assert_eq!((disk.saved(one, 7), disk.left(one)), (Some(Saved::Elsewhere), vec![]));
    disk.ack(other, 7);
    assert_eq!(disk.ending(one, 7), DELIVERED);
    assert!(disk.segments.is_empty());
}

#[test]
fn released_message_is_withheld_again_once_another_tab_is_seen_to_have_it() {
    let (mut disk, one, _) = taken_over();
    disk.restore(one);
    disk.cache(one);
    disk.fails_opening = true;
    disk.restore(one);
    assert_eq!(disk.saved(one, 7), Some(Saved::Nowhere), "no tab knows its result");
    disk.cache(one);
    disk.fails_opening = false;
    disk.restore(one);
    assert_eq!(disk.saved(one, 7), Some(Saved::Elsewhere));
}

#[test]
fn message_that_left_while_no_tab_answered_does_not_leave_again_once_another_tab_has_it() {
    let (mut disk, one, other) = taken_over();
    disk.left(one);
    disk.holds_opening = true;
    disk.restore(one);
    disk.link(one);
    disk.pass(5_000);
    assert_eq!(disk.left(one), [7], "no tab knows its result");
    disk.holds_opening = false;
    disk.run();
    assert_eq!(disk.saved(one, 7), Some(Saved::Elsewhere));
    disk.unlink(one);
    disk.link(one);
    assert_eq!(disk.left(one), []);
    disk.ack(other, 7);
    assert_eq!(disk.ending(one, 7), DELIVERED);
}

#[test]
fn page_in_the_cache_deletes_nothing_that_another_tab_may_have_taken_over() {
    let (mut disk, tab, _) = two_tabs();
    disk.send(tab, [1, 2]);
    // No list can be written, so the whole segment is to be deleted.
    disk.fails_writes = true;
    disk.ack(tab, 1);
    disk.pass(2_500);
    disk.cache(tab);
    let copy = disk.page(1);
    disk.fails_writes = false;
    disk.pass(60_000);
    assert!(disk.kept().contains(&(1, 2)), "{:?}", disk.kept());
    assert!(disk.is_kept(copy, 2));
}

#[test]
fn message_that_another_tab_has_settled_is_asked_for() {
    let (mut disk, one, other) = taken_over();
    disk.ack(other, 7);
    assert_eq!(disk.outcome(one, 7), None, "it is in the cache");
    disk.restore(one);
    assert_eq!(disk.ending(one, 7), DELIVERED);
}

#[test]
fn message_that_no_tab_has_any_more_is_reclaimed() {
    let (mut disk, one, other) = taken_over();
    disk.ack(other, 7);
    disk.end(other);
    disk.left(one);
    disk.restore(one);
    disk.link(one);
    disk.pass(1_999);
    assert_eq!((disk.saved(one, 7), disk.left(one)), (Some(Saved::Elsewhere), vec![]));
    disk.pass(1);
    assert_eq!(disk.left(one), [7]);
    assert_eq!(disk.kept(), [(1, 7)], "and saved again");
}

#[test]
fn message_that_a_silent_tab_has_on_disk_is_not_reclaimed() {
    let (mut disk, one, other) = taken_over();
    disk.left(one);
    disk.holds_channel = true;
    disk.restore(one);
    disk.link(one);
    // For a minute nobody answers, and the disk is read again and again.
    disk.pass(64_000);
    assert_eq!((disk.saved(one, 7), disk.left(one)), (Some(Saved::Elsewhere), vec![]));
    assert_eq!(disk.kept(), [(2, 7)]);
    disk.holds_channel = false;
    disk.ack(other, 7);
    assert_eq!(disk.ending(one, 7), DELIVERED);
}

#[test]
fn result_of_a_reclaimed_message_is_told_to_the_tabs_that_had_it_before() {
    let (mut disk, one, other) = lost_by_two();
    disk.restore(one);
    disk.link(one);
    disk.pass(1_000);
    disk.restore(other);
    disk.pass(2_000);
    assert_eq!((disk.left(one), disk.kept()), (vec![7], vec![(1, 7)]));
    disk.ack(one, 7);
    assert_eq!(disk.ending(other, 7), DELIVERED);
}

#[test]
fn message_that_two_tabs_ask_for_at_the_same_time_is_reclaimed_by_one_of_them() {
    let (mut disk, one, other) = lost_by_two();
    disk.restore(one);
    disk.restore(other);
    disk.link(one);
    disk.link(other);
    disk.pass(2_000);
    assert_eq!(disk.kept(), [(1, 7)]);
    assert_eq!((disk.left(one), disk.left(other)), (vec![7], vec![]));
    assert_eq!(disk.saved(other, 7), Some(Saved::Elsewhere));
    disk.ack(one, 7);
    assert_eq!(disk.ending(other, 7), DELIVERED);
    assert_eq!(disk.kept(), []);
}

#[test]
fn message_that_a_tab_that_goes_first_asks_for_too_is_left_to_it_for_a_minute() {
    let (mut disk, one, _) = lost_by_two();
    disk.restore(one);
    disk.link(one);
    assert!(!disk.ask(one, 7, true));
    disk.pass(61_999);
    assert_eq!((disk.saved(one, 7), disk.left(one)), (Some(Saved::Elsewhere), vec![]));
    // That tab is gone, or found that it does not have the message.
    disk.pass(1);
    assert_eq!((disk.left(one), disk.kept()), (vec![7], vec![(1, 7)]));
}

#[test]
fn message_that_a_tab_that_goes_later_asks_for_too_is_reclaimed() {
    let (mut disk, one, _) = lost_by_two();
    disk.restore(one);
    disk.link(one);
    assert!(disk.ask(one, 7, false));
    disk.pass(2_000);
    assert_eq!((disk.left(one), disk.kept()), (vec![7], vec![(1, 7)]));
}

#[test]
fn tab_whose_reading_hangs_keeps_no_other_tab_waiting() {
    let (mut disk, one, _) = lost_by_two();
    disk.restore(one);
    disk.holds_answers = true;
    disk.pass(59_999);
    assert!(disk.ask(one, 7, false), "it may be reclaiming it");
    disk.pass(1);
    assert!(!disk.ask(one, 7, false));
}

#[test]
fn message_that_another_tab_lost_silently_is_asked_for_again() {
    let (mut disk, one, other) = two_tabs();
    disk.send(one, [9]);
    disk.cache(one);
    disk.pass(2_000);
    disk.restore(one);
    // The other tab drops the segment, as it can't write lists: 7 is in its memory only.
    disk.fails_writes = true;
    disk.ack(other, 9);
    disk.pass(20_000);
    disk.fails_writes = false;
    disk.pass(60_000);
    assert_eq!((disk.saved(one, 7), disk.kept()), (Some(Saved::Elsewhere), vec![]));
    // Its end is not noticed, for example because another page of that tab has the lock.
    disk.holds_locks = true;
    disk.end(other);
    disk.pass(62_000);
    assert!(disk.is_kept(one, 7));
}

#[test]
fn write_that_hangs_delays_no_message() {
    let mut disk = Disk::new();
    let tab = disk.page(1);
    disk.holds_disk = true;
    disk.send(tab, [1]);
    disk.pass(9_999);
    disk.send(tab, [2]);
    assert_eq!(disk.left(tab), []);
    disk.pass(1);
    assert_eq!((disk.left(tab), disk.page_of(tab).failures), (vec![1, 2], 1));
    disk.send(tab, [3]);
    assert_eq!(disk.left(tab), [3], "nor any later message");
    disk.ack(tab, 1);
    disk.holds_disk = false;
    disk.run();
    assert_eq!(disk.kept(), [], "messages that settled meanwhile are erased");
    disk.send(tab, [4]);
    assert!(disk.is_kept(tab, 4));
    assert_eq!(disk.page_of(tab).failures, 1);
}

#[test]
fn erasing_that_hangs_delays_no_message() {
    let mut disk = Disk::new();
    let tab = disk.page(1);
    disk.send(tab, [1]);
    disk.holds_disk = true;
    disk.ack(tab, 1);
    disk.send(tab, [2]);
    disk.left(tab);
    disk.pass(10_000);
    assert_eq!(disk.left(tab), [2]);
}

#[test]
fn write_that_hangs_and_fails_is_told_once() {
    let mut disk = Disk::new();
    let tab = disk.page(1);
    disk.holds_disk = true;
    disk.send(tab, [1]);
    disk.pass(10_000);
    disk.fails_writes = true;
    disk.holds_disk = false;
    disk.run();
    assert_eq!(disk.page_of(tab).failures, 1);
    assert_eq!(disk.saved(tab, 1), Some(Saved::Nowhere));
}

#[test]
fn messages_that_the_other_tab_left_are_taken_over_again() {
    let (mut disk, one, other) = taken_over();
    disk.left(one);
    disk.restore(one);
    disk.link(one);
    disk.end(other);
    disk.pass(2_000);
    assert_eq!((disk.left(one), disk.kept()), (vec![7], vec![(1, 7)]));
    disk.ack(one, 7);
    assert!(disk.segments.is_empty());
}

#[test]
fn cancel_of_a_message_that_another_tab_has_is_passed_on() {
    let (mut disk, one, other) = taken_over();
    disk.restore(one);
    disk.cancel(one, 7);
    assert_eq!(disk.outcome(one, 7), Some((Outcome::Cancelled, true)), "it may have left");
    assert_eq!(disk.outcome(other, 7), Some((Outcome::Cancelled, true)));
    assert!(disk.segments.is_empty());
}

/// A page that wants no link, whose message 7 is in the journal of a tab that is gone. It has cancelled the
/// message.
fn cancelled_in_nobodys_journal() -> (Disk, Tab) {
    let (mut disk, one, other) = two_tabs();
    disk.end(one);
    disk.pass(2_000);
    let back = disk.idle_page(1);
    disk.end(other);
    disk.pass(2_000);
    assert_eq!(disk.saved(back, 7), Some(Saved::Elsewhere));
    disk.cancel(back, 7);
    assert_eq!(disk.outcome(back, 7), Some((Outcome::Cancelled, true)), "it may still leave");
    assert_eq!(disk.kept(), [(2, 7)], "the journal belongs to another tab");
    (disk, back)
}

#[test]
fn message_cancelled_in_nobodys_journal_is_erased_by_the_page_that_cancelled_it() {
    let (mut disk, back) = cancelled_in_nobodys_journal();
    disk.link(back);
    assert_eq!((disk.left(back), disk.kept()), (vec![], vec![]));
}

#[test]
fn message_cancelled_in_nobodys_journal_leaves_from_a_tab_that_opens_later() {
    let (mut disk, _) = cancelled_in_nobodys_journal();
    let later = disk.page(3);
    assert_eq!(disk.left(later), [7], "no tab reported it");
}

#[test]
fn tab_that_was_closed_and_is_back_hears_how_its_messages_end() {
    let (mut disk, one, other) = two_tabs();
    disk.send(one, [8]);
    disk.end(one);
    disk.pass(2_000);
    let back = disk.page(1);
    assert_eq!(
        (disk.saved(back, 7), disk.saved(back, 8)),
        (Some(Saved::Elsewhere), Some(Saved::Elsewhere))
    );
    disk.ack(other, 7);
    assert_eq!(disk.ending(back, 7), DELIVERED);
    disk.end(other);
    disk.pass(2_000);
    assert_eq!(disk.left(back), [8]);
}

#[test]
fn copy_that_another_tab_merged_into_its_own_is_told_too() {
    let (mut disk, one, other) = two_tabs();
    disk.send(other, [7]);
    disk.cache(one);
    disk.pass(2_000);
    disk.restore(one);
    disk.ack(other, 7);
    assert_eq!(disk.ending(one, 7), DELIVERED);
}

#[test]
fn storage_that_fails_releases_messages_that_another_tab_has() {
    let (mut disk, one, _) = taken_over();
    disk.left(one);
    disk.restore(one);
    disk.link(one);
    assert_eq!(disk.left(one), []);
    disk.fails_writes = true;
    disk.send(one, [8]);
    assert_eq!(disk.left(one), [7]);
    assert_eq!(disk.saved(one, 7), Some(Saved::Nowhere));
    disk.pass(10_000);
    assert_eq!(disk.saved(one, 7), Some(Saved::Nowhere));
}

#[test]
fn message_that_settles_while_its_journal_is_read_does_not_come_back() {
    let mut disk = Disk::new();
    let tab = disk.idle_page(1);
    disk.send(tab, [1, 2]);
    disk.cache(tab);
    disk.holds_answers = true;
    disk.restore(tab);
    disk.cancel(tab, 1);
    disk.holds_answers = false;
    disk.run();
    assert_eq!(disk.outcome(tab, 1), Some((Outcome::Cancelled, true)));
    disk.link(tab);
    assert_eq!(disk.left(tab), [2]);
    assert_eq!(disk.saved(tab, 1), None);
    assert_eq!(disk.kept(), [(1, 2)]);
}

#[test]
fn message_that_settles_while_a_former_journal_is_waited_for_does_not_come_back() {
    let mut disk = Disk::new();
    let tab = disk.idle_page(1);
    disk.send(tab, [1, 2]);
    disk.cache(tab);
    disk.leave((ALICE + FORMER, 50, 0), &[5], None);
    disk.lock(50);
    disk.restore(tab);
    disk.cancel(tab, 1);
    disk.pass(200);
    disk.link(tab);
    assert_eq!(disk.left(tab), [2]);
    assert_eq!(disk.kept(), [(1, 2)]);
    disk.ack(tab, 2);
    assert_eq!(disk.kept(), []);
}

#[test]
fn message_that_is_sent_anew_while_journals_are_read_is_not_the_one_that_another_tab_has() {
    let (mut disk, one, other) = taken_over();
    disk.left(one);
    disk.leave((ALICE + FORMER, 50, 0), &[5], None);
    disk.lock(50);
    disk.holds_opening = true;
    disk.restore(one);
    disk.link(one);
    disk.pass(5_000);
    // Storage is late, so nothing waits for it. Everything is read now, and passed on once the lock was waited for.
    disk.holds_opening = false;
    disk.run();
    disk.cancel(one, 7);
    disk.left(one);
    disk.send(one, [7]);
    disk.pass(200);
    assert_eq!((disk.saved(one, 7), disk.left(one)), (Some(Saved::Nowhere), vec![7]));
    disk.ack(other, 7);
    assert_eq!(disk.saved(one, 7), Some(Saved::Nowhere), "that was another message");
    assert_eq!(disk.ending(one, 7), Some(Outcome::Cancelled), "like the message before");
}

// Logouts.

#[test]
fn message_that_a_logout_ended_is_erased_and_reported_and_never_passed_on() {
    let mut disk = left([1, 2]);
    disk.raise(ALICE);
    let tab = disk.page(1);
    assert_eq!((disk.left(tab), disk.page_of(tab).ended.clone()), (vec![], vec![1, 2]));
    assert!(disk.segments.is_empty());
    disk.send(tab, [3]);
    assert_eq!(disk.kept(), [(1, 3)]);
}

#[test]
fn message_that_had_settled_before_a_logout_is_not_reported_as_ended_by_it() {
    let mut disk = Disk::new();
    let gone = disk.idle_page(1);
    disk.send(gone, [1, 2]);
    disk.cancel(gone, 1);
    assert_eq!(disk.segments.len(), 1, "they share a segment");
    disk.end(gone);
    disk.raise(ALICE);
    let tab = disk.page(1);
    assert_eq!(disk.page_of(tab).ended, [2]);
    assert!(disk.segments.is_empty());
}

#[test]
fn message_that_a_logout_ended_is_erased_in_another_tabs_journal_too() {
    let mut disk = left([1]);
    disk.raise(ALICE);
    let tab = disk.page(2);
    assert_eq!((disk.left(tab), disk.page_of(tab).ended.clone()), (vec![], vec![1]));
    assert!(disk.segments.is_empty());
}

#[test]
fn logout_elsewhere_while_a_tab_opens_ends_its_session() {
    let mut disk = left([1]);
    disk.holds_opening = true;
    let tab = disk.idle_page(1);
    disk.send(tab, [2]);
    disk.page_of(tab).is_blind = true;
    disk.raise(ALICE);
    disk.holds_opening = false;
    disk.run();
    assert_eq!(disk.outcome(tab, 2), LOGGED_OUT);
    assert_eq!(disk.page_of(tab).ended, [1]);
    assert!(disk.segments.is_empty());
    disk.link(tab);
    disk.send(tab, [3]);
    assert_eq!(disk.saved(tab, 3), Some(Saved::Nowhere), "nothing is saved before the next login");
    disk.page_of(tab).is_blind = false;
    disk.name(tab, ALICE);
    disk.send(tab, [4]);
    assert!(disk.is_kept(tab, 4));
}

#[test]
fn logout_elsewhere_while_a_tab_waits_for_another_ends_its_session() {
    let (mut disk, one, other) = two_tabs();
    disk.end(one);
    disk.raise(ALICE);
    disk.page_of(other).is_blind = true;
    disk.pass(2_000);
    assert_eq!(disk.left(other), []);
    assert_eq!(disk.page_of(other).ended, [7]);
    assert!(disk.segments.is_empty());
    disk.link(other);
    disk.send(other, [8]);
    assert_eq!(disk.saved(other, 8), Some(Saved::Nowhere), "the session is over");
}

#[test]
fn page_whose_user_logged_out_elsewhere_opens_nothing_when_it_is_back_from_the_cache() {
    let (mut disk, one, other) = two_tabs();
    disk.end(one);
    disk.raise(ALICE);
    disk.page_of(other).is_blind = true;
    disk.pass(2_000);
    assert_eq!(disk.page_of(other).ended, [7]);
    disk.orders(other);
    disk.cache(other);
    disk.restore(other);
    assert!(!disk.orders(other).iter().any(|order| matches!(order, Storage::Open { .. })));
    disk.link(other);
    disk.send(other, [8]);
    assert_eq!(disk.saved(other, 8), Some(Saved::Nowhere), "nothing waits for storage");
}

#[test]
fn logout_as_the_page_is_left_opens_nothing_when_it_is_back_from_the_cache() {
    let mut disk = Disk::new();
    let tab = disk.page(1);
    disk.send(tab, [7]);
    disk.cache(tab);
    disk.log_out(tab);
    disk.orders(tab);
    disk.restore(tab);
    assert!(!disk.orders(tab).iter().any(|order| matches!(order, Storage::Open { .. })));
    assert_eq!(disk.ending(tab, 7), Some(Outcome::LoggedOut));
}

#[test]
fn messages_that_nobody_keeps_are_in_no_doubt_when_the_page_is_back_from_the_cache() {
    let (mut disk, one, other) = two_tabs();
    disk.end(one);
    disk.raise(ALICE);
    disk.page_of(other).is_blind = true;
    disk.pass(2_000);
    disk.link(other);
    disk.unlink(other);
    disk.send(other, [8]);
    disk.cache(other);
    disk.restore(other);
    disk.log_out(other);
    assert_eq!(disk.outcome(other, 8), LOGGED_OUT);
}

#[test]
fn logout_between_reading_and_moving_keeps_a_journal_where_it_is() {
    let (mut disk, one, other) = two_tabs();
    disk.end(one);
    disk.page_of(other).is_blind = true;
    disk.raises_before_moving = true;
    disk.pass(2_000);
    assert_eq!(disk.left(other), []);
    assert_eq!(disk.kept(), [(1, 7)]);
}

#[test]
fn message_that_the_session_still_has_is_told_of_a_logout_once() {
    let mut disk = Disk::new();
    let tab = disk.page(1);
    disk.send(tab, [1]);
    disk.cache(tab);
    disk.page_of(tab).is_blind = true;
    disk.raise(ALICE);
    disk.restore(tab);
    assert_eq!(disk.ending(tab, 1), Some(Outcome::LoggedOut));
    assert_eq!(disk.page_of(tab).ended, []);
    assert!(disk.segments.is_empty());
}

#[test]
fn logout_writes_nothing_more_and_the_next_session_keeps() {
    let mut disk = Disk::new();
    let tab = disk.page(1);
    disk.send(tab, [1]);
    disk.holds_disk = true;
    disk.send(tab, [2]);
    disk.send(tab, [3]);
    disk.log_out(tab);
    disk.holds_disk = false;
    disk.run();
    assert!(disk.segments.is_empty());
    for id in [1, 2, 3] {
        assert_eq!(disk.ending(tab, id), Some(Outcome::LoggedOut));
    }
    disk.page_of(tab).client.reset_logout();
    disk.name(tab, ALICE);
    disk.send(tab, [4]);
    assert_eq!(disk.kept(), [(1, 4)]);
}

#[test]
fn storage_that_the_app_cleared_brings_nothing_back() {
    let mut disk = left([1]);
    disk.generations.insert(ALICE, FIRST + (5 << 16));
    let tab = disk.page(1);
    assert_eq!((disk.left(tab), disk.page_of(tab).ended.clone()), (vec![], vec![1]));
}

// Version 1.

#[test]
fn former_journal_is_moved_once_its_lock_is_free() {
    let mut disk = left([3]);
    disk.leave((ALICE + FORMER, 50, 0), &[1, 2], None);
    disk.lock(50);
    let tab = disk.page(1);
    disk.pass(150);
    assert_eq!(disk.left(tab), []);
    disk.unlock(50);
    assert_eq!(disk.left(tab), [1, 2, 3], "older messages go first");
    assert!(!disk.is_locked(50));
    assert_eq!(disk.kept_of(ALICE + FORMER), []);
    disk.end(tab);
    let next = disk.page(1);
    assert_eq!(disk.left(next).len(), 3, "once");
}

#[test]
fn message_that_is_found_twice_leaves_once() {
    let mut disk = left([1]);
    disk.leave((ALICE + FORMER, 50, 0), &[1], None);
    let tab = disk.page(1);
    assert_eq!(disk.left(tab), [1]);
    disk.ack(tab, 1);
    assert!(disk.segments.is_empty());
}

#[test]
fn former_journal_whose_tab_still_runs_stays() {
    let mut disk = Disk::new();
    disk.leave((ALICE + FORMER, 50, 0), &[1], None);
    disk.leave((ALICE + FORMER, 51, 0), &[2], None);
    disk.lock(50);
    let tab = disk.page(1);
    disk.pass(199);
    assert_eq!(disk.left(tab), []);
    disk.pass(1);
    assert_eq!(disk.left(tab), [2]);
    assert_eq!(disk.kept_of(ALICE + FORMER), [(50, 1)]);
    disk.unlock(50);
    assert!(!disk.is_locked(50), "its lock is no longer waited for");
}

#[test]
fn without_locks_only_the_tabs_own_former_journal_is_moved() {
    let mut disk = Disk::without_locks();
    disk.leave((ALICE + FORMER, FORMER_OWN, 0), &[1], None);
    disk.leave((ALICE + FORMER, 50, 0), &[2], None);
    let tab = disk.page(1);
    disk.pass(200);
    assert_eq!(disk.left(tab), [1]);
    assert_eq!(disk.kept_of(ALICE + FORMER), [(50, 2)]);
}

#[test]
fn former_journal_ends_with_a_logout() {
    let mut disk = Disk::new();
    disk.leave((ALICE + FORMER, 50, 0), &[1], None);
    disk.raise(ALICE);
    let tab = disk.page(1);
    assert_eq!((disk.left(tab), disk.page_of(tab).ended.clone()), (vec![], vec![1]));
    assert!(disk.segments.is_empty());
}

#[test]
fn former_journal_that_cannot_be_moved_delays_nothing() {
    let mut disk = left([2]);
    disk.leave((ALICE + FORMER, 50, 0), &[1], None);
    disk.fails_writes = true;
    let tab = disk.page(1);
    disk.fails_writes = false;
    assert_eq!(disk.left(tab), [2]);
    assert_eq!(disk.kept_of(ALICE + FORMER), [(50, 1)]);
    disk.send(tab, [3]);
    assert!(disk.is_kept(tab, 3));
}

// Writes that fail.

#[test]
fn write_that_fails_ends_the_saving_and_is_reported_once() {
    let mut disk = Disk::new();
    let tab = disk.page(1);
    disk.fails_writes = true;
    disk.send(tab, [1, 2]);
    assert_eq!((disk.saved(tab, 1), disk.left(tab)), (Some(Saved::Nowhere), vec![1, 2]));
    disk.fails_writes = false;
    disk.send(tab, [3]);
    assert_eq!((disk.saved(tab, 3), disk.left(tab)), (Some(Saved::Nowhere), vec![3]));
    assert_eq!(disk.page_of(tab).failures, 1);
    assert!(disk.segments.is_empty());
}

#[test]
fn message_that_settles_after_a_failed_write_is_gone_on_the_next_page_load() {
    let mut disk = Disk::new();
    let tab = disk.page(1);
    disk.send(tab, [1, 2]);
    disk.fails_writes = true;
    disk.send(tab, [3]);
    disk.fails_writes = false;
    disk.cancel(tab, 1);
    assert_eq!(disk.kept(), [(1, 2)], "at once: no erasing has failed");
    disk.cancel(tab, 2);
    assert!(disk.segments.is_empty());
}

#[test]
fn erasing_is_tried_again_after_growing_waits_and_takes_whole_segments() {
    let mut disk = Disk::new();
    let tab = disk.idle_page(1);
    disk.send(tab, [1, 2]);
    disk.send(tab, [3]);
    disk.fails_writes = true;
    disk.cancel(tab, 1);
    assert_eq!(disk.page_of(tab).failures, 1);
    for wait in [2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 64_000] {
        disk.orders(tab);
        disk.pass(wait - 1);
        assert_eq!(disk.commits(tab), 0);
        disk.pass(1);
        assert_eq!(disk.commits(tab), 1, "after {wait} ms");
    }
    disk.fails_writes = false;
    disk.pass(64_000);
    assert_eq!(disk.kept(), [(1, 3)], "the other messages of its segment are in memory");
    assert_eq!(disk.outcome(tab, 2), None);
    assert_eq!(disk.page_of(tab).failures, 1);
}

#[test]
fn page_that_left_while_a_whole_segment_was_deleted_has_the_others_when_it_is_back() {
    let mut disk = Disk::new();
    let tab = disk.idle_page(1);
    disk.send(tab, [1, 2]);
    disk.fails_writes = true;
    disk.cancel(tab, 1);
    disk.pass(2_000);
    (disk.fails_writes, disk.holds_disk) = (false, true);
    disk.pass(4_000);
    disk.cache(tab);
    // In the cache it receives no reports.
    disk.restore(tab);
    assert_eq!(disk.kept(), [(1, 1), (1, 2)]);
    disk.holds_disk = false;
    disk.run();
    assert_eq!((disk.saved(tab, 2), disk.kept()), (Some(Saved::Nowhere), vec![]));
    disk.link(tab);
    assert_eq!(disk.left(tab), [2], "at once: no other tab has it");
    disk.ack(tab, 2);
    assert_eq!(disk.ending(tab, 2), DELIVERED);
}

#[test]
fn journal_that_was_closed_goes_on_erasing() {
    let mut disk = Disk::new();
    let tab = disk.page(1);
    disk.send(tab, [1, 2]);
    disk.fails_writes = true;
    disk.cancel(tab, 1);
    disk.name(tab, BOB);
    disk.fails_writes = false;
    disk.pass(2_000);
    assert_eq!(disk.kept_of(ALICE), []);
}

#[test]
fn page_that_is_back_erases_messages_that_it_could_not_erase_before() {
    let mut disk = Disk::new();
    let tab = disk.page(1);
    disk.send(tab, [1, 2]);
    disk.fails_writes = true;
    disk.cancel(tab, 1);
    disk.cache(tab);
    disk.fails_writes = false;
    disk.restore(tab);
    assert_eq!(disk.kept(), [(1, 2)]);
    assert_eq!(disk.saved(tab, 1), None, "it does not come back");
    disk.send(tab, [3]);
    assert!(disk.is_kept(tab, 3), "storage is tried again");
}

#[test]
fn message_that_settles_while_it_is_written_is_erased() {
    let mut disk = Disk::new();
    let tab = disk.page(1);
    disk.holds_disk = true;
    disk.send(tab, [1, 2]);
    disk.cancel(tab, 1);
    disk.holds_disk = false;
    disk.run();
    assert_eq!(disk.kept(), [(1, 2)]);
    assert_eq!(disk.left(tab), [2]);
}

#[test]
fn message_that_settles_before_it_is_written_is_never_written() {
    let mut disk = Disk::new();
    let tab = disk.idle_page(1);
    disk.send_now(tab, 1);
    disk.cancel(tab, 1);
    assert!(disk.segments.is_empty());
    assert_eq!(disk.commits(tab), 0);
}
