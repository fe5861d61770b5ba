//! What a start finds in a journal that was damaged, or that a client would like to be taken for one.

use super::*;
use crate::journal::frame::{FrameBuilder, Seal, frame_size};

#[test]
fn damage_to_what_was_acknowledged_stops_the_start() {
    for (at, fatal) in [(4096 * 3 + 100, true), (4096 * 30 + 100, true)] {
        let mut node = Node::new();
        for _ in 0..40 {
            node.append(0, batch(0, 1).bytes()).unwrap();
        }
        node.kill();
        node.disk.damage(Path::new("/data/journal/0/00000.ring"), |content| content[at] ^= 1);
        let error = node.start().err().map(|error| error.to_string());
        assert_eq!(
            error.as_ref().is_some_and(|text| text.contains("was acknowledged and cannot be read")),
            fatal,
            "{error:?}"
        );
    }
}

/// Blocks of a frame may be bytes of a client as they are. Where the journal ends, recovery looks for frames block by block.
#[test]
fn frames_that_a_client_has_written_are_not_found() {
    let later = Seal { lap: 1 << 20, sequence: 1 << 40, durable: 1 << 39, floor: 1, previous: 0 };
    let forged = FrameBuilder::new(later.lap, BLOCK).seal(later).pieces.concat();
    let of = |value: &[u8]| {
        let mut builder = BatchBuilder::new(Compression::None);
        builder.push(1_000, None, Some(value), &[]).unwrap();
        builder.finish().unwrap()
    };
    for honest in [true, false] {
        let mut node = Node::new();
        let mut value = forged.repeat(10);
        if honest {
            value.chunks_mut(BLOCK).for_each(|block| block[8] = 0);
        }
        // It begins at a block of the segment.
        let front = of(&value).windows(BLOCK).position(|bytes| bytes == &value[..BLOCK]).unwrap();
        let bytes = of(&[&vec![0; BLOCK - front][..], &value].concat());
        assert!(bytes[BLOCK..][..BLOCK] == value[..BLOCK]);
        node.append(0, batch(0, 1).bytes()).unwrap();
        node.append(1, bytes).unwrap();
        assert_eq!(node.engine().stats().uncopied_bytes > 0, honest);
        node.kill();
        let path = Path::new("/data/journal/0/00000.ring");
        node.disk.damage(path, |ring| {
            let frames = |ring: &[u8]| ring.chunks(BLOCK).rposition(|block| frame_size(block, 1 << 20).is_ok());
            // The last frame is torn, and what is left of it is looked through.
            let last = frames(ring).unwrap();
            ring[last * BLOCK..][..BLOCK].fill(0);
        });
        node.start().unwrap();
        assert_eq!((node.read_all(0).len(), node.read_all(1).len()), (1, 0));
    }
}
