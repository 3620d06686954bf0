//! The feed: gap-free positions, each with its event, each hash chained to the one before.

use orderly_store::Tx;
use orderly_store::verify::{self as store, Check, Fed, Finding, Key};

use super::render;
use super::report::Report;
use crate::Error;
use crate::ops::events::chain;

const CHECK: Check = Check {
    invariant: "E1",
    title: "the feed has no gap and its hash chain recomputes",
    table: "feed",
    sql: "",
    remedy: "restore a backup beside this database and compare the events",
};

/// Where the walk along the feed stands.
struct Walk {
    position: i64,
    hash: Vec<u8>,
    /// The hash before is not known: after a gap or a missing event.
    lost: bool,
}

pub(super) fn run(tx: &mut Tx<'_>, report: &mut Report) -> Result<(), Error> {
    let mut walk = Walk { position: 0, hash: vec![0; 32], lost: false };
    let (mut rows, mut count, mut found) = (0, 0, Vec::new());
    store::feed(tx, |fed| {
        rows += 1;
        if let Some(finding) = walk.step(&fed) {
            count += 1;
            if found.len() < report.limit() {
                found.push((finding, fed.sequence, fed.stream));
            }
        }
        Ok(())
    })?;
    let begun = report.check(CHECK.invariant, CHECK.title, rows);
    for (finding, sequence, stream) in found {
        let mut cause = render::event(tx, "order", stream, None)?;
        if let Some(cause) = &mut cause {
            cause.id = format!("{}#{sequence}", render::id_text("order", stream));
        }
        let violation = render::violation(tx, &CHECK, &finding, cause)?;
        report.add(begun, violation);
    }
    report.more(begun, count);
    Ok(())
}

impl Walk {
    /// Takes the next place of the feed and returns what is wrong with it.
    fn step(&mut self, fed: &Fed) -> Option<Finding> {
        let expected = self.position + 1;
        let before = std::mem::replace(&mut self.hash, fed.hash.clone());
        let lost = std::mem::replace(&mut self.lost, false);
        self.position = fed.position;
        let finding = |what: &str, expected: String, actual: String| {
            let keys = vec![
                ("position".to_owned(), Key::Int(fed.position)),
                ("stream_id".to_owned(), Key::Id(fed.stream)),
                ("sequence".to_owned(), Key::Int(fed.sequence)),
            ];
            Some(Finding { keys, what: Some(what.into()), expected, actual, suspect: None })
        };
        if fed.position != expected {
            return finding("a gap", expected.to_string(), fed.position.to_string());
        }
        let Some(event) = &fed.event else {
            self.lost = true;
            return finding("the event", "an event".into(), "none".into());
        };
        let hash = chain(&before, fed.position, event);
        if !lost && hash != fed.hash {
            return finding("the hash", store::hex(&hash), store::hex(&fed.hash));
        }
        None
    }
}
