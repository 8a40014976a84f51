//! `500ms 20s 2m 1h 7d 1m30s`: durations as both forms and every document write them.

/// The units, longest first, in milliseconds.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Milliseconds of a duration; `None` if the text is not one, or is longer than 64 bits hold.
pub fn parse_ms(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut total: u64 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at_checked(digits)?;
        // `ms` before `m`: the longest unit that fits.
        let (unit, ms) = UNITS.iter().rev().find(|(unit, _)| tail.starts_with(unit))?;
        let count: u64 = number.parse().ok()?;
        total = total.checked_add(count.checked_mul(*ms)?)?;
        rest = tail.strip_prefix(unit)?;
    }
    Some(total)
}

/// The shortest spelling of a duration: `90000` is `1m30s`.
pub fn print(ms: u64) -> String {
    if ms == 0 {
        return "0s".to_owned();
    }
    let mut left = ms;
    let mut out = String::new();
    for (unit, size) in UNITS {
        let count = left / size;
        left %= size;
        if count > 0 {
            out.push_str(&format!("{count}{unit}"));
        }
    }
    out
}
