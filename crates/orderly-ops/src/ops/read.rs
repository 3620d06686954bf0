//! Reading: what lists, pages and documents show. Nothing here writes.

pub mod audit;
pub mod books;
pub mod catalog;
pub mod channels;
pub mod desk;
pub mod money;
pub mod orders;
pub mod parties;
pub mod returns;
pub mod stock;
