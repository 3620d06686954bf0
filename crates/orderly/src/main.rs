//! The `orderly` command.

fn main() {}
