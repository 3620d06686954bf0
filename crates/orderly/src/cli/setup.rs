//! Setting up, backing up, events and settings.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use orderly_core::catalog::new::{NewChannel, NewEntity, NewLocation};
use orderly_core::catalog::{ChannelKind, LocationKind};
use orderly_core::party::NewParty;
use serde_json::json;

use super::config::{self, shown};
use super::{Given, Session, fresh_seed, now};
use crate::{Error, ops, verify};

#[derive(Debug, Args)]
pub struct Init {
    /// The merchant's name, as documents show it
    #[arg(long)]
    name: String,
    /// Its country, as two letters
    #[arg(long, value_name = "CC")]
    country: String,
    /// Its currency, as three letters
    #[arg(long, value_name = "CUR")]
    currency: String,
    /// Its time zone, in which its business days are computed
    #[arg(long, default_value = "UTC")]
    zone: String,
    /// Its tax number
    #[arg(long)]
    tax_number: Option<String>,
    /// The code of its first location
    #[arg(long, default_value = "MAIN")]
    location: String,
    /// A street line of that location's address, which labels need
    #[arg(long)]
    street: Vec<String>,
    /// The city of that address
    #[arg(long, requires = "street")]
    city: Option<String>,
    /// The postcode of that address
    #[arg(long, requires = "street")]
    postcode: Option<String>,
    #[command(flatten)]
    given: Given,
}

impl Init {
    fn address(&self) -> Option<NewParty> {
        let party = NewParty {
            name: self.name.clone(),
            address_lines: self.street.clone(),
            city: self.city.clone(),
            postcode: self.postcode.clone(),
            country: Some(self.country.clone()),
            ..NewParty::default()
        };
        (!self.street.is_empty()).then_some(party)
    }

    /// Sets up the merchant, a first location, and the channels STORE, WEB and PHONE.
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let app = session.open_or_create()?;
        let call = session.changing(&self.given, self)?;
        let entity = NewEntity {
            code: "MAIN".into(),
            name: self.name.clone(),
            country: self.country.clone(),
            currency: self.currency.clone(),
            zone: self.zone.clone(),
            tax_number: self.tax_number.clone(),
        };
        let entity = ops::settings::init(&app, &call, &entity)?;
        let next = |step: u64| {
            let mut call = session.reading();
            call.seed ^= step.rotate_left(40);
            call
        };
        let location = NewLocation {
            code: self.location.clone(),
            name: self.name.clone(),
            kind: LocationKind::Store,
            address: self.address(),
            coordinates: None,
            zone: None,
            priority: 0,
            fulfills: true,
        };
        let location = ops::catalog::create_location(&app, &next(1), &location)?;
        let mut channels = Vec::new();
        let kinds = [ChannelKind::Store, ChannelKind::Web, ChannelKind::Phone];
        for (step, kind) in (2_u64..).zip(kinds) {
            let channel = NewChannel {
                code: kind.code().to_uppercase(),
                name: kind.code().into(),
                kind,
                when_short: None,
                rounding: None,
                currency: None,
                location: (kind == ChannelKind::Store).then(|| location.code.clone()),
                priority: 0,
            };
            channels.push(ops::catalog::create_channel(&app, &next(step), &channel)?.code);
        }
        let database = shown(&session.config.database.value);
        let object = json!({
            "database": database,
            "merchant": entity.name,
            "currency": entity.currency.to_string(),
            "location": location.code,
            "channels": channels,
        });
        session.out.answer(&object, || {
            format!(
                "{} is set up in {database}, in {}.\n\
                 Location: {}. Channels: {}.\n\
                 Next: `orderly items add --help`, `orderly import items FILE`, \
                 `orderly stock receive --help`.",
                entity.name,
                entity.currency,
                location.code,
                channels.join(", ")
            )
        })
    }
}

#[derive(Debug, Args)]
pub struct Backup {
    /// The file to write; it must not exist
    to: PathBuf,
}

impl Backup {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let database = &session.config.database.value;
        if config::is_server(database) {
            return Err(Error::Invalid(format!(
                "a PostgreSQL database is backed up by its own tools: \
                 `pg_dump --format=custom --schema=orderly --file={} '{}'`",
                self.to.display(),
                shown(database)
            )));
        }
        if self.to.exists() {
            let detail = format!("{} exists already: name another file", self.to.display());
            return Err(Error::Invalid(detail));
        }
        session.open()?.store.backup(&self.to)?;
        let bytes = std::fs::metadata(&self.to).map_or(0, |found| found.len());
        let object = json!({ "backup": self.to.display().to_string(), "bytes": bytes });
        session.out.answer(&object, || {
            format!("The backup is in {} ({bytes} bytes), checked.", self.to.display())
        })
    }
}

#[derive(Debug, Args)]
pub struct Restore {
    /// The backup to restore into the configured database, which must not exist
    from: PathBuf,
}

impl Restore {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let database = &session.config.database.value;
        if config::is_server(database) {
            return Err(Error::Invalid(format!(
                "a PostgreSQL database is restored by its own tools: \
                 `pg_restore --dbname='{}' {}`",
                shown(database),
                self.from.display()
            )));
        }
        let to = config::path_of(database);
        if to.exists() {
            let detail = format!(
                "{} exists already and is never overwritten: move it away, or restore beside it \
                 with --database",
                to.display()
            );
            return Err(Error::Invalid(detail));
        }
        if !self.from.exists() {
            return Err(Error::Invalid(format!("there is no file {}", self.from.display())));
        }
        // A copy through the engine checks every page; opening it brings the schema up to date.
        let backup = crate::App::open(&self.from.display().to_string())?;
        backup.store.backup(&to)?;
        session.open()?;
        let object = json!({ "database": database, "from": self.from.display().to_string() });
        session.out.answer(&object, || {
            format!(
                "{database} is restored from {}. Prove it: `orderly verify`",
                self.from.display()
            )
        })
    }
}

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Show each setting with its source
    Show(Show),
    /// Set a setting of the merchant's, such as refund.second_approval_above
    Set {
        /// Dotted lower-case words
        setting: String,
        value: String,
        #[command(flatten)]
        given: Given,
    },
    /// List the settings of the merchant
    List,
}

impl ConfigCommand {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        match self {
            Self::Show(show) => show.run(session),
            Self::Set { setting, value, given } => {
                let call = session.changing(given, self)?;
                let done = ops::settings::set(&session.open()?, &call, setting, value)?;
                let object = json!({ "key": done.key, "value": done.value });
                session.out.answer(&object, || format!("{} = {}", done.key, done.value))
            }
            Self::List => {
                let all = ops::settings::all(&session.open()?, &session.reading())?;
                let object =
                    json!(all.iter().cloned().collect::<std::collections::BTreeMap<_, _>>());
                session.out.answer(&object, || {
                    let rows = all.iter().map(|(key, value)| vec![key.clone(), value.clone()]);
                    super::output::table(&["setting", "value"], rows)
                })
            }
        }
    }
}

/// Flags of the server may stand here as well: what they would change is shown.
#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    flags: config::ServeFlags,
}

impl Show {
    fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let database = &session.config.database;
        let serve = session.config.serve(&self.flags)?;
        let value = shown(&database.value);
        let engine = if config::is_server(&database.value) { "postgres" } else { "sqlite" };
        let exists = config::is_server(&database.value) || config::path_of(&value).exists();
        let source = database.source.to_string();
        let each = |(name, setting): &(&'static str, config::Setting)| {
            let source = setting.source.to_string();
            ((*name).to_owned(), json!({ "value": setting.value, "source": source }))
        };
        let object = json!({
            "database": { "value": value, "source": source, "engine": engine, "exists": exists },
            "serve": serve.all.iter().map(each).collect::<serde_json::Map<_, _>>(),
            "version": env!("CARGO_PKG_VERSION"),
        });
        session.out.answer(&object, || {
            let there = if exists { "" } else { " — not there yet" };
            let first = vec!["database".to_owned(), format!("{value}{there}"), source.clone()];
            let rows = serve.all.iter().map(|(name, setting)| {
                vec![(*name).to_owned(), setting.value.clone(), setting.source.to_string()]
            });
            let rows = std::iter::once(first).chain(rows);
            let table = super::output::table(&["setting", "value", "from"], rows);
            format!("{table}\nOrderly {}, on {engine}", env!("CARGO_PKG_VERSION"))
        })
    }
}

#[derive(Debug, Args)]
pub struct Verify {
    /// Leave out what takes long: folding events, the hash chain, prices
    #[arg(long)]
    quick: bool,
    /// Look only at orders changed since this day (UTC) or instant
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// How many violations of one check are told
    #[arg(long, default_value_t = 100)]
    limit: usize,
}

impl Verify {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let options = verify::Options {
            deep: !self.quick,
            since: self.since.as_deref().map(super::orders::instant).transpose()?,
            limit: self.limit,
        };
        let report = verify::run(&session.open()?, &options)?;
        session.out.answer(&report, || report.to_string())?;
        Ok(ExitCode::from(report.exit_code()))
    }
}

#[derive(Debug, Subcommand)]
pub enum Tasks {
    /// Run every background task that is due
    Run,
}

impl Tasks {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let Self::Run = self;
        let ran = ops::tasks::run_due(&session.open()?, now(), fresh_seed())?;
        session.out.answer(&json!({ "done": ran.done, "failed": ran.failed }), || {
            format!("{} tasks were done; {} failed and will be tried again.", ran.done, ran.failed)
        })
    }
}
