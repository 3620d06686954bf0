//! One transfer that pays fourteen invoices, read from the bank's statement.

use orderly_core::invoice::Invoice;
use orderly_core::money::Money;
use orderly_core::time::Day;

use super::super::trade::Trading;
use crate::Error;
use crate::ops::bank::{self, BankAccountIn, MatchIn};

const BANK: &str = "GIRO";
const IBAN: &str = "GB33BUKB20201555555555";
/// Invoices that the firm pays at once.
const PAID: usize = 14;

impl Trading<'_> {
    /// Takes the bank's statement in and its first proposal for the firm's transfer.
    pub(super) fn transfer(&mut self, day: Day) -> Result<(), Error> {
        let mut open = self.firms_invoices()?;
        if open.len() < PAID {
            return Err(self.broken(format!("only {} invoices are open", open.len())));
        }
        open.truncate(PAID);
        let before = self.owed()?;
        let new = BankAccountIn {
            code: BANK.into(),
            name: "Current account".into(),
            iban: Some(IBAN.into()),
            currency: None,
        };
        let call = self.clock.call();
        let account = bank::create_account(self.app, &call, &new);
        self.must("bank.create_account", account)?;
        let statement = self.statement(day, &open)?;
        let call = self.clock.call();
        let taken = bank::import(self.app, &call, BANK, statement.as_bytes(), None);
        self.must("bank.import", taken)?;
        let call = self.clock.call();
        let lines = bank::lines(self.app, &call, Some(BANK), true, 10)?;
        let [line] = &lines[..] else {
            return Err(self.broken("the statement has not one line"));
        };
        let proposals = bank::proposals(self.app, &call, line.id)?;
        let first = proposals.first();
        if !first.is_some_and(|one| one.is_exact() && one.parts.len() == PAID) {
            return Err(self.broken("the bank's line is not proposed for the invoices"));
        }
        let chosen = MatchIn { proposal: Some(1), ..MatchIn::default() };
        let call = self.clock.call();
        let matched = bank::match_entry(self.app, &call, line.id, &chosen);
        self.must("bank.match", matched)?;
        let after = self.owed()?;
        let sum: i64 = open.iter().map(Invoice::open).sum();
        if before.invoiced - after.invoiced != sum {
            return Err(self.broken("the invoices are not settled"));
        }
        let currency = open[0].currency;
        self.sentence(format!(
            "One transfer of {} pays {PAID} invoices, as the bank's statement proposes; the firm \
             still owes {}.",
            Money::new(sum, currency),
            Money::new(after.invoiced, currency)
        ));
        Ok(())
    }

    /// The bank's statement of a day with the firm's transfer, as CAMT.053.
    fn statement(&self, day: Day, paid: &[Invoice]) -> Result<String, Error> {
        let firm = self.firm()?;
        let sum: i64 = paid.iter().map(Invoice::open).sum();
        let amount = Money::new(sum, paid[0].currency).decimal().to_string();
        let names: Vec<String> = paid.iter().map(Invoice::name).collect();
        let name = firm.name.replace('&', "&amp;");
        let balance = |kind: &str, amount: &str| {
            format!(
                "<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>\
                 <Amt Ccy=\"GBP\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>\
                 <Dt><Dt>{day}</Dt></Dt></Bal>"
            )
        };
        Ok(format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
             <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt>\
             <Stmt><Id>S-1</Id><ElctrncSeqNb>1</ElctrncSeqNb>\
             <Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>GBP</Ccy></Acct>{}{}\
             <Ntry><Amt Ccy=\"GBP\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>\
             <Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt>\
             <AcctSvcrRef>B-1</AcctSvcrRef><NtryDtls><TxDtls>\
             <Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs><RltdPties><Dbtr><Pty>\
             <Nm>{name}</Nm></Pty></Dbtr></RltdPties>\
             <RmtInf><Ustrd>{}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\
             </Stmt></BkToCstmrStmt></Document>",
            balance("OPBD", "0.00"),
            balance("CLBD", &amount),
            names.join(" ")
        ))
    }
}
