//! MT940: statements as SWIFT messages, with the structured purpose that banks of the euro use.

use super::{Line, Statement, amount, wrong};
use crate::money::Currency;
use crate::refusal::{Refusal, ensure};
use crate::time::Day;

/// Reads the statements of a file, which must be in the account's currency.
///
/// # Errors
/// `invalid_statement` with the field.
pub fn read(text: &str, currency: Currency) -> Result<Vec<Statement>, Refusal> {
    let mut statements: Vec<Statement> = Vec::new();
    for (tag, content) in fields(text) {
        if tag == "20" {
            statements.push(Statement::default());
            continue;
        }
        let Some(statement) = statements.last_mut() else { continue };
        field(statement, &tag, &content, currency)?;
    }
    ensure(!statements.is_empty(), || wrong("the file has no statement: no field :20:"))?;
    Ok(statements)
}

/// The fields of a file in their order: a tag, and its lines.
fn fields(text: &str) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        let line = line.trim_end();
        let tagged = line.strip_prefix(':').and_then(|rest| rest.split_once(':'));
        match tagged.filter(|(tag, _)| is_tag(tag)) {
            Some((tag, content)) => out.push((tag.to_owned(), content.to_owned())),
            None if line == "-" || line.starts_with("-}") || line.starts_with('{') => {}
            None => {
                if let Some((_, content)) = out.last_mut() {
                    content.push('\n');
                    content.push_str(line);
                }
            }
        }
    }
    out
}

fn is_tag(tag: &str) -> bool {
    (2..=3).contains(&tag.len()) && tag.bytes().take(2).all(|byte| byte.is_ascii_digit())
}

fn field(
    statement: &mut Statement,
    tag: &str,
    content: &str,
    currency: Currency,
) -> Result<(), Refusal> {
    match tag {
        "25" => statement.account = Some(content.lines().next().unwrap_or_default().to_owned()),
        "28C" | "28" => statement.number = content.trim().to_owned(),
        "60F" | "60M" => {
            let (day, value) = balance(content, currency)?;
            statement.opening = Some(statement.opening.unwrap_or(value));
            statement.from = statement.from.or(Some(day));
        }
        "62F" | "62M" => {
            let (day, value) = balance(content, currency)?;
            (statement.closing, statement.until) = (Some(value), Some(day));
        }
        "61" => statement.lines.push(movement(content, currency)?),
        "86" => {
            if let Some(line) = statement.lines.last_mut() {
                told(line, content);
            }
        }
        _ => {}
    }
    Ok(())
}

fn unreadable(tag: &str, content: &str) -> Refusal {
    let start: String = content.chars().take(60).collect();
    wrong(format!("field :{tag}: cannot be read: {start}"))
}

fn day(text: &str) -> Option<Day> {
    let digits = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
    let (year, rest) = text.split_at_checked(2).filter(|_| digits)?;
    let (month, day) = rest.split_at(2);
    // Two digits of the year: from 1980 to 2079.
    let century = if year < "80" { "20" } else { "19" };
    Day::parse(&format!("{century}{year}-{month}-{day}")).ok()
}

/// `C261123EUR1234,56`
fn balance(content: &str, currency: Currency) -> Result<(Day, i64), Refusal> {
    let wrong = || unreadable("60/62", content);
    let text = content.trim();
    let (sign, rest) = text.split_at_checked(1).ok_or_else(wrong)?;
    let (date, rest) = rest.split_at_checked(6).ok_or_else(wrong)?;
    let (code, value) = rest.split_at_checked(3).ok_or_else(wrong)?;
    ensure(code == currency.code(), || {
        super::wrong(format!("the statement is in {code}; the account is in {currency}"))
    })?;
    let value = amount(&value.replace(',', "."), currency)?;
    let value = if sign == "D" { -value } else { value };
    Ok((day(date).ok_or_else(wrong)?, value))
}

/// `2611231123CR1234,56NTRFNONREF//BANKREF`
fn movement(content: &str, currency: Currency) -> Result<Line, Refusal> {
    let wrong = || unreadable("61", content);
    let first = content.lines().next().unwrap_or_default();
    let (date, rest) = first.split_at_checked(6).ok_or_else(wrong)?;
    let valued_on = day(date).ok_or_else(wrong)?;
    let (booked, rest) = match rest.split_at_checked(4) {
        Some((entry, rest)) if entry.bytes().all(|byte| byte.is_ascii_digit()) => {
            (booked(valued_on, date, entry).ok_or_else(wrong)?, rest)
        }
        _ => (valued_on, rest),
    };
    let (sign, rest) = match rest {
        rest if rest.starts_with("RC") => (-1, &rest[2..]),
        rest if rest.starts_with("RD") => (1, &rest[2..]),
        rest if rest.starts_with('C') => (1, &rest[1..]),
        rest if rest.starts_with('D') => (-1, &rest[1..]),
        _ => return Err(wrong()),
    };
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != ',').unwrap_or(rest.len());
    let (value, rest) = rest.split_at(end);
    let value = amount(&value.replace(',', "."), currency)?;
    let (own, bank) = rest.get(4..).unwrap_or_default().split_once("//").unwrap_or_default();
    let known = |text: &str| {
        let text = text.trim();
        (!text.is_empty() && text != "NONREF").then(|| text.to_owned())
    };
    Ok(Line {
        booked_on: Some(booked),
        valued_on: Some(valued_on),
        amount: sign * value,
        reference: known(bank),
        end_to_end: known(own),
        ..Line::default()
    })
}

/// The day of booking, month and day, nearest to the day of value.
fn booked(valued: Day, date: &str, entry: &str) -> Option<Day> {
    let year: i32 = date.get(..2)?.parse().ok()?;
    let near = |year: i32| day(&format!("{:02}{entry}", year.rem_euclid(100)));
    let all = [near(year), near(year + 1), near(year - 1)];
    all.into_iter().flatten().min_by_key(|day| (day.number() - valued.number()).abs())
}

/// Reads what the bank tells of a movement: `?20` and the like, tags of SEPA, or plain text.
fn told(line: &mut Line, content: &str) {
    let joined: String = content.lines().collect();
    let mut purpose = String::new();
    let mut payer = String::new();
    if joined.contains('?') && joined.as_bytes().get(3) == Some(&b'?') {
        for part in joined.split('?').skip(1) {
            let Some((code, text)) = part.split_at_checked(2) else { continue };
            match code.parse::<u8>() {
                Ok(20..=29 | 60..=63) => purpose.push_str(text),
                Ok(31) => line.payer_iban = Some(text.trim().to_owned()),
                Ok(32 | 33) => payer.push_str(text),
                _ => {}
            }
        }
    } else {
        purpose = content.lines().collect::<Vec<_>>().join(" ");
    }
    let tagged = |tag: &str| {
        let start = purpose.find(tag)? + tag.len();
        let rest = purpose.get(start..)?;
        let tags = ["EREF+", "KREF+", "MREF+", "CRED+", "DEBT+", "SVWZ+", "ABWA+", "IBAN+", "BIC+"];
        let end = tags.iter().filter_map(|other| rest.find(other)).min().unwrap_or(rest.len());
        let text = rest.get(..end)?.trim();
        (!text.is_empty() && text != "NOTPROVIDED").then(|| text.to_owned())
    };
    line.end_to_end = tagged("EREF+").or(line.end_to_end.take());
    line.payer_iban = line.payer_iban.take().or_else(|| tagged("IBAN+"));
    let said = tagged("SVWZ+").unwrap_or_else(|| purpose.trim().to_owned());
    let words = said.split_whitespace().find(|word| super::is_creditor_reference(word));
    line.creditor_reference = words.map(str::to_owned);
    line.purpose = said.chars().take(400).collect();
    let payer = payer.trim();
    line.payer = (!payer.is_empty()).then(|| payer.to_owned());
}
