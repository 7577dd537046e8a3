use candid::Principal;
use ic_stable_migration::{Budget, MessagePack, MoveBudget, Phase, Plan, Schema};
use ic_stable_structures::{Memory, VectorMemory};

use super::*;
use crate::logic::memory::Pages;
use crate::state::State;
