//! What the jobs need to send dispatches: which are due, what is posted where, and what came of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use orderly_core::id::WebhookId;
use orderly_core::time::Instant;
use orderly_core::webhook::{Attempted, Dispatch, Webhook, WebhookState, next_attempt, pause};
use orderly_store::Tx;
use orderly_store::tables::{dispatches as rows, events, webhooks};
use sha2::Sha256;

use super::dispatches::TEST;
use crate::ops::events::feed;
use crate::ops::outbound::Rules;
use crate::wire::webhooks::{Delivered, Tested};
use crate::{App, Error};

/// How long a sender may be silent before another tries again, in microseconds: longer than any
/// attempt can take.
const LEASE_MICROS: i64 = 60_000_000;

/// A dispatch ready to be posted.
#[derive(Debug, Clone)]
pub struct Sending {
    pub dispatch: Dispatch,
    pub url: String,
    /// The same for every attempt: what a receiver knows a repeat by.
    pub id: String,
    /// Seconds since 1970.
    pub timestamp: i64,
    pub body: String,
    /// `v1,…` with a blank between: one for each secret in force.
    pub signature: String,
    /// What the answer to a test contains that proves the endpoint.
    pub challenge: Option<String>,
    pub rules: Rules,
}

/// Returns the webhooks that have something due, and how many of it may go at once.
pub fn due(app: &App, now: Instant) -> Result<Vec<(WebhookId, i64)>, Error> {
    app.store.read(|tx| {
        let mut found = Vec::new();
        for id in rows::due(tx, now)? {
            let webhook = webhooks::get(tx, id)?;
            found.extend(webhook.map(|webhook| (id, webhook.width())));
        }
        Ok(found)
    })
}

/// When something is due next, where nothing new happens.
pub fn next_due(app: &App, now: Instant) -> Result<Option<Instant>, Error> {
    Ok(app.store.read(|tx| rows::next_due(tx, now))?)
}

/// What a claim came to.
#[derive(Debug)]
pub enum Taken {
    /// Nothing is due, or enough is on its way.
    Nothing,
    /// This is to be posted.
    Ready(Box<Sending>),
    /// It could not be made ready, which counts as a failed attempt.
    Failed,
}

/// Claims the next dispatch of a webhook and makes it ready.
pub fn take(app: &App, webhook: WebhookId, owner: &str, now: Instant) -> Result<Taken, Error> {
    let until = now.plus_micros(LEASE_MICROS);
    let claimed = app.store.write(|tx| {
        let Some(known) = webhooks::get(tx, webhook)? else { return Ok::<_, Error>(None) };
        let paused = known.paused_until.is_some_and(|until| until > now);
        if known.state != WebhookState::Active || paused {
            return Ok(None);
        }
        rows::claim(tx, webhook, owner, now, until, known.width()).map_err(Error::from)
    })?;
    let Some(dispatch) = claimed else { return Ok(Taken::Nothing) };
    match app.store.read(|tx| ready(app, tx, &dispatch, now)) {
        Ok(sending) => Ok(Taken::Ready(Box::new(sending))),
        Err(Error::Unavailable(error)) => Err(Error::Unavailable(error)),
        Err(error) => {
            let text = format!("it cannot be made ready: {error}");
            let failed = Attempted { status: None, error: Some(text), response: None };
            ended(app, &dispatch, &failed, now)?;
            Ok(Taken::Failed)
        }
    }
}

fn ready(app: &App, tx: &mut Tx<'_>, dispatch: &Dispatch, now: Instant) -> Result<Sending, Error> {
    let webhook = webhooks::get(tx, dispatch.webhook)?
        .ok_or_else(|| Error::not_found(format!("webhook {}", dispatch.webhook)))?;
    let secrets = secrets(app, &webhook, now)?;
    let json = |error: serde_json::Error| Error::Internal(error.to_string());
    let (id, body, challenge) = if dispatch.kind == TEST {
        let challenge = challenge(&secrets, dispatch);
        let body = Tested { kind: TEST, timestamp: now.to_string(), challenge: challenge.clone() };
        (dispatch.id.to_string(), serde_json::to_string(&body).map_err(json)?, Some(challenge))
    } else {
        let fed = events::fed(tx, dispatch.stream, dispatch.sequence)?;
        let fed = fed.ok_or_else(|| Error::Internal("its event is not in the feed".into()))?;
        let thin = webhook.thin || webhook.proven_at.is_none();
        let mut rendered = feed::render(tx, std::slice::from_ref(&fed), thin)?;
        let event = rendered.pop().ok_or_else(|| Error::Internal("it renders to none".into()))?;
        let body = Delivered { kind: event.kind.clone(), timestamp: event.at.clone(), data: event };
        let id = dispatch.event.to_string();
        (id, serde_json::to_string(&body).map_err(json)?, None)
    };
    let timestamp = now.micros().div_euclid(1_000_000);
    let signature = sign(&secrets, &id, timestamp, &body);
    let (dispatch, url, rules) = (dispatch.clone(), webhook.url, Rules::of(tx)?);
    Ok(Sending { dispatch, url, id, timestamp, body, signature, challenge, rules })
}

/// The secrets in force: the current one, then the one before until its time is over.
fn secrets(app: &App, webhook: &Webhook, now: Instant) -> Result<Vec<Vec<u8>>, Error> {
    let about = webhook.id.as_bytes();
    let mut all = vec![app.vault.open(&webhook.secret, &about)?];
    if let (Some(previous), Some(until)) = (&webhook.previous_secret, webhook.previous_until)
        && until > now
    {
        all.push(app.vault.open(previous, &about)?);
    }
    Ok(all)
}

/// What a test asks to be answered: known only to whoever was sent it.
fn challenge(secrets: &[Vec<u8>], dispatch: &Dispatch) -> String {
    let secret = secrets.first().map(Vec::as_slice).unwrap_or_default();
    let mac = mac(secret, format!("challenge.{}", dispatch.id).as_bytes());
    STANDARD.encode(&mac[..18]).replace(['+', '/'], "0")
}

/// Signs as Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`, `v1,` and base64.
pub fn sign(secrets: &[Vec<u8>], id: &str, timestamp: i64, body: &str) -> String {
    let text = format!("{id}.{timestamp}.{body}");
    let one = |secret: &Vec<u8>| format!("v1,{}", STANDARD.encode(mac(secret, text.as_bytes())));
    secrets.iter().map(one).collect::<Vec<_>>().join(" ")
}

fn mac(secret: &[u8], text: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(text);
    mac.finalize().into_bytes().into()
}

/// Keeps what came of a sending: the dispatch's state, and how its endpoint does.
pub fn finish(app: &App, sending: &Sending, result: &Attempted, now: Instant) -> Result<(), Error> {
    let answer = result.response.as_deref().unwrap_or_default();
    let asked = sending.challenge.as_deref();
    if result.arrived() && asked.is_some_and(|challenge| answer.contains(challenge)) {
        app.store
            .write(|tx| webhooks::proven(tx, sending.dispatch.webhook, now).map_err(Error::from))?;
    }
    ended(app, &sending.dispatch, result, now)
}

fn ended(app: &App, dispatch: &Dispatch, result: &Attempted, now: Instant) -> Result<(), Error> {
    let tail = &dispatch.id.as_bytes()[8..];
    let id = u64::from_be_bytes(tail.try_into().expect("eight bytes"));
    let salt = id ^ dispatch.attempts.unsigned_abs().rotate_left(32);
    let next = next_attempt(dispatch.attempts, now, salt);
    app.store.write(|tx| {
        if !rows::finish(tx, dispatch, result, next, now)? {
            return Ok(());
        }
        let Some(webhook) = webhooks::get(tx, dispatch.webhook)? else { return Ok(()) };
        if result.arrived() {
            if webhook.failures > 0 {
                webhooks::went(tx, webhook.id, 0, None, None)?;
            }
            return Ok(());
        }
        let failures = webhook.failures + 1;
        let gone = result.gone().then_some("the endpoint answered 410: it is gone");
        webhooks::went(tx, webhook.id, failures, pause(failures, now, salt), gone)?;
        Ok::<_, Error>(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification.
    #[test]
    fn signatures_are_those_of_standard_webhooks() {
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = "{\"test\": 2432232314}";
        let signed = sign(&[secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn each_secret_in_force_signs() {
        let signed = sign(&[vec![1], vec![2]], "evt_1", 5, "{}");
        let parts: Vec<&str> = signed.split(' ').collect();
        assert_eq!(parts.len(), 2);
        assert!(parts.iter().all(|part| part.starts_with("v1,")) && parts[0] != parts[1]);
    }
}
