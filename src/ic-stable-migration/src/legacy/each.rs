//! Legacy collections whose entries go into the state as they are decoded, and are never on the heap together.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;

use serde::de::{
    Deserialize, DeserializeOwned, Deserializer, Error as _, MapAccess, SeqAccess, Visitor,
};

/// How one entry of a legacy collection becomes entries of the state: one post becomes a post, its likes and its bets.
///
/// ```
/// use std::collections::BTreeSet;
/// use ic_stable_migration::{Each, Entries, TieredMap};
/// use ic_stable_structures::DefaultMemoryImpl;
///
/// #[derive(serde::Deserialize)]
/// struct Post {
///     text: String,
///     tags: BTreeSet<String>,
/// }
///
/// #[derive(Default, serde::Serialize, serde::Deserialize)]
/// struct State {
///     texts: TieredMap<u64, String, DefaultMemoryImpl>,
///     tags: TieredMap<String, u64, DefaultMemoryImpl>,
/// }
///
/// struct Posts;
///
/// impl Entries for Posts {
///     type Key = u64;
///     type Value = Post;
///     type State = State;
///     fn take(number: u64, post: Post, state: &mut State) {
///         for tag in post.tags {
///             state.tags.insert(tag, number);
///         }
///         state.texts.insert(number, post.text);
///     }
/// }
///
/// /// What the canister has at offset 0 until now.
/// #[derive(serde::Deserialize)]
/// struct Legacy {
///     next: u64,
///     posts: Each<Posts>,
/// }
/// ```
pub trait Entries: Sized {
    /// Of the legacy map.
    type Key: DeserializeOwned;
    /// Of the legacy map.
    type Value: DeserializeOwned;
    /// What takes them.
    type State: 'static;

    /// Puts what the entry holds into maps of the state. What comes in key order costs least. What does not is
    /// sorted on the heap, together with the entries that came shortly before and after it; where that is not enough it is
    /// kept in stable memory, and all maps are written twice, the second time with it.
    fn take(key: Self::Key, value: Self::Value, state: &mut Self::State);
}

/// A legacy map whose entries are taken one by one. In a state that is [streamed](crate::Plan::resume_streamed) it is
/// empty, because they are in the state already; otherwise it has them, in the order in which they came.
pub struct Each<E: Entries>(Vec<(E::Key, E::Value)>);

impl<E: Entries> Default for Each<E> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<E: Entries> fmt::Debug for Each<E> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "Each({} entries)", self.0.len())
    }
}

impl<E: Entries> IntoIterator for Each<E> {
    type Item = (E::Key, E::Value);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'de, E: Entries> Deserialize<'de> for Each<E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EachVisitor(PhantomData))
    }
}

struct EachVisitor<E>(PhantomData<E>);

impl<'de, E: Entries> Visitor<'de> for EachVisitor<E> {
    type Value = Each<E>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Each<E>, A::Error> {
        let mut each = Each::default();
        let taking = current::<E::State>();
        while let Some((key, value)) = map.next_entry()? {
            match &taking {
                Some(taking) => taking
                    .entry(|state| E::take(key, value, state))
                    .map_err(A::Error::custom)?,
                None => each.0.push((key, value)),
            }
        }
        Ok(each)
    }
}

/// How one element of a legacy set or list becomes entries of the state: what [`Entries`] are to a map.
///
/// ```
/// use ic_stable_migration::{EachOf, Elements, TieredMap};
/// use ic_stable_structures::DefaultMemoryImpl;
///
/// #[derive(Default, serde::Serialize, serde::Deserialize)]
/// struct State {
///     blocked: TieredMap<String, (), DefaultMemoryImpl>,
/// }
///
/// struct Blocked;
///
/// impl Elements for Blocked {
///     type Element = String;
///     type State = State;
///     fn take(user: String, state: &mut State) {
///         state.blocked.insert(user, ());
///     }
/// }
///
/// /// What the canister has at offset 0 until now, with a set of those who are blocked.
/// #[derive(serde::Deserialize)]
/// struct Legacy {
///     blocked: EachOf<Blocked>,
/// }
/// ```
pub trait Elements: Sized {
    /// Of the legacy set or list.
    type Element: DeserializeOwned;
    /// What takes them.
    type State: 'static;

    /// Puts what the element holds into maps of the state; what is said of [`Entries::take`] holds here too. No format
    /// says that an element stands once in its set. Where one stands twice, and becomes the same key twice, the value is
    /// refused, unless the two stand near each other: then the map has the first already, or not, as its `insert` says.
    fn take(element: Self::Element, state: &mut Self::State);
}

/// A legacy set or list whose elements are taken one by one, as the entries of an [`Each`] are.
pub struct EachOf<E: Elements>(Vec<E::Element>);

impl<E: Elements> Default for EachOf<E> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<E: Elements> fmt::Debug for EachOf<E> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "EachOf({} elements)", self.0.len())
    }
}

impl<E: Elements> IntoIterator for EachOf<E> {
    type Item = E::Element;
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'de, E: Elements> Deserialize<'de> for EachOf<E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(EachOfVisitor(PhantomData))
    }
}

struct EachOfVisitor<E>(PhantomData<E>);

impl<'de, E: Elements> Visitor<'de> for EachOfVisitor<E> {
    type Value = EachOf<E>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<EachOf<E>, A::Error> {
        let mut each = EachOf::default();
        let taking = current::<E::State>();
        while let Some(element) = seq.next_element()? {
            match &taking {
                Some(taking) => taking
                    .entry(|state| E::take(element, state))
                    .map_err(A::Error::custom)?,
                None => each.0.push(element),
            }
        }
        Ok(each)
    }
}

/// Entries between two looks at how many there are.
const LOOK_EVERY: u64 = 16;

/// The state that takes entries while they are decoded.
pub(crate) struct Taking<S> {
    state: RefCell<S>,
    taken: Cell<u64>,
    /// Makes room in the state; called every now and then.
    make_room: Box<MakeRoom<S>>,
}

type MakeRoom<S> = dyn Fn(&mut S) -> Result<(), String>;

impl<S: 'static> Taking<S> {
    pub fn new(state: S, make_room: impl Fn(&mut S) -> Result<(), String> + 'static) -> Rc<Self> {
        Rc::new(Self {
            state: RefCell::new(state),
            taken: Cell::new(0),
            make_room: Box::new(make_room),
        })
    }

    /// Decodes something of which each entry goes into the state.
    pub fn decode<R>(self: &Rc<Self>, decode: impl FnOnce() -> R) -> R {
        /// Takes the state away again, also where decoding panics.
        struct Guard;
        impl Drop for Guard {
            fn drop(&mut self) {
                TAKING.set(None);
            }
        }
        let _guard = Guard;
        TAKING.set(Some(Rc::clone(self) as Rc<dyn Any>));
        decode()
    }

    fn entry(&self, take: impl FnOnce(&mut S)) -> Result<(), String> {
        let mut state = self.state.borrow_mut();
        take(&mut state);
        let taken = self.taken.get() + 1;
        self.taken.set(taken);
        if taken.is_multiple_of(LOOK_EVERY) {
            (self.make_room)(&mut state)?;
        }
        Ok(())
    }

    /// The state, with what it has taken.
    pub fn state(&self) -> std::cell::RefMut<'_, S> {
        self.state.borrow_mut()
    }
}

thread_local! {
    static TAKING: RefCell<Option<Rc<dyn Any>>> = const { RefCell::new(None) };
}

fn current<S: 'static>() -> Option<Rc<Taking<S>>> {
    TAKING.with_borrow(Clone::clone)?.downcast().ok()
}
