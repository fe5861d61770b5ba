//! What a client has under way: from it is seen who sends in bulk, and more while it waits, and who waits before it sends more.

use thalweg_engine::Urgency;

/// Less than that under way is not much.
const MUCH_BYTES: usize = 96 << 10;

/// Requests for which the most that were under way together is remembered, at least.
const PERIOD: u32 = 64;

/// A request in so many counts for the share of those that came while others were under way.
const WEIGHT: f32 = 16.0;

/// What is known of one connection.
#[derive(Default)]
pub(super) struct Window {
    /// Share of the last requests with which there were several under way, and much in all.
    crowded: f32,
    /// Most requests under way in this period, and in the one before.
    most: (usize, usize),
    seen: u32,
}

impl Window {
    /// Another request came and so many are under way now, with so many bytes.
    pub(super) fn opens(&mut self, requests: usize, bytes: usize) -> Urgency {
        if self.seen == PERIOD {
            self.most = (0, self.most.0);
            self.seen = 0;
        }
        self.seen += 1;
        self.most.0 = self.most.0.max(requests);
        let crowded = f32::from(u8::from(requests >= 2 && bytes >= MUCH_BYTES));
        self.crowded += (crowded - self.crowded) / WEIGHT;
        if self.crowded < 0.5 {
            Urgency::Prompt
        } else if requests < self.most.0.max(self.most.1) {
            Urgency::Bulk
        } else {
            Urgency::Full
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a request is taken for with which there are so many under way, by a window that has seen others.
    fn last(before: &[(usize, usize)], requests: usize) -> Urgency {
        let mut window = Window::default();
        for (requests, bytes) in before {
            window.opens(*requests, *bytes);
        }
        window.opens(requests, requests * MUCH_BYTES)
    }

    #[test]
    fn in_bulk_is_who_has_several_under_way_most_of_the_time() {
        let bursts =
            |width: usize, bytes: usize| vec![(1..=width).map(|n| (n, n * bytes)).collect::<Vec<_>>(); 20].concat();
        let (large, small) = (bursts(5, 60 << 10), bursts(5, 10 << 10));
        assert_eq!([1, 4, 5].map(|n| last(&large, n)), [Urgency::Bulk, Urgency::Bulk, Urgency::Full]);
        assert_eq!([1, 5].map(|n| last(&small, n)), [Urgency::Prompt; 2], "of little in all");
        assert_eq!([1, 2].map(|n| last(&bursts(2, 40 << 10), n)), [Urgency::Prompt; 2], "of less than is much");
        let mut seldom = bursts(1, 1 << 20);
        seldom.extend([(2, 1 << 20); 3]);
        assert_eq!(last(&seldom, 2), Urgency::Prompt, "only now and then");
        let quiet = [large, vec![(1, 60 << 10); 16]].concat();
        assert_eq!(last(&quiet, 1), Urgency::Prompt, "no longer");
    }

    #[test]
    fn a_window_that_was_larger_once_is_forgotten() {
        let mut window = Window::default();
        window.opens(5, 1 << 20);
        let full = (0..3 * PERIOD).map(|_| window.opens(3, 1 << 20)).position(|urgency| urgency == Urgency::Full);
        assert_eq!(full, Some(2 * PERIOD as usize - 1));
    }
}
