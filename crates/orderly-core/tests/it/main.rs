//! The domain, decided from outside.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod baskets;
mod exchanges;
mod exposure;
mod fulfill;
mod fulfill_cases;
mod fulfill_refusals;
mod invoicing;
mod payments;
mod price;
mod pricing;
mod refunds;
mod returns;
mod sample;
mod statement;
mod world;
