//! Rooms: everybody hears the sum of the others, and never himself. Samples and members only; the
//! packets are `leg`'s, the jitter is `playout`'s.

use std::collections::BTreeMap;

use super::player::FRAME;
use crate::base::id::RoomId;

/// The sum of everybody, wide enough not to overflow: 32,000 legs at full scale fit into 31 bits.
#[derive(Clone, Debug)]
pub struct Sum {
    samples: [i32; FRAME],
    voices: usize,
}

impl Default for Sum {
    fn default() -> Self {
        Self { samples: [0; FRAME], voices: 0 }
    }
}

impl Sum {
    pub fn add(&mut self, frame: &[i16; FRAME]) {
        self.voices += 1;
        for (sum, sample) in self.samples.iter_mut().zip(frame) {
            *sum += i32::from(*sample);
        }
    }

    /// What the one who said `own` hears: the others. Too loud is cut at full scale; a sum that wrapped round would
    /// be a crack.
    pub fn without(&self, own: &[i16; FRAME], heard: &mut [i16; FRAME]) {
        for ((heard, sum), own) in heard.iter_mut().zip(&self.samples).zip(own) {
            let others = sum - i32::from(*own);
            *heard = others.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16;
        }
    }

    /// Whether there is nobody but one.
    pub fn is_alone(&self) -> bool {
        self.voices <= 1
    }
}

/// Who is in which room, by slot. A room with nobody in it is gone.
#[derive(Clone, Default, Debug)]
pub struct Rooms(BTreeMap<RoomId, Vec<usize>>);

impl Rooms {
    /// Lets a leg in that is in no room.
    pub fn enter(&mut self, room: RoomId, slot: usize) {
        self.0.entry(room).or_default().push(slot);
    }

    pub fn leave(&mut self, room: RoomId, slot: usize) {
        let Some(members) = self.0.get_mut(&room) else { return };
        members.retain(|member| *member != slot);
        if members.is_empty() {
            self.0.remove(&room);
        }
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The members of each room, in the order they came.
    pub fn each(&self) -> impl Iterator<Item = &[usize]> {
        self.0.values().map(Vec::as_slice)
    }
}
