//! One module per table or aggregate: its rows in, its domain values out.
