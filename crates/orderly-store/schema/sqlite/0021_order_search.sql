-- Lists of a million orders: by channel, by what is open, by number and by amount.
CREATE INDEX orders_by_channel ON orders (channel_id, placed_at, id);

CREATE INDEX orders_open ON orders (placed_at, id) WHERE state = 'placed';

CREATE INDEX orders_drafted ON orders (placed_at, id) WHERE state = 'draft';

CREATE INDEX orders_quoted ON orders (placed_at, id) WHERE state = 'quoted';

CREATE INDEX orders_canceled ON orders (placed_at, id) WHERE state = 'canceled';

CREATE INDEX orders_by_number ON orders (length(number), number);

CREATE INDEX orders_by_total ON orders (total_minor, id);

CREATE INDEX fulfillment_by_location ON fulfillment (location_id, order_id);

CREATE INDEX parcel_by_tracking ON parcel (tracking) WHERE tracking IS NOT NULL;

-- Who somebody on the telephone may be: who ordered, or who receives.
CREATE INDEX delivery_by_ship_to ON delivery (ship_to) WHERE ship_to IS NOT NULL;

CREATE INDEX party_by_name ON party (lower(name));

CREATE INDEX party_by_last_name
    ON party (lower(replace(name, rtrim(name, replace(name, ' ', '')), '')));

CREATE INDEX party_by_company ON party (lower(company)) WHERE company IS NOT NULL;

CREATE INDEX party_by_phone
    ON party (replace(replace(replace(replace(replace(replace(replace(phone, ' ', ''), '-', ''),
        '+', ''), '(', ''), ')', ''), '/', ''), '.', ''))
    WHERE phone IS NOT NULL;
