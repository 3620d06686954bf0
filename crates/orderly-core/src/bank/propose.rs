//! What a movement on a bank account may pay: scored by what its text and amount say.

use std::collections::HashSet;

use super::{Line, is_creditor_reference, plain};
use crate::id::*;
use crate::time::Day;

/// An invoice or order that waits for money.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Candidate {
    pub target: Target,
    pub customer: Option<CustomerId>,
    pub account: Option<AccountId>,
    /// What people call it.
    pub name: String,
    /// The customer's own reference.
    pub reference: Option<String>,
    /// The name of whoever owes it.
    pub owner: Option<String>,
    /// In minor units.
    pub open: i64,
    pub due_on: Option<Day>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Target {
    Invoice(InvoiceId),
    Order(OrderId),
}

/// What a movement may pay, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// The best first; 100 and more names its target and has its amount.
    pub score: i64,
    pub parts: Vec<(Candidate, i64)>,
    pub why: Vec<&'static str>,
}

impl Proposal {
    /// Whether it leaves no doubt: what is named, or referred to, comes to exactly the amount.
    pub fn is_exact(&self) -> bool {
        self.score >= 150
    }
}

/// How many open documents of one owner are searched for a sum.
const MOST: usize = 24;
/// How many steps the search may take.
const STEPS: usize = 200_000;

/// Proposes what a credit may pay; the best first. `known` are the customers who paid from this
/// account before.
pub fn propose(line: &Line, all: &[Candidate], known: &HashSet<CustomerId>) -> Vec<Proposal> {
    if line.amount <= 0 {
        return Vec::new();
    }
    let text = plain(&format!(
        "{} {} {}",
        line.purpose,
        line.creditor_reference.as_deref().unwrap_or_default(),
        line.end_to_end.as_deref().unwrap_or_default()
    ));
    let mut out = Vec::new();
    let named: Vec<&Candidate> = all.iter().filter(|one| names(&text, line, one)).collect();
    if !named.is_empty() {
        out.push(of_named(line, &named, known));
    }
    for one in all.iter().filter(|one| one.open == line.amount && !named.contains(one)) {
        let mut why = vec!["amount"];
        let score = 40 + known_by(line, one, known, &mut why);
        out.push(Proposal { score, parts: vec![(one.clone(), line.amount)], why });
    }
    if named.is_empty() {
        out.extend(sums(line, all, known));
    }
    out.sort_by(|left, right| {
        right.score.cmp(&left.score).then(left.parts.len().cmp(&right.parts.len()))
    });
    out.truncate(10);
    out
}

/// Whether a text names a document: its number in full, its digits with the check of a creditor's
/// reference, or the customer's own reference.
fn names(text: &str, line: &Line, one: &Candidate) -> bool {
    let name = plain(&one.name);
    let long = name.len() >= 4 && text.contains(&name);
    let own = one.reference.as_deref().map(plain);
    let own = own.is_some_and(|own| own.len() >= 5 && text.contains(&own));
    let structured = line.creditor_reference.as_deref().filter(|r| is_creditor_reference(r));
    let structured = structured.map(plain).is_some_and(|text| {
        let body = text.get(4..).unwrap_or_default().trim_start_matches('0').to_owned();
        let digits: String = name.chars().filter(char::is_ascii_digit).collect();
        body == name || (!body.is_empty() && body == digits.trim_start_matches('0'))
    });
    long || own || structured
}

/// The documents that are named, in their order, as far as the money goes.
fn of_named(line: &Line, named: &[&Candidate], known: &HashSet<CustomerId>) -> Proposal {
    let mut why = vec!["number"];
    let sum: i64 = named.iter().map(|one| one.open).sum();
    let mut left = line.amount;
    let mut parts = Vec::with_capacity(named.len());
    for one in named {
        let part = one.open.min(left);
        if part > 0 {
            parts.push(((*one).clone(), part));
            left -= part;
        }
    }
    let mut score = 100;
    if sum == line.amount {
        score += 50;
        why.push("amount");
    }
    score += known_by(line, named[0], known, &mut why);
    Proposal { score, parts, why }
}

fn known_by(
    line: &Line,
    one: &Candidate,
    known: &HashSet<CustomerId>,
    why: &mut Vec<&'static str>,
) -> i64 {
    let mut score = 0;
    if one.customer.is_some_and(|customer| known.contains(&customer)) {
        score += 30;
        why.push("paid from this account before");
    }
    let payer = line.payer.as_deref().map(plain).filter(|name| name.len() >= 4);
    let owner = one.owner.as_deref().map(plain).filter(|name| name.len() >= 4);
    if let (Some(payer), Some(owner)) = (payer, owner)
        && (payer.contains(&owner) || owner.contains(&payer))
    {
        score += 20;
        why.push("name");
    }
    score
}

/// Several documents of one owner that come to exactly the amount, the first due first.
fn sums(line: &Line, all: &[Candidate], known: &HashSet<CustomerId>) -> Vec<Proposal> {
    let mut owners: Vec<CustomerId> = all.iter().filter_map(|one| one.customer).collect();
    owners.sort_unstable();
    owners.dedup();
    let mut out = Vec::new();
    for owner in owners {
        let mut own: Vec<&Candidate> =
            all.iter().filter(|one| one.customer == Some(owner) && one.open > 0).collect();
        own.sort_by_key(|one| (one.due_on, one.name.clone()));
        own.truncate(MOST);
        let mut why = vec!["sum"];
        let score = known_by(line, own[0], known, &mut why);
        if own.len() < 2 || score == 0 {
            continue;
        }
        let amounts: Vec<i64> = own.iter().map(|one| one.open).collect();
        if let Some(chosen) = subset(&amounts, line.amount).filter(|one| one.len() > 1) {
            let parts = chosen.into_iter().map(|at| (own[at].clone(), own[at].open)).collect();
            out.push(Proposal { score: 40 + score, parts, why });
        }
    }
    out
}

/// Finds which amounts, all above zero, come to exactly a sum: earlier ones are preferred. Gives up
/// after a bounded number of steps.
pub fn subset(amounts: &[i64], wanted: i64) -> Option<Vec<usize>> {
    let mut rest = vec![0; amounts.len() + 1];
    for at in (0..amounts.len()).rev() {
        rest[at] = rest[at + 1] + amounts[at];
    }
    let (mut chosen, mut steps) = (Vec::new(), 0);
    walk(amounts, &rest, 0, wanted, &mut chosen, &mut steps).then_some(chosen)
}

fn walk(
    amounts: &[i64],
    rest: &[i64],
    at: usize,
    wanted: i64,
    chosen: &mut Vec<usize>,
    steps: &mut usize,
) -> bool {
    *steps += 1;
    if wanted == 0 {
        return true;
    }
    if wanted < 0 || at == amounts.len() || rest[at] < wanted || *steps > STEPS {
        return false;
    }
    chosen.push(at);
    if walk(amounts, rest, at + 1, wanted - amounts[at], chosen, steps) {
        return true;
    }
    chosen.pop();
    walk(amounts, rest, at + 1, wanted, chosen, steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_subset_that_there_is_is_found_and_sums(
            amounts in proptest::collection::vec(1_i64..1_000, 1..12), mask in 1_u32..4_096,
        ) {
            let chosen = |at: &usize| mask & (1 << at) != 0;
            let wanted: i64 = (0..amounts.len()).filter(chosen).map(|at| amounts[at]).sum();
            prop_assume!(wanted > 0);
            let found = subset(&amounts, wanted).unwrap();
            prop_assert_eq!(found.iter().map(|at| amounts[*at]).sum::<i64>(), wanted);
        }
    }
}
