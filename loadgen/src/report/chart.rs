//! A line chart as SVG: axes, lines with their names at the end, and for every place on the x axis a column that says what
//! stands there when pointed at. No script; colours come from the page's style by class.

use super::page::escape;
use super::scale::Scale;

/// A chart.
pub struct Chart<'a> {
    /// What it shows.
    pub title: &'a str,
    /// How to read it.
    pub subtitle: &'a str,
    /// The x axis.
    pub x: Axis<'a>,
    /// The y axis.
    pub y: Axis<'a>,
    /// The lines.
    pub lines: Vec<Line>,
    /// Ranges of x that do not count, such as a warm-up.
    pub faint: Vec<(f64, f64)>,
    /// Values of y to draw a line at.
    pub goals: Vec<(f64, String)>,
}

/// An axis.
pub struct Axis<'a> {
    /// What it measures.
    pub label: &'a str,
    /// Where values lie.
    pub scale: Scale,
    /// Values with a tick; none: the scale's.
    pub ticks: Option<Vec<f64>>,
    /// A value in words.
    pub words: &'a dyn Fn(f64) -> String,
}

/// One line of a chart.
pub struct Line {
    /// What it is.
    pub name: String,
    /// Its colour, by the page's class: see [`Ink`].
    pub ink: Ink,
    /// Its points in order of x; a y that is not a number is a gap.
    pub points: Vec<(f64, f64)>,
    /// How it is drawn.
    pub drawn: Drawn,
}

/// How a line is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Drawn {
    /// From point to point.
    Line,
    /// With a dot at each point: few points that were measured one by one.
    LineAndDots,
    /// As dots alone, without a name at the end.
    Dots,
}

/// Colours of lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ink {
    /// First, the calmest.
    Teal,
    /// Second.
    Blue,
    /// Third.
    Violet,
    /// Fourth.
    Amber,
    /// What is beside the point.
    Grey,
    /// What was asked for.
    Dashed,
}

impl Ink {
    fn class(self) -> &'static str {
        match self {
            Ink::Teal => "teal",
            Ink::Blue => "blue",
            Ink::Violet => "violet",
            Ink::Amber => "amber",
            Ink::Grey => "grey",
            Ink::Dashed => "dashed",
        }
    }
}

const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 270.0;
const LEFT: f64 = 56.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 42.0;
/// Names at the ends of lines keep this distance.
const NAME_GAP: f64 = 13.0;
/// Width of a letter in a name, about, and the longest name there is room for.
const LETTER: f64 = 6.8;
const NAME_LETTERS_MAX: usize = 24;
/// More columns than this are too narrow to point at.
const COLUMNS_MAX: usize = 400;

impl Chart<'_> {
    /// The chart as a figure of the page.
    pub fn html(&self) -> String {
        let mut svg = format!(
            "<figure><figcaption><b>{}</b> <span>{}</span></figcaption>\
             <svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">",
            escape(self.title),
            escape(self.subtitle),
            escape(self.title)
        );
        self.grid(&mut svg);
        for (from, to) in &self.faint {
            let (x, end) = (self.x_at(*from), self.x_at(*to));
            svg.push_str(&format!(
                "<rect class=\"faint\" x=\"{x:.1}\" y=\"{TOP}\" width=\"{:.1}\" height=\"{}\"/>",
                end - x,
                HEIGHT - TOP - BOTTOM
            ));
        }
        for line in &self.lines {
            self.draw(line, &mut svg);
        }
        for (value, name) in &self.goals {
            let y = self.y_at(*value);
            // Above its line, unless that is at the top.
            let words_y = if y > TOP + 12.0 { y - 5.0 } else { y + 13.0 };
            svg.push_str(&format!(
                "<line class=\"goal\" x1=\"{LEFT}\" x2=\"{}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
                 <text class=\"goal\" x=\"{}\" y=\"{words_y:.1}\">{}</text>",
                self.right(),
                LEFT + 6.0,
                escape(name)
            ));
        }
        self.names(&mut svg);
        self.columns(&mut svg);
        svg.push_str("</svg></figure>\n");
        svg
    }

    /// Where the x axis ends: behind it stand the lines' names.
    fn right(&self) -> f64 {
        let named = self.lines.iter().filter(|line| line.drawn != Drawn::Dots);
        let letters = named.map(|line| line.name.chars().count().min(NAME_LETTERS_MAX)).max().unwrap_or(0);
        WIDTH - (16.0 + LETTER * letters as f64).max(40.0)
    }

    fn x_at(&self, value: f64) -> f64 {
        LEFT + self.x.scale.place(value) * (self.right() - LEFT)
    }

    fn y_at(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - self.y.scale.place(value) * (HEIGHT - TOP - BOTTOM)
    }

    fn grid(&self, svg: &mut String) {
        let bottom = HEIGHT - BOTTOM;
        for value in self.y.ticks.clone().unwrap_or_else(|| self.y.scale.ticks()) {
            let y = self.y_at(value);
            svg.push_str(&format!(
                "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
                 <text class=\"tick\" text-anchor=\"end\" x=\"{}\" y=\"{:.1}\">{}</text>",
                self.right(),
                LEFT - 8.0,
                y + 4.0,
                escape(&(self.y.words)(value))
            ));
        }
        for value in self.x.ticks.clone().unwrap_or_else(|| self.x.scale.ticks()) {
            let x = self.x_at(value);
            svg.push_str(&format!(
                "<line class=\"stub\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{bottom}\" y2=\"{}\"/>\
                 <text class=\"tick\" text-anchor=\"middle\" x=\"{x:.1}\" y=\"{}\">{}</text>",
                bottom + 4.0,
                bottom + 17.0,
                escape(&(self.x.words)(value))
            ));
        }
        svg.push_str(&format!(
            "<line class=\"axis\" x1=\"{LEFT}\" x2=\"{}\" y1=\"{bottom}\" y2=\"{bottom}\"/>\
             <text class=\"label\" text-anchor=\"end\" x=\"{}\" y=\"{}\">{}</text>",
            self.right(),
            self.right(),
            HEIGHT - 6.0,
            escape(self.x.label)
        ));
    }

    fn draw(&self, line: &Line, svg: &mut String) {
        let class = line.ink.class();
        let mut path = String::new();
        let mut lifted = true;
        for (x, y) in &line.points {
            if !y.is_finite() {
                lifted = true;
                continue;
            }
            path.push_str(&format!("{}{:.1} {:.1}", if lifted { "M" } else { "L" }, self.x_at(*x), self.y_at(*y)));
            lifted = false;
        }
        if line.drawn != Drawn::Dots {
            svg.push_str(&format!("<path class=\"line {class}\" d=\"{path}\"/>"));
        }
        let alone = line.points.iter().filter(|(_, y)| y.is_finite()).count() == 1;
        if line.drawn != Drawn::Line || alone {
            for (x, y) in line.points.iter().filter(|(_, y)| y.is_finite()) {
                svg.push_str(&format!(
                    "<circle class=\"{class}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"3.2\"/>",
                    self.x_at(*x),
                    self.y_at(*y)
                ));
            }
        }
    }

    /// The lines' names at their ends, moved apart where they would lie on each other.
    fn names(&self, svg: &mut String) {
        let mut ends: Vec<(f64, &Line)> = self
            .lines
            .iter()
            .filter(|line| line.drawn != Drawn::Dots)
            .filter_map(|line| {
                line.points.iter().rev().find(|(_, y)| y.is_finite()).map(|(_, y)| (self.y_at(*y), line))
            })
            .collect();
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut lowest = TOP;
        for (y, _) in &mut ends {
            *y = y.max(lowest);
            lowest = *y + NAME_GAP;
        }
        // What was pushed below the axis pushes the others up again.
        let mut highest = HEIGHT - BOTTOM;
        for (y, _) in ends.iter_mut().rev() {
            *y = y.min(highest);
            highest = *y - NAME_GAP;
        }
        for (y, line) in ends {
            let mut name: String = line.name.chars().take(NAME_LETTERS_MAX).collect();
            if name.len() < line.name.len() {
                name.pop();
                name.push('…');
            }
            svg.push_str(&format!(
                "<text class=\"name {}\" x=\"{}\" y=\"{:.1}\">{}</text>",
                line.ink.class(),
                self.right() + 8.0,
                y + 4.0,
                escape(&name)
            ));
        }
    }

    /// Columns that say what stands above their place on the x axis.
    fn columns(&self, svg: &mut String) {
        let mut places: Vec<f64> = self.lines.iter().flat_map(|line| line.points.iter().map(|(x, _)| *x)).collect();
        places.sort_by(f64::total_cmp);
        places.dedup();
        if places.len() > COLUMNS_MAX {
            return;
        }
        for (n, place) in places.iter().enumerate() {
            let x = self.x_at(*place);
            let from = if n == 0 { x - 4.0 } else { x.midpoint(self.x_at(places[n - 1])) };
            let to = if n + 1 == places.len() { x + 4.0 } else { x.midpoint(self.x_at(places[n + 1])) };
            let mut words = (self.x.words)(*place);
            for line in &self.lines {
                let y = line.points.iter().find(|(x, y)| x == place && y.is_finite()).map(|(_, y)| *y);
                if let Some(y) = y {
                    words.push_str(&format!("\n{}: {}", line.name, (self.y.words)(y)));
                }
            }
            svg.push_str(&format!(
                "<rect class=\"column\" x=\"{from:.1}\" y=\"{TOP}\" width=\"{:.1}\" height=\"{}\"><title>{}</title></rect>",
                (to - from).max(0.5),
                HEIGHT - TOP - BOTTOM,
                escape(&words)
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(lines: Vec<Line>) -> String {
        let words = |v: f64| format!("{v}");
        Chart {
            title: "a <b> & \"c\"",
            subtitle: "",
            x: Axis { label: "x", scale: Scale::Linear(0.0, 10.0), ticks: None, words: &words },
            y: Axis { label: "y", scale: Scale::Linear(0.0, 10.0), ticks: None, words: &words },
            lines,
            faint: vec![(0.0, 2.0)],
            goals: vec![(5.0, "goal".to_owned())],
        }
        .html()
    }

    fn line(name: &str, points: &[(f64, f64)]) -> Line {
        Line { name: name.to_owned(), ink: Ink::Blue, points: points.to_vec(), drawn: Drawn::Line }
    }

    #[test]
    fn a_gap_lifts_the_pen_and_text_cannot_become_markup() {
        let svg = chart(vec![line("p<99>", &[(0.0, 0.0), (1.0, 1.0), (2.0, f64::NAN), (3.0, 3.0)])]);
        let path = svg.split("d=\"").nth(1).and_then(|p| p.split('"').next()).expect("a path");
        assert_eq!((path.matches('M').count(), path.matches('L').count()), (2, 1), "{path}");
        assert!(
            svg.contains("a &lt;b&gt; &amp; &quot;c&quot;") && svg.contains("p&lt;99&gt;") && !svg.contains("p<99>")
        );
        assert!(!svg.contains("NaN"));
    }

    #[test]
    fn names_stay_apart_and_inside() {
        for place in [0.0, 5.0, 9.9] {
            let lines = (0..5).map(|n| line(&format!("n{n}"), &[(9.0, place + 0.01 * f64::from(n))])).collect();
            let svg = chart(lines);
            let y = |text: &str| text.split("y=\"").nth(1)?.split('"').next()?.parse::<f64>().ok();
            let mut found: Vec<f64> = svg.split("class=\"name").skip(1).filter_map(y).collect();
            found.sort_by(f64::total_cmp);
            assert_eq!(found.len(), 5);
            assert!(found.windows(2).all(|pair| pair[1] - pair[0] >= NAME_GAP - 0.1), "at {place}: {found:?}");
            assert!(found[0] >= TOP && found[4] <= HEIGHT - BOTTOM + 5.0, "at {place}: {found:?}");
        }
    }

    #[test]
    fn long_names_have_room_and_the_longest_are_cut() {
        let ends =
            |svg: &str| svg.split("class=\"axis\"").nth(1)?.split("x2=\"").nth(1)?.split('"').next()?.parse().ok();
        let end: f64 = ends(&chart(vec![line("p99", &[(1.0, 1.0)])])).expect("an axis");
        let long = chart(vec![line("127.0.0.1:19777", &[(1.0, 1.0)])]);
        assert!(ends(&long).expect("an axis") < end - 50.0);
        assert!(long.contains(">127.0.0.1:19777</text>"));
        let longest = chart(vec![line(&"n".repeat(60), &[(1.0, 1.0)])]);
        assert!(longest.contains(&format!(">{}…</text>", "n".repeat(NAME_LETTERS_MAX - 1))));
    }

    #[test]
    fn a_column_tells_the_values_at_its_place() {
        let svg = chart(vec![line("one", &[(1.0, 4.0), (2.0, 5.0)]), line("two", &[(2.0, 7.0)])]);
        assert!(svg.contains("<title>2\none: 5\ntwo: 7</title>"), "{svg}");
        assert_eq!(svg.matches("<title>").count(), 2);
    }
}
