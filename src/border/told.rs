//! The commands and facts that JavaScript hands to the client: one table with the name of each, and of each number that
//! comes with it. `pkg-template/shell/numbers.js` has the same names in the same order; `tests/web.rs` compares the two.

macro_rules! told {
    ($($(#[$about:meta])* $told:ident($($argument:ident),*))*) => {
        /// A command or a fact, by its index in the table `TOLD`. The numbers that come with it are listed in its
        /// documentation, in order. A moment or span is in milliseconds, and a flag is 0 or 1.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Told {
            $(
                $(#[$about])*
                ///
                #[doc = concat!("Numbers: ", $("`", stringify!($argument), "` ",)*)]
                $told,
            )*
        }

        impl Told {
            /// All of them, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$told),*];

            /// The names of the numbers that come with it.
            #[must_use]
            pub fn arguments(self) -> &'static [&'static str] {
                match self {
                    $(Self::$told => &[$(stringify!($argument)),*],)*
                }
            }
        }
    };
}

told! {
    /// The app sends a message. If `SEND_FLAG.known` is set, `lane` is the number of the message that has the same id.
    /// `flags` are those of the table `SEND_FLAG`; `ack_timeout` 0 means the configured one; `print` is the fingerprint
    /// under which a durable message is saved, or 0. Returns the message's number, or a negative claim if it is
    /// refused.
    Send(lane, bytes, flags, ttl, ack_timeout, print)
    /// Asks what a message waits for. Returns an index of the table `STANDINGS`, 0 for a settled message.
    Standing(message)
    /// Asks for the next order. Returns its number; its fields are where [`Told::Fields`] says. Without an order the return
    /// value is about the timer: 0 leaves it as it is, -1 - n sets it to n milliseconds from now, and negative infinity
    /// clears it.
    Poll()
    /// Returns the address of the last order's fields in the module's memory, as `f64`s.
    Fields()
    /// Hands over one setting; `index` is its row in the table of `settings.rs`.
    Set(index, number)
    /// Applies the settings handed over before.
    Configure()
    /// The app cancels a message.
    Cancel(message)
    /// The app asks for a link. `is_paused`, here and in the other commands about the link and the session, says
    /// whether the app wants no link for now; the client reads it only with [`Told::Hold`]. Returns an index of the
    /// table `DOOR`, plus 4 if the app's remembered emits are no longer replayed.
    Open(is_paused)
    /// The app's login is not ready, or ready again.
    Hold(is_paused)
    /// The app ends the link. Messages that belong to no user settle.
    Disconnect(is_paused)
    /// The app names the user. `subject` is the user named by the credentials of an earlier page load. 0 is nobody.
    Name(user, subject)
    /// Replaces the link, if there is one.
    Relink()
    /// The user logs out: waiting messages settle as `LOGGED_OUT`, and the link ends.
    LogOut(is_paused)
    /// Opens the storage of a user. `generation` counts the user's logouts and is negative if nothing can be saved.
    Keep(generation, is_new)
    /// An earlier page load learned whether this server acknowledges the event.
    Learn(event, answers)
    /// This server gives no receipts, or the app wants none.
    Receiptless()
    /// Ends the client.
    Destroy(is_paused)
    /// The app handed over credentials. `user` is the one that the app names, `subject` the one in the credentials. 0
    /// is nobody.
    Granted(epoch, user, subject)
    /// The server accepted the connection. Returns the longest silence that the connection's heartbeat allows.
    LinkUp(epoch, joins)
    /// The transport of the link is known. `largest` is the server's packet limit in bytes, or 0.
    Over(epoch, is_polling, largest)
    /// The shell looked at what the transport has still to send (`waiting`: packets or bytes), and at the logout
    /// counter, which is negative if there is none.
    Looked(generation, is_polling, waiting)
    /// The server answered a CONNECT that asks for a receipt.
    Receipt(epoch, name, is_plain)
    /// The server acknowledged a transmission. `said` is a number of the table `READING` plus `OPINION` times the app's
    /// own verdict. `span` and `own_span` are the waits that the server and the app's own function asked for. Returns
    /// whether the acknowledgement counts.
    Acked(message, attempt, said, span, own_span)
    /// The timer fired.
    Timeout()
    /// The app's `auth` answered; `grant` is an index of the table `GRANT`.
    Authorized(epoch, grant)
    /// The connection ended; `cause` is an index of the table `DOWN`.
    LinkDown(epoch, cause, span)
    /// The server confirmed the join.
    Joined(epoch)
    /// The server refused a join. `room` is the fingerprint of the room's name, or negative. Returns whether it is the
    /// user's own room.
    JoinRejected(epoch, room)
    /// The server answered a ping.
    Ponged(epoch)
    /// A packet arrived.
    Heard(epoch)
    /// A page event, by its index in `PAGE_EVENTS`. `flag` says whether the event is about the back-forward cache, or
    /// whether the page is visible. Returns the same as [`Told::Open`].
    Page(event, flag)
    /// The page is back from the cache and has looked at what changed meanwhile. Returns the same as [`Told::Open`].
    Reopen(is_paused)
    /// A component names the user. [`Told::Name`] follows.
    Named(is_paused)
    /// Returns whether all saved messages have been handed out.
    IsOpen()
    /// Returns the generation under which messages are saved, or a negative number.
    Generation()
    /// The storage opened. `now` is the wall clock; `own` is the journal that this tab had before, or 0; `fresh` is the
    /// name for a new one.
    Opened(opening, now, own, fresh, has_locks, generation)
    /// The storage failed.
    StorageFailed(opening)
    /// A lock on a journal was granted or refused.
    Locked(opening, journal, is_granted)
    /// The turn of the event loop in which messages were added is over: they are written together.
    Gathered(opening)
    /// One segment that was read; `flags` are those of the table `SEGMENT_FLAG`.
    Segment(opening, journal, number, size, generation, flags)
    /// One saved message: its index in the segment, and the number that this tab gives it. `flags` are those of the table
    /// `ROW_FLAG`; `message` is the same message in this tab, or negative.
    Row(opening, index, row, flags, message)
    /// Everything that was to be read was read.
    Read(opening, generation)
    /// A transaction ended.
    Committed(transaction, is_done)
    /// A saved message cannot be read.
    Taken()
    /// Another tab introduced itself. `goes_first` decides between two tabs that want the same journal.
    Hello(opening, journal, is_new, goes_first)
    /// Another tab settled a message. Returns whether that tab had it.
    SettledElsewhere(message, is_success, is_retryable)
    /// Another tab asks for a message. Returns whether this tab has it or reclaims it.
    Asked(message, goes_first)
    /// Another tab has a message.
    HasElsewhere(opening, message)
    /// A server event carries a message's id. Returns whether that settles the message.
    Echoed(message, is_refusal)
    /// The size of a message's largest packet, infinite if it cannot be encoded. Returns whether it may leave.
    Measured(message, bytes)
    /// One of the sends that share a message is cancelled. Returns the claim for that send, or 0.
    Leave(message)
    /// Returns whether the message saved under this fingerprint has ended.
    HasEnded(print)
    /// Another tab says that the message saved under this fingerprint has ended.
    EndedElsewhere(print)
    /// The server greeted the connection. `is_recovered` says whether it recovered the earlier session.
    Greeted(epoch, is_recovered)
    /// The app asked for a room. A room has up to three names, given as fingerprints.
    AskedForRoom(one, two, three)
    /// The app emitted an event that is repeated after each reconnect.
    Said(print, has_ack)
    /// The app withdrew a remembered emit. Returns whether it was known.
    Unsaid(print)
    /// A component asks for an emit to be remembered. Returns twice the number of this use, plus 1 if it is to be
    /// emitted now.
    Remember(print)
    /// A component withdraws such an emit. Returns whether no other component wants it.
    Unremember(print, number)
    /// The app connects again after a logout.
    ResetLogout(is_paused)
    /// The app emits an event that may wait for the link. Returns 0 if it leaves now, a negative number if it is
    /// dropped, and otherwise the number under which it is deferred.
    EmitSoon(epoch)
    /// Asks whether to warn the developer of this. Returns whether it is the first time.
    Warns(print)
    /// The app wants to know who is online.
    AskOnline()
    /// A live message arrived. Returns whether it is buffered until the resync has ended.
    Live(wants_ack)
    /// An event with an id arrived. `names` are the names of the event as bits, `flags` those of the table `CAME_FLAG`,
    /// `memory` is how many messages are remembered. Returns flags of the table `FATE`.
    Came(id, content, names, flags, memory)
    /// Returns under which index the message is noted.
    Seen()
    /// The listeners answered a message. Returns whether their answer is kept for a repeat.
    Replied(content, length)
    /// Returns whether the same content came under another event name before.
    IsAlias(content, name, has_id)
    /// Somebody types, for `span`; 0 ends it. Returns whether that user was typing before.
    Typing(user, span)
    /// Returns whether the data that this resync fetched is for the present user.
    IsOurs(round)
    /// The app's `onResync` settled.
    Resynced(round, is_success)
    /// The server listed who is online. Returns whether the list counts.
    Listed(epoch)
    /// The server says that a user left. Returns whether the app is told.
    IsLeftNews(was_listed)
    /// Returns whether the list of online users is older than this link.
    IsPresenceStale()
    /// Returns the address of the names that the module uses, in its memory.
    Names()
    /// Returns whether the client accepts messages.
    Accepts()
    /// Returns whether the attempt still waits for credentials.
    WantsGrant(epoch)
    /// The app's own Socket makes the attempts.
    Follow()
    /// The app's own Socket began an attempt, which starts a new epoch. `user` and `subject` are as for [`Told::Granted`].
    Begun(user, subject)
    /// The server announced feeds.
    Feeds(epoch)
    /// The app follows a feed, or leaves it.
    Feed(feed, is_followed)
    /// Names the offset at which an earlier page load stopped reading a feed.
    FeedBegins(feed, number, print)
    /// An item of a feed arrived: live, with `round` 0, or by the read `round`. Returns an index of the table `ITEM`.
    Item(feed, round, before, number, print)
    /// The server answered a read; `read` is an index of the table `READ`, `end` an offset's number or a span. Returns
    /// whether the answer counts.
    ReadFeed(feed, round, read, end, print)
}
