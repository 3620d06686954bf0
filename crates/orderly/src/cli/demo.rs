//! The demonstration merchant.

use std::process::ExitCode;

use clap::Args;
use orderly_core::time::Day;

use super::serve::{Serve, SignIn};
use super::{Session, config};
use crate::ops::access::set_up;
use crate::{Error, demo};

#[derive(Debug, Args)]
pub struct Demo {
    /// Trade this many days
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=366))]
    days: u32,
    /// End at the start of this day; today (UTC) where absent
    #[arg(long, value_name = "DATE")]
    until: Option<String>,
    /// Another seed is another merchant with other customers and orders
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write over an existing database
    #[arg(long)]
    force: bool,
    /// Stop after the summary
    #[arg(long)]
    no_serve: bool,
    #[command(flatten)]
    serve: Serve,
}

impl Demo {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let database = &session.config.database.value;
        self.make_room(database)?;
        let until = match &self.until {
            Some(text) => Day::parse(text)?,
            None => super::now().day_in("UTC"),
        };
        let app = session.open_or_create()?;
        let plan = demo::Plan { days: self.days, until, seed: self.seed };
        let bar = super::output::progress(u64::from(self.days), "trading");
        // Nothing is lost with a demonstration: it is made durable when it is complete.
        let ran = app.store.without_waiting(|| {
            demo::run(&app, &plan, &mut |day| {
                bar.set_message(format!("trading {day}"));
                bar.inc(1);
            })
        });
        let summary = ran.map_err(Error::Unavailable)??;
        bar.finish_and_clear();
        session.out.answer(&summary, || summary.to_string())?;
        if self.no_serve || summary.exit_code() != 0 {
            return Ok(ExitCode::from(summary.exit_code()));
        }
        let email = "owner@example.com";
        let call = session.reading();
        let (_, password) = set_up::owner_with_password(&app, &call, email, "Demo Owner")?;
        self.serve.serve(session, &app, Some(&SignIn { email: email.into(), password }))
    }

    /// Refuses to touch an existing database, or removes it where that was asked for.
    fn make_room(&self, database: &str) -> Result<(), Error> {
        if config::is_server(database) {
            return Ok(());
        }
        let path = config::path_of(database);
        if !path.exists() {
            return Ok(());
        }
        if !self.force {
            return Err(Error::Invalid(format!(
                "{} exists already: name another file with --database, or add --force to replace \
                 it",
                path.display()
            )));
        }
        for suffix in ["", "-wal", "-shm"] {
            let mut name = path.clone().into_os_string();
            name.push(suffix);
            match std::fs::remove_file(&name) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::Invalid(format!("{}: {error}", path.display())));
                }
                _ => {}
            }
        }
        Ok(())
    }
}
