//! The formats, and how sure it is that one of them is there.

use std::fmt;

use serde::Serialize;

/// How sure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// It can be read so, and can be something else as well.
    Possible,
    /// It would be odd if it were something else.
    Likely,
    /// It cannot be something else.
    Certain,
}

impl fmt::Display for Certainty {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Possible => "possible",
            Self::Likely => "likely",
            Self::Certain => "certain",
        })
    }
}

/// Formats, the likelier one last where two are equally sure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "run", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Nothing that is known.
    Unknown,
    /// Bytes as if by chance.
    Random,
    /// Text that is not JSON.
    Text,
    /// borsh.
    Borsh,
    /// bincode with numbers of fixed width.
    Bincode,
    /// postcard.
    Postcard,
    /// Protocol buffers.
    Protobuf,
    /// CBOR.
    Cbor,
    /// MessagePack.
    #[serde(rename = "messagepack")]
    MessagePack,
    /// JSON.
    Json,
    /// A picture or film.
    Picture,
    /// A document.
    Document,
    /// A module or an executable.
    Program,
    /// A file of tables.
    Table,
    /// An archive, or packed data other than gzip and Zstandard.
    Packed,
    /// Zstandard.
    Zstd,
    /// gzip.
    Gzip,
    /// A database of SQLite.
    Sqlite,
    /// Candid.
    Candid,
    /// What Motoko leaves.
    Motoko,
    /// A stable structure without a memory manager.
    Structure,
    /// A memory manager of another version, or in another place.
    Manager,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "data of an unknown kind",
            Self::Random => "encrypted, packed or random data",
            Self::Text => "text",
            Self::Borsh => "borsh",
            Self::Bincode => "bincode",
            Self::Postcard => "postcard",
            Self::Protobuf => "protobuf",
            Self::Cbor => "CBOR",
            Self::MessagePack => "MessagePack",
            Self::Json => "JSON",
            Self::Picture => "a picture or film",
            Self::Document => "a document",
            Self::Program => "a program",
            Self::Table => "a file of tables",
            Self::Packed => "an archive or packed data",
            Self::Zstd => "Zstandard",
            Self::Gzip => "gzip",
            Self::Sqlite => "a SQLite database",
            Self::Candid => "Candid",
            Self::Motoko => "Motoko's stable variables or memory",
            Self::Structure => "a stable structure",
            Self::Manager => "a memory manager",
        })
    }
}
