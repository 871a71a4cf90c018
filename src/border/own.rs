//! The facts and commands of a client that makes its own links, saves messages to disk and receives the server's events.
//! The module of `holdfast/io` (the feature `followed`), whose links the app's Sockets make, has none of them.

use super::numbers::{
    claim_number, count, double, fate_flags, grant, millis, read, standing_number, whole,
};
use super::told::Told;
use super::{Around, door, or_none};
use crate::client::feed::Offset;
use crate::client::keeper::Keeper;
use crate::client::storage::{Found, Segment, Taken};
use crate::client::{Came, Client, Soon};
use crate::engine::{Epoch, Input, Moment, Phase, Seq, Verdict};

/// The flags of a segment, as in the table `SEGMENT_FLAG`.
const FORMER: u32 = 1;
const OURS: u32 = 2;

/// The flags of a row, as in the table `ROW_FLAG`.
const SETTLED: u32 = 1;
const AWAY: u32 = 2;

/// The flags of an event that arrived, as in the table `CAME_FLAG`.
const FETCHED: u32 = 1;
const WANTS_ACK: u32 = 2;

/// Handles the commands and facts that [`Border::tell`](super::Border::tell) does not list itself.
///
/// It is inlined, and `Border::tell` has already computed its arguments, so the compiler makes one match of the two. A
/// function of its own would take 0.4 KB more, gzipped.
#[inline(always)]
pub(super) fn tell(
    client: &mut Client,
    around: &impl Around,
    now: Moment,
    told: Told,
    seq: Seq,
    epoch: Epoch,
    numbers: [f64; 6],
) -> f64 {
    let [a, b, c, d, e, _] = numbers;
    match told {
        Told::Standing => {
            client.standing(now, seq).map_or(0.0, |standing| standing_number(standing).into())
        }
        Told::Open
        | Told::Disconnect
        | Told::LogOut
        | Told::ResetLogout
        | Told::Hold
        | Told::Named
        | Told::Reopen
        | Told::Destroy => {
            if client.phase() == Phase::Idle {
                around.starts_anew();
            }
            live(client, now, told, a != 0.0);
            door(client)
        }
        Told::Accepts => client.accepts().into(),
        Told::WantsGrant => client.is_asked(epoch).into(),
        Told::Relink => {
            client.relink(now);
            0.0
        }
        Told::Keep => {
            client.keep(now, or_none(a), b != 0.0);
            0.0
        }
        Told::Asked => client.stored(now, |keeper| keeper.asked(seq, b != 0.0)).into(),
        Told::IsOpen => client.keeper().is_open().into(),
        Told::Generation => client.keeper().generation().map_or(-1.0, double),
        Told::Read => {
            client.read(now, count(a), whole(b));
            0.0
        }
        Told::SettledElsewhere => {
            let verdict = if b != 0.0 { Verdict::Accepted } else { Verdict::Refused };
            client.settled_elsewhere(now, seq, verdict, c != 0.0).into()
        }
        Told::Echoed => client.echoed(now, seq, b != 0.0).into(),
        Told::Leave => client.leave(now, seq).map_or(0, claim_number).into(),
        Told::HasEnded => client.has_ended(whole(a)).into(),
        Told::EndedElsewhere => {
            client.ended_elsewhere(whole(a));
            0.0
        }
        Told::Opened
        | Told::StorageFailed
        | Told::Locked
        | Told::Gathered
        | Told::Segment
        | Told::Row
        | Told::Committed
        | Told::Taken
        | Told::Hello
        | Told::HasElsewhere => {
            client.stored(now, |keeper| stored(keeper, told, numbers));
            0.0
        }
        Told::Granted => {
            client.authorized(now, epoch, whole(b), whole(c));
            0.0
        }
        Told::Authorized => {
            client.handle(now, Input::Authorized { epoch, grant: grant(count(b)) });
            0.0
        }
        Told::Joined => {
            client.handle(now, Input::Joined { epoch });
            0.0
        }
        Told::Ponged => {
            client.handle(now, Input::Ponged { epoch });
            0.0
        }
        Told::EmitSoon => match client.emit_soon(now, epoch) {
            Soon::Leaves => 0.0,
            Soon::Deferred(number) => double(number + 1),
            Soon::Dropped => -1.0,
        },
        Told::Came => {
            let flags = count(d);
            let came = Came {
                id: whole(a),
                content: whole(b),
                names: count(c),
                is_fetched: flags & FETCHED != 0,
                wants_ack: flags & WANTS_ACK != 0,
            };
            fate_flags(client.came(came, count(e) as usize)).into()
        }
        Told::Seen => client.saw().into(),
        Told::AskedForRoom => {
            client.asked_for_room([whole(a), whole(b), whole(c)]);
            0.0
        }
        Told::AskOnline => {
            client.ask_online();
            0.0
        }
        Told::JoinRejected => client.join_rejected(now, epoch, or_none(b)).into(),
        Told::Unremember => client.unremember(whole(a), count(b)).into(),
        Told::Warns => client.warns(whole(a)).into(),
        Told::Live => client.buffers(a != 0.0).into(),
        Told::Replied => client.replied(whole(a), whole(b)).into(),
        Told::IsAlias => client.is_alias(now, whole(a), count(b), c != 0.0).into(),
        Told::Typing => client.typing(now, whole(a), millis(b)).into(),
        Told::IsOurs => client.is_ours(count(a)).into(),
        Told::Listed => client.listed(epoch).into(),
        Told::IsLeftNews => client.is_left_news(a != 0.0).into(),
        Told::IsPresenceStale => client.is_presence_stale().into(),
        Told::Feeds => {
            client.has_feeds(now, epoch);
            0.0
        }
        Told::Feed => {
            if b != 0.0 {
                client.follow_feed(now, count(a));
            } else {
                client.leave_feed(count(a));
            }
            0.0
        }
        Told::FeedBegins => {
            client.begin_feed(count(a), Offset { number: whole(b), print: whole(c) });
            0.0
        }
        Told::Item => {
            let offset = Offset { number: whole(d), print: whole(e) };
            (client.item(now, count(a), count(b), whole(c), offset) as u32).into()
        }
        Told::ReadFeed => client.read_feed(now, count(a), count(b), read(count(c), d, e)).into(),
        // `Border::tell` handles the others.
        _ => 0.0,
    }
}

/// The app's commands about the link and the session.
fn live(client: &mut Client, now: Moment, told: Told, flag: bool) {
    match told {
        Told::Open => client.open(now),
        Told::Named => client.named(),
        Told::Reopen => client.reopen(now),
        Told::ResetLogout => client.reset_logout(),
        Told::Hold => client.pause(now, flag),
        Told::Disconnect => client.disconnect(now),
        Told::LogOut => client.log_out(now),
        _ => client.destroy(now),
    }
}

/// Passes on a report of the storage, or of another tab.
fn stored(keeper: &mut Keeper, told: Told, [a, b, c, d, e, f]: [f64; 6]) {
    let opening = count(a);
    match told {
        Told::Opened => {
            keeper.opened(opening, whole(b), (count(c), count(d)), e != 0.0, whole(f));
        }
        Told::StorageFailed => keeper.failed(opening),
        Told::Locked => keeper.locked(opening, count(b), c != 0.0),
        Told::Gathered => keeper.gathered(opening),
        Told::Segment => {
            let flags = count(f);
            let segment = Segment {
                name: count(b),
                number: whole(c),
                size: count(d),
                generation: or_none(e),
                is_former: flags & FORMER != 0,
                was_ours: flags & OURS != 0,
            };
            keeper.segment(opening, segment);
        }
        Told::Row => {
            let flags = count(d);
            let found = Found {
                row: count(c),
                is_settled: flags & SETTLED != 0,
                is_away: flags & AWAY != 0,
                known: or_none(e).map(Seq::from_bits),
            };
            keeper.row(opening, count(b), found);
        }
        Told::Committed => keeper.committed(count(a), b != 0.0),
        Told::Taken => keeper.taken(Taken::Refused),
        Told::Hello => keeper.hello(opening, count(b), c != 0.0, d != 0.0),
        Told::HasElsewhere => keeper.has_elsewhere(opening, Seq::from_bits(whole(b))),
        _ => {}
    }
}
