//! Standard output and standard error.

use std::borrow::Cow;
use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};

use annotate_snippets::{Level, Renderer};
use anstream::{AutoStream, ColorChoice};
use indicatif::{ProgressBar, ProgressStyle};

use super::args::Color;

/// Where results and messages go.
pub(crate) struct Terminal {
    out: BufWriter<StdoutLock<'static>>,
    /// Whether results are coloured.
    pub(crate) color_out: bool,
    /// Whether messages are coloured.
    pub(crate) color_err: bool,
    /// Errors only.
    pub(crate) quiet: bool,
    /// Whether a part was written.
    started: bool,
}

impl Terminal {
    /// Standard output and error, coloured as asked.
    pub(crate) fn new(color: Color, quiet: bool) -> Self {
        let decide = |auto: ColorChoice| match color {
            Color::Auto => auto != ColorChoice::Never,
            Color::Always => true,
            Color::Never => false,
        };
        Terminal {
            out: BufWriter::with_capacity(1 << 16, io::stdout().lock()),
            color_out: decide(AutoStream::choice(&io::stdout())),
            color_err: decide(AutoStream::choice(&io::stderr())),
            quiet,
            started: false,
        }
    }

    /// Writes a line of results.
    pub(crate) fn line(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())?;
        self.out.write_all(b"\n")
    }

    /// Writes a value as a line of JSON.
    pub(crate) fn json(&mut self, value: &impl serde::Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, value)?;
        self.out.write_all(b"\n")
    }

    /// Writes a text of several lines, with an empty line before it unless it is the first.
    pub(crate) fn part(&mut self, text: &str) -> io::Result<()> {
        if self.started {
            self.out.write_all(b"\n")?;
        }
        self.started = true;
        self.out.write_all(text.trim_end().as_bytes())?;
        self.out.write_all(b"\n")
    }

    /// Writes bytes of results.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)
    }

    /// Hands on what is still held back.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Writes a line of messages; nobody is left to tell where that fails.
    pub(crate) fn message(&self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// Writes a line that tells how it went, unless only errors are wanted.
    pub(crate) fn summary(&self, text: &str) {
        if !self.quiet {
            self.message(text);
        }
    }

    /// Writes an error that belongs to no place of a text.
    pub(crate) fn complain(&self, text: &str) {
        let report = &[Level::ERROR.primary_title(clean(text)).elements(Vec::<annotate_snippets::Element<'_>>::new())];
        self.message(&renderer(self.color_err).render(report));
    }

    /// Whether results are read as they come.
    pub(crate) fn live(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// A counter on standard error for work of unknown length, where somebody watches.
    pub(crate) fn spinner(&self, what: &'static str) -> ProgressBar {
        if self.quiet || !io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template("{spinner} {human_pos} {msg} {per_sec}");
        ProgressBar::new_spinner()
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
            .with_message(what)
    }

    /// A progress bar on standard error; one that shows nothing where nobody watches, or there is little to do.
    pub(crate) fn bar(&self, length: u64, what: &'static str) -> ProgressBar {
        if self.quiet || !io::stderr().is_terminal() || length < 1000 {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} {msg} {eta}");
        ProgressBar::new(length).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())).with_message(what)
    }
}

/// The renderer of diagnostics.
pub(crate) fn renderer(color: bool) -> Renderer {
    if color { Renderer::styled() } else { Renderer::plain() }
}

/// Text of a stranger's rule made safe for a terminal: control characters, and those that reorder the line, are spelled out.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    let unsafe_char = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(unsafe_char) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if unsafe_char(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    Cow::Owned(out)
}
