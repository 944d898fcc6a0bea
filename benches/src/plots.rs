//! The figures as pictures.

use std::fs;
use std::path::Path;

use plotters::element::Circle;
use plotters::prelude::{
    ChartBuilder, IntoDrawingArea as _, IntoLogRange as _, LineSeries, PathElement, SVGBackend,
    SeriesLabelPosition,
};
use plotters::series::PointSeries;
use plotters::style::{BLACK, Color as _, Palette as _, Palette99, WHITE};

use crate::contestants::Failure;
use crate::driver::Who;
use crate::one_user;
use crate::report::{Report, grouped};
use crate::statistics::Spread;
use crate::workload::{Operation, SIZES};

/// A name, and its points.
type Line = (&'static str, Vec<(f64, f64)>);

/// Draws them all.
pub(crate) fn write(report: &Report, directory: &Path) -> Result<(), Failure> {
    fs::create_dir_all(directory)?;
    let by_sessions = [
        Operation::StoreLoad,
        Operation::Load,
        Operation::Update,
        Operation::SignIn,
        Operation::RevokeAll,
    ];
    let lines = by_sessions.map(|operation| {
        let point = |size: usize| {
            let figures = report.timings.figures(Who::Cloakroom, size, operation);
            let median = Spread::of(figures.to_vec())?.median;
            Some((size as f64, median))
        };
        (
            operation.name(),
            SIZES.into_iter().filter_map(point).collect(),
        )
    });
    draw(
        &directory.join("sessions.svg"),
        "Nanoseconds for one operation, by the number of sessions",
        &lines,
    )?;
    let lines: Vec<Line> = one_user::OPERATIONS
        .into_iter()
        .enumerate()
        .map(|(operation, name)| {
            let point = |(at, size): (usize, usize)| {
                let median = report.of_one_user.spread(at, operation)?.median;
                Some((size as f64, median))
            };
            let sizes = one_user::SIZES.into_iter().enumerate();
            (name, sizes.filter_map(point).collect())
        })
        .collect();
    draw(
        &directory.join("one-user.svg"),
        "Nanoseconds for one operation, by the sessions of one user",
        &lines,
    )
}

fn draw(path: &Path, title: &str, lines: &[Line]) -> Result<(), Failure> {
    let points = || lines.iter().flat_map(|(_, points)| points);
    let least = |value: fn(&(f64, f64)) -> f64| points().map(value).fold(f64::MAX, f64::min);
    let most = |value: fn(&(f64, f64)) -> f64| points().map(value).fold(f64::MIN, f64::max);
    let (x, y) = (|point: &(f64, f64)| point.0, |point: &(f64, f64)| point.1);
    let area = SVGBackend::new(path, (860, 480)).into_drawing_area();
    area.fill(&WHITE).map_err(|error| error.to_string())?;
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 18))
        .margin(12)
        // For the half of the last number that stands beyond the end of its axis.
        .margin_right(44)
        .x_label_area_size(36)
        .y_label_area_size(70)
        .build_cartesian_2d(
            (least(x)..most(x)).log_scale(),
            // With room for the names below the lines.
            (least(y) / 4.0..most(y) * 1.5).log_scale(),
        )
        .map_err(|error| error.to_string())?;
    chart
        .configure_mesh()
        .x_desc("sessions")
        .y_desc("ns")
        .x_label_formatter(&whole)
        .y_label_formatter(&whole)
        .label_style(("sans-serif", 12))
        .draw()
        .map_err(|error| error.to_string())?;
    for (at, (name, points)) in lines.iter().enumerate() {
        let colour = Palette99::pick(at).to_rgba();
        let line = LineSeries::new(points.iter().copied(), colour.stroke_width(2));
        chart
            .draw_series(line)
            .map_err(|error| error.to_string())?
            .label(*name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2)));
        let dots: PointSeries<_, _, Circle<_, _>, _> =
            PointSeries::new(points.iter().copied(), 3, colour.filled());
        chart.draw_series(dots).map_err(|error| error.to_string())?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.3))
        .label_font(("sans-serif", 12))
        .draw()
        .map_err(|error| error.to_string())?;
    area.present().map_err(|error| error.to_string())?;
    Ok(())
}

fn whole(number: &f64) -> String {
    grouped(number.round() as usize)
}
