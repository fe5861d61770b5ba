//! The frame of a report: one HTML file that asks nobody for anything, reads well without a script and follows the reader's
//! choice of light or dark.

/// A page with a title around a body.
pub fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{}</title><style>{STYLE}</style></head>\n\
         <body><main>{body}</main></body></html>\n",
        escape(title)
    )
}

/// Text that stays text within HTML, attributes included.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A table: a heading and rows, whose cells are HTML already. The first column is text, the others are figures.
pub fn table(heading: &[&str], rows: &[Vec<String>]) -> String {
    let mut out = String::from("<div class=\"scroll\"><table><thead><tr>");
    out.extend(heading.iter().map(|cell| format!("<th>{}</th>", escape(cell))));
    out.push_str("</tr></thead><tbody>");
    for row in rows {
        out.push_str("<tr>");
        out.extend(row.iter().map(|cell| format!("<td>{cell}</td>")));
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div>\n");
    out
}

/// Facts: a name and what is known, both plain text.
pub fn facts(title: &str, facts: &[(&str, String)]) -> String {
    let mut out = format!("<section class=\"facts\"><h3>{}</h3><dl>", escape(title));
    for (name, value) in facts {
        out.push_str(&format!("<dt>{}</dt><dd>{}</dd>", escape(name), escape(value)));
    }
    out.push_str("</dl></section>\n");
    out
}

const STYLE: &str = include_str!("page.css");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        let page = page("</title><script>", &facts("<i>", &[("a&b", "\"'<".to_owned())]));
        assert!(!page.contains("<script") && !page.contains("<i>"));
        assert!(page.contains("&quot;&#39;&lt;") && page.contains("a&amp;b"));
    }

    #[test]
    fn the_style_asks_nobody() {
        for word in ["http", "url(", "@import", "//"] {
            assert!(!STYLE.contains(word), "{word}");
        }
    }
}
