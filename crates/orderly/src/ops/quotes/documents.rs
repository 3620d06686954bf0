//! Quotes as documents.
