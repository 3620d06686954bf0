//! What there is, and why.

use std::process::ExitCode;

use clap::Args;
use orderly_core::item::Item;
use orderly_core::qty::Qty;
use orderly_core::time::Day;
use orderly_core::units::LevelKey;
use serde_json::json;

use crate::Error;
use crate::cli::Session;
use crate::cli::output::{minute, table};
use crate::ops::read::stock::supply::{self, Supply};
use crate::ops::read::stock::{self, Shown, Wanted};
use crate::wire::out::stock::{LevelOut, MovementOut, SupplyOut};

#[derive(Debug, Args)]
pub struct List {
    /// Only this item: SKU, GTIN or id
    #[arg(long, value_name = "SKU")]
    item: Option<String>,
    /// Only at this location
    #[arg(long, value_name = "CODE")]
    location: Option<String>,
    /// The next page: the cursor that the page before ended with
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
    /// How many, at most 1,000
    #[arg(long, default_value_t = 100)]
    limit: u32,
}

fn cursor(text: &str) -> Result<LevelKey, Error> {
    let mut parts = text.split('.');
    let mut next = || parts.next().unwrap_or_default();
    let read = (next().parse(), next().parse(), next().parse());
    let (Ok(item), Ok(location), Ok(lot_class)) = read else {
        return Err(Error::Invalid(format!("`{text}` is not a cursor of a page of stock")));
    };
    Ok(LevelKey { item, location, lot_class })
}

impl List {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let wanted = Wanted {
            item: self.item.clone(),
            location: self.location.clone(),
            after: self.after.as_deref().map(cursor).transpose()?,
            limit: self.limit,
        };
        let (levels, next) = stock::list(&session.open()?, &session.reading(), &wanted)?;
        let next = next.map(|key| format!("{}.{}.{}", key.item, key.location, key.lot_class));
        let object = json!({
            "levels": levels.iter().map(LevelOut::from).collect::<Vec<_>>(),
            "next": next,
        });
        session.out.answer(&object, || {
            if levels.is_empty() {
                return "No stock. Receive some: `orderly stock receive --help`.".into();
            }
            let rows = levels.iter().map(|shown| {
                let level = &shown.level;
                let show = |qty| shown.item.show(qty);
                let piece =
                    level.piece.map(|piece| format!("{} pieces of {}", pieces(shown), show(piece)));
                vec![
                    shown.location.clone(),
                    shown.item.sku.clone(),
                    show(level.on_hand),
                    show(level.allocated),
                    show(level.backordered),
                    show(level.available()),
                    piece.unwrap_or_default(),
                ]
            });
            let head = [
                "location",
                "sku",
                "on hand>",
                "allocated>",
                "backordered>",
                "available>",
                "held as",
            ];
            let mut text = table(&head, rows);
            if let Some(next) = &next {
                text.push_str(&format!("\nMore: add --after {next}"));
            }
            text
        })
    }
}

fn pieces(shown: &Shown) -> i64 {
    shown.level.piece.map_or(0, |piece| shown.level.on_hand.get() / piece.get().max(1))
}

#[derive(Debug, Args)]
pub struct Show {
    /// SKU, GTIN or id
    item: String,
    /// Only at this location
    #[arg(long, value_name = "CODE")]
    location: Option<String>,
    /// What can be promised for this day
    #[arg(long, value_name = "DAY")]
    by: Option<String>,
}

impl Show {
    pub fn run(&self, session: &Session) -> Result<ExitCode, Error> {
        let by = self.by.as_deref().map(Day::parse).transpose();
        let by = by.map_err(|error| Error::Invalid(error.to_string()))?;
        let (app, call) = (session.open()?, session.reading());
        let at = self.location.as_deref();
        let (item, found) = supply::supply(&app, &call, &self.item, at)?;
        let object = json!({
            "sku": item.sku,
            "base_unit": item.base_unit.code(),
            "locations": found.iter().map(|one| SupplyOut::new(one, by)).collect::<Vec<_>>(),
        });
        session.out.answer(&object, || supply_text(&item, &found, by))
    }
}

fn supply_text(item: &Item, found: &[Supply], by: Option<Day>) -> String {
    let show = |base: i64| item.show(Qty::new(base.max(0)).unwrap_or_default());
    let rows = found.iter().map(|one| {
        let coming: i64 = one.coming.iter().map(|one| one.qty.get()).sum();
        let mut row = vec![one.location.clone()];
        let figures = [one.on_hand, one.allocated, one.backordered, one.available, coming];
        row.extend(figures.map(show));
        row.extend(by.map(|day| show(one.promised_for(day))));
        row
    });
    let promised = by.map(|day| format!("for {day}>"));
    let mut head =
        vec!["location", "on hand>", "allocated>", "backordered>", "available>", "coming>"];
    head.extend(promised.as_deref());
    let mut text = format!("{}  {}\n{}", item.sku, item.name, table(&head, rows));
    let coming = found.iter().flat_map(|one| one.coming.iter().map(move |next| (one, next)));
    let rows: Vec<Vec<String>> = coming
        .map(|(one, next)| {
            let day = next.expected_on.map_or_else(|| "no day".into(), |day| day.to_string());
            let promised = next.expected_on.map(|day| show(one.promised_for(day)));
            vec![
                day,
                one.location.clone(),
                next.kind.into(),
                next.number.clone(),
                next.from.clone().unwrap_or_default(),
                item.show(next.qty),
                promised.unwrap_or_default(),
            ]
        })
        .collect();
    if !rows.is_empty() {
        let head = ["expected", "at", "what", "number", "from", "quantity>", "can be promised>"];
        text.push_str(&format!("\n\n{}", table(&head, rows)));
    }
    text
}

/// Shows the movements of an item.
pub fn history(session: &Session, item: &str, limit: u32) -> Result<ExitCode, Error> {
    let (item, moved) = stock::history(&session.open()?, &session.reading(), item, None, limit)?;
    let object = json!({
        "sku": item.sku,
        "base_unit": item.base_unit.code(),
        "movements": moved.iter().map(|one| MovementOut::new(one, &item)).collect::<Vec<_>>(),
    });
    session.out.answer(&object, || {
        let rows = moved.iter().map(|moved| {
            let movement = &moved.posting.movement;
            vec![
                minute(&movement.effective_at.to_string()),
                movement.kind.code().into(),
                item.show(movement.qty),
                moved.from.clone(),
                moved.to.clone(),
                moved.lot.clone().unwrap_or_default(),
                movement.reason.clone().unwrap_or_default(),
            ]
        });
        let head = ["when (UTC)", "what", "quantity>", "from", "to", "lot", "why"];
        format!("{}  {}\n{}", item.sku, item.name, table(&head, rows))
    })
}
