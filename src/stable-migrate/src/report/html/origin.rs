//! What every page says of its making.

use std::time::{SystemTime, UNIX_EPOCH};

use page::Page;
use sha2::{Digest, Sha256};

use crate::date::date_text;
use crate::hex::hex;

/// What the reader of a page has to know and its subject does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// When the page was made, seconds since 1970; none says no date.
    pub made_at: Option<u64>,
    /// The subject's path as a word of a shell, for the commands on the page.
    pub word: String,
    /// The canister's id or name, where it is known.
    pub canister: Option<String>,
    /// What modules are called on the page, and the SHA-256 of each in hexadecimal.
    pub modules: Vec<(String, String)>,
}

impl Origin {
    /// Of a page that is made now, about a path that commands call `word`.
    pub fn now(word: String) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).ok();
        Self {
            made_at: since.map(|since| since.as_secs()),
            word,
            ..Self::default()
        }
    }

    /// Names a module by its hash, which is of its file as it is.
    pub fn add_module(&mut self, name: &str, module: &[u8]) {
        self.modules
            .push((name.to_owned(), hex(&Sha256::digest(module))));
    }

    /// The page with the date, the tool, the canister and the modules among its facts.
    pub(crate) fn on(&self, mut page: Page) -> Page {
        if let Some(made_at) = self.made_at {
            page = page.fact("Made", &format!("{} UTC", date_text(made_at)));
        }
        page = page.fact(
            "Tool",
            concat!("stable-migrate ", env!("CARGO_PKG_VERSION")),
        );
        if let Some(canister) = &self.canister {
            page = page.fact("Canister", canister);
        }
        for (name, hash) in &self.modules {
            page = page.fact(&format!("SHA-256 of {name}"), hash);
        }
        page
    }

    /// What commands call the canister.
    pub(crate) fn canister_word(&self) -> &str {
        self.canister.as_deref().unwrap_or("CANISTER")
    }
}
