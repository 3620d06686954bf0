//! Where each setting of the command line and of the server comes from.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use orderly_web::Limits;
use serde::Deserialize;

use crate::Error;

const FILE: &str = "orderly.toml";

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Flag(&'static str),
    Environment(&'static str),
    File,
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "the flag --{name}"),
            Self::Environment(name) => write!(f, "the environment's {name}"),
            Self::File => write!(f, "the file {FILE}"),
            Self::Default => f.write_str("the default"),
        }
    }
}

/// A value and where it comes from.
#[derive(Debug, Clone)]
pub struct Setting {
    pub value: String,
    pub source: Source,
}

/// A setting there is: its flag, its variable, its default.
struct Known {
    flag: &'static str,
    variable: &'static str,
    default: String,
}

impl Known {
    fn new(flag: &'static str, variable: &'static str, default: impl ToString) -> Self {
        Self { flag, variable, default: default.to_string() }
    }

    /// The value of the flag, the environment, the file or the default, in this order.
    fn of(self, flag: Option<&String>, written: Option<String>) -> Setting {
        if let Some(value) = flag {
            return Setting { value: value.clone(), source: Source::Flag(self.flag) };
        }
        let set = std::env::var(self.variable).ok().filter(|value| !value.is_empty());
        if let Some(value) = set {
            return Setting { value, source: Source::Environment(self.variable) };
        }
        match written {
            Some(value) => Setting { value, source: Source::File },
            None => Setting { value: self.default, source: Source::Default },
        }
    }
}

/// What the command line is told from outside.
#[derive(Debug, Clone)]
pub struct Config {
    pub database: Setting,
    written: WrittenServe,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    database: Option<String>,
    #[serde(default)]
    serve: WrittenServe,
}

/// What the file says of the server.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenServe {
    listen: Option<String>,
    public_url: Option<String>,
    metrics: Option<String>,
    requests_per_minute: Option<u64>,
    body_bytes: Option<u64>,
    bulk_bytes: Option<u64>,
    running: Option<u64>,
    waiting: Option<u64>,
    deadline_s: Option<u64>,
    streams: Option<u64>,
}

/// How the server is set. Each stands in `[serve]` of orderly.toml and in the environment, too:
/// `--listen` is `listen` and `ORDERLY_LISTEN`.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "The server")]
pub struct ServeFlags {
    /// Listen here, 127.0.0.1:8080 where nothing is said; with port 0, on a free one
    ///
    /// The console's cookies need HTTPS: on an address other than this machine's own, put a proxy
    /// that speaks it in front.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// The address by which people reach the server, such as <https://orders.example.com>
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Tell /metrics here without a key, such as at 127.0.0.1:9464
    ///
    /// At the server's own address /metrics takes an API key with the right metrics.read.
    #[arg(long, value_name = "ADDRESS")]
    metrics: Option<String>,
    /// Requests of one caller in a minute
    #[arg(long, value_name = "COUNT")]
    requests_per_minute: Option<String>,
    /// Bytes of a body
    #[arg(long, value_name = "BYTES")]
    body_bytes: Option<String>,
    /// Bytes of a body of many rows, or of a file
    #[arg(long, value_name = "BYTES")]
    bulk_bytes: Option<String>,
    /// Operations that run at once
    #[arg(long, value_name = "COUNT")]
    running: Option<String>,
    /// Operations that run or wait; one more is turned away
    #[arg(long, value_name = "COUNT")]
    waiting: Option<String>,
    /// Seconds that a request may wait for its turn, and its body may take
    #[arg(long, value_name = "SECONDS")]
    deadline_s: Option<String>,
    /// Streams of events that are open at once
    #[arg(long, value_name = "COUNT")]
    streams: Option<String>,
}

/// How the server is set, and where each setting comes from.
pub struct ServeConfig {
    pub listen: SocketAddr,
    pub public_url: Option<String>,
    pub metrics: Option<SocketAddr>,
    pub limits: Limits,
    pub all: Vec<(&'static str, Setting)>,
}

impl Config {
    /// Reads flag, environment and file, in this order.
    ///
    /// # Errors
    /// `Invalid` where orderly.toml cannot be read.
    pub fn read(flag: Option<String>) -> Result<Self, Error> {
        let written = written(Path::new(FILE))?;
        let known = Known::new("database", "ORDERLY_DATABASE", "orderly.db");
        let database = known.of(flag.as_ref(), written.database);
        Ok(Self { database, written: written.serve })
    }

    /// How the server is set.
    ///
    /// # Errors
    /// `Invalid` for a value that cannot be used, with where it comes from.
    pub fn serve(&self, flags: &ServeFlags) -> Result<ServeConfig, Error> {
        let mut all = Vec::new();
        let plain = Limits::default();
        let mut text = |name, known: Known, flag: &Option<String>, written: Option<String>| {
            let setting = known.of(flag.as_ref(), written);
            all.push((name, setting.clone()));
            setting
        };
        let own = &self.written;
        let listen = Known::new("listen", "ORDERLY_LISTEN", "127.0.0.1:8080");
        let listen = text("listen", listen, &flags.listen, own.listen.clone());
        let url = Known::new("public-url", "ORDERLY_PUBLIC_URL", "");
        let url = text("public_url", url, &flags.public_url, own.public_url.clone());
        let metrics = Known::new("metrics", "ORDERLY_METRICS", "");
        let metrics = text("metrics", metrics, &flags.metrics, own.metrics.clone());
        let limits = self.limits(flags, &plain, &mut text)?;
        let stated = |setting: &Setting| !setting.value.is_empty();
        Ok(ServeConfig {
            listen: read("listen", &listen, "an address such as 127.0.0.1:8080")?,
            public_url: stated(&url).then(|| checked_url(&url)).transpose()?,
            metrics: match stated(&metrics) {
                true => Some(read("metrics", &metrics, "an address such as 127.0.0.1:9464")?),
                false => None,
            },
            limits,
            all,
        })
    }

    fn limits(
        &self,
        flags: &ServeFlags,
        plain: &Limits,
        text: &mut impl FnMut(&'static str, Known, &Option<String>, Option<String>) -> Setting,
    ) -> Result<Limits, Error> {
        let own = &self.written;
        let mut count = |name, known: Known, flag: &Option<String>, written: Option<u64>| {
            let setting = text(name, known, flag, written.map(|count| count.to_string()));
            let count: u32 = read(name, &setting, "a whole number")?;
            if count == 0 { Err(wrong(name, &setting, "at least 1")) } else { Ok(count) }
        };
        let size = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        let asked =
            Known::new("requests-per-minute", "ORDERLY_REQUESTS_PER_MINUTE", plain.per_minute);
        let asked = count(
            "requests_per_minute",
            asked,
            &flags.requests_per_minute,
            own.requests_per_minute,
        )?;
        let body = Known::new("body-bytes", "ORDERLY_BODY_BYTES", plain.body);
        let body = count("body_bytes", body, &flags.body_bytes, own.body_bytes)?;
        let bulk = Known::new("bulk-bytes", "ORDERLY_BULK_BYTES", plain.bulk_body);
        let bulk = count("bulk_bytes", bulk, &flags.bulk_bytes, own.bulk_bytes)?;
        let running = Known::new("running", "ORDERLY_RUNNING", plain.running);
        let running = count("running", running, &flags.running, own.running)?;
        let waiting = Known::new("waiting", "ORDERLY_WAITING", plain.waiting);
        let waiting = count("waiting", waiting, &flags.waiting, own.waiting)?;
        let deadline = Known::new("deadline-s", "ORDERLY_DEADLINE_S", plain.deadline.as_secs());
        let deadline = count("deadline_s", deadline, &flags.deadline_s, own.deadline_s)?;
        let streams = Known::new("streams", "ORDERLY_STREAMS", plain.streams);
        let streams = count("streams", streams, &flags.streams, own.streams)?;
        Ok(Limits {
            body: size(body),
            bulk_body: size(bulk),
            deadline: Duration::from_secs(deadline.into()),
            running: size(running),
            waiting: size(waiting),
            per_minute: asked,
            streams: size(streams),
            ..plain.clone()
        })
    }
}

fn wrong(name: &str, setting: &Setting, what: &str) -> Error {
    let Setting { value, source } = setting;
    Error::Invalid(format!("{name}: `{value}` (from {source}) is not {what}"))
}

fn read<T: FromStr>(name: &str, setting: &Setting, what: &str) -> Result<T, Error> {
    setting.value.parse().map_err(|_| wrong(name, setting, what))
}

fn checked_url(setting: &Setting) -> Result<String, Error> {
    let url = setting.value.trim_end_matches('/');
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let formed = rest.is_some_and(|rest| {
        !rest.is_empty() && !rest.contains(|c: char| c.is_whitespace() || c.is_control())
    });
    let what = "an address such as https://orders.example.com";
    if formed { Ok(url.to_owned()) } else { Err(wrong("public_url", setting, what)) }
}

fn written(path: &Path) -> Result<Written, Error> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Written::default());
        }
        Err(error) => return Err(Error::Invalid(format!("{}: {error}", path.display()))),
    };
    toml::from_str(&text).map_err(|error| {
        let message = error.message();
        let line = error.span().map(|span| text[..span.start].matches('\n').count() + 1);
        let line = line.map_or_else(String::new, |line| format!(" line {line}"));
        Error::Invalid(format!("{}{line}: {message}", path.display()))
    })
}

/// Whether a database is a server's and not a file.
pub fn is_server(database: &str) -> bool {
    database.starts_with("postgres://") || database.starts_with("postgresql://")
}

/// The file of a database that is one.
pub fn path_of(database: &str) -> PathBuf {
    PathBuf::from(database.strip_prefix("sqlite://").unwrap_or(database))
}

/// The database as it may be shown: without the password of an address.
pub fn shown(database: &str) -> String {
    let Some((scheme, rest)) = database.split_once("://") else { return database.to_owned() };
    let Some((user, host)) = rest.rsplit_once('@') else { return database.to_owned() };
    let user = user.split(':').next().unwrap_or_default();
    format!("{scheme}://{user}@{host}")
}
