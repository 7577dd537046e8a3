//! A stable memory as an input tells it: one of the [`MEMORIES`], with a few bytes changed.
//!
//! ```text
//! 0     which memory                                     u8
//! 1     which checksums to make right: payload (1), journal (2), header (4)
//! then  changes: the place (u8), an offset from it (u16), a length (u8), so many bytes
//! ```
//!
//! A whole memory as an input would be 100 KiB and more, of which the fuzzer would change the zeros.

use twox_hash::XxHash64;

use crate::canister::MEMORIES;

/// Where memory 0 starts, in each of the [`MEMORIES`] that has a manager.
pub const MEMORY_0: usize = 1 << 16;
/// Bytes of its header.
pub const HEADER_BYTES: usize = 128;
const SLOT_BYTES: usize = 48;
const RECORD_HEAD_BYTES: usize = 13;

/// A memory with changes.
pub struct Image {
    /// Its bytes, whole pages.
    pub bytes: Vec<u8>,
    /// Whether everything behind memory 0's pages is as its structure left it.
    pub maps_are_intact: bool,
}

impl Image {
    /// What `input` tells; none where it is too short.
    pub fn of(input: &[u8]) -> Option<Self> {
        let [which, repairs, rest @ ..] = input else {
            return None;
        };
        let mut image = Self {
            bytes: MEMORIES[usize::from(*which) % MEMORIES.len()].clone(),
            maps_are_intact: true,
        };
        let mut rest = rest;
        while let [place, low, high, length, behind @ ..] = rest {
            let (change, behind) = behind.split_at(behind.len().min((*length).into()));
            image.change(*place, u16::from_le_bytes([*low, *high]).into(), change);
            rest = behind;
        }
        image.repair(*repairs);
        Some(image)
    }

    fn change(&mut self, place: u8, offset: usize, change: &[u8]) {
        let journal = self.journal().unwrap_or((MEMORY_0, 0)).0;
        // The manager's magic, sizes and owners; memory 0's header, payload and journal; the memories behind it.
        let places = [
            0,
            40,
            2_080,
            MEMORY_0,
            MEMORY_0 + HEADER_BYTES,
            journal,
            3 << 16,
            5 << 16,
        ];
        let place = usize::from(place) % places.len();
        self.maps_are_intact &= (3..6).contains(&place);
        let at = places[place].saturating_add(offset);
        for (offset, byte) in change.iter().enumerate() {
            let len = self.bytes.len();
            let at = at.wrapping_add(offset) % len;
            self.maps_are_intact &= at < 3 << 16;
            self.bytes[at] = *byte;
        }
    }

    /// Where the journal starts, and its length, if the header can be believed.
    pub fn journal(&self) -> Option<(usize, usize)> {
        let header = self.bytes.get(MEMORY_0..)?.first_chunk::<HEADER_BYTES>()?;
        let payload = u64::from_le_bytes(*header[16..].first_chunk()?);
        let journal = u32::from_le_bytes(*header[56..].first_chunk()?);
        let at = MEMORY_0 + HEADER_BYTES + usize::try_from(payload).ok()?.min(self.bytes.len());
        (at < self.bytes.len()).then_some((at, journal as usize))
    }

    fn repair(&mut self, repairs: u8) {
        if let Some((at, len)) = self.journal() {
            if repairs & 1 != 0 {
                let sum = XxHash64::oneshot(0, &self.bytes[MEMORY_0 + HEADER_BYTES..at]);
                self.bytes[MEMORY_0 + 24..][..8].copy_from_slice(&sum.to_le_bytes());
            }
            if repairs & 2 != 0 {
                let end = at.saturating_add(len).min(self.bytes.len());
                repair_journal(&mut self.bytes[at..end]);
            }
        }
        if repairs & 4 != 0
            && let Some(header) = self.bytes.get_mut(MEMORY_0..)
            && let Some(header) = header.first_chunk_mut()
        {
            repair_header(header);
        }
    }
}

/// Makes the checksum of a header right.
pub fn repair_header(header: &mut [u8; HEADER_BYTES]) {
    let sum = XxHash64::oneshot(0, &header[..120]);
    header[120..].copy_from_slice(&sum.to_le_bytes());
}

/// Makes the checksums of a journal right, as far as its lengths lead.
pub fn repair_journal(journal: &mut [u8]) {
    let Some((count, mut rest)) = journal.split_first_chunk_mut() else {
        return;
    };
    for _ in 0..u32::from_le_bytes(*count) {
        let Some((slot, behind)) = rest.split_at_mut_checked(SLOT_BYTES) else {
            return;
        };
        let sum = XxHash64::oneshot(0, &slot[..40]);
        slot[40..].copy_from_slice(&sum.to_le_bytes());
        rest = behind;
    }
    while let Some((head, behind)) = rest.split_first_chunk_mut::<RECORD_HEAD_BYTES>() {
        let length = u32::from_le_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let Some((body, behind)) = behind.split_at_mut_checked(length) else {
            return;
        };
        let sum = XxHash64::oneshot(head[0].into(), body);
        head[5..].copy_from_slice(&sum.to_le_bytes());
        rest = behind;
    }
}
