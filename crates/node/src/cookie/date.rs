//! Dates as JavaScript reads and writes them.

use std::fmt::Write as _;

use cloakroom_core::Timestamp;

/// An instant of JavaScript's: whole milliseconds, also before 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct JsDate(i64);

const DAY: i64 = 24 * 60 * 60 * 1000;
/// As far as JavaScript's dates go, to both sides.
const FARTHEST: i64 = 100_000_000 * DAY;
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

impl JsDate {
    pub(crate) const EPOCH: Self = Self(0);

    /// `new Date(millis)`: nothing where that is an invalid date.
    pub(crate) fn from_millis(millis: f64) -> Option<Self> {
        let whole = millis.trunc();
        // The comparison is false where it is not a number.
        (whole.abs() <= FARTHEST as f64).then_some(Self(whole as i64))
    }

    pub(crate) fn after(now: Timestamp, millis: f64) -> Option<Self> {
        Self::from_millis(now.as_millis() as f64 + millis)
    }

    /// How many milliseconds from `now` on.
    pub(crate) fn since(self, now: Timestamp) -> f64 {
        self.0 as f64 - now.as_millis() as f64
    }

    /// `new Date(text)`, of the forms that the language itself has: that of JSON and its kin, and that of a cookie.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        parse_iso(text).or_else(|| parse_utc(text))
    }

    /// `toISOString`, the form in JSON: `2026-11-22T20:15:38.757Z`, the year with a sign and six digits where
    /// four are not enough.
    pub(crate) fn to_iso(self) -> String {
        let Civil { year, month, day } = self.civil();
        let mut text = match year {
            0..=9999 => format!("{year:04}"),
            _ => format!("{year:+07}"),
        };
        let time = self.0.rem_euclid(DAY);
        let (hours, minutes, seconds) = clock(time);
        let millis = time % 1000;
        let _ = write!(
            text,
            "-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}.{millis:03}Z"
        );
        text
    }

    /// `toUTCString`, the form in cookies: `Sun, 22 Nov 2026 20:15:38 GMT`.
    pub(crate) fn to_utc(self) -> String {
        let Civil { year, month, day } = self.civil();
        let weekday = WEEKDAYS[self.0.div_euclid(DAY).rem_euclid(7) as usize];
        let month = MONTHS[(month - 1) as usize];
        let (hours, minutes, seconds) = clock(self.0.rem_euclid(DAY));
        let year = match year {
            0.. => format!("{year:04}"),
            _ => format!("-{:06}", -year),
        };
        format!("{weekday}, {day:02} {month} {year} {hours:02}:{minutes:02}:{seconds:02} GMT")
    }

    /// The day in the Gregorian calendar, reckoned in years that begin in March and eras of 400 of them.
    fn civil(self) -> Civil {
        let days = self.0.div_euclid(DAY) + 719_468;
        let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let month = if from_march < 10 {
            from_march + 3
        } else {
            from_march - 9
        };
        Civil {
            year: era * 400 + year_of_era + i64::from(month <= 2),
            month,
            day: of_year - (153 * from_march + 2) / 5 + 1,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Civil {
    year: i64,
    month: i64,
    day: i64,
}

impl Civil {
    fn is_one(self) -> bool {
        let leap = self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0);
        let days = match self.month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return false,
        };
        (1..=days).contains(&self.day)
    }

    /// Days since 1970.
    fn days(self) -> i64 {
        let year = self.year - i64::from(self.month <= 2);
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let from_march = if self.month > 2 {
            self.month - 3
        } else {
            self.month + 9
        };
        let of_year = (153 * from_march + 2) / 5 + self.day - 1;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
    }
}

fn clock(time: i64) -> (i64, i64, i64) {
    (time / 3_600_000, time / 60_000 % 60, time / 1000 % 60)
}

/// `YYYY-MM-DDTHH:MM:SS.sssZ` or `±YYYYYY-…`, and the other forms of the language's own: without the day, the seconds or
/// their parts, with an offset for the `Z`. Not in the time of a place that the text does not tell.
fn parse_iso(text: &str) -> Option<JsDate> {
    let (year, rest) = match text.as_bytes().first()? {
        b'+' => (number(text.get(1..7)?)?, text.get(7..)?),
        // There is no year −0.
        b'-' => (
            -Some(number(text.get(1..7)?)?).filter(|year| *year != 0)?,
            text.get(7..)?,
        ),
        _ => (number(text.get(..4)?)?, text.get(4..)?),
    };
    let (date, time) = match rest.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (rest, None),
    };
    let (month, date) = two(date, '-')?;
    let (day, rest) = two(date, '-')?;
    let day = Civil {
        year,
        month: month.unwrap_or(1),
        day: day.unwrap_or(1),
    };
    if !rest.is_empty() {
        return None;
    }
    match time {
        None => at(day, 0, 0, 0, 0),
        Some(time) => parse_time(day, time),
    }
}

/// `HH:MM[:SS[.sss]]` and `Z` or an offset.
fn parse_time(day: Civil, time: &str) -> Option<JsDate> {
    let zone = time.find(['Z', '+', '-'])?;
    let (time, zone) = time.split_at_checked(zone)?;
    let hours = number(time.get(..2)?)?;
    let (Some(minutes), rest) = two(time.get(2..)?, ':')? else {
        return None;
    };
    let (seconds, rest) = two(rest, ':')?;
    let fraction = match rest.strip_prefix('.') {
        // As many digits as there are.
        Some(digits) if seconds.is_some() && !digits.is_empty() => digits,
        None if rest.is_empty() => "0",
        _ => return None,
    };
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // What is smaller than a millisecond goes. But at the end of a day there is none of it.
    let millis = number(&format!("{fraction:0<3}")[..3])?;
    if hours == 24 && fraction.bytes().any(|digit| digit != b'0') {
        return None;
    }
    let date = at(day, hours, minutes, seconds.unwrap_or(0), millis)?;
    let sign = match zone.as_bytes().first()? {
        b'Z' => return (zone.len() == 1).then_some(date),
        b'-' => 1,
        _ => -1,
    };
    let hours = number(zone.get(1..3)?)?;
    let (Some(minutes), "") = two(zone.get(3..)?, ':')? else {
        return None;
    };
    let offset = sign * (hours * 60 + minutes) * 60_000;
    let is_offset = hours < 24 && minutes < 60;
    is_offset.then(|| JsDate::from_millis((date.0 + offset) as f64))?
}

/// Two digits after a sign, and what is behind; or no digits, where the sign is not there.
fn two(text: &str, sign: char) -> Option<(Option<i64>, &str)> {
    match text.strip_prefix(sign) {
        None => Some((None, text)),
        Some(rest) => Some((Some(number(rest.get(..2)?)?), rest.get(2..)?)),
    }
}

/// `Sun, 22 Nov 2026 20:15:38 GMT`, and nothing else: what JavaScript makes of its kin is no rule of the language. A year
/// below 100 is another to it (26 is 2026, and 99 is 1999), a number before the comma is the day, and a fourth part of the
/// time the milliseconds.
fn parse_utc(text: &str) -> Option<JsDate> {
    let (weekday, rest) = text.split_once(", ")?;
    if !WEEKDAYS.contains(&weekday) {
        return None;
    }
    let words: Vec<_> = rest.split(' ').collect();
    let [day, month, year, time, "GMT"] = words[..] else {
        return None;
    };
    let day = number(day)?;
    let month = MONTHS.iter().position(|known| *known == month)? as i64 + 1;
    let year = number(year).filter(|year| *year >= 100)?;
    let time: Vec<_> = time.split(':').map(number).collect();
    let [Some(hours), Some(minutes), Some(seconds)] = time[..] else {
        return None;
    };
    at(Civil { year, month, day }, hours, minutes, seconds, 0)
}

fn at(day: Civil, hours: i64, minutes: i64, seconds: i64, millis: i64) -> Option<JsDate> {
    let midnight = (hours, minutes, seconds, millis) == (24, 0, 0, 0);
    let is_time = (hours < 24 && minutes < 60 && seconds < 60) || midnight;
    if !is_time || !day.is_one() {
        return None;
    }
    let time = ((hours * 60 + minutes) * 60 + seconds) * 1000 + millis;
    JsDate::from_millis((day.days() * DAY + time) as f64)
}

fn number(digits: &str) -> Option<i64> {
    let all = (1..=6).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `Date` writes them.
    const KNOWN: [(i64, &str, &str); 8] = [
        (
            0,
            "1970-01-01T00:00:00.000Z",
            "Thu, 01 Jan 1970 00:00:00 GMT",
        ),
        (
            1_795_378_538_757,
            "2026-11-22T20:15:38.757Z",
            "Sun, 22 Nov 2026 20:15:38 GMT",
        ),
        (
            951_782_400_000,
            "2000-02-29T00:00:00.000Z",
            "Tue, 29 Feb 2000 00:00:00 GMT",
        ),
        (
            -1,
            "1969-12-31T23:59:59.999Z",
            "Wed, 31 Dec 1969 23:59:59 GMT",
        ),
        (
            253_402_300_800_000,
            "+010000-01-01T00:00:00.000Z",
            "Sat, 01 Jan 10000 00:00:00 GMT",
        ),
        (
            8_640_000_000_000_000,
            "+275760-09-13T00:00:00.000Z",
            "Sat, 13 Sep 275760 00:00:00 GMT",
        ),
        (
            -8_640_000_000_000_000,
            "-271821-04-20T00:00:00.000Z",
            "Tue, 20 Apr -271821 00:00:00 GMT",
        ),
        (
            -62_167_219_200_001,
            "-000001-12-31T23:59:59.999Z",
            "Fri, 31 Dec -000001 23:59:59 GMT",
        ),
    ];

    #[test]
    fn dates_are_written_as_javascript_does() {
        for (millis, iso, utc) in KNOWN {
            let date = JsDate(millis);
            assert_eq!(date.to_iso(), iso);
            assert_eq!(date.to_utc(), utc);
            assert_eq!(JsDate::parse(iso), Some(date), "{iso}");
        }
        let cookie = "Sun, 22 Nov 2026 20:15:38 GMT";
        assert_eq!(JsDate::parse(cookie), Some(JsDate(1_795_378_538_000)));
        let midnight = JsDate::parse("2026-11-23T00:00:00Z");
        assert!(midnight.is_some());
        assert_eq!(JsDate::parse("2026-11-22T24:00:00.0000Z"), midnight);
        // Node does not look whether it was that day of the week.
        let another = cookie.replace("Sun", "Mon");
        assert_eq!(JsDate::parse(&another), JsDate::parse(cookie));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for bad in [
            "",
            "tomorrow",
            "2026-02-29T00:00:00.000Z",
            "2026-13-01T00:00:00.000Z",
            "2026-11-22T24:00:00.001Z",
            "2026-11-22T20:15:38.757",
            "-000000-01-01T00:00:00.000Z",
            "+275760-09-13T00:00:00.001Z",
            "Sun, 22 Nov 2026 20:15 GMT",
            "Sun, 22 Nov 2026 20:15:38 GMT!",
            "Sun, 22 Nov 2026 20:15:38 GMT GMT",
            // To JavaScript those are of 2026, 2026 and 1999.
            "Sat, 28 Nov 26 10:00:00 GMT",
            "Sat, 28 Nov 0026 10:00:00 GMT",
            "Sat, 28 Nov 99 10:00:00 GMT",
            // Of these 5 is the day, and 99 the milliseconds.
            "5, 28 Nov 2026 10:00:00 GMT",
            "Xyz, 28 Nov 2026 10:00:00 GMT",
            "Sun, 22 Nov 2026 20:15:38:99 GMT",
            "2026-11-22T24:00:00.0001Z",
            "2026-11-22T20:15:3\u{e9}757Z",
        ] {
            assert_eq!(JsDate::parse(bad), None, "{bad}");
        }
        assert_eq!(JsDate::from_millis(f64::NAN), None);
    }
}
