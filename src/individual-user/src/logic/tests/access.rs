use candid::Principal;

use super::{OWNER, add_post, call, everything, owned, user};
use crate::args::IndividualUserTemplateInitArgs;
use crate::domain::known_principal::KnownPrincipalType::{
    CanisterIdUserIndex, UserIdGlobalSuperAdmin,
};
use crate::domain::post::{PostDetailsFromFrontend, PostStatus};
use crate::domain::profile::{UpdateProfileDetailsError, UserProfileUpdateDetailsFromFrontend};
use crate::logic::context::Context;
use crate::logic::{posts, profile, tokens};
use crate::state::State;

/// The operator, the user index and someone who is neither.
const PARTS: [u64; 3] = [1, 2, 3];

fn fleet() -> State {
    let mut state = owned();
    let known = &mut state.hot.known_principal_ids;
    known.insert(UserIdGlobalSuperAdmin, user(PARTS[0]));
    known.insert(CanisterIdUserIndex, user(PARTS[1]));
    state
}

fn controller(caller: Principal) -> Context {
    Context {
        caller_is_controller: true,
        ..call(caller, 0)
    }
}

fn new_look() -> UserProfileUpdateDetailsFromFrontend {
    UserProfileUpdateDetailsFromFrontend {
        display_name: Some("Grace".to_owned()),
        profile_picture_url: None,
    }
}

#[test]
fn a_stranger_gets_an_error_and_nothing_changes() {
    let mut state = fleet();
    let id = add_post(&mut state, false);
    let before = everything(&state);
    let stranger = call(user(PARTS[2]), 0);
    let post = PostDetailsFromFrontend {
        description: String::new(),
        hashtags: Vec::new(),
        video_uid: String::new(),
        creator_consent_for_inclusion_in_hot_or_not: true,
    };
    assert!(posts::add(&mut state, &stranger, post).is_err());
    assert!(posts::clear_for_viewing(&mut state, &stranger, id).is_err());
    assert!(tokens::reward_signup(&mut state, &stranger).is_err());
    assert_eq!(
        profile::update(&mut state, &stranger, new_look()),
        Ok(Err(UpdateProfileDetailsError::NotAuthorized))
    );
    assert_eq!(posts::whole(&state, &stranger, id), Ok(Err(())));
    assert_eq!(everything(&state), before);
}

#[test]
fn a_refusal_names_who_could_have() {
    let mut state = fleet();
    let refused = tokens::reward_signup(&mut state, &call(Principal::anonymous(), 0));
    assert_eq!(
        refused.expect_err("anonymous").to_string(),
        "2vxsx-fae may not do this: only the user index or a controller may"
    );
}

#[test]
fn each_part_of_the_fleet_may_do_its_own_and_a_controller_both() {
    let mut state = fleet();
    let id = add_post(&mut state, false);
    let [operator, index, stranger] = PARTS.map(user);
    assert!(posts::clear_for_viewing(&mut state, &call(index, 0), id).is_err());
    assert!(tokens::reward_signup(&mut state, &call(operator, 0)).is_err());
    assert!(posts::clear_for_viewing(&mut state, &call(operator, 0), id).is_ok());
    assert!(tokens::reward_signup(&mut state, &call(index, 0)).is_ok());
    assert!(posts::clear_for_viewing(&mut state, &controller(stranger), id).is_ok());
    assert!(tokens::reward_signup(&mut state, &controller(stranger)).is_ok());
    let post = posts::find(&state, id).expect("a post");
    assert_eq!(post.status, PostStatus::ReadyToView);
}

#[test]
fn nobody_is_the_owner_or_the_operator_of_a_canister_that_has_none() {
    let mut state = State::default();
    let anonymous = call(Principal::anonymous(), 0);
    assert!(profile::details(&state).is_err());
    let refused = profile::update(&mut state, &anonymous, new_look());
    assert_eq!(refused, Ok(Err(UpdateProfileDetailsError::NotAuthorized)));
    assert_eq!(posts::whole(&state, &anonymous, 0), Ok(Err(())));
    assert!(tokens::reward_signup(&mut state, &anonymous).is_err());
}

#[test]
fn the_owner_may_change_the_profile_and_what_is_left_out_is_cleared() {
    let mut state = fleet();
    state.hot.profile.profile_picture_url = Some("https://example.org/a.png".to_owned());
    let changed = profile::update(&mut state, &call(OWNER, 0), new_look());
    let changed = changed.expect("an owner").expect("the owner");
    assert_eq!(changed.display_name.as_deref(), Some("Grace"));
    assert_eq!(changed.profile_picture_url, None);
}

#[test]
fn an_upgrades_argument_changes_what_it_says_and_leaves_the_rest() {
    let mut state = fleet();
    let known = state.hot.known_principal_ids.clone();
    let version_only = IndividualUserTemplateInitArgs {
        upgrade_version_number: Some(7),
        ..Default::default()
    };
    version_only.apply(&mut state.hot);
    assert_eq!(state.hot.version_number, 7);
    assert_eq!(state.hot.known_principal_ids, known);
    assert_eq!(state.hot.profile.principal_id, Some(OWNER));

    let new_fleet = IndividualUserTemplateInitArgs {
        known_principal_ids: Some([(CanisterIdUserIndex, user(9))].into()),
        profile_owner: Some(user(8)),
        ..Default::default()
    };
    new_fleet.apply(&mut state.hot);
    assert_eq!(state.hot.known_principal_ids.len(), 1);
    assert_eq!(state.hot.profile.principal_id, Some(user(8)));
    assert_eq!(state.hot.version_number, 7);
}
