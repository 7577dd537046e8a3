//! Two ordered runs of entries with no key in common, read as one from either end.

/// The merged run. A side's next entry from each end is held back until it is its turn.
pub struct Merge<A: Iterator, B: Iterator> {
    a: Side<A>,
    b: Side<B>,
}

struct Side<I: Iterator> {
    rest: I,
    front: Option<I::Item>,
    back: Option<I::Item>,
}

impl<I: DoubleEndedIterator> Side<I> {
    fn new(rest: I) -> Self {
        Self {
            rest,
            front: None,
            back: None,
        }
    }

    fn peek_front(&mut self) -> Option<&I::Item> {
        if self.front.is_none() {
            self.front = self.rest.next().or_else(|| self.back.take());
        }
        self.front.as_ref()
    }

    fn peek_back(&mut self) -> Option<&I::Item> {
        if self.back.is_none() {
            self.back = self.rest.next_back().or_else(|| self.front.take());
        }
        self.back.as_ref()
    }
}

impl<A: DoubleEndedIterator, B: DoubleEndedIterator> Merge<A, B> {
    pub fn new(a: A, b: B) -> Self {
        Self {
            a: Side::new(a),
            b: Side::new(b),
        }
    }
}

impl<A, B, K: Ord, V> Iterator for Merge<A, B>
where
    A: DoubleEndedIterator<Item = (K, V)>,
    B: DoubleEndedIterator<Item = (K, V)>,
{
    type Item = (K, V);

    fn next(&mut self) -> Option<(K, V)> {
        let from_a = match (self.a.peek_front(), self.b.peek_front()) {
            (Some((a, _)), Some((b, _))) => a < b,
            (a, _) => a.is_some(),
        };
        if from_a {
            self.a.front.take()
        } else {
            self.b.front.take()
        }
    }
}

impl<A, B, K: Ord, V> DoubleEndedIterator for Merge<A, B>
where
    A: DoubleEndedIterator<Item = (K, V)>,
    B: DoubleEndedIterator<Item = (K, V)>,
{
    fn next_back(&mut self) -> Option<(K, V)> {
        let from_a = match (self.a.peek_back(), self.b.peek_back()) {
            (Some((a, _)), Some((b, _))) => a > b,
            (a, _) => a.is_some(),
        };
        if from_a {
            self.a.back.take()
        } else {
            self.b.back.take()
        }
    }
}
