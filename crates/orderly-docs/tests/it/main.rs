//! Documents as another reader sees them: rendered to pictures, decoded, their text extracted.
#![expect(clippy::unwrap_used, reason = "the helpers of tests may, as tests do")]

mod addresses;
mod any_text;
mod gs1;
mod invoices;
mod labels;
mod paper;
mod purchase_order;
mod sample;
mod statements;
mod tools;
mod trade;
mod zpl;
