//! ic-stable-migration
