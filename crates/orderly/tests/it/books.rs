//! The books: closing, late costs, rates, reports and their exports, on both engines.

mod late;
