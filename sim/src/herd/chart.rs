//! The chart: attempts per second since the server is back, one panel for each outage.

use std::fmt::Write;

use super::report::thousands;
use super::{Comparison, Loss, Options, Overload};

/// Draws the visible outages of a server that refuses excess attempts. Readable on light and dark backgrounds.
pub(super) fn draw(options: &Options, comparisons: &[Comparison]) -> String {
    let shown = comparisons.iter().filter(|comparison| {
        (comparison.herd.loss, comparison.herd.overload) == (Loss::Seen, Overload::Refuses)
    });
    let panels: Vec<String> = shown
        .enumerate()
        .map(|(index, comparison)| {
            let (x, y) = (index % 2 * PANEL.0, index / 2 * PANEL.1 + HEAD);
            let panel = panel(options, comparison);
            format!("<g transform=\"translate({x} {y})\">\n{panel}</g>\n")
        })
        .collect();
    let (width, height) = (2 * PANEL.0, panels.len().div_ceil(2) * PANEL.1 + HEAD);
    let legend: String = [
        ("ours", "Holdfast"),
        ("theirs", "socket.io-client"),
        ("limit", "what the server takes"),
    ]
    .iter()
    .enumerate()
    .map(|(index, (class, name))| {
        let x = LEFT + 150 * index;
        format!(
            "<path class=\"{class}\" d=\"M{x} 44h24\"/><text x=\"{}\" y=\"48\">{name}</text>\n",
            x + 30
        )
    })
    .collect();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         aria-label=\"Attempts to connect per second since the server is back\">\n{STYLE}\
         <rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>\n\
         <text class=\"title\" x=\"{LEFT}\" y=\"24\">{} clients, attempts per second since the server is back</text>\n\
         {legend}{}</svg>\n",
        thousands(options.clients.into()),
        panels.concat(),
    )
}

fn panel(options: &Options, comparison: &Comparison) -> String {
    let curves = [("theirs", comparison.theirs.seconds()), ("ours", comparison.ours.seconds())];
    let most = curves.iter().flat_map(|(_, seconds)| seconds).copied().max().unwrap_or(1).max(1);
    let longest = curves.iter().map(|(_, seconds)| seconds.len()).max().unwrap_or(1);
    let (step, end) = (step(most), longest.next_multiple_of(20));
    let top = most.next_multiple_of(step);
    let (bottom, right) = (PANEL.1 - BOTTOM, PANEL.0 - RIGHT);
    let x = |second: usize| LEFT as f64 + (right - LEFT) as f64 * second as f64 / end as f64;
    let y = |count: f64| bottom as f64 - (bottom - TOP) as f64 * count / f64::from(top);

    let mut text = format!(
        "<text class=\"title\" x=\"{LEFT}\" y=\"{}\">after {}</text>\n",
        TOP - 12,
        comparison.herd.name(),
    );
    for count in (0..=top).step_by(step as usize) {
        let y = y(f64::from(count));
        writeln!(
            text,
            "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{right}\"/>\
             <text class=\"number\" x=\"{}\" y=\"{:.1}\">{}</text>",
            LEFT - 6,
            y + 4.0,
            thousands(count.into()),
        )
        .expect(STRING);
    }
    for second in (0..=end).step_by(20) {
        writeln!(
            text,
            "<text class=\"middle\" x=\"{:.1}\" y=\"{}\">{second} s</text>",
            x(second),
            bottom + 16,
        )
        .expect(STRING);
    }
    let limit = y(options.capacity as f64).max(TOP as f64);
    writeln!(text, "<path class=\"limit\" d=\"M{LEFT} {limit:.1}H{right}\"/>").expect(STRING);
    for (class, seconds) in curves {
        let mut path = format!("M{LEFT} {bottom}");
        for (second, &count) in seconds.iter().enumerate() {
            write!(path, "V{:.1}H{:.1}", y(f64::from(count)), x(second + 1)).expect(STRING);
        }
        writeln!(text, "<path class=\"{class}\" d=\"{path}V{bottom}\"/>").expect(STRING);
    }
    text
}

/// The distance between grid lines: a round number that gives four to eight lines.
fn step(most: u32) -> u32 {
    let power = 10_u32.pow((most / 4).max(1).ilog10());
    [5, 2, 1].into_iter().map(|factor| factor * power).find(|step| most / step >= 4).unwrap_or(1)
}

const STYLE: &str = "<style>\n\
    .paper { fill: #fff } text { fill: #333; font: 12px system-ui, sans-serif } .title { font-size: 14px; font-weight: 600 }\n\
    .number { text-anchor: end } .middle { text-anchor: middle } path { fill: none } .grid { stroke: #ddd }\n\
    .theirs { stroke: #c2410c; stroke-width: 1.5 } .ours { stroke: #1d4ed8; stroke-width: 2 }\n\
    .limit { stroke: #666; stroke-dasharray: 4 3 }\n\
    @media (prefers-color-scheme: dark) { .paper { fill: #0d1117 } text { fill: #d0d7de } .grid { stroke: #30363d }\n\
    .theirs { stroke: #fb923c } .ours { stroke: #60a5fa } .limit { stroke: #9ca3af } }\n\
    </style>\n";
/// The width and height of a panel.
const PANEL: (usize, usize) = (470, 250);
/// The height above the panels.
const HEAD: usize = 60;
/// The margin around the plot within its panel.
const LEFT: usize = 64;
const RIGHT: usize = 20;
const TOP: usize = 36;
const BOTTOM: usize = 30;
const STRING: &str = "a String takes everything";
