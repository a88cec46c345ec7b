//! PURE: an amount in Vietnamese words, as a receipt has to say it.

const DIGITS: [&str; 10] = ["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"];
const BILLION: u64 = 1_000_000_000;

/// `24000` → `Hai mươi bốn nghìn đồng`.
pub fn in_words(amount: u64) -> String {
    let mut words = Vec::new();
    if amount == 0 {
        words.push(DIGITS[0]);
    }
    count(amount, false, &mut words);
    words.push("đồng");
    let text = words.join(" ");
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// `inside`: something larger was said before, so that no place may be left out.
fn count(amount: u64, inside: bool, words: &mut Vec<&'static str>) {
    let mut inside = inside;
    if amount >= BILLION {
        count(amount / BILLION, inside, words);
        words.push("tỷ");
        inside = true;
    }
    for (size, name) in [(1_000_000, "triệu"), (1_000, "nghìn"), (1, "")] {
        let group = amount % BILLION / size % 1_000;
        if group > 0 {
            hundreds(group, inside, words);
            words.extend((!name.is_empty()).then_some(name));
            inside = true;
        }
    }
}

/// A number from 1 to 999.
fn hundreds(group: u64, inside: bool, words: &mut Vec<&'static str>) {
    let digit = |number: u64| DIGITS[usize::try_from(number % 10).unwrap_or_default()];
    let (hundred, ten, one) = (group / 100, group / 10 % 10, group % 10);
    let inside = inside || hundred > 0;
    if inside {
        words.extend([digit(hundred), "trăm"]);
    }
    match (ten, one) {
        (0, 0) => return,
        (0, _) => words.extend(inside.then_some("linh")),
        (1, _) => words.push("mười"),
        _ => words.extend([digit(ten), "mươi"]),
    }
    match (ten, one) {
        (_, 0) => {}
        (2.., 1) => words.push("mốt"),
        (1.., 5) => words.push("lăm"),
        _ => words.push(digit(one)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_said_as_people_say_them() {
        for (amount, words) in [
            (0, "Không đồng"),
            (5, "Năm đồng"),
            (15, "Mười lăm đồng"),
            (21, "Hai mươi mốt đồng"),
            (7_000, "Bảy nghìn đồng"),
            (24_000, "Hai mươi bốn nghìn đồng"),
            (105_000, "Một trăm linh năm nghìn đồng"),
            (1_005_010, "Một triệu không trăm linh năm nghìn không trăm mười đồng"),
            (5_000_000, "Năm triệu đồng"),
            (1_000_000_000, "Một tỷ đồng"),
            (1_000_000_000_000, "Một nghìn tỷ đồng"),
            (2_000_000_055, "Hai tỷ không trăm năm mươi lăm đồng"),
        ] {
            assert_eq!(in_words(amount), words, "{amount}");
        }
    }
}
