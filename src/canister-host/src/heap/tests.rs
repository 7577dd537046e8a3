use super::*;

/// A heap that grows, with an image of it that is a copy.
struct Plain {
    heap: Vec<u8>,
    image: Image,
}

impl Plain {
    fn new() -> Self {
        Plain {
            heap: vec![0; 2 * BLOCK],
            image: Image::Copied(Vec::new()),
        }
    }

    fn commit(&mut self) -> u64 {
        let written = self.image.written(&self.heap).unwrap();
        self.image.commit(&self.heap).unwrap();
        assert_eq!(self.image.written(&self.heap).unwrap(), 0);
        written
    }
}

#[test]
fn a_copied_image_counts_the_blocks_that_changed() {
    let mut plain = Plain::new();
    plain.heap[0] = 1;
    assert_eq!(plain.commit(), 1);
    assert_eq!(plain.image.size(), 2 * BLOCK);
    assert_eq!(plain.commit(), 0);
    plain.heap[BLOCK] = 2;
    plain.heap.resize(5 * BLOCK, 0);
    plain.heap[4 * BLOCK] = 3;
    assert_eq!(
        plain.commit(),
        2,
        "an untouched grown block is not one of them"
    );
    assert_eq!(plain.image.size(), 5 * BLOCK);
}

#[test]
fn a_copied_image_undoes_and_is_handed_on() {
    let mut plain = Plain::new();
    plain.heap[7] = 1;
    plain.commit();
    plain.heap[7] = 2;
    plain.heap[BLOCK] = 2;
    plain.image.rollback(&mut plain.heap).unwrap();
    assert_eq!((plain.heap[7], plain.heap[BLOCK]), (1, 0));

    let mut next = Plain::new();
    next.heap[9] = 9;
    next.image.adopt(plain.image, &mut next.heap).unwrap();
    assert_eq!(next.heap, plain.heap);
    assert_eq!(next.commit(), 0);
}
