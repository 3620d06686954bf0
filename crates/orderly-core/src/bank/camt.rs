//! CAMT.053: statements as XML of ISO 20022, any version. Documents with a DTD are refused.

use roxmltree::{Document, Node};

use super::{Line, Statement, amount, wrong};
use crate::money::Currency;
use crate::refusal::{Refusal, ensure};
use crate::time::Day;

/// Reads the statements of a file, whose amounts must be in the account's currency.
///
/// # Errors
/// `invalid_statement` with the place.
pub fn read(text: &str, currency: Currency) -> Result<Vec<Statement>, Refusal> {
    let document = Document::parse(text);
    let document = document.map_err(|error| wrong(format!("the file is no XML: {error}")))?;
    let all = document.descendants().filter(|node| node.tag_name().name() == "Stmt");
    let statements = all.map(|node| statement(node, currency)).collect::<Result<Vec<_>, _>>()?;
    ensure(!statements.is_empty(), || wrong("the file has no statement"))?;
    Ok(statements)
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|one| one.tag_name().name() == name)
}

/// The node at the end of a path of names.
fn at<'a, 'i>(node: Node<'a, 'i>, path: &[&str]) -> Option<Node<'a, 'i>> {
    path.iter().try_fold(node, |node, name| child(node, name))
}

fn text(node: Node<'_, '_>, path: &[&str]) -> Option<String> {
    let text = at(node, path)?.text()?.trim();
    (!text.is_empty()).then(|| text.chars().take(400).collect())
}

fn day(node: Node<'_, '_>, path: &[&str]) -> Result<Option<Day>, Refusal> {
    let Some(node) = at(node, path) else { return Ok(None) };
    let found = text(node, &["Dt"]).or_else(|| text(node, &["DtTm"]));
    let found = found.or_else(|| text(node, &[]));
    read_day(found)
}

fn read_day(text: Option<String>) -> Result<Option<Day>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    let first: String = text.chars().take(10).collect();
    Ok(Some(Day::parse(&first).map_err(|error| wrong(error.to_string()))?))
}

/// The amount of a node with its direction: credits are positive.
fn signed(node: Node<'_, '_>, currency: Currency) -> Result<i64, Refusal> {
    let found = child(node, "Amt").ok_or_else(|| wrong("a movement has no amount"))?;
    let own = found.attribute("Ccy").unwrap_or(currency.code());
    ensure(own == currency.code(), || {
        wrong(format!("an amount is in {own}; the account is in {currency}"))
    })?;
    let value = amount(found.text().unwrap_or_default(), currency)?;
    match text(node, &["CdtDbtInd"]).as_deref() {
        Some("CRDT") => Ok(value),
        Some("DBIT") => Ok(-value),
        _ => Err(wrong("an amount is neither credit nor debit")),
    }
}

fn statement(node: Node<'_, '_>, currency: Currency) -> Result<Statement, Refusal> {
    let account = text(node, &["Acct", "Id", "IBAN"]);
    let account = account.or_else(|| text(node, &["Acct", "Id", "Othr", "Id"]));
    let number = text(node, &["ElctrncSeqNb"]).or_else(|| text(node, &["LglSeqNb"]));
    let mut out = Statement {
        account,
        number: number.or_else(|| text(node, &["Id"])).unwrap_or_default(),
        from: read_day(text(node, &["FrToDt", "FrDtTm"]))?,
        until: read_day(text(node, &["FrToDt", "ToDtTm"]))?,
        ..Statement::default()
    };
    for balance in node.children().filter(|one| one.tag_name().name() == "Bal") {
        match text(balance, &["Tp", "CdOrPrtry", "Cd"]).as_deref() {
            Some("OPBD" | "PRCD") => {
                out.opening = Some(signed(balance, currency)?);
                out.from = out.from.or(day(balance, &["Dt"])?);
            }
            Some("CLBD") => {
                out.closing = Some(signed(balance, currency)?);
                out.until = out.until.or(day(balance, &["Dt"])?);
            }
            _ => {}
        }
    }
    for entry in node.children().filter(|one| one.tag_name().name() == "Ntry") {
        let state = text(entry, &["Sts", "Cd"]).or_else(|| text(entry, &["Sts"]));
        if state.is_none_or(|state| state == "BOOK") {
            out.lines.extend(lines(entry, currency)?);
        }
    }
    Ok(out)
}

/// The movements of an entry: one, or one per transaction of a batch that sums to it.
fn lines(entry: Node<'_, '_>, currency: Currency) -> Result<Vec<Line>, Refusal> {
    let reference = text(entry, &["AcctSvcrRef"]).or_else(|| text(entry, &["NtryRef"]));
    let whole = Line {
        booked_on: day(entry, &["BookgDt"])?,
        valued_on: day(entry, &["ValDt"])?,
        amount: signed(entry, currency)?,
        reference: reference.clone(),
        purpose: text(entry, &["AddtlNtryInf"]).unwrap_or_default(),
        ..Line::default()
    };
    let details = entry.descendants().filter(|one| one.tag_name().name() == "TxDtls");
    let details: Vec<Node<'_, '_>> = details.collect();
    if let [only] = details.as_slice() {
        return Ok(vec![detailed(&whole, *only)]);
    }
    let mut parts = Vec::with_capacity(details.len());
    for (index, one) in details.iter().enumerate() {
        let (Some(_), Some(_)) = (child(*one, "Amt"), child(*one, "CdtDbtInd")) else {
            return Ok(vec![whole]);
        };
        let mut part = detailed(&whole, *one);
        part.amount = signed(*one, currency)?;
        let own = text(*one, &["Refs", "AcctSvcrRef"]);
        part.reference =
            own.or_else(|| reference.as_ref().map(|whole| format!("{whole}/{}", index + 1)));
        parts.push(part);
    }
    let sum: i64 = parts.iter().map(|part| part.amount).sum();
    if parts.is_empty() || sum != whole.amount {
        return Ok(vec![whole]);
    }
    Ok(parts)
}

fn detailed(whole: &Line, node: Node<'_, '_>) -> Line {
    let (party, account) =
        if whole.amount > 0 { ("Dbtr", "DbtrAcct") } else { ("Cdtr", "CdtrAcct") };
    let told = node.descendants().filter(|one| one.tag_name().name() == "Ustrd");
    let told: Vec<&str> = told.filter_map(|one| one.text()).map(str::trim).collect();
    let own = told.join(" ");
    let end_to_end = text(node, &["Refs", "EndToEndId"]);
    Line {
        end_to_end: end_to_end.filter(|id| id != "NOTPROVIDED"),
        creditor_reference: text(node, &["RmtInf", "Strd", "CdtrRefInf", "Ref"]),
        purpose: if own.is_empty() { whole.purpose.clone() } else { own },
        payer: text(node, &["RltdPties", party, "Nm"])
            .or_else(|| text(node, &["RltdPties", party, "Pty", "Nm"])),
        payer_iban: text(node, &["RltdPties", account, "Id", "IBAN"]),
        ..whole.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::Code;

    #[test]
    fn a_document_type_is_refused() {
        let text = "<!DOCTYPE a [<!ENTITY b \"c\">]><a><Stmt>&b;</Stmt></a>";
        let refused = read(text, Currency::parse("EUR").unwrap()).unwrap_err();
        assert_eq!(refused.code(), Code::InvalidStatement);
        assert!(read("<a/>", Currency::parse("EUR").unwrap()).is_err());
        assert!(read("no XML", Currency::parse("EUR").unwrap()).is_err());
    }
}
