//! Sharing out partitions among the consumers of a group by ranges, topic by topic, as Kafka's range assignor does it.

use super::Place;

/// The partitions of member `member` of `members`, when every member reads every topic; `topics` are their partitions.
#[must_use]
pub fn range(topics: &[u32], member: u32, members: u32) -> Vec<Place> {
    let mut places = Vec::new();
    for (topic, partitions) in topics.iter().enumerate() {
        let (each, more) = (partitions / members, partitions % members);
        let from = member * each + member.min(more);
        let count = each + u32::from(member < more);
        places.extend((from..from + count).map(|partition| Place { topic: topic as u32, partition }));
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_shared_out_once_and_the_first_have_one_more() {
        let counts = |topics: &[u32], members| -> Vec<usize> {
            (0..members).map(|member| range(topics, member, members).len()).collect()
        };
        assert_eq!(counts(&[7], 3), [3, 2, 2]);
        assert_eq!(counts(&[2, 2], 3), [2, 2, 0]);
        let mut all: Vec<Place> = (0..5).flat_map(|member| range(&[12, 3], member, 5)).collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 15);
    }
}
