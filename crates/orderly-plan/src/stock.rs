//! Stock policy: when to order, how much, where to keep it, and what to stop keeping.
//!
//! Demands are distributions over windows ([`crate::count::CountLaw`]); lead times are mixtures of
//! what suppliers really took. No formula here multiplies a daily deviation by a square root.

pub mod abc;
pub mod aging;
pub mod allocate;
pub mod echelon;
pub mod lead_time;
pub mod lot_size;
pub mod reorder;
pub mod simulate;
pub mod supplier_order;
