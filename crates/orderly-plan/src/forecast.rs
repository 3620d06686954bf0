//! Forecasts of demand: every series gets a mean and a distribution, never only a number.
//!
//! * [`tier_one`] serves every series of a panel: pooled week shares, nine smoothing levels chosen
//!   by rolling origins, negative-binomial windows, constant-size state.
//! * [`smooth`] serves smooth or seasonal series and aggregates: dynamic Theta, exponential
//!   smoothing and complex smoothing, combined and guarded.
//! * [`effects`] adds price, promotion and event effects where they prove their worth; [`launch`]
//!   serves items without a history.
//! * [`audit`] holds every method against the plain ones; [`references`] are those.

pub mod audit;
pub mod calibrate;
pub mod ces;
pub mod classify;
pub mod decompose;
pub mod demand;
pub mod effects;
pub mod ets;
pub mod expected;
pub mod history;
pub mod launch;
pub mod levels;
pub mod panel;
pub mod reconcile;
pub mod references;
pub mod score;
pub mod shares;
pub mod smooth;
pub mod state;
pub mod theta;
pub mod tier_one;
