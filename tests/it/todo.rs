//! The example in `examples/todo`, through its three releases.

use canister_host::{CanisterSettings, Host, InstallMode, Principal};
use scenarios::modules::load;

#[test]
fn the_to_do_list_keeps_its_items_through_three_releases() {
    let mut host = Host::new();
    let me = Principal::anonymous();
    let id = host.create_canister(CanisterSettings::default());
    host.install(id, InstallMode::Install, &load("todo-release-0"), &[], me)
        .unwrap();
    let list = |host: &mut Host| {
        let no_argument = candid::encode_args(()).unwrap();
        let reply = host.query(id, me, "list", &no_argument).unwrap();
        candid::decode_one::<Vec<(u64, String)>>(&reply.bytes).unwrap()
    };
    let add = |host: &mut Host, text: &str| {
        let args = candid::encode_one(text).unwrap();
        host.update(id, me, "add", &args).unwrap();
    };
    let upgrade = InstallMode::Upgrade {
        skip_pre_upgrade: false,
    };
    add(&mut host, "read the legacy value");
    add(&mut host, "move it");
    for (release, text) in [(1, "save"), (2, "move on"), (2, "rest")] {
        let module = load(&format!("todo-release-{release}"));
        let before = list(&mut host);
        host.install(id, upgrade, &module, &[], me).unwrap();
        assert_eq!(list(&mut host), before);
        for _ in 0..3 {
            host.advance_time(std::time::Duration::from_secs(1));
            for report in host.tick() {
                assert_eq!(report.trap, None);
            }
        }
        assert_eq!(list(&mut host), before);
        add(&mut host, text);
        let first = candid::encode_one(before[0].0).unwrap();
        host.update(id, me, "done", &first).unwrap();
    }
    let texts: Vec<String> = list(&mut host).into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts, ["move on", "rest"]);
}
