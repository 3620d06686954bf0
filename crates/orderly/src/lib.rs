//! The operations of Orderly and its edges.
