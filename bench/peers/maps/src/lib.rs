//! The bulk in plain `StableBTreeMap`s, one a collection: `post_upgrade` reads the legacy value and inserts every entry
//! in key order. The hot data stays on the heap and goes into memory 0 with every upgrade.
#![cfg(target_family = "wasm")]

use std::cell::RefCell;

use bench_peers::{contents, digest, frame, legacy};
use ic_cdk::stable::stable_read;
use ic_stable_structures::memory_manager::{MemoryId, MemoryManager, VirtualMemory};
use ic_stable_structures::{DefaultMemoryImpl, StableBTreeMap};
use individual_user::domain::betting::{BetDetails, PlacedBetDetail};
use individual_user::domain::follow::FollowEntryDetail;
use individual_user::domain::token::TokenEvent;
use individual_user::state::hot::Hot;
use individual_user::state::keys::{
    BetKey, FollowMemberKey, FollowedPrincipalKey, LikeKey, PlacedBetKey, RoomKey,
};
use individual_user::state::records::{PostRecord, RoomRecord};

mod insert;

/// How a memory manager's memory starts.
const MAGIC: [u8; 3] = *b"MGR";

type Memory = VirtualMemory<DefaultMemoryImpl>;
type Manager = MemoryManager<DefaultMemoryImpl>;
type Map<K, V> = StableBTreeMap<K, V, Memory>;

/// The collections, under the memory ids that this project gives them.
struct Bulk {
    posts: Map<u64, PostRecord>,
    likes: Map<LikeKey, ()>,
    rooms: Map<RoomKey, RoomRecord>,
    bets: Map<BetKey, BetDetails>,
    placed_bets: Map<PlacedBetKey, PlacedBetDetail>,
    token_events: Map<u64, TokenEvent>,
    followers: Map<u64, FollowEntryDetail>,
    follower_places: Map<FollowMemberKey, u64>,
    following: Map<u64, FollowEntryDetail>,
    following_places: Map<FollowMemberKey, u64>,
    followed_principals: Map<FollowedPrincipalKey, ()>,
}

struct State {
    hot: Hot,
    bulk: Bulk,
    manager: Manager,
}

thread_local! {
    static STATE: RefCell<Option<State>> = const { RefCell::new(None) };
}

/// The size of buckets is an argument, so that one module serves with the default and with another. The manager takes
/// it when it is made; later it stands in its header.
#[ic_cdk::post_upgrade]
fn post_upgrade(bucket_pages: Option<u16>) {
    let mut start = [0; MAGIC.len()];
    stable_read(0, &mut start);
    let state = if start == MAGIC {
        let manager = manager(bucket_pages);
        State {
            hot: frame::read(&manager.get(MemoryId::new(0))),
            bulk: Bulk::open(&manager),
            manager,
        }
    } else {
        // The value is read in full before the manager is made over it.
        let data = legacy::read();
        let manager = manager(bucket_pages);
        let mut bulk = Bulk::open(&manager);
        let hot = bulk.insert(data);
        State { hot, bulk, manager }
    };
    STATE.set(Some(state));
}

#[ic_cdk::pre_upgrade]
fn pre_upgrade() {
    STATE.with_borrow(|state| {
        if let Some(state) = state {
            frame::write(&mut state.manager.get(MemoryId::new(0)), &state.hot);
        }
    });
}

#[ic_cdk::query(hidden = true)]
fn bench_digests() -> Vec<digest::Content> {
    STATE.with_borrow(|state| match state {
        Some(state) => {
            contents!(state.bulk, map => map.iter().map(|entry| entry.into_pair()))
        }
        None => Vec::new(),
    })
}

fn manager(bucket_pages: Option<u16>) -> Manager {
    let memory = DefaultMemoryImpl::default();
    match bucket_pages {
        Some(pages) => MemoryManager::init_with_bucket_size(memory, pages),
        None => MemoryManager::init(memory),
    }
}

impl Bulk {
    fn open(manager: &Manager) -> Self {
        let memory = |id| manager.get(MemoryId::new(id));
        Self {
            posts: Map::init(memory(1)),
            likes: Map::init(memory(2)),
            rooms: Map::init(memory(3)),
            bets: Map::init(memory(4)),
            placed_bets: Map::init(memory(5)),
            token_events: Map::init(memory(6)),
            followers: Map::init(memory(7)),
            follower_places: Map::init(memory(8)),
            following: Map::init(memory(9)),
            following_places: Map::init(memory(10)),
            followed_principals: Map::init(memory(11)),
        }
    }
}
