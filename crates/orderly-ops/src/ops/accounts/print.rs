//! A statement on paper.

use orderly_core::money::Money;
use orderly_core::party::Party;
use orderly_core::party::statement::EntryKind;
use orderly_docs::{Address, Paper, Reference, StatementEntry, StatementItem};

use super::statements::AccountStatement;

/// The captions of [`orderly_core::party::statement::Aged::parts`].
pub const AGES: [&str; 5] = ["not due", "1–30 days", "31–60 days", "61–90 days", "over 90 days"];

/// Returns the statement as it is printed; without the activity where only open items are wanted.
pub fn print(
    drawn: &AccountStatement,
    paper: Paper,
    only_open: bool,
) -> orderly_docs::AccountStatement {
    let AccountStatement { account, entity, statement, .. } = drawn;
    let money = |minor: i64| Money::new(minor, account.currency).decimal().to_string();
    let reference = |label: &str, value: String| Reference { label: label.into(), value };
    let period = match only_open {
        true => reference("As of", statement.as_of.to_string()),
        false => reference("Period", format!("{} to {}", statement.from, statement.as_of)),
    };
    let mut references = vec![
        reference("Account", account.name.clone()),
        period,
        reference("Terms", account.terms.to_string()),
        reference("Currency", account.currency.to_string()),
    ];
    references.extend(drawn.site.as_ref().map(|site| reference("Site", site.name.clone())));
    let entries = statement.entries.iter().map(|one| StatementEntry {
        date: one.on.to_string(),
        what: word(one.kind).into(),
        document: one.name.clone(),
        reference: one.reference.clone().unwrap_or_default(),
        amount: money(one.amount),
        balance: money(one.balance),
    });
    let open = statement.open.iter().map(|one| StatementItem {
        date: one.issued_on.to_string(),
        due: one.due_on.to_string(),
        document: one.name.clone(),
        reference: one.reference.clone().unwrap_or_default(),
        late: if one.late > 0 { format!("{} days", one.late) } else { String::new() },
        total: money(one.total),
        open: money(one.open),
    });
    let ages = AGES.iter().zip(statement.aged.parts());
    let mut aged: Vec<Reference> =
        ages.map(|(label, minor)| reference(label, money(minor))).collect();
    aged.push(reference("total", money(statement.aged.sum())));
    if drawn.unapplied != 0 {
        aged.push(reference("paid, not applied", money(-drawn.unapplied)));
    }
    let seller = Address {
        company: entity.name.clone(),
        country: entity.country.clone(),
        ..Address::default()
    };
    let recipient = drawn.billed.as_ref().map(address).unwrap_or_default();
    let recipient = Address {
        country: Some(recipient.country)
            .filter(|country| !country.is_empty())
            .unwrap_or_else(|| entity.country.clone()),
        ..recipient
    };
    orderly_docs::AccountStatement {
        paper,
        seller,
        recipient,
        account_number: account.number.clone(),
        references,
        opening: money(statement.opening),
        entries: if only_open { Vec::new() } else { entries.collect() },
        closing: money(statement.closing),
        open: open.collect(),
        aged,
        message: String::new(),
    }
}

/// What people call an entry.
pub const fn word(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Invoice => "Invoice",
        EntryKind::Receipt => "Receipt",
        EntryKind::CreditNote => "Credit note",
        EntryKind::Deposit => "Deposit used",
        EntryKind::Application => "Payment",
        EntryKind::WriteOff => "Written off",
        EntryKind::Payout => "Paid out",
        EntryKind::Replacement => "Replaced",
    }
}

fn address(party: &Party) -> Address {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    Address {
        name: party.name.clone(),
        company: text(&party.company),
        lines: party.address_lines.clone(),
        city: text(&party.city),
        region: text(&party.region),
        postcode: text(&party.postcode),
        country: text(&party.country),
    }
}
