//! Text in a page.

/// A text as it may stand between tags and in an attribute: nothing in it is markup.
pub fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::escape_html;

    #[test]
    fn no_markup_is_left() {
        let escaped = escape_html("<script a=\"b\">&amp;</script>");
        assert_eq!(escaped, "&lt;script a=&quot;b&quot;&gt;&amp;amp;&lt;/script&gt;");
    }
}
