//! The demand histories that are forecast together, and the groups they borrow strength from.

/// One item at one place: its units period by period, oldest first.
#[derive(Debug, Clone, Copy)]
pub struct Series<'a> {
    /// Units sold in each period; a value that is not finite is a gap.
    pub units: &'a [f64],
    /// The in-stock share of each period, 0 to 1. `None` means always in stock.
    pub exposure: Option<&'a [f64]>,
    /// The position in the season (the weekday, for example) of the first period.
    pub phase: usize,
    /// The group to borrow from: an index into [`Panel::parents`].
    pub group: usize,
}

/// Series forecast together. All series end in the same period.
#[derive(Debug, Clone, Default)]
pub struct Panel<'a> {
    pub series: Vec<Series<'a>>,
    /// For each group its wider group, which must have a smaller index; `None` at the top.
    pub parents: Vec<Option<usize>>,
}

/// Why a panel cannot be forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PanelError {
    #[error("series {series} names group {group}, which does not exist")]
    UnknownGroup { series: usize, group: usize },
    #[error("group {group} must come after its wider group {parent}")]
    GroupOrder { group: usize, parent: usize },
    #[error("series {series} has {exposures} in-stock shares for {units} periods")]
    ExposureLength { series: usize, units: usize, exposures: usize },
    #[error("a season must have 1 to 366 periods, not {season}")]
    Season { season: usize },
}

impl<'a> Panel<'a> {
    /// Returns a panel whose series all belong to one group.
    #[must_use]
    pub fn of_one_group(units: &'a [Vec<f64>], phase: usize) -> Self {
        let series =
            units.iter().map(|units| Series { units, exposure: None, phase, group: 0 }).collect();
        Self { series, parents: vec![None] }
    }

    /// Checks groups and lengths. In order of precedence: the first fault found is returned.
    ///
    /// # Errors
    /// [`PanelError`] names the first series or group at fault.
    pub fn check(&self, season: usize) -> Result<(), PanelError> {
        if season == 0 || season > 366 {
            return Err(PanelError::Season { season });
        }
        for (group, parent) in self.parents.iter().enumerate() {
            if let Some(parent) = *parent
                && parent >= group
            {
                return Err(PanelError::GroupOrder { group, parent });
            }
        }
        for (index, series) in self.series.iter().enumerate() {
            if series.group >= self.parents.len() {
                return Err(PanelError::UnknownGroup { series: index, group: series.group });
            }
            let units = series.units.len();
            if let Some(exposure) = series.exposure
                && exposure.len() != units
            {
                let exposures = exposure.len();
                return Err(PanelError::ExposureLength { series: index, units, exposures });
            }
        }
        Ok(())
    }
}
