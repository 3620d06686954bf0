//! The ledger's own order: numbers, turnovers and closed periods.

use super::Check;

const BACKUP: &str = "restore a backup beside this database and compare the journal";

pub(super) const CHECKS: &[Check] = &[
    Check {
        invariant: "B1",
        title: "every journal has its number or waits for it",
        table: "journal",
        sql: "SELECT j.id AS journal_id, j.kind, 'a number, or waiting' AS expected,
                     'neither' AS actual, 'journal' AS cause, j.id AS cause_id
                FROM journal j
                LEFT JOIN journal_number n ON n.journal_id = j.id
                LEFT JOIN journal_pending w ON w.journal_id = j.id
               WHERE n.number IS NULL AND w.journal_id IS NULL",
        remedy: BACKUP,
    },
    Check {
        invariant: "B1",
        title: "the numbers of journals have no gaps and no journal waits for a second one",
        table: "journal_number",
        sql: "SELECT legal_entity_id, 'numbers' AS what, MAX(number) AS expected,
                     COUNT(*) AS actual
                FROM journal_number GROUP BY legal_entity_id HAVING COUNT(*) <> MAX(number)
               UNION ALL
              SELECT n.legal_entity_id, 'waiting' AS what, 0 AS expected, COUNT(*) AS actual
                FROM journal_number n JOIN journal_pending w ON w.journal_id = n.journal_id
               GROUP BY n.legal_entity_id",
        remedy: BACKUP,
    },
    Check {
        invariant: "B2",
        title: "turnovers are the sums of the numbered postings",
        table: "turnover",
        sql: TURNOVERS,
        remedy: "orderly backup; the postings are right, the sums are made from them again",
    },
    Check {
        invariant: "B3",
        title: "nothing was posted in a period after it was closed",
        table: "accounting_period",
        sql: "SELECT j.id AS journal_id, j.period, 'numbered by ' ||
                     CAST(COALESCE(c.closed_number, 0) AS TEXT) AS expected,
                     COALESCE('number ' || CAST(n.number AS TEXT), 'no number yet') AS actual,
                     'journal' AS cause, j.id AS cause_id
                FROM accounting_period c
                JOIN journal j ON j.legal_entity_id = c.legal_entity_id AND j.period = c.period
                LEFT JOIN journal_number n ON n.journal_id = j.id
               WHERE c.state = 'closed'
                 AND (n.number IS NULL OR n.number > COALESCE(c.closed_number, 0))",
        remedy: "orderly books reopen the period with the reason, look, and close it again",
    },
    Check {
        invariant: "M11",
        title: "what is settled in another currency is carried at nothing",
        table: "posting",
        sql: "SELECT p.account, p.document_kind, p.document_id, p.foreign_currency,
                     0 AS expected, CAST(SUM(p.amount_minor) AS BIGINT) AS actual
                FROM posting p
               WHERE p.foreign_currency IS NOT NULL AND p.document_id IS NOT NULL
                 AND p.account IN ('receivables', 'customer_deposits', 'unapplied_receipts')
                 AND p.document_kind <> 'period'
               GROUP BY p.account, p.document_kind, p.document_id, p.foreign_currency
              HAVING SUM(p.foreign_minor) = 0 AND SUM(p.amount_minor) <> 0",
        remedy: "have the difference posted to exchange differences",
    },
    Check {
        invariant: "M11",
        title: "a revaluation is taken back on the next day",
        table: "journal",
        sql: "SELECT j.id AS journal_id, 'taken back on the next day' AS expected,
                     CASE WHEN r.id IS NULL THEN 'not taken back' ELSE 'on another day' END
                     AS actual, 'journal' AS cause, j.id AS cause_id
                FROM journal j LEFT JOIN journal r ON r.reverses = j.id
               WHERE j.kind = 'revaluation' AND j.reverses IS NULL
                 AND (r.id IS NULL OR r.accounting_on <> j.accounting_on + 1)",
        remedy: BACKUP,
    },
    Check {
        invariant: "M1",
        title: "a journal is in the currency of its legal entity",
        table: "journal",
        sql: "SELECT j.id AS journal_id, e.currency AS expected, j.currency AS actual,
                     'journal' AS cause, j.id AS cause_id
                FROM journal j JOIN legal_entity e ON e.id = j.legal_entity_id
               WHERE j.currency <> e.currency",
        remedy: BACKUP,
    },
];

const TURNOVERS: &str = "
    SELECT x.legal_entity_id, x.accounting_on, x.account, x.currency, x.kind,
           'debit ' || CAST(SUM(x.debit) AS TEXT) || ', credit ' || CAST(SUM(x.credit) AS TEXT) ||
           ', base ' || CAST(SUM(x.base) AS TEXT) || ', postings ' || CAST(SUM(x.n) AS TEXT)
           AS expected,
           'debit ' || CAST(SUM(x.t_debit) AS TEXT) || ', credit ' ||
           CAST(SUM(x.t_credit) AS TEXT) || ', base ' || CAST(SUM(x.t_base) AS TEXT) ||
           ', postings ' || CAST(SUM(x.t_n) AS TEXT) AS actual
      FROM (SELECT j.legal_entity_id, j.accounting_on, p.account, j.currency, j.kind,
                   COALESCE(p.tax_code, '') AS tax_code, p.location_id, p.channel_id,
                   CASE WHEN p.amount_minor > 0 THEN p.amount_minor ELSE 0 END AS debit,
                   CASE WHEN p.amount_minor < 0 THEN -p.amount_minor ELSE 0 END AS credit,
                   COALESCE(p.tax_base_minor, 0) AS base, 1 AS n,
                   0 AS t_debit, 0 AS t_credit, 0 AS t_base, 0 AS t_n
              FROM journal_number m
              JOIN journal j ON j.id = m.journal_id
              JOIN posting p ON p.journal_id = m.journal_id
             UNION ALL
            SELECT t.legal_entity_id, t.accounting_on, t.account, t.currency, t.kind, t.tax_code,
                   CASE WHEN l.id IS NULL THEN NULL ELSE t.location_id END,
                   CASE WHEN c.id IS NULL THEN NULL ELSE t.channel_id END,
                   0, 0, 0, 0, t.debit_minor, t.credit_minor, t.tax_base_minor, t.posting_count
              FROM turnover t
              LEFT JOIN location l ON l.id = t.location_id
              LEFT JOIN channel c ON c.id = t.channel_id) x
     GROUP BY x.legal_entity_id, x.accounting_on, x.account, x.currency, x.kind, x.tax_code,
           x.location_id, x.channel_id
    HAVING SUM(x.debit) <> SUM(x.t_debit) OR SUM(x.credit) <> SUM(x.t_credit)
        OR SUM(x.base) <> SUM(x.t_base) OR SUM(x.n) <> SUM(x.t_n)";
