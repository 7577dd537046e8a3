//! The interface in Candid, for the tools that ask the module for it. Every type that an endpoint takes or
//! returns must be in scope here.

use candid::Principal;
use serde_bytes::ByteBuf;

use crate::api::http::*;
use crate::api::modules::*;
use crate::api::plan::*;
use crate::api::status::*;
use crate::api::users::*;
use crate::api::views::*;

ic_cdk::export_candid!();
