//! Packets from the server: for a page that listens, for one that no longer does, and stray facts.

use holdfast::engine::{DownCause, Epoch, Grant, Input, Seq, Verdict};

use super::World;
use super::feed::ROOM;
use crate::ids::ConnectionId;
use crate::page::Page;
use crate::tally::Count;
use crate::wire::Packet;

impl World {
    pub(super) fn heard(&mut self, id: ConnectionId, epoch: Epoch, packet: Packet, is_alive: bool) {
        if let Packet::Receipt { serial, name, is_plain } = packet {
            if is_alive {
                self.receipt(epoch, id, (serial, name, is_plain));
            }
            return;
        }
        if is_alive {
            self.tell(Input::Heard { epoch });
            match packet {
                Packet::Heartbeat => {}
                Packet::Joined => {
                    self.join_confirmed();
                    self.tell(Input::Joined { epoch });
                }
                Packet::JoinRefused => self.join_refused(epoch, ROOM),
                // The Socket emits nothing from a connection that it has just closed.
                Packet::Event(emitted) if self.up() == Some(id) => {
                    self.arrived(id, epoch, emitted);
                }
                Packet::Event(_) => {}
                Packet::Pong => self.tell(Input::Ponged { epoch }),
                Packet::Ack { .. } | Packet::Confirmation { .. } | Packet::Rejection { .. } => {
                    self.answered(packet);
                }
                Packet::Receipt { .. } => {}
            }
        } else if self.run.dice.chance(self.run.plan.shell.late_acks) {
            self.answered(packet);
        }
        if self.run.dice.chance(self.run.plan.shell.stray_facts) {
            self.run.tally.one(Count::StrayFacts);
            self.stray(packet);
        }
    }

    fn answered(&mut self, packet: Packet) {
        match packet {
            Packet::Ack { id, attempt, verdict } => {
                if let Some(seq) = self.page.deliveries.seq_of(id) {
                    self.acked(seq, attempt, verdict);
                }
            }
            Packet::Confirmation { id } | Packet::Rejection { id } => {
                if let Some(seq) = self.page.deliveries.seq_of(id) {
                    self.echoed(seq, matches!(packet, Packet::Rejection { .. }));
                }
            }
            Packet::Heartbeat
            | Packet::Joined
            | Packet::JoinRefused
            | Packet::Pong
            | Packet::Event(_)
            | Packet::Receipt { .. } => {}
        }
    }

    /// A fact about something long gone, or a true one repeated.
    fn stray(&mut self, packet: Packet) {
        let page = self.page.id;
        let mut mine = self.network.connections.iter().filter(|it| it.page == page);
        let old = mine.next().map(|connection| connection.epoch);
        let Some(epoch) = old.filter(|&epoch| !self.page.links.is_live(epoch)) else {
            return self.answered(packet);
        };
        let any = Seq::from_bits(self.run.dice.below(1 << 53));
        let Page { deliveries, model, .. } = &*self.page;
        let seq = deliveries.seqs().find(|&seq| model.is_settled(seq)).unwrap_or(any);
        let input = match self.run.dice.below(10) {
            0 => return self.answered(packet),
            1 => Input::Heard { epoch },
            2 => Input::Ponged { epoch },
            3 => Input::Joined { epoch },
            4 => Input::JoinRejected { epoch },
            5 => Input::LinkUp { epoch, join: self.run.dice.chance(500) },
            6 => Input::LinkDown { epoch, cause: DownCause::Final },
            7 => Input::Authorized { epoch, grant: Grant::Absent },
            8 => return self.acked(seq, 1, Verdict::Refused),
            _ => return self.acked(seq, 1, Verdict::TryAgain),
        };
        self.tell(input);
    }
}
