//! Leader epochs of one partition: at which offset each began. Answers where two logs part (KIP-101, KIP-320).

use thalweg_wire::{LeaderEpoch, Offset};

/// First offset of every leader epoch that left records, epochs and offsets both strictly increasing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Epochs(Vec<(LeaderEpoch, Offset)>);

impl Epochs {
    /// Notes that a batch of `epoch` begins at `start`. A batch whose epoch is not newer than the newest known changes nothing.
    pub fn note(&mut self, epoch: LeaderEpoch, start: Offset) {
        let newer = self.0.last().is_none_or(|(last, _)| epoch > *last);
        if newer && epoch.0 >= 0 {
            // An epoch that began here and left nothing is as if it had not been.
            self.0.retain(|(_, at)| *at < start);
            self.0.push((epoch, start));
        }
    }

    /// The newest epoch that left records.
    pub fn latest(&self) -> Option<LeaderEpoch> {
        self.0.last().map(|(epoch, _)| *epoch)
    }

    /// The epoch of the record at `offset`.
    pub fn epoch_of(&self, offset: Offset) -> Option<LeaderEpoch> {
        self.0.iter().rev().find(|(_, start)| *start <= offset).map(|(epoch, _)| *epoch)
    }

    /// The largest epoch not above `asked` and where it ended; `end` is the log's. `current` is the leader's own epoch, which
    /// is known though it may have left nothing yet.
    pub fn end_of(&self, asked: LeaderEpoch, current: LeaderEpoch, end: Offset) -> Option<(LeaderEpoch, Offset)> {
        if asked == current {
            return Some((current, end));
        }
        let next = self.0.partition_point(|(epoch, _)| *epoch <= asked);
        let (epoch, _) = self.0.get(next.checked_sub(1)?)?;
        Some((*epoch, self.0.get(next).map_or(end, |(_, start)| *start)))
    }

    /// Forgets everything at and after `offset`.
    pub fn truncate(&mut self, offset: Offset) {
        self.0.retain(|(_, start)| *start < offset);
    }

    /// Forgets epochs that ended at or before `start`; the one `start` lies in then begins there.
    pub fn advance(&mut self, start: Offset) {
        let keep = self.0.partition_point(|(_, at)| *at <= start).saturating_sub(1);
        self.0.drain(..keep);
        if let Some((_, at)) = self.0.first_mut() {
            *at = start.max(*at);
        }
    }

    /// The list.
    pub fn list(&self) -> &[(LeaderEpoch, Offset)] {
        &self.0
    }

    /// From a stored list; what is out of order is dropped.
    pub fn from_list(list: impl IntoIterator<Item = (LeaderEpoch, Offset)>) -> Epochs {
        let mut epochs = Epochs::default();
        for (epoch, start) in list {
            epochs.note(epoch, start);
        }
        epochs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epochs(list: &[(i32, i64)]) -> Epochs {
        Epochs::from_list(list.iter().map(|(e, o)| (LeaderEpoch(*e), Offset(*o))))
    }

    #[track_caller]
    fn check(list: &[(i32, i64)], asked: i32, current: i32, end: i64, expected: Option<(i32, i64)>) {
        let found = epochs(list).end_of(LeaderEpoch(asked), LeaderEpoch(current), Offset(end));
        assert_eq!(found.map(|(e, o)| (e.0, o.0)), expected);
    }

    #[test]
    fn end_of_an_epoch() {
        let list = [(0, 0), (3, 10), (5, 20)];
        check(&list, 0, 7, 30, Some((0, 10)));
        check(&list, 2, 7, 30, Some((0, 10)));
        check(&list, 3, 7, 30, Some((3, 20)));
        check(&list, 5, 7, 30, Some((5, 30)));
        check(&list, 6, 7, 30, Some((5, 30)));
        check(&list, 7, 7, 30, Some((7, 30)));
        check(&[(3, 10)], 2, 3, 30, None);
        check(&[], 0, 0, 0, Some((0, 0)));
    }

    #[test]
    fn an_epoch_that_left_nothing_is_forgotten() {
        assert_eq!(epochs(&[(1, 5), (2, 5), (2, 9), (1, 12)]), epochs(&[(2, 5)]));
        let mut cut = epochs(&[(1, 0), (2, 5), (3, 9)]);
        cut.truncate(Offset(9));
        assert_eq!(cut, epochs(&[(1, 0), (2, 5)]));
        cut.advance(Offset(7));
        assert_eq!(cut, epochs(&[(2, 7)]));
        assert_eq!(cut.epoch_of(Offset(8)), Some(LeaderEpoch(2)));
        assert_eq!(cut.epoch_of(Offset(6)), None);
    }
}
