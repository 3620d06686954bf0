//! Small numeric helpers shared by every planner: the normal law, a simplex search, seeded draws.

/// Returns the probability that a standard normal variable is at most `z`.
///
/// Uses the complementary error function by a rational fit; the error is below 1.2e-7.
#[must_use]
pub fn normal_cdf(z: f64) -> f64 {
    let x = z.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.5 * x);
    const C: [f64; 10] = [
        -1.265_512_23,
        1.000_023_68,
        0.374_091_96,
        0.096_784_18,
        -0.186_288_06,
        0.278_868_07,
        -1.135_203_98,
        1.488_515_87,
        -0.822_152_23,
        0.170_872_77,
    ];
    let poly = C.iter().rev().fold(0.0, |sum, c| sum * t + c);
    let tail = 0.5 * t * (-x * x + poly).exp();
    if z > 0.0 { 1.0 - tail } else { tail }
}

/// Returns the standard normal density at `z`.
#[must_use]
pub fn normal_pdf(z: f64) -> f64 {
    0.398_942_280_401_432_7 * (-0.5 * z * z).exp()
}

/// Returns the standard normal quantile; probabilities outside (0, 1) are clamped to ±8.2.
///
/// A rational starting point (Acklam) followed by one Halley step.
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    const A: [f64; 6] = [
        -39.696_830_286_653_76,
        220.946_098_424_520_5,
        -275.928_510_446_968_7,
        138.357_751_867_269,
        -30.664_798_066_147_16,
        2.506_628_277_459_239,
    ];
    const B: [f64; 5] = [
        -54.476_098_798_224_06,
        161.585_836_858_040_9,
        -155.698_979_859_886_6,
        66.801_311_887_719_72,
        -13.280_681_552_885_72,
    ];
    const C: [f64; 6] = [
        -0.007_784_894_002_430_293,
        -0.322_396_458_041_136_5,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 4] = [
        0.007_784_695_709_041_462,
        0.322_467_129_070_039_8,
        2.445_134_137_142_996,
        3.754_408_661_907_416,
    ];
    if p.is_nan() || p <= 1e-16 {
        return -8.2;
    }
    if p >= 1.0 - 1e-16 {
        return 8.2;
    }
    let tail = |q: f64| {
        let up = C.iter().fold(0.0, |sum, c| sum * q + c);
        up / (D.iter().fold(0.0, |sum, d| sum * q + d) * q + 1.0)
    };
    if p < 0.024_25 {
        tail((-2.0 * p.ln()).sqrt())
    } else if p > 1.0 - 0.024_25 {
        -tail((-2.0 * (1.0 - p).ln()).sqrt())
    } else {
        let q = p - 0.5;
        let r = q * q;
        let up = A.iter().fold(0.0, |sum, a| sum * r + a) * q;
        up / (B.iter().fold(0.0, |sum, b| sum * r + b) * r + 1.0)
    }
}

/// Most parameters that [`minimize`] accepts.
pub const MAX_PARAMETERS: usize = 8;

/// A point of the search: unused entries are zero.
pub type Point = [f64; MAX_PARAMETERS];

/// Minimizes `objective` over the first `size` entries by the Nelder–Mead simplex.
///
/// Stops after `max_evaluations` or when the best and worst values differ by less than
/// `tolerance` relative to the best. Values that are not finite count as very bad. Returns the best
/// point and its value.
pub fn minimize(
    mut objective: impl FnMut(&Point) -> f64,
    start: &Point,
    steps: &Point,
    size: usize,
    max_evaluations: usize,
    tolerance: f64,
) -> (Point, f64) {
    let size = size.min(MAX_PARAMETERS);
    let mut score = |point: &Point| {
        let value = objective(point);
        if value.is_finite() { value } else { f64::MAX }
    };
    let mut corners = [(*start, 0.0); MAX_PARAMETERS + 1];
    for (index, corner) in corners[..=size].iter_mut().enumerate() {
        if index > 0 {
            corner.0[index - 1] += steps[index - 1];
        }
        corner.1 = score(&corner.0);
    }
    let corners = &mut corners[..=size];
    let mut evaluations = size + 1;
    loop {
        corners.sort_by(|a, b| a.1.total_cmp(&b.1));
        let (best, worst) = (corners[0].1, corners[size].1);
        if evaluations >= max_evaluations || worst - best <= tolerance * (best.abs() + 1e-12) {
            return corners[0];
        }
        let mut center = [0.0; MAX_PARAMETERS];
        for (point, _) in &corners[..size] {
            for (sum, x) in center.iter_mut().zip(point) {
                *sum += x / size as f64;
            }
        }
        let toward = |factor: f64, from: &Point| {
            let mut point = center;
            for (x, w) in point.iter_mut().zip(from) {
                *x += factor * (w - *x);
            }
            point
        };
        let last = corners[size].0;
        let reflected = toward(-1.0, &last);
        let reflected = (reflected, score(&reflected));
        evaluations += 1;
        if reflected.1 < best {
            let expanded = toward(-2.0, &last);
            let expanded = (expanded, score(&expanded));
            evaluations += 1;
            corners[size] = if expanded.1 < reflected.1 { expanded } else { reflected };
        } else if reflected.1 < corners[size - 1].1 {
            corners[size] = reflected;
        } else {
            let (from, bar) = if reflected.1 < worst { reflected } else { (last, worst) };
            let contracted = toward(0.5, &from);
            let contracted = (contracted, score(&contracted));
            evaluations += 1;
            if contracted.1 < bar {
                corners[size] = contracted;
            } else {
                let anchor = corners[0].0;
                for corner in &mut corners[1..] {
                    for (x, a) in corner.0.iter_mut().zip(&anchor) {
                        *x = a + 0.5 * (*x - a);
                    }
                    corner.1 = score(&corner.0);
                }
                evaluations += size;
            }
        }
    }
}

/// A seeded stream of draws (SplitMix64): the same seed gives the same draws on every machine.
#[derive(Debug, Clone)]
pub struct Draws(u64);

impl Draws {
    /// Starts the stream of `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03)
    }

    /// Returns the next 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Returns a number in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Returns a whole number in `0..below`; zero when `below` is zero.
    pub fn below(&mut self, below: usize) -> usize {
        ((u128::from(self.bits()) * below as u128) >> 64) as usize
    }

    /// Returns a standard normal draw (Box–Muller, one of the pair).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Returns a Poisson draw of the given mean; above a mean of 60 a rounded normal draw.
    pub fn poisson(&mut self, mean: f64) -> u64 {
        if mean > 60.0 {
            return (mean + mean.sqrt() * self.normal()).round().max(0.0) as u64;
        }
        let floor = (-mean.max(0.0)).exp();
        let (mut count, mut product) = (0, self.unit());
        while product > floor {
            count += 1;
            product *= self.unit();
        }
        count
    }

    /// Returns an index drawn in proportion to the increasing `cumulative` weights.
    pub fn pick(&mut self, cumulative: &[f64]) -> usize {
        let Some(total) = cumulative.last() else { return 0 };
        let at = self.unit() * total;
        cumulative.partition_point(|sum| *sum <= at).min(cumulative.len() - 1)
    }
}

/// Returns a 64-bit mix of several numbers, to draw one stream per named thing.
#[must_use]
pub fn mix(parts: &[u64]) -> u64 {
    parts.iter().fold(0x51_7C_C1_B7, |state, part| Draws::new(state ^ part).bits())
}
