//! The real packages of Node.

/// A date of JavaScript's, in either form, as milliseconds: worked out apart from the crate under test.
pub(crate) fn millis(date: &str) -> u64 {
    let (day, time) = match date.split_once(", ") {
        Some((_, rest)) => {
            let words: Vec<_> = rest.split(' ').collect();
            let months = "JanFebMarAprMayJunJulAugSepOctNovDec";
            let month = months.find(words[1]).expect("a month") / 3 + 1;
            (format!("{}-{month:02}-{}", words[2], words[0]), format!("{}.000", words[3]))
        }
        None => {
            let (day, time) = date.trim_end_matches('Z').split_once('T').expect("a date and a time");
            (day.to_owned(), time.to_owned())
        }
    };
    let numbers = |text: &str, by: char| -> Vec<u64> {
        text.split(by).map(|number| number.parse().expect("a number")).collect()
    };
    let day = numbers(&day, '-');
    let is_leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut days = (1970..day[0]).map(|year| if is_leap(year) { 366 } else { 365 }).sum::<u64>();
    let lengths = [31, if is_leap(day[0]) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    days += lengths.iter().take(day[1] as usize - 1).sum::<u64>() + day[2] - 1;
    let (clock, fraction) = time.split_once('.').expect("milliseconds");
    let clock = numbers(clock, ':');
    let seconds = days * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2];
    seconds * 1000 + fraction.parse::<u64>().expect("milliseconds")
}
