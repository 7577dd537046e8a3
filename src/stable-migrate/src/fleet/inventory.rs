//! What there is: each canister's status and how far it says that its move is, asked some at a time.

use std::collections::BTreeMap;
use std::sync::Arc;

use ::fleet::{Found, MAX_SNAPSHOTS, Running, migration_status};
use candid::Principal;
use ic_management_canister_types::CanisterStatusType;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::agent::{Connection, Failure, Status, spare};

/// Times that a canister is asked again that was not reached.
const TRIES: u32 = 3;

/// What an inventory found.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// Subnets, in the order in which they are numbered.
    pub subnets: Vec<Principal>,
    /// Canisters whose status was told.
    pub seen: Vec<Seen>,
    /// The others, with the reason.
    pub unseen: Vec<(Principal, String)>,
}

/// One canister as it was seen.
#[derive(Clone, Debug)]
pub struct Seen {
    /// For the deal.
    pub found: Found,
    /// Whether it takes calls.
    pub running: Running,
    /// Cycles above those that freeze it.
    pub spare_cycles: u128,
    /// Whether the operator is among its controllers.
    pub controlled: bool,
    /// Snapshots that it has.
    pub snapshots: usize,
}

impl Inventory {
    /// All canisters for the deal; one whose status was not told is there without a module, so that a run accounts for it,
    /// and takes it if what was in the way is mended by then.
    pub fn found(&self) -> Vec<Found> {
        let unseen = self.unseen.iter().map(|(id, _)| Found {
            id: *id,
            subnet: 0,
            module: None,
            layout: "not told".to_owned(),
            bytes: 0,
            changes: 0,
        });
        let seen = self.seen.iter().map(|seen| seen.found.clone());
        seen.chain(unseen).collect()
    }
}

impl Seen {
    /// Whether a run would pass over it as it is now, whatever the plan, and why.
    pub fn obstacle(&self, spare_cycles: u128, takes_snapshots: bool) -> Option<String> {
        if !self.controlled {
            return Some("the operator does not control it".to_owned());
        }
        if self.found.module.is_none() {
            return Some("no module is installed".to_owned());
        }
        if self.running != Running::Running {
            return Some("it is not running".to_owned());
        }
        if takes_snapshots && self.snapshots >= MAX_SNAPSHOTS {
            return Some(format!("it has {} snapshots", self.snapshots));
        }
        if self.spare_cycles < spare_cycles {
            return Some("it has too few cycles".to_owned());
        }
        None
    }
}

/// Asks for the status of each canister. `told` is called for each that was seen or not.
pub async fn take(
    connection: &Connection,
    canisters: &[Principal],
    at_a_time: usize,
    mut told: impl FnMut(),
) -> Inventory {
    let permits = Arc::new(Semaphore::new(at_a_time.max(1)));
    let operator = connection.operator();
    let mut asked = JoinSet::new();
    for (place, canister) in canisters.iter().copied().enumerate() {
        let (connection, permits) = (connection.clone(), permits.clone());
        asked.spawn(async move {
            let _permit = permits.acquire().await;
            let seen = look(&connection, canister, operator).await;
            (place, canister, seen)
        });
    }
    let mut seen = BTreeMap::new();
    let mut inventory = Inventory::default();
    while let Some(joined) = asked.join_next().await {
        told();
        match joined {
            Ok((place, _, Ok(found))) => {
                seen.insert(place, found);
            }
            Ok((_, canister, Err(failure))) => inventory.unseen.push((canister, failure.text())),
            Err(_) => {}
        }
    }
    inventory.unseen.sort();
    for (mut one, subnet) in seen.into_values() {
        if let Some(subnet) = subnet {
            let known = inventory.subnets.iter().position(|known| *known == subnet);
            let number = known.unwrap_or_else(|| {
                inventory.subnets.push(subnet);
                inventory.subnets.len() - 1
            });
            one.found.subnet = u16::try_from(number).unwrap_or(u16::MAX);
        }
        inventory.seen.push(one);
    }
    inventory
}

async fn look(
    connection: &Connection,
    canister: Principal,
    operator: Option<Principal>,
) -> Result<(Seen, Option<Principal>), Failure> {
    let mut tries = 0;
    let status: Status = loop {
        tries += 1;
        match connection.status(canister).await {
            Ok(status) => break status,
            Err(Failure::NotSent(_) | Failure::Unknown(_)) if tries < TRIES => {}
            Err(failure) => return Err(failure),
        }
    };
    let snapshots = connection.snapshots(canister).await?;
    let subnet = connection.subnet(canister).await;
    // One that is stopped answers nothing.
    let told = match status.status {
        CanisterStatusType::Running => connection.moved(canister).await.ok(),
        CanisterStatusType::Stopping | CanisterStatusType::Stopped => None,
    };
    let controllers = &status.settings.controllers;
    let seen = Seen {
        found: Found {
            id: canister,
            subnet: 0,
            module: status.module(),
            layout: migration_status::layout(told.as_deref()).to_owned(),
            bytes: u64::try_from(status.memory_size.0.clone()).unwrap_or(u64::MAX),
            changes: status.version.unwrap_or(0),
        },
        running: match status.status {
            CanisterStatusType::Running => Running::Running,
            CanisterStatusType::Stopping => Running::Stopping,
            CanisterStatusType::Stopped => Running::Stopped,
        },
        spare_cycles: spare(&status),
        controlled: operator.is_some_and(|operator| controllers.contains(&operator)),
        snapshots: snapshots.len(),
    };
    Ok((seen, subnet))
}
