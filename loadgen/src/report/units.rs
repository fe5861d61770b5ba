//! Figures as people read them: three digits that mean something, and the unit.

use std::time::Duration;

/// A whole number with its thousands apart: `1,234,567`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Something a second: whole from a hundred up.
pub fn per_second(rate: f64) -> String {
    if rate >= 99.95 { count(rate.round() as u64) } else { three_digits(rate) }
}

/// A time: `850 ns`, `12.3 µs`, `1.23 ms`, `4.56 s`, `2 min 5 s`.
pub fn time_ns(ns: u64) -> String {
    let t = ns as f64;
    match ns {
        0 => "0".to_owned(),
        1..1_000 => format!("{ns} ns"),
        1_000..999_500 => format!("{} µs", three_digits(t / 1e3)),
        999_500..999_500_000 => format!("{} ms", three_digits(t / 1e6)),
        999_500_000..120_000_000_000 => format!("{} s", three_digits(t / 1e9)),
        _ => format!("{} min {} s", ns / 60_000_000_000, ns / 1_000_000_000 % 60),
    }
}

/// The same without the zeros behind a point: for what was chosen, not measured.
pub fn round(text: &str) -> String {
    text.replace(".00 ", " ").replace(".0 ", " ")
}

/// How far a run is: `0:07`, `12:34`, `1:02:03`.
pub fn clock(time: Duration) -> String {
    let s = time.as_secs();
    if s < 3600 {
        format!("{}:{:02}", s / 60, s % 60)
    } else {
        format!("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
    }
}

/// Bytes in binary units: `980 B`, `1.21 KiB`, `195 MiB`.
pub fn bytes(n: f64) -> String {
    let mut rest = n;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if rest < 999.5 {
            return if unit == "B" { format!("{} B", rest.round()) } else { format!("{} {unit}", three_digits(rest)) };
        }
        rest /= 1024.0;
    }
    format!("{} TiB", three_digits(rest))
}

/// A part of a whole: `0.3 %`, `87 %`.
pub fn percent(ratio: f64) -> String {
    let hundredths = ratio * 100.0;
    if hundredths == 0.0 || hundredths.abs() >= 9.95 {
        format!("{hundredths:.0} %")
    } else {
        format!("{hundredths:.1} %")
    }
}

/// Three significant digits of a number that is not negative; whole from a hundred up.
pub fn three_digits(n: f64) -> String {
    match n {
        0.0 => "0".to_owned(),
        n if n < 0.01 => format!("{n:.4}"),
        n if n < 9.995 => format!("{n:.2}"),
        n if n < 99.95 => format!("{n:.1}"),
        n => format!("{n:.0}"),
    }
}

/// The UTC time of a moment since the Unix epoch: `2026-11-26 11:32:55 UTC`.
pub fn utc(epoch_ms: i64) -> String {
    let s = epoch_ms.div_euclid(1000);
    let (days, second) = (s.div_euclid(86_400), s.rem_euclid(86_400));
    // Days become a date by counting in eras of 400 years that begin in March, so that leap days come last.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02} UTC", second / 3600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        assert_eq!(["0", "12", "999", "1,000", "1,234,567"], [0, 12, 999, 1000, 1_234_567].map(count).as_slice());
        assert_eq!(per_second(199_998.4), "199,998");
        assert_eq!(per_second(0.25), "0.25");
        for (ns, text) in [
            (0, "0"),
            (850, "850 ns"),
            (12_340, "12.3 µs"),
            (999_499, "999 µs"),
            (999_500, "1.00 ms"),
            (1_234_000, "1.23 ms"),
            (4_560_000_000, "4.56 s"),
            (125_000_000_000, "2 min 5 s"),
        ] {
            assert_eq!(time_ns(ns), text);
        }
        assert_eq!(bytes(980.0), "980 B");
        assert_eq!(bytes(1240.0), "1.21 KiB");
        assert_eq!(bytes(195.3 * 1024.0 * 1024.0), "195 MiB");
        assert_eq!([round("5.00 ms"), round("10.0 ms"), round("1.20 s")], ["5 ms", "10 ms", "1.20 s"]);
        assert_eq!(percent(0.003), "0.3 %");
        assert_eq!(percent(0.87), "87 %");
        assert_eq!(clock(Duration::from_secs(67)), "1:07");
        assert_eq!(clock(Duration::from_secs(3723)), "1:02:03");
    }

    #[test]
    fn a_moment_has_its_date() {
        assert_eq!(utc(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(utc(951_827_696_000), "2000-02-29 12:34:56 UTC");
        assert_eq!(utc(1_795_692_775_123), "2026-11-26 11:32:55 UTC");
        assert_eq!(utc(-1), "1969-12-31 23:59:59 UTC");
    }
}
