//! What happened to an order, each entry with what it changed, and as a link to the order then.

use orderly_core::actor::ActorKind;
use orderly_core::order::undo::Command;
use orderly_ops::ops::read::desk::Dossier;
use orderly_ops::ops::read::orders::Event;

use super::at;
use crate::effects;
use crate::fields::address;
use crate::parts::Meaning;
use crate::parts::timeline::Entry;
use crate::words::{self, t};

/// The entries, the newest first; `as_of` is the event whose order is shown.
pub fn entries(dossier: &Dossier, as_of: Option<i64>) -> Vec<Entry> {
    let one = |event: &Event| entry(dossier, event, as_of);
    dossier.shown.timeline.iter().rev().map(one).collect()
}

fn entry(dossier: &Dossier, event: &Event, as_of: Option<i64>) -> Entry {
    let number = &dossier.shown.order.number;
    let sequence = event.sequence.to_string();
    let before = dossier.history.get(&(event.sequence - 1));
    let details = match (before, dossier.history.get(&event.sequence)) {
        (Some(before), Some(after)) => {
            let all = effects::between(before, after, &dossier.shown);
            all.into_iter().map(|one| said(&one)).collect()
        }
        _ => Vec::new(),
    };
    Entry {
        at: event.at,
        meaning: meaning(&event.kind),
        sentence: words::of("event", &event.kind),
        actor: actor(dossier, event),
        details,
        reason: event.reason.clone(),
        href: Some(address(&at(number), &[("as_of", &sequence)])),
        is_shown: as_of == Some(event.sequence),
    }
}

fn said(effect: &crate::parts::sheet::Effect) -> String {
    match effect.figure.as_str() {
        "" => effect.text.clone(),
        figure => format!("{} {}", effect.text, figure),
    }
}

fn actor(dossier: &Dossier, event: &Event) -> String {
    let name = dossier.names.get(&(event.actor_kind, event.actor));
    match (name, event.actor_kind) {
        (Some(name), _) => name.clone(),
        (None, ActorKind::Channel) => {
            let channel = dossier.shown.channel.as_ref();
            channel.map_or_else(|| t("actor.channel").to_owned(), |one| one.name.clone())
        }
        (None, kind) => words::of("actor", kind.code()),
    }
}

fn meaning(kind: &str) -> Meaning {
    match Command::of_event(kind) {
        Some(Command::Deliver | Command::Ship | Command::HandOver | Command::Close) => {
            Meaning::Good
        }
        Some(Command::Hold | Command::HoldAgain | Command::Fail | Command::Lose)
        | Some(Command::Reject | Command::Displace | Command::Cancel) => Meaning::Attention,
        Some(Command::Place) => Meaning::Info,
        _ => Meaning::Plain,
    }
}
