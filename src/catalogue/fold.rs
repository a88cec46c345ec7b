//! Folding: what a person types and what the catalogue holds, brought to one form.
//!
//! Lower-case words without diacritics: "Đăng ký KHAI SINH" becomes "dang ky khai sinh".
//! Letters of Unicode are decomposed and their marks dropped; "đ" has no decomposition.

pub use crate::agencies::words::words;

/// Nearly every name begins with it ("Thủ tục"), so it tells nothing apart.
const OPENING: [&str; 2] = ["thu", "tuc"];

/// The words of a name by which it is ranked and sorted.
pub fn name(text: &str) -> String {
    significant(words(text)).join(" ")
}

/// Words without a leading "thu tuc", unless nothing else is there.
pub fn significant(mut words: Vec<String>) -> Vec<String> {
    if words.len() > OPENING.len() && words.iter().zip(OPENING).all(|(word, opening)| word == opening) {
        words.drain(..OPENING.len());
    }
    words
}

/// Everything that a search looks at: the words, each after a space, so that a search for
/// beginnings of words is a search for " " and the beginning. The digits of the code are
/// a word of their own: people leave the "1." out.
pub fn haystack(code: &str, name: &str, field: &str) -> String {
    let digits = code.split_once('.').map_or("", |(_, digits)| digits);
    [code, digits, name, field].into_iter().flat_map(words).fold(String::new(), |mut all, word| {
        all.push(' ');
        all.push_str(&word);
        all
    })
}

#[cfg(test)]
mod tests {
    use unicode_normalization::UnicodeNormalization;

    use super::*;

    #[test]
    fn diacritics_case_and_marks_of_any_form_are_dropped() {
        assert_eq!(words("Đăng ký KHAI SINH"), ["dang", "ky", "khai", "sinh"]);
        // The same text with combining marks instead of composed letters.
        let decomposed: String = "Đăng ký".nfd().collect();
        assert_eq!(words(&decomposed), ["dang", "ky"]);
        assert_eq!(words("ƯƠNG, ưỡn – Ỷ"), ["uong", "uon", "y"]);
    }

    #[test]
    fn nothing_that_sql_or_like_would_read_is_left() {
        assert_eq!(words("100% _x_ \0 'a' \\"), ["100", "x", "a"]);
        assert!(words(" %_\0. ").is_empty());
    }

    #[test]
    fn codes_stay_one_word_and_can_be_found_by_their_digits() {
        assert_eq!(words("(1.001193)."), ["1.001193"]);
        assert_eq!(haystack("1.001193", "Khai sinh", "Hộ tịch"), " 1.001193 001193 khai sinh ho tich");
    }

    #[test]
    fn the_opening_that_every_name_has_does_not_count() {
        assert_eq!(name("Thủ tục đăng ký khai sinh"), "dang ky khai sinh");
        assert_eq!(name("Thủ tục"), "thu tuc");
        assert_eq!(name("Thủ đô"), "thu do");
    }
}
