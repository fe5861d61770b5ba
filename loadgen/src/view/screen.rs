//! The screen of a run. What it looks like is a pure function of the history and the area; a terminal around it draws,
//! listens to keys and is given back at the end.

use std::io::{self, Stderr};
use std::time::Instant;

use ratatui::Frame;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, LineGauge, Paragraph, Row, Sparkline, Table};

use super::history::{History, a_second};
use super::snapshot::Snapshot;
use super::{Wish, part};
use crate::outcome::{Interval, Quantiles};
use crate::report::units;

/// A terminal in which a run is shown.
pub struct Terminal {
    inner: ratatui::Terminal<CrosstermBackend<Stderr>>,
}

impl Terminal {
    /// Takes the terminal.
    pub fn open() -> io::Result<Terminal> {
        enable_raw_mode()?;
        // From here on the terminal is given back, whatever fails.
        let inner = ratatui::Terminal::new(CrosstermBackend::new(io::stderr())).inspect_err(|_| give_back())?;
        let terminal = Terminal { inner };
        execute!(io::stderr(), EnterAlternateScreen)?;
        let told = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back();
            told(panic);
        }));
        Ok(terminal)
    }

    /// Draws what is known.
    pub fn draw(&mut self, history: &History) -> io::Result<()> {
        self.inner.draw(|frame| draw(frame, history)).map(|_| ())
    }

    /// Waits until a moment, or until a key says to stop; a resized terminal is drawn anew.
    pub fn wait(&mut self, until: Instant, history: &History) -> io::Result<Wish> {
        while event::poll(until.saturating_duration_since(Instant::now()))? {
            match event::read()? {
                Event::Key(key) if key.kind == KeyEventKind::Press => {
                    let interrupt = key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c');
                    if interrupt || matches!(key.code, KeyCode::Char('q') | KeyCode::Esc) {
                        return Ok(Wish::Stop);
                    }
                }
                Event::Resize(..) => self.draw(history)?,
                _ => {}
            }
        }
        Ok(Wish::GoOn)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

fn give_back() {
    // A terminal that is gone cannot be given back, and there is nobody to tell.
    let _ = disable_raw_mode();
    let _ = execute!(io::stderr(), LeaveAlternateScreen, ratatui::crossterm::cursor::Show);
}

const PRODUCED: Color = Color::Cyan;
const CONSUMED: Color = Color::Green;
const SLOW: Color = Color::Yellow;
const WRONG: Color = Color::Red;

/// Draws the whole screen.
pub fn draw(frame: &mut Frame, history: &History) {
    let [title, progress, rates, latency, rest, keys] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Fill(3),
        Constraint::Fill(4),
        Constraint::Length(7),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    draw_title(frame, title, history);
    draw_progress(frame, progress, history.now());
    let [produced, consumed] = Layout::horizontal([Constraint::Fill(1); 2]).areas(rates);
    draw_flow(frame, produced, history, &PRODUCE, history.now().intended_per_second);
    draw_flow(frame, consumed, history, &CONSUME, None);
    draw_latency(frame, latency, history);
    let [load, host, errors] =
        Layout::horizontal([Constraint::Length(28), Constraint::Fill(5), Constraint::Fill(3)]).areas(rest);
    draw_generator(frame, load, history.now());
    draw_host(frame, host, history);
    draw_errors(frame, errors, history.now());
    frame.render_widget(Line::from(" q  stop and report what is known").dim(), keys);
}

fn draw_title(frame: &mut Frame, area: Rect, history: &History) {
    let words = [" thalweg loadgen ".reversed(), " ".into(), history.name().bold(), "  ".into(), history.load().dim()];
    frame.render_widget(Line::from_iter(words), area);
}

fn draw_progress(frame: &mut Frame, area: Rect, now: &Snapshot) {
    let words = format!(" {} {}", now.phase.words(), units::clock(now.elapsed));
    match now.left {
        Some(left) => {
            let label = format!("{words}, {} left ", units::clock(left));
            let gauge = LineGauge::default().label(label).ratio(part(now.elapsed, now.elapsed + left));
            frame.render_widget(gauge.filled_style(PRODUCED).unfilled_style(Color::DarkGray), area);
        }
        None => frame.render_widget(Line::from(words), area),
    }
}

/// One direction of the load.
struct Flow {
    title: &'static str,
    color: Color,
    records: fn(&Interval) -> u64,
    bytes: fn(&Interval) -> u64,
}

const PRODUCE: Flow = Flow { title: " acknowledged ", color: PRODUCED, records: |i| i.acked, bytes: |i| i.acked_bytes };
const CONSUME: Flow = Flow { title: " read ", color: CONSUMED, records: |i| i.consumed, bytes: |i| i.consumed_bytes };

fn draw_flow(frame: &mut Frame, area: Rect, history: &History, flow: &Flow, intended: Option<f64>) {
    let block = Block::bordered().title(flow.title).border_style(Style::new().fg(Color::DarkGray));
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let [words, graph] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(inside);
    let interval = &history.now().interval;
    let rate = a_second((flow.records)(interval), interval);
    let of = intended.map(|asked| format!(" of {}/s", units::per_second(asked))).unwrap_or_default();
    let line = [
        format!("{}/s", units::per_second(rate)).fg(flow.color).bold(),
        of.dim(),
        format!("  {}/s", units::bytes(a_second((flow.bytes)(interval), interval))).into(),
    ];
    frame.render_widget(Line::from_iter(line), words);
    let series = history.series(graph.width.into(), |i| a_second((flow.records)(i), i) as u64);
    // Room above the highest, so that an even rate is a line and no wall.
    let top = series.iter().max().map_or(1, |highest| highest + highest / 4);
    frame.render_widget(Sparkline::default().data(series).max(top).style(flow.color), graph);
}

fn draw_latency(frame: &mut Frame, area: Rect, history: &History) {
    let block = Block::bordered()
        .title(" latency of the last second, from when a record should have left ")
        .border_style(Style::new().fg(Color::DarkGray));
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let interval = &history.now().interval;
    let [table, graph] = Layout::vertical([Constraint::Length(3), Constraint::Fill(1)]).areas(inside);
    let heads = ["", "p50", "p99", "p99.9", "max"];
    let row = |name: &'static str, color: Color, q: Quantiles| {
        let cell = |ns: u64| Line::from(if q.count == 0 { "-".to_owned() } else { units::time_ns(ns) }).right_aligned();
        Row::new([Line::from(name), cell(q.p50_ns), cell(q.p99_ns), cell(q.p999_ns), cell(q.max_ns)]).fg(color)
    };
    let widths = [
        Constraint::Length(14),
        Constraint::Length(11),
        Constraint::Length(11),
        Constraint::Length(11),
        Constraint::Length(11),
    ];
    let rows = [row("acknowledged", PRODUCED, interval.response), row("read", CONSUMED, interval.end_to_end)];
    let heading = Row::new(heads.map(|head| Line::from(head).right_aligned())).dim();
    frame.render_widget(Table::new(rows, widths).header(heading), table);
    let [name, line] = Layout::horizontal([Constraint::Length(14), Constraint::Fill(1)]).areas(graph);
    frame.render_widget(Paragraph::new("p99 over time").dim(), name);
    let series = history.series(line.width.into(), |i| i.response.p99_ns);
    frame.render_widget(Sparkline::default().data(series).style(SLOW), line);
}

fn draw_generator(frame: &mut Frame, area: Rect, now: &Snapshot) {
    let pair = |name: &'static str, value: String| Line::from_iter([format!("{name:<11}").dim(), value.into()]);
    let mut lines = vec![
        pair("in flight", format!("{} requests", units::count(now.in_flight))),
        pair("unanswered", format!("{} records", units::count(now.unacked))),
    ];
    if let Some(backlog) = now.backlog {
        lines.push(pair("backlog", format!("{} records", units::count(backlog))));
    }
    let busy = |ratio: &f64| {
        let text = format!("{} ", units::percent(*ratio));
        if *ratio > 0.8 { text.fg(WRONG) } else { Span::from(text) }
    };
    lines.push(Line::from_iter(
        std::iter::once(format!("{:<11}", "own cores").dim()).chain(now.generator_cores.iter().map(busy)),
    ));
    if let Some(cpu) = now.interval.broker_cpu {
        lines.push(pair("broker CPU", units::percent(cpu)));
    }
    frame.render_widget(Paragraph::new(lines).block(boxed(" load ")), area);
}

fn draw_host(frame: &mut Frame, area: Rect, history: &History) {
    let mut lines = Vec::new();
    let name = |name: &str| format!("{name:<6}").dim();
    for disk in history.host().disks.iter().take(2) {
        let (written, read) = (units::bytes(disk.written_per_second), units::bytes(disk.read_per_second));
        let rates = format!("w {written}/s r {read}/s {}", units::percent(disk.busy_ratio));
        lines.push(Line::from_iter([name(&disk.name), rates.into()]));
    }
    for net in history.host().nets.iter().take(2) {
        let (received, sent) = (units::bytes(net.received_per_second), units::bytes(net.sent_per_second));
        lines.push(Line::from_iter([name(&net.name), format!("↓ {received}/s ↑ {sent}/s").into()]));
    }
    if lines.is_empty() {
        lines.push(Line::from("disks and networks are quiet").dim());
    }
    frame.render_widget(Paragraph::new(lines).block(boxed(" this host ")), area);
}

fn draw_errors(frame: &mut Frame, area: Rect, now: &Snapshot) {
    let mut errors: Vec<(&String, &u64)> = now.errors.iter().collect();
    errors.sort_by(|a, b| b.1.cmp(a.1));
    let lines: Vec<Line> = match errors.is_empty() {
        true => vec![Line::from("none").dim()],
        false => errors.iter().map(|(name, n)| Line::from(format!("{} {name}", units::count(**n))).fg(WRONG)).collect(),
    };
    frame.render_widget(Paragraph::new(lines).block(boxed(" errors ")), area);
}

fn boxed(title: &'static str) -> Block<'static> {
    Block::bordered().title(title).border_style(Style::new().fg(Color::DarkGray))
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use ratatui::backend::TestBackend;

    use super::*;
    use crate::plan::{Plan, Rate};
    use crate::view::Phase;
    use crate::view::host::{DiskRate, HostRates, NetRate};

    const MS: u64 = 1_000_000;

    /// A second in the middle of a run.
    pub fn busy_second() -> Snapshot {
        let response = Quantiles {
            count: 199_998,
            mean_ns: 9e5,
            p50_ns: 870_000,
            p99_ns: 4_210_000,
            p999_ns: 9_800_000,
            max_ns: 14_200_000,
            ..Quantiles::default()
        };
        let end_to_end =
            Quantiles { count: 199_400, p50_ns: MS, p99_ns: 5 * MS, p999_ns: 11 * MS, max_ns: 15 * MS, ..response };
        let errors = BTreeMap::from([("NOT_LEADER_OR_FOLLOWER".to_owned(), 3)]);
        Snapshot {
            phase: Phase::Measuring,
            elapsed: Duration::from_secs(42),
            left: Some(Duration::from_secs(18)),
            intended_per_second: Some(200_000.0),
            interval: Interval {
                for_ms: 1000,
                measured: true,
                sent: 200_001,
                acked: 199_998,
                acked_bytes: 204_797_952,
                consumed: 199_400,
                consumed_bytes: 204_185_600,
                errors: errors.clone(),
                response,
                end_to_end,
                generator_cpu_ratio: 0.41,
                broker_cpu: Some(1.37),
                ..Interval::default()
            },
            in_flight: 12,
            unacked: 2345,
            backlog: Some(598),
            errors,
            generator_cores: vec![0.41, 0.93],
        }
    }

    /// A host that does something.
    pub fn host() -> HostRates {
        let disk =
            DiskRate { name: "vda".to_owned(), read_per_second: 0.0, written_per_second: 2.5e8, busy_ratio: 0.7 };
        let net = NetRate { name: "lo".to_owned(), received_per_second: 4e8, sent_per_second: 4e8 };
        HostRates { disks: vec![disk], nets: vec![net] }
    }

    fn screen(width: u16, height: u16, history: &History) -> (String, ratatui::buffer::Buffer) {
        let mut terminal = ratatui::Terminal::new(TestBackend::new(width, height)).expect("a backend in memory");
        terminal.draw(|frame| draw(frame, history)).expect("it draws");
        let buffer = terminal.backend().buffer().clone();
        let rows = buffer.content().chunks(width.into());
        let text: Vec<String> = rows.map(|row| row.iter().map(|cell| cell.symbol()).collect()).collect();
        (text.join("\n"), buffer)
    }

    fn plan() -> Plan {
        Plan { name: "orders".to_owned(), rate: Rate::Constant { per_second: 200_000.0 }, ..Plan::default() }
    }

    #[test]
    fn everything_worth_knowing_is_on_a_small_screen() {
        let mut history = History::new(&plan());
        for n in 0..60 {
            let mut second = busy_second();
            second.interval.response.p99_ns = (1 + n % 7) * MS;
            history.push(second, host());
        }
        history.push(busy_second(), host());
        let (text, buffer) = screen(80, 24, &history);
        for wanted in [
            "orders  200,000 records/s, evenly",
            "measuring 0:42, 0:18 left",
            "199,998/s of 200,000/s  195 MiB/s",
            "199,400/s  195 MiB/s",
            "870 µs",
            "4.21 ms",
            "9.80 ms",
            "14.2 ms",
            "1.00 ms",
            "11.0 ms",
            "12 requests",
            "2,345 records",
            "598 records",
            "41 % 93 %",
            "137 %",
            "w 238 MiB/s r 0 B/s 70 %",
            "↓ 381 MiB/s ↑ 381 MiB/s",
            "3 NOT_LEADER",
            "q  stop",
        ] {
            assert!(text.contains(wanted), "{wanted} is missing:\n{text}");
        }
        // a core above the limit is red, one below it is not
        let at = |needle: &str| {
            let row = text.lines().position(|row| row.contains(needle)).expect("a row");
            let line = text.lines().nth(row).expect("a row");
            let column = line[..line.find(needle).expect("there")].chars().count();
            buffer[(column as u16, row as u16)].fg
        };
        assert_eq!(at("93 %"), WRONG);
        assert_ne!(at("41 %"), WRONG);
        assert!(text.contains('▁') && text.contains('█'), "a curve has ups and downs:\n{text}");
    }

    #[test]
    fn any_size_is_drawn_and_so_is_a_run_that_has_nothing_yet() {
        let mut history = History::new(&plan());
        for (width, height) in [(1, 1), (20, 5), (80, 24), (300, 100)] {
            screen(width, height, &history);
        }
        let (text, _) = screen(80, 24, &history);
        assert!(text.contains("preparing 0:00") && text.contains("none"), "{text}");
        history.push(busy_second(), HostRates::default());
        for (width, height) in [(1, 1), (20, 5), (33, 11), (300, 100)] {
            screen(width, height, &history);
        }
    }
}
