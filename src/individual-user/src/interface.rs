//! The interface in Candid, for the tools that ask the module for it. Every type that an endpoint takes or
//! returns must be in scope here.

use candid::Principal;

use crate::api::http::*;
use crate::args::IndividualUserTemplateInitArgs;
use crate::domain::betting::*;
use crate::domain::follow::*;
use crate::domain::known_principal::*;
use crate::domain::memory::*;
use crate::domain::post::*;
use crate::domain::profile::*;
use crate::domain::token::*;
use ic_stable_migration::{DifferingKeys, Resolution, StepReport};

ic_cdk::export_candid!();
