//! Line breaks and indentation.

/// The width at which lines are broken where they can be.
pub const WIDTH: usize = 120;

/// `open item, item, ... close`, broken after commas into lines of at most [`WIDTH`] columns, continuation lines
/// indented by `indent` blanks (relative to the line that the list starts on).
pub fn wrapped_list(open: &str, items: &[String], close: &str, indent: usize) -> String {
    let one_line = format!("{open}{}{close}", items.join(", "));
    if one_line.chars().count() + indent <= WIDTH {
        return one_line;
    }
    let mut out = String::from(open);
    let mut column = open.chars().count();
    for (n, item) in items.iter().enumerate() {
        let last = n + 1 == items.len();
        let width = item.chars().count() + if last { close.chars().count() } else { 1 };
        if n > 0 {
            if column + 1 + width > WIDTH - indent {
                out.push('\n');
                out.push_str(&" ".repeat(indent));
                column = indent;
            } else {
                out.push(' ');
                column += 1;
            }
        }
        out.push_str(item);
        if !last {
            out.push(',');
        }
        column += width;
    }
    out.push_str(close);
    out
}
