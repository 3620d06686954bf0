//! The one way out over HTTP: every address a name stands for is checked, and the connection goes
//! to one that was checked. Nothing is followed, nothing takes long, nothing large is read.

use std::fmt;
use std::io::{Error as IoError, ErrorKind, Read, Result as IoResult};
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use orderly_core::webhook::{Attempted, RESPONSE_BYTES};
use orderly_ops::ops::outbound::{Rules, closed_address};
use orderly_ops::ops::webhooks::send::Sending;
use ureq::Agent;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

/// How long a connection may take, and the whole of an attempt.
const CONNECT: Duration = Duration::from_secs(5);
const WHOLE: Duration = Duration::from_secs(15);
/// The most addresses of a name that are tried.
const ADDRESSES: usize = 8;
/// How much of an answer is kept, in characters.
const KEPT: usize = 4_000;

/// What a name and a port stand for.
pub type Lookup = dyn Fn(&str, u16) -> IoResult<Vec<SocketAddr>> + Send + Sync;

/// Posts to addresses of the outside world.
pub struct Client {
    lookup: Arc<Lookup>,
    connect: Duration,
    whole: Duration,
    /// The agent made last, for the rules that held then.
    agent: Mutex<Option<(Rules, Agent)>>,
}

impl Default for Client {
    fn default() -> Self {
        Self::with(Arc::new(|host: &str, port: u16| Ok((host, port).to_socket_addrs()?.collect())))
    }
}

impl Client {
    /// A client that asks this for what names stand for.
    pub fn with(lookup: Arc<Lookup>) -> Self {
        Self { lookup, connect: CONNECT, whole: WHOLE, agent: Mutex::new(None) }
    }

    /// The same with another patience.
    #[must_use]
    pub fn patient_for(mut self, connect: Duration, whole: Duration) -> Self {
        (self.connect, self.whole) = (connect, whole);
        self
    }

    /// Makes one attempt of a dispatch.
    pub fn post(&self, sending: &Sending) -> Attempted {
        let timestamp = sending.timestamp.to_string();
        let headers = [
            ("content-type", "application/json"),
            ("webhook-id", &sending.id),
            ("webhook-timestamp", &timestamp),
            ("webhook-signature", &sending.signature),
        ];
        self.post_to(&sending.rules, &sending.url, &headers, &sending.body)
    }

    /// Posts a body under some rules.
    pub fn post_to(
        &self,
        rules: &Rules,
        url: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Attempted {
        let failed = |error: String| Attempted { status: None, error: Some(error), response: None };
        let url = match rules.check(url) {
            Ok(url) => url,
            Err(refusal) => return failed(refusal.to_string()),
        };
        let mut request = self.agent(rules).post(url.as_str());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = match request.send(body) {
            Ok(response) => response,
            Err(error) => return failed(said(&error)),
        };
        let status = response.status().as_u16();
        let mut read = Vec::new();
        let limit = u64::try_from(RESPONSE_BYTES).unwrap_or(u64::MAX);
        // The status has arrived: what becomes of the rest does not matter.
        let _ = response.body_mut().as_reader().take(limit).read_to_end(&mut read);
        let text: String = String::from_utf8_lossy(&read)
            .chars()
            .filter(|c| !c.is_control() || *c == '\n' || *c == '\t')
            .take(KEPT)
            .collect();
        let error = match status {
            200..=299 => None,
            300..=399 => Some(format!("it answered {status}: redirects are not followed")),
            _ => Some(format!("it answered {status}")),
        };
        Attempted { status: Some(i64::from(status)), error, response: Some(text) }
    }

    fn agent(&self, rules: &Rules) -> Agent {
        let mut kept = self.agent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, agent)) = &*kept
            && known == rules
        {
            return agent.clone();
        }
        let config = Config::builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .max_idle_connections(0)
            .max_response_header_size(32 * 1_024)
            .user_agent(concat!("Orderly/", env!("CARGO_PKG_VERSION")))
            .timeout_resolve(Some(self.connect))
            .timeout_connect(Some(self.connect))
            .timeout_global(Some(self.whole))
            .build();
        let checked = Checked { rules: rules.clone(), lookup: Arc::clone(&self.lookup) };
        let agent = Agent::with_parts(config, DefaultConnector::default(), checked);
        *kept = Some((rules.clone(), agent.clone()));
        agent
    }
}

/// What went wrong, in words for whoever looks at the dispatch.
fn said(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => "it did not answer in time".into(),
        ureq::Error::HostNotFound => "its name stands for no address".into(),
        ureq::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}

/// Looks names up and lets only checked addresses through. One that is closed closes the name: it
/// would be a matter of luck which one is taken.
struct Checked {
    rules: Rules,
    lookup: Arc<Lookup>,
}

impl fmt::Debug for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checked").finish_non_exhaustive()
    }
}

impl Resolver for Checked {
    fn resolve(
        &self,
        uri: &Uri,
        _: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let host = uri.host().ok_or(ureq::Error::HostNotFound)?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let default = if uri.scheme_str() == Some("http") { 80 } else { 443 };
        let port = uri.port_u16().unwrap_or(default);
        let (tell, hear) = mpsc::sync_channel(1);
        let lookup = Arc::clone(&self.lookup);
        std::thread::Builder::new().name("lookup".into()).spawn(move || {
            let _ = tell.send(lookup(&host, port));
        })?;
        let patience = (*timeout.after).min(CONNECT);
        let found = hear.recv_timeout(patience);
        let found =
            found.map_err(|_| IoError::new(ErrorKind::TimedOut, "its name is not found"))?;
        let found = found?;
        if let Some(closed) = found.iter().find(|one| !self.rules.allows(one.ip())) {
            let detail = closed_address(closed.ip());
            return Err(IoError::new(ErrorKind::PermissionDenied, detail).into());
        }
        let mut addresses = self.empty();
        for one in found.into_iter().take(ADDRESSES) {
            addresses.push(one);
        }
        if addresses.is_empty() {
            return Err(ureq::Error::HostNotFound);
        }
        Ok(addresses)
    }
}
