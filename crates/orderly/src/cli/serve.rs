//! The server: console, API and health in one process, with its tasks beside it.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::JoinHandle;

use clap::Args;
use orderly_jobs::Stop;
use orderly_ops::ops::access::{self, Credential, Secret, set_up};
use orderly_web::{Asked, Caller, Limits, Rim, health};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{Session, now};
use crate::{App, Error};

#[derive(Debug, Clone, Args)]
pub struct Serve {
    /// Listen here; with port 0, on a free one
    ///
    /// The console's cookies need HTTPS: on an address other than this machine's own, put a proxy
    /// that speaks it in front.
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS", env = "ORDERLY_LISTEN")]
    listen: SocketAddr,
}

/// Who may sign in, told once the address is known.
pub struct SignIn {
    pub email: String,
    pub password: Secret,
}

impl Serve {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open()?;
        self.serve(session, &app, None)
    }

    /// Serves until SIGINT or SIGTERM; what has begun is answered first.
    ///
    /// # Errors
    /// `Invalid` where the address cannot be listened on.
    pub fn serve(
        &self,
        session: &Session,
        app: &App,
        known: Option<&SignIn>,
    ) -> Result<ExitCode, Error> {
        let wrong = |error: std::io::Error| Error::Invalid(format!("{}: {error}", self.listen));
        let runtime = tokio::runtime::Runtime::new().map_err(wrong)?;
        let listener = runtime.block_on(TcpListener::bind(self.listen)).map_err(wrong)?;
        let address = listener.local_addr().map_err(wrong)?;
        let token = set_up::first_token(app, now())?;
        let greeting = greeting(address, known, token.as_ref());
        session.out.answer(&greeting, || told(&greeting))?;
        let jobs = Jobs::start(app);
        let draining = Arc::new(AtomicBool::new(false));
        let rim = Rim::new(app.clone(), Limits::default());
        let router = orderly_http::router::router(
            rim.clone(),
            Arc::new(authenticate),
            &orderly_http::v1::operations(),
        )
        .merge(orderly_console::router(rim.clone(), Arc::clone(&draining)))
        .merge(health::router(rim.clone(), Arc::clone(&draining)));
        let served =
            runtime.block_on(orderly_web::serve::serve(rim, router, listener, stopped(), draining));
        jobs.end();
        served.map_err(wrong)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Who shows an API key.
fn authenticate(
    app: &App,
    asked: &Asked,
    headers: &axum::http::HeaderMap,
) -> Result<Option<Caller>, Error> {
    let value = headers.get(axum::http::header::AUTHORIZATION);
    let key = value.and_then(|value| value.to_str().ok()).and_then(|text| {
        let (scheme, key) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| Secret::new(key.trim()))
    });
    let Some(key) = key else { return Ok(None) };
    match access::authenticate(app, Credential::Key(&key), Some(asked.ip), asked.now) {
        Ok(who) => {
            let source = who.call(asked.now, asked.seed).source;
            Ok(Some(Caller { actor: who.actor, source, name: who.name }))
        }
        Err(Error::Unauthenticated(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What is told once the server listens.
fn greeting(address: SocketAddr, known: Option<&SignIn>, token: Option<&Secret>) -> Value {
    let console = format!("http://{address}/console");
    let mut told = json!({ "console": console, "api": format!("http://{address}/docs") });
    if let Some(token) = token {
        let at = orderly_console::set_up_address(token);
        told["set_up"] = json!(format!("http://{address}{at}"));
    }
    if let Some(known) = known {
        told["email"] = json!(known.email);
        told["password"] = json!(known.password.expose());
    }
    told
}

fn told(greeting: &Value) -> String {
    let text = |name: &str| greeting[name].as_str().unwrap_or_default();
    let mut lines = vec![format!("Orderly serves at {}", text("console"))];
    if greeting.get("set_up").is_some() {
        lines.push(format!("Make the first owner, within a day: {}", text("set_up")));
    }
    if greeting.get("email").is_some() {
        lines.push(format!("Sign in as {} with {}", text("email"), text("password")));
    }
    lines.push(format!("The API is described at {}. Stop with Ctrl C.", text("api")));
    lines.join("\n")
}

/// Ends with SIGINT or SIGTERM.
async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut term) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = term.recv() => {}
    }
}

/// The jobs of this process: the feed, tasks, webhooks and mail.
struct Jobs {
    app: App,
    stop: Stop,
    thread: JoinHandle<()>,
}

impl Jobs {
    fn start(app: &App) -> Self {
        let (app, stop) = (app.clone(), Stop::default());
        let (its, told) = (app.clone(), stop.clone());
        let thread = std::thread::spawn(move || orderly_jobs::run(&its, &told));
        Self { app, stop, thread }
    }

    fn end(self) {
        self.stop.set(&self.app);
        if self.thread.join().is_err() {
            eprintln!("orderly: the jobs broke down");
        }
    }
}
