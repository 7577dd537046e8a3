//! The manifest as it is put into the module.

use super::declared::{Declarations, Declared};
use super::text::Text;
use crate::application::Application;
use crate::codec::{Codec, Format};
use crate::form::{Form, Frame};
use crate::legacy::Trailing;
use crate::registry::Size;
use crate::reverse::Target;

/// What [`manifest!`](crate::manifest) puts into the module. Made of a [plan](crate::Plan::manifest), or, for a release that
/// has none, with [`ManifestSource::of_value`].
#[derive(Clone, Copy, Debug)]
pub struct ManifestSource {
    application: Application,
    release: u32,
    format: &'static str,
    frame: &'static str,
    header: Option<HeaderTerms>,
}

/// What a release says whose state is behind this library's header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeaderTerms {
    /// The oldest that is read, and the one that is written.
    pub schemas: (u32, u32),
    pub memory: u8,
    pub ceiling: u64,
    pub move_budget: u64,
    pub trailing: Trailing,
    pub back: Option<Target>,
    pub declarations: Declarations,
}

impl ManifestSource {
    /// Of a release from before this library: its state is one value at offset 0 of stable memory, which `C` reads.
    ///
    /// ```
    /// use ic_stable_migration::{ManifestSource, MessagePack};
    ///
    /// type State = Vec<String>;
    /// ic_stable_migration::manifest!(ManifestSource::of_value::<State, MessagePack>(0).application("todo"));
    /// ```
    pub const fn of_value<L, C: Codec<L>>(release: u32) -> Self {
        let (format, frame) = match C::FORM {
            Some(Form { frame, format }) => (format, frame),
            None => (C::FORMAT, Frame::Own),
        };
        Self {
            application: Application::NONE,
            release,
            format: match format {
                Format::Cbor => "CBOR",
                Format::MessagePack => "MessagePack",
                Format::Candid => "Candid",
                Format::Other(name) => name,
            },
            frame: match frame {
                Frame::None => "none",
                Frame::LengthU32 => "u32",
                Frame::LengthU64 => "u64",
                Frame::StableCell => "cell",
                Frame::Own => "own",
            },
            header: None,
        }
    }

    /// The name of the application. See [`Plan::application`](crate::Plan::application).
    pub const fn application(self, name: &str) -> Self {
        self.of(Application::named(name))
    }

    pub(crate) const fn of(mut self, application: Application) -> Self {
        self.application = application;
        self
    }

    pub(crate) const fn behind_header(mut self, terms: HeaderTerms) -> Self {
        self.header = Some(terms);
        self
    }

    /// Of a release that goes back there.
    pub(crate) const fn going_back(mut self, target: Target) -> Self {
        if let Some(terms) = &mut self.header {
            terms.back = Some(target);
        }
        self
    }

    /// Bytes of the text.
    #[allow(clippy::len_without_is_empty, reason = "it is never empty")]
    pub const fn len(&self) -> usize {
        let mut text = Text::over(&mut []);
        self.write(&mut text);
        text.len()
    }

    /// The text, of which `N` has to be the [length](ManifestSource::len). See [`manifest!`](crate::manifest).
    pub const fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        let mut text = Text::over(&mut bytes);
        self.write(&mut text);
        assert!(text.len() == N, "the length is that of the text");
        bytes
    }

    const fn write(&self, text: &mut Text) {
        text.line("manifest");
        text.number(super::VERSION as u64);
        if let Some(name) = self.application.name() {
            text.line("application");
            text.field(name);
        }
        text.line("release");
        text.number(self.release as u64);
        text.line("reads");
        text.field(self.format);
        text.field(self.frame);
        text.line("keeps");
        match &self.header {
            None => text.field("value"),
            Some(terms) => {
                text.field("header");
                terms.write(text);
            }
        }
        text.line("end");
        text.end();
    }
}

impl HeaderTerms {
    const fn write(&self, text: &mut Text) {
        text.line("schemas");
        text.number(self.schemas.0 as u64);
        text.number(self.schemas.1 as u64);
        text.line("memory");
        text.number(self.memory as u64);
        text.line("ceiling");
        text.number(self.ceiling);
        text.line("budget");
        text.number(self.move_budget);
        text.line("trailing");
        text.field(match self.trailing {
            Trailing::Refuse => "refuse",
            Trailing::Discard => "discard",
        });
        if let Some(target) = self.back {
            text.line("back");
            text.field(match target {
                Target::Offset0 => "value",
                Target::Memory0 => "memory",
            });
        }
        let Some(collections) = self.declarations.collections else {
            return;
        };
        assert!(
            collections.len() <= super::MAX_COLLECTIONS,
            "there are 254 ids for collections"
        );
        text.line("collections");
        text.number(collections.len() as u64);
        let mut at = 0;
        while at < collections.len() {
            collections[at].write(text);
            at += 1;
        }
        self.declarations.write_changes(text);
    }
}

impl Declared {
    const fn write(&self, text: &mut Text) {
        text.line("collection");
        text.number(self.id as u64);
        match self.shape.kind.shared_memory() {
            None => text.field("own"),
            Some(memory) => text.number(memory as u64),
        }
        size(text, self.shape.key);
        size(text, self.shape.value);
        text.number(self.versions.oldest as u64);
        text.number(self.versions.newest as u64);
        text.field(self.name);
        text.source(self.types[0]);
        text.source(self.types[1]);
    }
}

const fn size(text: &mut Text, size: Size) {
    match size {
        Size::Unbounded => text.field("*"),
        Size::UpTo(max) => text.signed(b'<', max as u64),
        Size::Exactly(bytes) => text.signed(b'=', bytes as u64),
    }
}

impl Declarations {
    const fn write_changes(&self, text: &mut Text) {
        let (renamed, retired) = (self.changes.renamings(), self.changes.retirements());
        assert!(
            renamed.len() <= super::MAX_CHANGES && retired.len() <= super::MAX_CHANGES,
            "a manifest has room for 1000 changes of each kind"
        );
        let mut at = 0;
        while at < renamed.len() {
            text.line("renamed");
            text.field(renamed[at].0);
            text.field(renamed[at].1);
            at += 1;
        }
        at = 0;
        while at < retired.len() {
            text.line("retired");
            text.field(retired[at]);
            at += 1;
        }
    }
}
