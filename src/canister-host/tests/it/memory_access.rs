//! How much of stable memory one execution may touch.

use canister_host::{
    CanisterSettings, Host, HostConfig, HostError, InstallMode, Principal, StableAccess,
};

use crate::support::*;

/// Touches as many pages of 4 KiB as its argument has bytes, reading or writing.
const TOUCHING: &str = r#"
    (import "ic0" "accept_message" (func $accept))
    (memory 1)
    (func $read_pages
      (local $page i32)
      (local.set $page (call $arg_size))
      (loop $more
        (local.set $page (i32.sub (local.get $page) (i32.const 1)))
        (call $stable_read (i64.const 0)
          (i64.extend_i32_u (i32.mul (local.get $page) (i32.const 4096))) (i64.const 1))
        (br_if $more (local.get $page))))
    (func $write_pages
      (local $page i32)
      (local.set $page (call $arg_size))
      (loop $more
        (local.set $page (i32.sub (local.get $page) (i32.const 1)))
        (call $stable_write
          (i64.extend_i32_u (i32.mul (local.get $page) (i32.const 4096)))
          (i64.const 0) (i64.const 1))
        (br_if $more (local.get $page))))
    (func (export "canister_init") (drop (call $stable_grow (i64.const 4))))
    (func (export "canister_post_upgrade") (call $read_pages))
    (func (export "canister_update read") (call $read_pages) (call $reply))
    (func (export "canister_update write") (call $write_pages) (call $reply))
    (func (export "canister_update write_then_read")
      (call $write_pages) (call $read_pages)
      (call $stable_read (i64.const 0) (i64.const 0) (i64.const 4097))
      (call $reply))
    (func (export "canister_query ask") (call $read_pages) (call $reply))
    (func (export "canister_inspect_message")
      (call $read_pages) (call $accept))
"#;

fn host(stable_access: StableAccess) -> (Host, Principal) {
    let mut host = Host::with_config(HostConfig {
        stable_access,
        ..Default::default()
    });
    let id = host.create_canister(CanisterSettings::default());
    host.install(id, InstallMode::Install, &module(TOUCHING), &[], ME)
        .unwrap();
    (host, id)
}

const FEW: StableAccess = StableAccess {
    message: 4,
    hook: 6,
    query: 4,
};

#[test]
fn the_limits_are_those_of_the_network() {
    let limits = StableAccess::default();
    let bytes = [limits.message, limits.hook, limits.query].map(|pages| pages * 4096);
    assert_eq!(bytes, [2 << 30, 8 << 30, 1 << 30]);
}

#[test]
fn an_update_may_touch_so_many_pages_and_no_more() {
    let (mut host, id) = host(FEW);
    let ran = host.update(id, ME, "read", &[0; 4]).unwrap();
    assert_eq!(ran.messages[0].accessed_stable_pages, 4);
    assert_eq!(ran.messages[0].dirty_stable_pages, 0);
    let ran = host.update(id, ME, "write_then_read", &[0; 4]).unwrap();
    let report = &ran.messages[0];
    assert_eq!(
        (report.accessed_stable_pages, report.dirty_stable_pages),
        (4, 4),
        "a page counts once"
    );
}

#[test]
fn what_touches_more_is_undone_with_the_networks_code() {
    // inspection would see it first: it may read as many as a query.
    let roomy = StableAccess { query: 99, ..FEW };
    let (mut host, id) = host(roomy);
    let before = state(&host, id);
    for (method, what) in [("read", "accessed"), ("write", "modified")] {
        let reject = host.update(id, ME, method, &[0; 5]).unwrap_err();
        assert_eq!(reject.error_code, "IC0524", "{reject}");
        let told = format!("number of {what} pages in the stable memory");
        assert!(reject.message.contains(&told), "{reject}");
        assert!(reject.message.contains("limit 16 KB"), "{reject}");
        assert!(state(&host, id) == before);
    }
}

#[test]
fn queries_and_inspection_have_a_limit_of_their_own() {
    let (mut host, id) = host(StableAccess { query: 2, ..FEW });
    host.query(id, ME, "ask", &[0; 2]).unwrap();
    let reject = host.query(id, ME, "ask", &[0; 3]).unwrap_err();
    assert_eq!(reject.error_code, "IC0524");
    // As an update it is a query still.
    let reject = host.update(id, ME, "ask", &[0; 3]).unwrap_err();
    assert_eq!(reject.error_code, "IC0524");
    let reject = host.update(id, ME, "read", &[0; 3]).unwrap_err();
    assert!(
        reject.message.contains("limit 8 KB"),
        "inspection: {reject}"
    );
}

#[test]
fn each_hook_has_a_limit_of_its_own() {
    let (mut host, id) = host(FEW);
    let report = host
        .install(id, UPGRADE, &module(TOUCHING), &[0; 6], ME)
        .unwrap();
    assert_eq!(report.post_upgrade.unwrap().accessed_stable_pages, 6);
    let error = host
        .install(id, UPGRADE, &module(TOUCHING), &[0; 7], ME)
        .unwrap_err();
    let HostError::Hook { reject, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(reject.error_code, "IC0524");
}

#[test]
fn inspection_has_200_million_instructions() {
    let (mut host, id) = installed(
        r#"(memory 1)
        (func (export "canister_inspect_message") (loop $again (br $again)))
        (func (export "canister_update any"))"#,
    );
    let reject = host.update(id, ME, "any", &[]).unwrap_err();
    assert_eq!(reject.error_code, "IC0522");
    assert!(
        reject.message.contains("200000000 instructions"),
        "{reject}"
    );
}
