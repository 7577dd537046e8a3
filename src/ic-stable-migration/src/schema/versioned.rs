//! A value in serde's form that says which version it is.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer, UnitDeserializer};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Error as _, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Oldest, Schema, SchemaReport, SchemaStep, assert_follows, take, unread};

/// A value of the last version of a chain, which is read from any version of it. Derefs to the value.
///
/// Written as a map of one pair, whose key is `schema` and the number and whose value is the value. What has another form
/// is read as version 1: so a field that was of the first version itself becomes a `Versioned` without more ado.
///
/// Meant for the hot state of a canister: see [`Tiered`](crate::Tiered::schema). For an example, see [`Schema`].
#[derive(Clone, Debug, Default)]
pub struct Versioned<T> {
    value: T,
    steps: Vec<SchemaStep>,
}

impl<T: Schema> Versioned<T> {
    /// A value that was made by this release.
    pub const fn new(value: T) -> Self {
        const { assert_follows::<T>() };
        Self {
            value,
            steps: Vec::new(),
        }
    }

    /// The value.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The version of the value, and the steps that were taken when it was read.
    pub fn report(&self) -> SchemaReport {
        SchemaReport {
            number: T::NUMBER,
            steps: self.steps.clone(),
        }
    }
}

impl<T: Schema> From<T> for Versioned<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T> Deref for Versioned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Versioned<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

/// Values are equal, however they came to be.
impl<T: PartialEq> PartialEq for Versioned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Versioned<T> {}

/// The last version of a chain in which every version can be read by serde. Implemented for all such types.
pub trait Chain: Schema {
    /// Reads a value of version `number` and takes it through the steps that are missing, which it notes.
    ///
    /// # Errors
    /// Those of reading; for a number that the chain does not have; that of a step.
    fn read<'de, D: Deserializer<'de>>(
        number: u32,
        from: D,
        steps: &mut Vec<SchemaStep>,
    ) -> Result<Self, D::Error>;
}

impl Chain for Oldest {
    fn read<'de, D: Deserializer<'de>>(
        number: u32,
        _: D,
        _: &mut Vec<SchemaStep>,
    ) -> Result<Self, D::Error> {
        Err(D::Error::custom(format!("there is no schema {number}")))
    }
}

impl<T> Chain for T
where
    T: Schema + DeserializeOwned,
    T::Before: Chain,
{
    fn read<'de, D: Deserializer<'de>>(
        number: u32,
        from: D,
        steps: &mut Vec<SchemaStep>,
    ) -> Result<Self, D::Error> {
        const { assert_follows::<T>() };
        if number == T::NUMBER {
            return T::deserialize(from);
        }
        if number > T::NUMBER || number < T::OLDEST {
            return Err(D::Error::custom(unread::<T>(number)));
        }
        let before = T::Before::read(number, from, steps)?;
        take(before, steps).map_err(D::Error::custom)
    }
}

/// What stands in front of the number.
const KEY: &str = "schema ";

impl<T: Schema + Serialize> Serialize for Versioned<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let key = format!("{KEY}{}", T::NUMBER);
        serializer.collect_map([(key, &self.value)])
    }
}

impl<'de, T: Chain> Deserialize<'de> for Versioned<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any(PhantomData))
    }
}

/// A value with its number, or one of version 1 without.
struct Any<T>(PhantomData<T>);

impl<T: Chain> Any<T> {
    fn first<'de, D: Deserializer<'de>>(from: D) -> Result<Versioned<T>, D::Error> {
        Numbered::<T>(1, PhantomData).deserialize(from)
    }
}

impl<'de, T: Chain> Visitor<'de> for Any<T> {
    type Value = Versioned<T>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value with its schema's number")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Self::Value, A::Error> {
        let Some(key) = pairs.next_key::<String>()? else {
            return Self::first(MapAccessDeserializer::new(pairs));
        };
        let number = key.strip_prefix(KEY).and_then(|number| number.parse().ok());
        let Some(number) = number else {
            let key = Some(key);
            return Self::first(MapAccessDeserializer::new(Again { key, pairs }));
        };
        let value = pairs.next_value_seed(Numbered(number, PhantomData))?;
        match pairs.next_key::<String>()? {
            None => Ok(value),
            Some(key) => Err(A::Error::custom(format!(
                "{key:?} stands beside schema {number}"
            ))),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
        Self::first(SeqAccessDeserializer::new(items))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
        Self::first(UnitDeserializer::new())
    }
}

/// A value of the version with this number.
struct Numbered<T>(u32, PhantomData<T>);

impl<'de, T: Chain> DeserializeSeed<'de> for Numbered<T> {
    type Value = Versioned<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let mut steps = Vec::new();
        let value = T::read(self.0, deserializer, &mut steps)?;
        Ok(Versioned { value, steps })
    }
}

/// A map of which the first key was read already.
struct Again<A> {
    key: Option<String>,
    pairs: A,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Again<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        match self.key.take() {
            Some(key) => seed.deserialize(key.into_deserializer()).map(Some),
            None => self.pairs.next_key_seed(seed),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.pairs.next_value_seed(seed)
    }
}
