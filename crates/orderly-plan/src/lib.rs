//! Pure numbers in, numbers out: forecasting, replenishment, sourcing, cartons.
