//! Limits of the target. Microsoft's parser gives up at a nesting that it sums from all operators and brackets (error
//! KS245: a chain of 493 `or`, 123 nested `not(`, 493 pipes); Sentinel's scheduled rules take 10,000 characters.

/// The deepest sum that is safe: operators count 1, parentheses 1, calls 4.
pub(super) const DEPTH: usize = 400;

/// The longest text that Sentinel's rules take.
pub(super) const LENGTH: usize = 10_000;

/// The nesting of a query's text: the largest sum of open brackets, of the operators of the chains they stand in, and of the pipes
/// before them (Microsoft's tree has the last pipe on top, so that this is more than it counts, not less).
pub(super) fn depth(text: &str) -> usize {
    // One entry a bracket: what it costs with the pipes so far in it, and the operators since the last of these.
    let mut open: Vec<(usize, usize)> = vec![(0, 0)];
    let (mut sum, mut deepest) = (0, 0);
    let mut rest = text;
    let mut word_before = false;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '"' | '@' if rest.starts_with("@\"") || c == '"' => literal_length(rest),
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            c if c.is_alphanumeric() || c == '_' => {
                rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
            }
            c => c.len_utf8(),
        };
        let (token, after) = rest.split_at(length.max(c.len_utf8()).min(rest.len()));
        match token {
            "(" => {
                open.push((if word_before { 4 } else { 1 }, 0));
                sum += open.last().map_or(0, |(cost, _)| *cost);
            }
            ")" => {
                if let Some((cost, operators)) = open.pop() {
                    sum = sum.saturating_sub(cost + operators);
                }
                if open.is_empty() {
                    open.push((0, 0));
                }
            }
            "and" | "or" => {
                sum += 1;
                if let Some((_, operators)) = open.last_mut() {
                    *operators += 1;
                }
            }
            "|" => {
                if let Some((cost, operators)) = open.last_mut() {
                    sum = sum.saturating_sub(*operators) + 1;
                    *cost += 1;
                    *operators = 0;
                }
            }
            _ => {}
        }
        word_before = token.chars().all(|c| c.is_alphanumeric() || c == '_')
            && !matches!(token, "and" | "or" | "where" | "in" | "union" | "");
        deepest = deepest.max(sum);
        rest = after;
    }
    deepest
}

/// The bytes of the string literal that the text starts with.
fn literal_length(text: &str) -> usize {
    let verbatim = text.starts_with('@');
    let start = if verbatim { 2 } else { 1 };
    let mut chars = text.char_indices().skip(start).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' if !verbatim => drop(chars.next()),
            '"' if verbatim && chars.peek().is_some_and(|(_, next)| *next == '"') => drop(chars.next()),
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}
