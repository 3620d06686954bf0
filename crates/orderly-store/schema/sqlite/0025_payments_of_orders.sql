-- The payments of an order are found without reading every transaction.

CREATE INDEX payment_transaction_by_order ON payment_transaction (order_id)
    WHERE order_id IS NOT NULL;
