//! An outage from the server's side: attempts over time, and when the clients were back.

/// Counts for each tenth of a second since the connections were lost.
pub struct Curve {
    lost_at: u64,
    back_at: u64,
    clients: u32,
    attempts: Vec<u32>,
    returns: Vec<u32>,
    returned: u32,
}

impl Curve {
    pub(super) fn new(lost_at: u64, back_at: u64, clients: u32) -> Self {
        Self { lost_at, back_at, clients, attempts: Vec::new(), returns: Vec::new(), returned: 0 }
    }

    pub(super) fn attempted(&mut self, now: u64) {
        count(&mut self.attempts, (now - self.lost_at) / BIN);
    }

    pub(super) fn came_back(&mut self, now: u64) {
        self.returned += 1;
        count(&mut self.returns, (now - self.lost_at) / BIN);
    }

    pub(super) fn are_all_back(&self) -> bool {
        self.returned == self.clients
    }

    /// The attempts in each second since the server is back, up to the last second with an attempt.
    #[must_use]
    pub fn seconds(&self) -> Vec<u32> {
        self.attempts[self.first_after()..].chunks(SECOND).map(|bins| bins.iter().sum()).collect()
    }

    /// The largest number of attempts in these seconds.
    #[must_use]
    pub fn peak_of_seconds(&self) -> u32 {
        self.seconds().into_iter().max().unwrap_or(0)
    }

    /// The largest number of attempts within any one second since the server is back, wherever that second begins.
    #[must_use]
    pub fn peak(&self) -> u32 {
        busiest(&self.attempts[self.first_after()..])
    }

    /// The largest number of attempts within any one second while the server was away.
    #[must_use]
    pub fn peak_before(&self) -> u32 {
        busiest(&self.attempts[..self.first_after()])
    }

    /// The 99th percentile of the attempts per second, from the server's return until all clients were back.
    #[must_use]
    pub fn p99(&self) -> u32 {
        let mut seconds = self.seconds();
        seconds.sort_unstable();
        let index = (seconds.len() * 99).div_ceil(100).saturating_sub(1);
        seconds.get(index).copied().unwrap_or(0)
    }

    /// All attempts since the server is back.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.attempts[self.first_after()..].iter().sum()
    }

    /// All attempts while the server was away.
    #[must_use]
    pub fn total_before(&self) -> u32 {
        self.attempts[..self.first_after()].iter().sum()
    }

    /// The time from the server's return until this percentage of the clients is back, in milliseconds. `None` if
    /// they never are.
    #[must_use]
    pub fn back(&self, percent: u32) -> Option<u64> {
        let wanted = (u64::from(self.clients) * u64::from(percent)).div_ceil(100);
        let mut sum = 0;
        let bin = self.returns.iter().position(|&returns| {
            sum += u64::from(returns);
            sum >= wanted
        })?;
        let at = self.lost_at + (bin as u64 + 1) * BIN;
        Some(at.saturating_sub(self.back_at))
    }

    /// The average time from the server's return until a client is back, in milliseconds, among those that are
    /// back.
    #[must_use]
    pub fn mean_back(&self) -> u64 {
        let outage = self.back_at - self.lost_at;
        let middle = |bin: usize| (bin as u64 * BIN + BIN / 2).saturating_sub(outage);
        let waits = self.returns.iter().enumerate();
        let sum: u64 = waits.map(|(bin, &returns)| u64::from(returns) * middle(bin)).sum();
        sum / u64::from(self.returned).max(1)
    }

    fn first_after(&self) -> usize {
        (((self.back_at - self.lost_at) / BIN) as usize).min(self.attempts.len())
    }
}

fn count(bins: &mut Vec<u32>, index: u64) {
    let index = index as usize;
    if bins.len() <= index {
        bins.resize(index + 1, 0);
    }
    bins[index] += 1;
}

fn busiest(bins: &[u32]) -> u32 {
    let whole = bins.windows(SECOND).map(|second| second.iter().sum()).max();
    whole.unwrap_or_else(|| bins.iter().sum())
}

/// In milliseconds.
const BIN: u64 = 100;
const SECOND: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_begin_when_the_server_is_back() {
        let mut curve = Curve::new(1_000, 1_500, 4);
        for at in [1_000, 1_499, 1_500, 2_450, 2_500, 2_600, 9_000] {
            curve.attempted(at);
        }
        assert_eq!(curve.seconds(), [2, 2, 0, 0, 0, 0, 0, 1]);
        assert_eq!((curve.peak_before(), curve.total_before()), (2, 2));
        assert_eq!((curve.peak(), curve.total()), (3, 5));
        for at in [1_700, 2_000, 2_100, 9_010] {
            curve.came_back(at);
        }
        assert_eq!((curve.back(75), curve.back(76)), (Some(700), Some(7_600)));
        assert_eq!(curve.mean_back(), (250 + 550 + 650 + 7_550) / 4);
        assert!(curve.are_all_back());
    }
}
