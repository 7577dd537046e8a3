//! Signed requests, and what becomes of them when the way to the network fails.

use std::sync::Arc;
use std::time::Duration;

use ::fleet::{Cause, Class, Reject, migration_status};
use candid::Principal;
use ic_agent::agent::{CallResponse, RejectResponse, RequestStatusResponse};
use ic_agent::agent_error::TransportError;
use ic_agent::{Agent, AgentError, Identity, RequestId};
use tokio::time::{Instant, sleep, timeout};

use crate::fleet::error::FleetError;
use crate::fleet::plan_file::{NetworkAddress, RootKey};
use crate::hex::unhex;
use crate::run::NO_ARGUMENT;

/// Longest time that a request is good for: the network refuses what expires later than in five minutes.
const MOST_EXPIRY: Duration = Duration::from_secs(240);

/// Time between the expiry of a request and that at which the engine takes its effect for settled.
const SLACK: Duration = Duration::from_secs(60);

/// How long one exchange over HTTP may take.
const EXCHANGE: Duration = Duration::from_secs(40);

/// Between two tries to reach the network, and between two looks at a request.
const PAUSE: Duration = Duration::from_millis(700);

/// Longest time that a request that is being executed is waited for.
const EXECUTION: Duration = Duration::from_secs(15 * 60);

/// Requests at one time.
const REQUESTS: usize = 400;

/// Why a call has no reply.
#[derive(Clone, Debug)]
pub enum Failure {
    /// The network or the canister said no.
    Rejected(Reject),
    /// The network was never reached.
    NotSent(String),
    /// It may have been reached, and what came of it cannot be read.
    Unknown(String),
    /// A check that did not hold.
    Found(Cause),
}

impl Failure {
    /// Something that the plan should have and has not.
    pub fn unplanned(what: &str) -> Self {
        Self::Found(Cause::new(
            Class::Refused,
            format!("{what} is not in the plan"),
        ))
    }

    /// A reply that is not what it should be.
    pub fn unreadable(method: &str, error: &candid::Error) -> Self {
        let words = error.to_string();
        let line = words.lines().next().unwrap_or_default();
        Self::Found(Cause::new(
            Class::WrongAnswers,
            format!("the reply of {method} cannot be read: {line}"),
        ))
    }

    /// In words.
    pub fn text(&self) -> String {
        match self {
            Self::Rejected(reject) => reject.text.clone(),
            Self::NotSent(text) | Self::Unknown(text) => text.clone(),
            Self::Found(cause) => cause.text.clone(),
        }
    }
}

/// An agent, and how long its requests are good for.
#[derive(Clone)]
pub struct Connection {
    agent: Agent,
    expiry: Duration,
}

impl Connection {
    /// Connects to a network. `settle` is the engine's time after which a lost call has no effect any more.
    ///
    /// # Errors
    /// [`FleetError::Network`] if the address is none, or the root key cannot be fetched.
    pub async fn open(
        address: &NetworkAddress,
        identity: Arc<dyn Identity>,
        settle: u64,
    ) -> Result<Self, FleetError> {
        let failed = |reason: String| FleetError::Network {
            url: address.url.clone(),
            reason,
        };
        let expiry = expiry(Duration::from_secs(settle));
        let agent = Agent::builder()
            .with_url(&address.url)
            .with_arc_identity(identity)
            .with_ingress_expiry(expiry)
            .with_max_concurrent_requests(REQUESTS)
            .build()
            .map_err(|error| failed(error.to_string()))?;
        match &address.root_key {
            RootKey::Mainnet => {}
            RootKey::Hex(hex) => {
                let key =
                    unhex(hex).ok_or_else(|| failed("its root key is not hexadecimal".into()))?;
                agent.set_root_key(key);
            }
            RootKey::Fetch => agent.fetch_root_key().await.map_err(|error| {
                failed(format!("its root key cannot be fetched: {}", words(&error)))
            })?,
        }
        Ok(Self { agent, expiry })
    }

    /// Who makes the calls.
    pub fn operator(&self) -> Option<Principal> {
        self.agent.get_principal().ok()
    }

    /// The subnet of a canister, as the network's certificates say.
    pub async fn subnet(&self, canister: Principal) -> Option<Principal> {
        let found = timeout(EXCHANGE, self.agent.get_subnet_by_canister(&canister)).await;
        found.ok()?.ok().map(|subnet| subnet.id())
    }

    /// A query.
    ///
    /// # Errors
    /// Why there is no reply.
    pub async fn query(
        &self,
        canister: Principal,
        method: &str,
        argument: &[u8],
    ) -> Result<Vec<u8>, Failure> {
        let query = self.agent.query(&canister, method).with_arg(argument);
        match timeout(EXCHANGE, query.call()).await {
            Err(_) => Err(Failure::Unknown(format!(
                "{method} was not answered in time"
            ))),
            Ok(Err(error)) => Err(failure(&error)),
            Ok(Ok(reply)) => Ok(reply),
        }
    }

    /// What a canister tells of its move.
    ///
    /// # Errors
    /// Why it tells nothing.
    pub async fn moved(&self, canister: Principal) -> Result<Vec<u8>, Failure> {
        self.query(canister, migration_status::MIGRATION_STATUS, NO_ARGUMENT)
            .await
    }

    /// A call that the network agrees on, of one canister to which it is about another (`effective`).
    ///
    /// # Errors
    /// Why there is no reply.
    pub async fn update(
        &self,
        canister: Principal,
        effective: Principal,
        method: &str,
        argument: Vec<u8>,
    ) -> Result<Vec<u8>, Failure> {
        let call = self.agent.update(&canister, method).with_arg(argument);
        let signed = call.with_effective_canister_id(effective).sign();
        let signed = signed.map_err(|error| failure(&error))?;
        let expires = Instant::now() + self.expiry;
        let mut may_have_arrived = false;
        loop {
            let sent = self
                .agent
                .update_signed(effective, signed.signed_update.clone());
            let failed = match timeout(EXCHANGE, sent).await {
                Ok(Ok(CallResponse::Response(reply))) => return Ok(reply),
                Ok(Ok(CallResponse::Poll(request))) => {
                    return self.poll(effective, &request, expires).await;
                }
                Ok(Err(error)) => failure(&error),
                Err(_) => Failure::Unknown(format!("{method} was not answered in time")),
            };
            match failed {
                Failure::NotSent(text) if !may_have_arrived && Instant::now() + PAUSE > expires => {
                    return Err(Failure::NotSent(text));
                }
                Failure::NotSent(_) => {}
                Failure::Unknown(_) => may_have_arrived = true,
                // Once it has arrived, a refusal to take it again says nothing.
                other if !may_have_arrived => return Err(other),
                _ => return self.poll(effective, &signed.request_id, expires).await,
            }
            if Instant::now() + PAUSE > expires {
                return self.poll(effective, &signed.request_id, expires).await;
            }
            sleep(PAUSE).await;
        }
    }

    /// Reads what became of a request until that is known, or cannot be any more.
    async fn poll(
        &self,
        effective: Principal,
        request: &RequestId,
        expires: Instant,
    ) -> Result<Vec<u8>, Failure> {
        let begun = Instant::now();
        let mut last = "its outcome cannot be read".to_owned();
        loop {
            let read = self.agent.request_status_raw(request, effective);
            let under_way = match timeout(EXCHANGE, read).await {
                Ok(Ok((status, _))) => match status {
                    RequestStatusResponse::Replied(reply) => return Ok(reply.arg),
                    RequestStatusResponse::Rejected(reject) => return Err(rejected(&reject)),
                    RequestStatusResponse::Done => {
                        return Err(Failure::Unknown("its reply is gone".to_owned()));
                    }
                    RequestStatusResponse::Received | RequestStatusResponse::Processing => true,
                    RequestStatusResponse::Unknown => {
                        last = "the network does not know it".to_owned();
                        false
                    }
                },
                Ok(Err(error)) => {
                    last = words(&error);
                    false
                }
                Err(_) => false,
            };
            let patience = match under_way {
                true => begun + EXECUTION,
                false => expires + SLACK / 2,
            };
            if Instant::now() > patience {
                return Err(Failure::Unknown(last));
            }
            sleep(PAUSE).await;
        }
    }
}

/// How long requests are good for, so that they have expired well before the engine takes their effect for settled.
fn expiry(settle: Duration) -> Duration {
    let before = settle.saturating_sub(SLACK);
    before
        .clamp(settle / 2, MOST_EXPIRY.max(settle / 2))
        .min(MOST_EXPIRY)
}

fn failure(error: &AgentError) -> Failure {
    match error {
        AgentError::CertifiedReject { reject, .. }
        | AgentError::UncertifiedReject { reject, .. } => rejected(reject),
        AgentError::TransportError(TransportError::Reqwest(error)) if error.is_connect() => {
            Failure::NotSent(chain(error))
        }
        AgentError::HttpError(answer) if (400..500).contains(&answer.status) => {
            Failure::NotSent(words(error))
        }
        AgentError::InvalidReplicaUrl(_)
        | AgentError::SigningError(_)
        | AgentError::RouteProviderError(_) => Failure::NotSent(words(error)),
        _ => Failure::Unknown(words(error)),
    }
}

fn rejected(reject: &RejectResponse) -> Failure {
    Failure::Rejected(Reject {
        code: reject.reject_code as u8,
        error_code: reject.error_code.as_deref().and_then(Reject::number),
        text: reject.reject_message.clone(),
    })
}

/// An error in one line.
fn words(error: &AgentError) -> String {
    match error {
        AgentError::TransportError(TransportError::Reqwest(error)) => chain(error),
        error => error
            .to_string()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" "),
    }
}

/// An error with what it comes of: reqwest says only that a request failed.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_expire_before_their_effect_is_taken_for_settled() {
        for (settle, expected) in [(330, 240), (200, 140), (60, 30), (10, 5), (10_000, 240)] {
            let found = expiry(Duration::from_secs(settle));
            assert_eq!(found, Duration::from_secs(expected), "{settle}");
        }
    }
}
