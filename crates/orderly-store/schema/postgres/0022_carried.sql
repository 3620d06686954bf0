-- What documents in another currency than their books' are carried at is summed by document.
CREATE INDEX posting_by_foreign_document ON posting (document_id, account)
    WHERE foreign_currency IS NOT NULL;
