//! Properties, brute force and fuzzing of every planner.

mod forecasting;
mod packing;
mod picking;
mod sourcing;
