use std::collections::BTreeMap;
use std::fmt::Debug;

use ic_principal::Principal;
use ic_stable_structures::{Storable, VectorMemory};
use proptest::prelude::*;

use super::*;
use crate::tiered::TieredMap;

crate::composite_key! {
    /// Every kind of part that has a bound.
    #[derive(Debug)]
    struct Bounded {
        side: bool,
        number: u64,
        who: Principal,
        change: i32,
        tag: [u8; 3],
        twice: Option<(u8, i64)>,
    }
}

crate::composite_key! {
    #[derive(Debug)]
    struct Unbounded {
        name: String,
        bytes: Vec<u8>,
        inner: Option<String>,
        number: u16,
    }
}

/// Few values, so that keys are alike in their first parts and the later ones count.
fn principal() -> impl Strategy<Value = Principal> {
    let bytes = prop::collection::vec(prop::sample::select(vec![0, 1, 0x80, 0xff]), 0..=29);
    bytes.prop_map(|bytes| Principal::from_slice(&bytes))
}

fn few_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(vec![0, 1, 2, 0xfe, 0xff]), 0..20)
}

fn bounded() -> impl Strategy<Value = Bounded> {
    let number = prop::sample::select(vec![0, 1, 255, 256, u64::MAX]);
    let change = prop::sample::select(vec![i32::MIN, -256, -1, 0, 1, i32::MAX]);
    let tag = prop::array::uniform3(0..2_u8);
    let twice = prop::option::of((0..2_u8, -1..=1_i64));
    (any::<bool>(), number, principal(), change, tag, twice).prop_map(
        |(side, number, who, change, tag, twice)| Bounded {
            side,
            number,
            who,
            change,
            tag,
            twice,
        },
    )
}

fn unbounded() -> impl Strategy<Value = Unbounded> {
    let name = "[\u{0}\u{1}aä]{0,4}";
    (name, few_bytes(), prop::option::of(name), 0..3_u16).prop_map(
        |(name, bytes, inner, number)| Unbounded {
            name,
            bytes,
            inner,
            number,
        },
    )
}

/// The order of the parts' own types, which is that of the key, that of its bytes, and none is the start of another.
fn check<K, T: Ord>(a: K, b: K, parts: impl Fn(&K) -> T) -> Result<(), TestCaseError>
where
    K: Storable + Ord + Debug + Clone,
{
    let (bytes_a, bytes_b) = (a.to_bytes().into_owned(), b.to_bytes().into_owned());
    prop_assert_eq!(a.cmp(&b), parts(&a).cmp(&parts(&b)));
    prop_assert_eq!(a.cmp(&b), bytes_a.cmp(&bytes_b));
    prop_assert!(a == b || !bytes_b.starts_with(&bytes_a));
    prop_assert_eq!(&K::from_bytes(Cow::Borrowed(&bytes_a)), &a);
    prop_assert_eq!(a.clone().into_bytes(), bytes_a);
    Ok(())
}

proptest! {
    #[test]
    fn bytes_are_ordered_as_the_fields_are(a in bounded(), b in bounded()) {
        check(a, b, |k| (k.side, k.number, k.who, k.change, k.tag, k.twice))?;
    }

    #[test]
    fn texts_and_bytes_end_before_what_follows(a in unbounded(), b in unbounded()) {
        check(a, b, |k| (k.name.clone(), k.bytes.clone(), k.inner.clone(), k.number))?;
    }

    #[test]
    fn a_tuple_is_a_key(a in (any::<u8>(), few_bytes()), b in (any::<u8>(), few_bytes())) {
        check(Key(a), Key(b), |k| k.0.clone())?;
    }

    #[test]
    fn hostile_bytes_are_a_key_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        if let Ok(key) = decode::<Bounded>(&bytes) {
            prop_assert_eq!(encode(&key), &bytes[..]);
        }
        if let Ok(key) = decode::<Unbounded>(&bytes) {
            prop_assert_eq!(encode(&key), &bytes[..]);
        }
    }

    #[test]
    fn slices_compare_as_their_own_order_has_it(a in few_bytes(), b in few_bytes()) {
        prop_assert_eq!(super::bytes::compare(&a, &b), a.cmp(&b));
    }
}

#[test]
fn bounds_are_the_sums_of_the_parts() {
    let Bound::Bounded {
        max_size,
        is_fixed_size,
    } = Bounded::BOUND
    else {
        panic!("unbounded");
    };
    assert_eq!(max_size, 1 + 8 + 30 + 4 + 3 + 10);
    assert!(!is_fixed_size);
    assert_eq!(Unbounded::BOUND, Bound::Unbounded);
    let fixed = Bound::Bounded {
        max_size: 12,
        is_fixed_size: true,
    };
    assert_eq!(Key::<(u64, u32)>::BOUND, fixed);
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let error = decode::<Bounded>(&[1, 0, 0]).unwrap_err().to_string();
    assert_eq!(
        error,
        "E801: a stored Bounded of 3 bytes cannot be read: no 8 bytes more in `number` at byte 1"
    );
    let long = [&[0; 9][..], &[30], &[7; 30]].concat();
    let error = decode::<Bounded>(&long).unwrap_err().to_string();
    assert!(
        error.contains("a principal of 30 bytes in `who`"),
        "{error}"
    );
    let error = decode::<(u8,)>(&[1, 2]).unwrap_err().to_string();
    assert!(
        error.contains("1 bytes more than the key has at byte 1"),
        "{error}"
    );
    let error = decode::<String>(&[b'a', 0, 7]).unwrap_err().to_string();
    assert!(error.contains("0x07 behind a zero at byte 2"), "{error}");
}

type Inner = BTreeMap<(Vec<u8>, i16), u64>;

/// A map of maps of small keys, some of them empty.
fn nested() -> impl Strategy<Value = BTreeMap<Option<u8>, Inner>> {
    let inner = prop::collection::btree_map((few_bytes(), any::<i16>()), any::<u64>(), 0..6);
    prop::collection::btree_map(any::<Option<u8>>(), inner, 0..6)
}

proptest! {
    #[test]
    fn a_map_of_maps_reads_as_before(maps in nested(), gone in any::<Option<u8>>()) {
        type Flat = TieredMap<Key<(Option<u8>, (Vec<u8>, i16))>, u64, VectorMemory>;
        let mut flat = Flat::from_nested(maps.clone());
        let gone = maps.keys().next().copied().unwrap_or(gone);
        for outer in maps.keys().chain([&gone]) {
            let inner: Vec<_> = maps.get(outer).into_iter().flatten().collect();
            prop_assert!(flat.inner(outer).eq(inner.iter().map(|(key, value)| ((*key).clone(), **value))));
            prop_assert!(flat.inner_keys(outer).eq(inner.iter().map(|(key, _)| (*key).clone())));
        }
        let (before, entries) = (flat.len(), maps.get(&gone).map_or(0, BTreeMap::len) as u64);
        prop_assert_eq!(flat.remove_inner(&gone), entries);
        prop_assert_eq!(flat.len(), before - entries);
        prop_assert_eq!(flat.inner(&gone).count(), 0);
    }

    #[test]
    fn nothing_stands_before_the_least(a in bounded(), b in unbounded(), c in (any::<i8>(), principal())) {
        prop_assert!(Bounded::least() <= a);
        prop_assert!(Unbounded::least() <= b);
        prop_assert!(Key(<(i8, Principal)>::least()) <= Key(c));
    }
}

#[test]
fn an_inner_map_of_thousands_goes_at_once() {
    let inner: BTreeMap<u64, u64> = (0..2_000).map(|key| (key, key)).collect();
    let maps = BTreeMap::from([(1u8, inner.clone()), (2, inner)]);
    let mut flat: TieredMap<Key<(u8, u64)>, u64, VectorMemory> = TieredMap::from_nested(maps);
    assert_eq!(flat.remove_inner(&1), 2_000);
    assert_eq!(flat.inner(&2).count(), 2_000);
}
