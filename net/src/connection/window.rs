//! What a client has under way: from it is seen who sends in bulk, several requests right after each other, and how much is soon
//! to come.

/// Less than that under way is not much.
const MUCH_BYTES: usize = 96 << 10;

/// A request of so many bytes is worth being looked at by itself.
const LARGE_BYTES: usize = 128 << 10;

/// Requests for which the most that were under way together is remembered, at least.
const PERIOD: u32 = 64;

/// A request in so many counts for the share of those that came while others were under way.
const WEIGHT: f32 = 16.0;

/// What is known of one connection.
#[derive(Default)]
pub(super) struct Window {
    /// Share of the last requests that collected what came while others were under way, and much in all.
    crowded: f32,
    /// Most requests under way in this period, and in the one before.
    most: (usize, usize),
    seen: u32,
    /// Bytes of the last.
    size: usize,
}

/// A Produce request, and what is under way with it.
#[derive(Clone, Copy)]
pub(super) struct Opened {
    /// Its bytes.
    pub size: usize,
    /// Whether it has several batches: its sender collects what comes while it waits.
    pub collects: bool,
    /// Requests under way.
    pub requests: usize,
    /// And their bytes.
    pub bytes: usize,
}

impl Window {
    /// Another request is under way.
    pub(super) fn opens(&mut self, opened: Opened) {
        if self.seen == PERIOD {
            self.most = (0, self.most.0);
            self.seen = 0;
        }
        self.seen += 1;
        self.most.0 = self.most.0.max(opened.requests);
        self.size = opened.size;
        let crowded = opened.collects && opened.requests > 1 && opened.bytes >= MUCH_BYTES;
        self.crowded += (f32::from(u8::from(crowded)) - self.crowded) / WEIGHT;
    }

    /// Bytes a client in bulk sends before it waits, if it sends as much as it did at most, of late, and has so many requests under way.
    /// None of any other client, nor of requests that had better be looked at one by one.
    pub(super) fn soon(&self, requests: usize) -> usize {
        let left = self.most.0.max(self.most.1).saturating_sub(requests);
        if self.crowded < 0.5 || self.size >= LARGE_BYTES { 0 } else { left * self.size }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIB: usize = 1 << 10;

    /// Bursts of requests of one size, of a client that waits for all of one before the next.
    fn bursts(count: usize, width: usize, size: usize) -> Vec<Opened> {
        let opened = |requests| Opened { size, collects: true, requests, bytes: requests * size };
        (1..=width).map(opened).collect::<Vec<_>>().repeat(count)
    }

    fn soon(seen: &[Opened], requests: usize) -> usize {
        let mut window = Window::default();
        seen.iter().for_each(|opened| window.opens(*opened));
        window.soon(requests)
    }

    #[test]
    fn of_who_sends_in_bulk_what_its_window_holds_is_soon_there() {
        let large = bursts(20, 5, 60 * KIB);
        assert_eq!([0, 1, 5, 6].map(|n| soon(&large, n)), [300 * KIB, 240 * KIB, 0, 0]);
        assert_eq!(soon(&bursts(20, 5, 10 * KIB), 0), 0, "of little in all");
        assert_eq!(soon(&bursts(20, 2, 40 * KIB), 0), 0, "of less than is much");
        assert_eq!(soon(&bursts(20, 5, LARGE_BYTES), 0), 0, "each is worth a look");
        let seldom = [bursts(20, 1, 60 * KIB), bursts(3, 2, 60 * KIB)].concat();
        assert_eq!(soon(&seldom, 0), 0, "only now and then");
        assert_eq!(soon(&[large.clone(), bursts(16, 1, 60 * KIB)].concat(), 0), 0, "no longer");
        let single: Vec<_> = large.into_iter().map(|opened| Opened { collects: false, ..opened }).collect();
        assert_eq!(soon(&single, 0), 0, "one batch in each");
    }

    #[test]
    fn a_window_that_was_larger_once_is_forgotten() {
        let mut window = Window::default();
        bursts(20, 5, 60 * KIB).into_iter().for_each(|opened| window.opens(opened));
        let narrower = bursts(70, 3, 60 * KIB).into_iter().position(|opened| {
            window.opens(opened);
            window.soon(0) == 180 * KIB
        });
        assert!(narrower.is_some_and(|at| (64..128).contains(&at)), "{narrower:?}");
    }
}
