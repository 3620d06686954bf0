//! The domain: pure decisions and states. No IO, clock, randomness, async or SQL.
