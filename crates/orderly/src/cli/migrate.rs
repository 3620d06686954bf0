//! From one engine to another: a file that has grown too small becomes a server's schema.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::{Session, config, output};
use crate::{App, Error, ops, verify};

/// Copy a database to another engine, losslessly, and verify both sides
///
/// Stop `orderly serve` first: what is written meanwhile is not copied. Cut off, the same command
/// goes on where it was. The old database is only read.
#[derive(Debug, Clone, Args)]
pub struct Migrate {
    /// The database to copy; the configured one where absent
    #[arg(long, value_name = "FILE|URL")]
    from: Option<String>,
    /// The new database: a file that does not exist, or a schema without tables
    #[arg(long, value_name = "FILE|URL")]
    to: String,
}

impl Migrate {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let from = self.from.as_deref().unwrap_or(&session.config.database.value);
        if !config::is_server(from) && !config::path_of(from).exists() {
            return Err(Error::Invalid(format!("there is no database {from}")));
        }
        if from == self.to {
            return Err(Error::Invalid("a database is not copied to itself".into()));
        }
        let (old, new) = (App::open(from)?, App::open(&self.to)?);
        let bar = output::progress(0, "rows");
        let tables = ops::migrate::run(&old, &new, |table, rows| {
            bar.set_message(table.to_owned());
            bar.set_length(rows);
            bar.set_position(rows);
        })?;
        bar.finish_and_clear();
        let rows: u64 = tables.iter().map(|table| table.rows).sum();
        let mut clean = true;
        for (app, name) in [(&old, from), (&new, self.to.as_str())] {
            let report = verify::run(app, &verify::Options::default())?;
            if !report.clean {
                eprintln!("orderly: {name}\n{report}");
            }
            clean &= report.clean;
        }
        let answer = json!({ "tables": tables.len(), "rows": rows, "verified": clean });
        session.out.answer(&answer, || {
            let held = if clean { "Both are verified." } else { "NOT VERIFIED: see above." };
            format!(
                "{rows} rows of {} tables are in {}, the same as in {from}. {held}\nSecrets are \
                 sealed with the old database's key: set ORDERLY_MASTER_KEY_FILE to it.",
                tables.len(),
                self.to
            )
        })?;
        Ok(if clean { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}
