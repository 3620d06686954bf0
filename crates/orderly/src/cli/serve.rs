//! The server: console, API and health in one process, with its tasks beside it.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread::JoinHandle;

use clap::Args;
use orderly_jobs::Stop;
use orderly_ops::ops::access::{Secret, set_up};
use orderly_web::who::{Authenticate, bearer};
use orderly_web::{Rim, health};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::config::ServeFlags;
use super::{Session, now};
use crate::{App, Error};

#[derive(Debug, Clone, Args)]
pub struct Serve {
    #[command(flatten)]
    flags: ServeFlags,
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
        let config = session.config.serve(&self.flags)?;
        let runtime = tokio::runtime::Runtime::new()
            .map_err(|error| Error::Internal(format!("no threads: {error}")))?;
        let listener = listen(&runtime, config.listen)?;
        let address = listener.local_addr().map_err(|error| taken(config.listen, &error))?;
        let figures = config.metrics.map(|at| listen(&runtime, at)).transpose()?;
        let token = set_up::first_token(app, now())?;
        let base = config.public_url.unwrap_or_else(|| format!("http://{address}"));
        let greeting = greeting(&base, known, token.as_ref());
        session.out.answer(&greeting, || told(&greeting))?;
        let jobs = Jobs::start(app);
        let rim = Rim::new(app.clone(), config.limits);
        if let Some(listener) = figures {
            let figures = health::figures_router(rim.clone());
            runtime.spawn(async move { axum::serve(listener, figures).await });
        }
        let authenticate: Authenticate = Arc::new(bearer);
        let operations = orderly_http::v1::operations();
        let router =
            orderly_http::router::router(rim.clone(), Arc::clone(&authenticate), &operations)
                .merge(orderly_console::router(rim.clone()))
                .merge(health::router(rim.clone(), authenticate));
        let serving = orderly_web::serve::serve(rim, router, listener, stopped());
        let served = runtime.block_on(serving);
        jobs.end();
        served.map_err(|error| taken(config.listen, &error))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn listen(runtime: &Runtime, at: SocketAddr) -> Result<TcpListener, Error> {
    runtime.block_on(TcpListener::bind(at)).map_err(|error| taken(at, &error))
}

fn taken(at: SocketAddr, error: &std::io::Error) -> Error {
    Error::Invalid(format!("{at}: {error}"))
}

/// What is told once the server listens.
fn greeting(base: &str, known: Option<&SignIn>, token: Option<&Secret>) -> Value {
    let console = format!("{base}/console");
    let mut told = json!({ "console": console, "api": format!("{base}/docs") });
    if let Some(token) = token {
        let at = orderly_console::set_up_address(token);
        told["set_up"] = json!(format!("{base}{at}"));
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
