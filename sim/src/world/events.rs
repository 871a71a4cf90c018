//! The next event, and whom it happens to.

use holdfast::engine::{DownCause, Grant, Input, Phase};

use super::World;
use crate::event::{Event, FIRST, IN_TURN, LAST, Scheduled};
use crate::plan::Planned;
use crate::trace::note;
use crate::violation::violated;

impl World {
    pub(super) fn step(&mut self) {
        let Some(Scheduled { at, event, number, .. }) = self.run.next() else {
            violated!("liveness", "no event is scheduled: {:?}", self.page.shell.status());
        };
        let asleep_until = self.asleep_until;
        if asleep_until > at && event.is_the_clients() {
            if let Event::Timer { .. } = event
                && self.run.plan.clock.stops_asleep
            {
                // The rest of its time runs on from here.
                let rest = at.saturating_sub(self.asleep_since);
                return self.run.schedule(asleep_until + rest, event);
            }
            let turn = match event {
                Event::Timer { .. } if self.run.plan.clock.timer_first => FIRST,
                Event::Timer { .. } => LAST,
                _ => IN_TURN,
            };
            if self.run.plan.receipting.is_some() && matches!(event, Event::Packet { .. }) {
                // A longer sleep does not change their order.
                let packet = Scheduled { at: asleep_until, turn, number, event };
                return self.run.put_off(packet);
            }
            return self.run.schedule_in(turn, asleep_until, event);
        }
        self.happen(event);
    }

    pub(super) fn happen(&mut self, event: Event) {
        if let Some(page) = event.page(|id| self.network.connections[id].page) {
            if !self.turn_to(page) {
                return;
            }
            if self.page.is_cached {
                return self.page.frozen.push(event);
            }
        }
        match event {
            Event::Planned(planned) => self.happen_as_planned(planned),
            Event::Timer { number, .. } => self.timer_fired(number),
            Event::Awake => self.woke_up(),
            Event::Authorized { epoch, grant, read, .. } => {
                if self.run.is_kind_now() || grant == Grant::Granted {
                    self.grant(epoch, read);
                } else {
                    self.tell(Input::Authorized { epoch, grant });
                }
            }
            Event::Later { later, .. } => self.do_later(later),
            Event::Managed { managed, .. } => self.managed(managed),
            Event::Upgraded { connection } => self.upgraded(connection),
            Event::Up { connection } => self.came_up(connection),
            Event::Closed { connection, cause } => self.came_down(connection, cause),
            Event::Packet { connection, packet } => self.packet_arrived(connection, packet),
            Event::HeartbeatMissed { connection } => self.heartbeat_missed(connection),
            Event::Loaded { tab } => self.loaded(tab),
            Event::Disk { page, work } => self.transacted(page, *work),
            Event::Done { done, .. } => self.done(*done),
            Event::Judged { connection, verdict, disturbances } => {
                self.judged(connection, verdict, disturbances);
            }
            Event::Step { opening, step, .. } => self.step_keeper(opening, step),
            Event::Arrived { connection } => {
                self.server.connection_arrived(&mut self.run, &mut self.network, connection);
            }
            Event::Hangup { connection } => self.network.hung_up(connection),
            Event::Frame { connection, frame, is_straggler } => {
                self.frame_arrived(connection, frame, is_straggler);
            }
            Event::Heartbeat { connection } => {
                let Self { run, network, server, asleep_until, .. } = self;
                server.heartbeat(run, network, connection, *asleep_until);
            }
            Event::PatienceEnds { connection } => {
                self.server.patience_ends(&mut self.run, &mut self.network, connection);
            }
            Event::Dispatch { connection, dispatch } => self.dispatch(connection, dispatch),
            Event::Poisoned { life } => {
                self.server.poisoned(&mut self.run, &mut self.network, life);
            }
            Event::Finished { task } => self.finished(task),
            Event::LateAnswer { connection, packet } => {
                self.server.send(&mut self.run, &mut self.network, connection, packet);
            }
            Event::Restarted => self.server.restarted(),
        }
    }

    fn happen_as_planned(&mut self, planned: Planned) {
        note!(self.run, "{planned:?}");
        if self.run.plan.lives.is_some() && planned.is_a_pages() {
            let shown = self.shown();
            let Some(&page) = shown.get(self.run.fate.index(shown.len())) else { return };
            self.turn_to(page);
        }
        match planned {
            Planned::Open => self.open(),
            Planned::Close if !self.run.plan.is_followed && self.run.letters.chance(300) => {
                self.pause();
            }
            Planned::Close if self.run.plan.users.is_some() => self.disconnect_app(),
            Planned::Close => self.close(),
            Planned::Send { count } => {
                for _ in 0..count {
                    self.send_one();
                }
                self.drain();
            }
            Planned::Cancel => self.cancel_one(),
            Planned::CancelAway => self.cancel_away(),
            Planned::LogOut => self.log_out(),
            Planned::ChangeUser => {
                let phase = self.page.shell.status().phase;
                self.log_out();
                if !matches!(phase, Phase::Idle | Phase::Closed) {
                    self.open();
                }
            }
            Planned::Login(login) => self.login(login),
            Planned::Clog { is_clogged } => self.receipts.is_clogged = is_clogged,
            Planned::Destroy => self.destroy(),
            Planned::Cut { is_told } => {
                if let Some(id) = self.up() {
                    self.network.cut(&mut self.run, id, is_told, DownCause::Lost);
                }
            }
            Planned::HalfOpen => {
                if let Some(id) = self.up() {
                    self.network.cut_off(self.run.now, id);
                }
            }
            Planned::Slow { by, until } => self.network.slow(by, until),
            Planned::Offline { until } => self.network.go_offline(until),
            Planned::Kick => {
                if let Some(id) = self.up() {
                    self.server.kick(&mut self.run, &mut self.network, id);
                }
            }
            Planned::Restart => {
                self.server.crash(&mut self.run, &mut self.network);
                self.forget_published();
            }
            Planned::Throttle { until } => self.throttle(until),
            Planned::Sleep { until } => self.fall_asleep(until),
            Planned::Jump { by } => self.jump(by),
            Planned::Woke => self.wake_all(),
            Planned::Fate(fate) => self.befall(fate),
            Planned::Feed(deed) => self.do_deed(deed),
            Planned::Published(notice) => self.do_published(notice),
        }
    }
}
