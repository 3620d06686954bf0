//! A server for one test, and a client of it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;

use axum::http::header;
use orderly_core::actor::{Actor, ActorKind, Grant, Permission};
use orderly_core::id::UserId;
use orderly_http::router::router;
use orderly_http::v1;
use orderly_ops::App;
use orderly_web::who::Authenticate;
use orderly_web::{Caller, Limits, Rim, health, serve};
use serde_json::Value;
use tokio::sync::oneshot;

/// A running server; it ends when dropped.
pub struct Server {
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub fn start(app: App) -> Self {
        Self::with(app, Limits::default())
    }

    pub fn with(app: App, limits: Limits) -> Self {
        Self::knowing(app, limits, authenticate())
    }

    /// A server that knows its callers in this way.
    pub fn knowing(app: App, limits: Limits, authenticate: Authenticate) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (told, address) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async move {
                let rim = Rim::new(app, limits);
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                told.send(listener.local_addr().unwrap()).unwrap();
                let router = router(rim.clone(), Arc::clone(&authenticate), &v1::operations())
                    .merge(health::router(rim.clone(), authenticate));
                let stop = async { stopped.await.unwrap_or(()) };
                serve::serve(rim, router, listener, stop).await.unwrap();
            });
        });
        Self { address: address.recv().unwrap(), stop: Some(stop), thread: Some(thread) }
    }

    /// Asks as the owner.
    pub fn owner(&self) -> Client {
        Client::new(self.address, "owner")
    }

    /// Asks with this key.
    pub fn client(&self, key: &str) -> Client {
        Client::new(self.address, key)
    }

    /// Asks with only these rights, named with commas.
    pub fn with_rights(&self, rights: &str) -> Client {
        Client::new(self.address, &format!("rights:{rights}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Keys of tests: `owner`, or `rights:` and the codes of rights.
fn authenticate() -> Authenticate {
    Arc::new(|_, _, headers| {
        let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some(key) = value.and_then(|value| value.strip_prefix("Bearer ")) else {
            return Ok(None);
        };
        let actor = match key.strip_prefix("rights:") {
            None if key == "owner" => Actor::owner(),
            None => return Ok(None),
            Some(codes) => {
                let rights = codes.split(',').filter_map(Permission::parse);
                let grant = |permission| Grant {
                    permission,
                    locations: Vec::new(),
                    channels: Vec::new(),
                    limit_minor: None,
                };
                let grants = rights.map(grant).collect();
                Actor { kind: ActorKind::ApiKey, id: UserId::NONE, all: false, grants }
            }
        };
        Ok(Some(Caller::new(actor, format!("key:{key}"), key)))
    })
}

/// One caller of a server.
pub struct Client {
    agent: ureq::Agent,
    base: String,
    key: Option<String>,
    fresh: AtomicU32,
}

/// What came back.
#[derive(Debug)]
pub struct Came {
    pub status: u16,
    pub headers: ureq::http::HeaderMap,
    pub text: String,
    /// Null where it is no JSON.
    pub json: Value,
}

impl Came {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub fn tag(&self) -> String {
        self.header("etag").to_owned()
    }

    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }
}

impl Client {
    fn new(address: SocketAddr, key: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(0)
            .build();
        let (base, key) = (format!("http://{address}"), Some(key.to_owned()));
        Self { agent: config.into(), base, key, fresh: AtomicU32::new(0) }
    }

    /// Nobody.
    pub fn nobody(server: &Server) -> Self {
        Self { key: None, ..Self::new(server.address, "") }
    }

    pub fn get(&self, path: &str) -> Came {
        self.send("GET", path, &[], b"")
    }

    /// Posts with a fresh key.
    pub fn post(&self, path: &str, body: &Value) -> Came {
        self.act(path, "", body)
    }

    /// Posts with a fresh key and the version that was seen.
    pub fn act(&self, path: &str, tag: &str, body: &Value) -> Came {
        let key = format!("t{}", self.fresh.fetch_add(1, Ordering::Relaxed));
        let mut headers = vec![("idempotency-key", key.as_str())];
        if !tag.is_empty() {
            headers.push(("if-match", tag));
        }
        headers.push(("content-type", "application/json"));
        self.send("POST", path, &headers, body.to_string().as_bytes())
    }

    pub fn send(&self, verb: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Came {
        let uri = format!("{}{path}", self.base);
        let mut request = ureq::http::Request::builder().method(verb).uri(uri);
        if let Some(key) = &self.key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = if verb == "GET" {
            self.agent.run(request.body(()).unwrap()).unwrap()
        } else {
            self.agent.run(request.body(body).unwrap()).unwrap()
        };
        let bytes = response.body_mut().read_to_vec().unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let json = serde_json::from_str(&text).unwrap_or_default();
        let headers = response.headers().clone();
        Came { status: response.status().as_u16(), headers, text, json }
    }
}
