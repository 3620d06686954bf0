//! How the values of the domain are stored.
