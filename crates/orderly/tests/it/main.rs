//! The operations against both engines.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]
#![expect(clippy::panic, reason = "helpers of tests fail as tests do")]
#![expect(dead_code, reason = "the fixture offers more than every test needs")]

mod access;
mod api_tour;
mod bank;
mod books;
mod catalog;
mod cli;
mod credit;
mod cut_off;
mod demo;
mod documents;
mod edits;
mod event_types;
mod exchanges;
mod fixture;
mod fulfillments;
mod import;
mod import_files;
mod import_plain;
mod invoices;
mod jobs;
mod kill;
mod loads;
mod messages;
mod migrate;
mod on_delivery;
mod payments;
mod place;
mod place_more;
mod plan;
mod plans;
mod prices;
mod proof;
mod prove;
mod purchases;
mod quotes;
mod random;
mod refunds;
mod refusals;
mod returns;
mod sequence;
mod sold;
mod stock;
mod store_credit;
mod tills;
mod verify;
mod webhooks;
mod work;
