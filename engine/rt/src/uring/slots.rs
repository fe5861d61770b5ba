//! A table of slots with generations: what `user_data` refers to. A completion for a slot that was freed, or freed and used
//! again, finds nothing.

/// Names one use of one slot.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Key {
    index: u32,
    generation: u32,
}

/// What kind of thing a completion is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Kind {
    /// An operation a future waits for.
    Operation = 1,
    /// A connection's receive.
    Receive = 2,
    /// A connection's send, or a step towards one.
    Send = 3,
    /// A listener's accept.
    Accept = 4,
    /// The eventfd of foreign threads.
    Event = 5,
    /// A message from another core's ring, or a failed one to it.
    Message = 6,
    /// A cancellation.
    Cancel = 7,
}

const INDEX_BITS: u32 = 28;

/// Packs kind, index and generation.
pub(crate) fn pack(kind: Kind, key: Key) -> u64 {
    (kind as u64) << 60 | u64::from(key.index) << 32 | u64::from(key.generation)
}

/// Unpacks what [`pack`] packed.
pub(crate) fn unpack(user_data: u64) -> Option<(Kind, Key)> {
    let kind = match user_data >> 60 {
        1 => Kind::Operation,
        2 => Kind::Receive,
        3 => Kind::Send,
        4 => Kind::Accept,
        5 => Kind::Event,
        6 => Kind::Message,
        7 => Kind::Cancel,
        _ => return None,
    };
    let index = (user_data >> 32) as u32 & ((1 << INDEX_BITS) - 1);
    Some((kind, Key { index, generation: user_data as u32 }))
}

impl Key {
    /// A key that refers to no slot but carries a number.
    pub(crate) fn number(number: u16) -> Key {
        Key { index: u32::from(number), generation: 0 }
    }

    /// The number of a key made by [`Key::number`].
    pub(crate) fn as_number(self) -> usize {
        self.index as usize
    }
}

struct Slot<T> {
    generation: u32,
    value: Option<T>,
}

/// The table.
pub(crate) struct Slots<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
}

impl<T> Slots<T> {
    pub(crate) fn new() -> Slots<T> {
        Slots { slots: Vec::new(), free: Vec::new() }
    }

    pub(crate) fn insert(&mut self, value: T) -> Key {
        let index = self.free.pop().unwrap_or_else(|| {
            let index = self.slots.len() as u32;
            assert!(index < 1 << INDEX_BITS, "more slots than user data can name");
            self.slots.push(Slot { generation: 1, value: None });
            index
        });
        let slot = &mut self.slots[index as usize];
        slot.value = Some(value);
        Key { index, generation: slot.generation }
    }

    #[inline]
    pub(crate) fn get(&mut self, key: Key) -> Option<&mut T> {
        let slot = self.slots.get_mut(key.index as usize)?;
        if slot.generation == key.generation { slot.value.as_mut() } else { None }
    }

    /// As [`Slots::get`], to look at several at once.
    pub(crate) fn peek(&self, key: Key) -> Option<&T> {
        let slot = self.slots.get(key.index as usize)?;
        if slot.generation == key.generation { slot.value.as_ref() } else { None }
    }

    pub(crate) fn remove(&mut self, key: Key) -> Option<T> {
        let slot = self.slots.get_mut(key.index as usize)?;
        if slot.generation != key.generation {
            return None;
        }
        let value = slot.value.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(key.index);
        Some(value)
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    pub(crate) fn keys(&self) -> Vec<Key> {
        let key = |(index, slot): (usize, &Slot<T>)| {
            slot.value.as_ref().map(|_| Key { index: index as u32, generation: slot.generation })
        };
        self.slots.iter().enumerate().filter_map(key).collect()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_stale_key_finds_nothing() {
        let mut slots = Slots::new();
        let a = slots.insert("a");
        assert_eq!(slots.remove(a), Some("a"));
        let b = slots.insert("b");
        assert_ne!(a, b);
        assert_eq!(slots.get(a), None);
        assert_eq!(slots.remove(a), None);
        assert_eq!(slots.get(b), Some(&mut "b"));
        assert_eq!(unpack(pack(Kind::Send, b)), Some((Kind::Send, b)));
        assert_eq!(unpack(0), None);
    }
}
