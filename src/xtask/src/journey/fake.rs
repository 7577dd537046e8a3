//! A canister for tests of a journey: it answers two questions and moves what it is told to move.

use std::fmt::Write;

use candid::{CandidType, encode_one};
use canister_host::Module;
use canister_scenario::people;
use ic_stable_migration::{CollectionStatus, MoveStatus, Phase};

/// Where the statuses start in the heap; a page is enough for what comes before.
const STATUSES: usize = 65_536;

/// What the fake does.
pub struct Fake {
    /// What it answers when asked for its balance.
    pub balance: u8,
    /// What it answers from the second step of its move on.
    pub balance_while_moving: u8,
    /// What it tells of its move after none, one, two … steps.
    pub statuses: Vec<Option<MoveStatus>>,
    /// Whether every other step traps.
    pub traps: bool,
}

impl Fake {
    /// A canister with this balance that has moved everything.
    pub fn new(balance: u8) -> Self {
        Self {
            balance,
            balance_while_moving: balance,
            statuses: vec![Some(status(Phase::Done, [4, 0]))],
            traps: false,
        }
    }

    /// The same, but it still has to go through these phases, with so many entries moved and left.
    pub fn moving(balance: u8, phases: &[(Phase, [u64; 2])]) -> Self {
        let statuses = phases
            .iter()
            .map(|(phase, entries)| status(*phase, *entries));
        Self {
            statuses: statuses.map(Some).collect(),
            ..Self::new(balance)
        }
    }

    /// The module. It answers its cycle balance with the time, which goes by while it moves.
    pub fn module(&self) -> Module {
        let (mut data, mut cases) = (String::new(), String::new());
        let mut at = STATUSES;
        for (step, status) in self.statuses.iter().enumerate() {
            let reply = encode_one(Status {
                move_status: status.clone(),
            });
            let reply = reply.unwrap();
            writeln!(data, "(data (i32.const {at}) \"{}\")", escaped(&reply)).unwrap();
            writeln!(
                cases,
                "(if (i32.ge_u (global.get $step) (i32.const {step})) (then
                    (local.set $at (i32.const {at}))
                    (local.set $size (i32.const {}))))",
                reply.len()
            )
            .unwrap();
            at += reply.len();
        }
        let own_id = people::canister(0);
        let text = format!(
            r#"(module
            (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
            (import "ic0" "msg_reply" (func $reply))
            (import "ic0" "time" (func $time (result i64)))
            (import "ic0" "global_timer_set" (func $timer (param i64) (result i64)))
            (import "ic0" "call_new" (func $call (param i32 i32 i32 i32 i32 i32 i32 i32)))
            (import "ic0" "call_perform" (func $perform (result i32)))
            (memory 4)
            (global $step (mut i32) (i32.const 0))
            (global $tick (mut i32) (i32.const 0))
            (data (i32.const 0) "DIDL\00\01\78\{balance:02x}\00\00\00\00\00\00\00")
            (data (i32.const 16) "DIDL\00\01\78")
            (data (i32.const 32) "{own_id}")
            (data (i32.const 64) "migration_step")
            {data}
            (func (export "canister_query get_utility_token_balance")
                (call $append (i32.const 0) (i32.const 15))
                (call $reply))
            (func (export "canister_query get_user_caniser_cycle_balance")
                (i64.store (i32.const 23) (call $time))
                (call $append (i32.const 16) (i32.const 15))
                (call $reply))
            (func (export "canister_update update_profile_display_details")
                (call $reply))
            (func (export "canister_post_upgrade")
                (drop (call $timer (i64.const 1))))
            (func (export "canister_global_timer")
                (drop (call $timer (i64.const 1)))
                (global.set $tick (i32.add (global.get $tick) (i32.const 1)))
                (call $call (i32.const 32) (i32.const {id_bytes}) (i32.const 64) (i32.const 14)
                    (i32.const -1) (i32.const -1) (i32.const -1) (i32.const -1))
                (drop (call $perform)))
            (func (export "canister_update migration_step")
                (if (i32.and (global.get $tick) (i32.const {traps})) (then unreachable))
                (global.set $step (i32.add (global.get $step) (i32.const 1)))
                (if (i32.eq (global.get $step) (i32.const 2))
                    (then (i32.store8 (i32.const 7) (i32.const {balance_while_moving}))))
                (call $reply))
            (func (export "canister_query migration_status")
                (local $at i32) (local $size i32)
                {cases}
                (call $append (local.get $at) (local.get $size))
                (call $reply)))"#,
            balance = self.balance,
            own_id = escaped(own_id.as_slice()),
            id_bytes = own_id.as_slice().len(),
            traps = i32::from(self.traps),
            balance_while_moving = self.balance_while_moving,
        );
        Module::new(&wat::parse_str(text).unwrap()).unwrap()
    }
}

#[derive(CandidType)]
struct Status {
    move_status: Option<MoveStatus>,
}

/// A move of one collection with so many entries moved and left.
pub fn status(phase: Phase, [moved, left]: [u64; 2]) -> MoveStatus {
    let posts = CollectionStatus {
        name: "posts".to_owned(),
        memory_id: 1,
        moved,
        left,
        bytes: moved * 10,
        stable: moved,
        audited: phase == Phase::Done,
        difference: None,
        digest: 0xd1,
    };
    MoveStatus {
        verified: None,
        originals_kept: phase != Phase::Done,
        hot_bytes: None,
        phase,
        paused: false,
        started: 0,
        finished: None,
        steps: 0,
        estimated_steps_left: None,
        instructions: 0,
        last_step: 0,
        largest_step: 0,
        largest_dirty_bytes: 0,
        upgrade_gives_heap_back: false,
        stuck: None,
        collections: vec![posts],
        work: Vec::new(),
        schema: None,
    }
}

fn escaped(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\{byte:02x}")).collect()
}
