//! Cartons: which boxes an order goes into, at the least carton and carrier cost.
//!
//! [`place`] fits units into one carton by extreme points; [`choose`] picks the cheapest carton or
//! set of cartons; [`suite`] advises which kinds to keep; [`check`] proves a packing on its own
//! terms.

pub mod check;
pub mod choose;
pub mod place;
pub mod suite;

/// Length, width and height in whole millimeters.
pub type Size = [u32; 3];

/// One unit to be packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    pub size: Size,
    pub weight_g: u32,
    /// Keep the third dimension upright.
    pub this_side_up: bool,
    /// Nothing may stand on it.
    pub fragile: bool,
}

/// A kind of carton.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Carton {
    /// The inside.
    pub size: Size,
    pub max_weight_g: u32,
    pub tare_g: u32,
    pub price: f64,
}

/// What the carrier charges for a carton, by the larger of real and dimensional weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Carriage {
    pub base: f64,
    pub per_kg: f64,
    /// Cubic millimeters that count as one gram (5,000 for 5,000 cm³ per kg).
    pub mm3_per_g: u64,
}

/// A unit in its place: the corner nearest the carton's origin, and the size as it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    pub unit: usize,
    pub at: Size,
    pub size: Size,
}

impl Unit {
    /// Returns the volume in cubic millimeters.
    #[must_use]
    pub fn volume(&self) -> u64 {
        volume(self.size)
    }

    /// Returns every different way the unit may lie.
    pub fn orientations(&self) -> impl Iterator<Item = Size> + use<> {
        let [a, b, c] = self.size;
        let all = [[a, b, c], [b, a, c], [a, c, b], [c, a, b], [b, c, a], [c, b, a]];
        let count = if self.this_side_up { 2 } else { 6 };
        (0..count)
            .filter(move |index| !all[..*index].contains(&all[*index]))
            .map(move |index| all[index])
    }
}

/// Returns a volume in cubic millimeters.
#[must_use]
pub fn volume(size: Size) -> u64 {
    size.iter().map(|side| u64::from(*side)).product()
}

impl Carriage {
    /// Returns the charge of a carton with its contents: base up to 1 kg, a step per started kg.
    #[must_use]
    pub fn charge(&self, carton: &Carton, content_g: u64) -> f64 {
        let dimensional = volume(carton.size) / self.mm3_per_g.max(1);
        let grams = (content_g + u64::from(carton.tare_g)).max(dimensional);
        self.base + self.per_kg * (grams.div_ceil(1_000).max(1) - 1) as f64
    }
}
