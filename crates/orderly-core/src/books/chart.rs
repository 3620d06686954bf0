//! A merchant's chart of accounts: the numbers and names that his accounts have there.

use serde::{Deserialize, Serialize};

use super::Account;
use crate::refusal::{Code, Refusal, ensure};
use crate::text;

/// A template: which account is called what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Chart {
    pub name: String,
    /// Accounts that are not named keep what they are called.
    #[serde(default)]
    pub accounts: std::collections::BTreeMap<String, Called>,
}

/// What one account is called in a chart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Called {
    pub number: String,
    /// Its own name where absent.
    pub name: Option<String>,
}

impl Chart {
    /// Returns the accounts that the chart names, with number and name. Several accounts may share
    /// a number: the merchant's chart is coarser then.
    ///
    /// # Errors
    /// `unknown_ledger_account` for a code that is none; `invalid_text`; `invalid_field` for
    /// numbers of more than 20 letters, digits, dots and dashes.
    pub fn check(&self) -> Result<Vec<(Account, String, String)>, Refusal> {
        let mut all = Vec::with_capacity(self.accounts.len());
        for (code, called) in &self.accounts {
            let pointer = format!("/accounts/{code}");
            let account = Account::parse(code).ok_or_else(|| unknown(code, &pointer))?;
            let number = called.number.trim();
            let plain = |c: char| c.is_ascii_alphanumeric() || ".-".contains(c);
            ensure((1..=20).contains(&number.len()) && number.chars().all(plain), || {
                let detail = "a number is up to 20 letters, digits, dots and dashes";
                Refusal::at(Code::InvalidField, format!("{pointer}/number"), detail)
            })?;
            let name = match &called.name {
                Some(name) => text::short(name).map_err(|refusal| refusal.under(&pointer))?,
                None => account.name().to_owned(),
            };
            all.push((account, number.to_owned(), name));
        }
        Ok(all)
    }
}

/// The refusal for a code that names no ledger account.
pub fn unknown(code: &str, pointer: &str) -> Refusal {
    let code: String = code.chars().take(40).collect();
    let detail = format!("there is no ledger account `{code}`; `orderly books chart` lists them");
    Refusal::at(Code::UnknownLedgerAccount, pointer, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(code: &str, number: &str) -> Chart {
        let called = Called { number: number.into(), name: None };
        Chart { name: "Own".into(), accounts: [(code.to_owned(), called)].into() }
    }

    #[test]
    fn a_chart_names_accounts_that_exist() {
        let named = chart("bank", "1200").check().unwrap();
        assert_eq!(named, [(Account::Bank, "1200".into(), "Bank".into())]);
        let refusal = chart("banque", "512").check().unwrap_err();
        assert_eq!(refusal.code(), Code::UnknownLedgerAccount);
        assert_eq!(refusal.issues[0].pointer, "/accounts/banque");
        assert_eq!(chart("bank", "=1").check().unwrap_err().code(), Code::InvalidField);
    }
}
