//! Medians and quartiles.

/// The middle of some figures, and the middle half around it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    pub(crate) low: f64,
    pub(crate) median: f64,
    pub(crate) high: f64,
}

impl Spread {
    /// None where there are no figures.
    pub(crate) fn of(mut figures: Vec<f64>) -> Option<Self> {
        figures.sort_by(f64::total_cmp);
        Some(Self {
            low: quantile(&figures, 0.25)?,
            median: quantile(&figures, 0.5)?,
            high: quantile(&figures, 0.75)?,
        })
    }

    /// Of the ratios of figures from the same rounds, so that what slowed a round down slowed both.
    pub(crate) fn of_ratios(figures: &[f64], base: &[f64]) -> Option<Self> {
        Self::of(figures.iter().zip(base).map(|(a, b)| a / b).collect())
    }
}

fn quantile(sorted: &[f64], part: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = part * last as f64;
    let below = sorted.get(place.floor() as usize)?;
    let above = sorted.get(place.ceil() as usize)?;
    Some(below + (above - below) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_of_a_few_figures() {
        let spread = Spread::of(vec![5.0, 1.0, 4.0, 2.0, 3.0]).unwrap();
        assert_eq!((spread.low, spread.median, spread.high), (2.0, 3.0, 4.0));
        let between = Spread::of(vec![1.0, 2.0]).unwrap();
        assert_eq!(between.median, 1.5);
        assert_eq!(Spread::of(Vec::new()), None);
    }

    #[test]
    fn ratios_are_taken_round_by_round() {
        let spread = Spread::of_ratios(&[2.0, 40.0, 6.0], &[1.0, 20.0, 3.0]).unwrap();
        assert_eq!((spread.low, spread.median, spread.high), (2.0, 2.0, 2.0));
    }
}
