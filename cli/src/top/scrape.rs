//! `Scrape`: what was given out under `/metrics`, fetched and read. What comes may come from anywhere: it is bounded, and
//! whatever does not read as it should is an error.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(2);
/// Longest answer, in bytes.
const ANSWER_BYTES_MAX: u64 = 8 << 20;

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Name of the series.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its value.
    pub value: f64,
}

/// All lines, in their order.
#[derive(Clone, Debug, Default)]
pub struct Scrape(Vec<Line>);

impl Scrape {
    /// Reads text in version 0.0.4 of the format. None if a line is none.
    pub fn parse(text: &str) -> Option<Scrape> {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines.map(parse_line).collect::<Option<Vec<_>>>().map(Scrape)
    }

    /// The lines of this name, of which these labels have these values.
    pub fn of<'a>(&'a self, name: &'a str, labels: &'a [(&str, &str)]) -> impl Iterator<Item = &'a Line> {
        let fits = |line: &Line| {
            labels.iter().all(|(label, value)| line.labels.get(*label).is_some_and(|is| is == value))
        };
        self.0.iter().filter(move |line| line.name == name && fits(line))
    }

    /// The sum of their values.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.of(name, labels).map(|line| line.value).sum()
    }
}

/// Asks whoever listens at this address.
///
/// # Errors
/// What the system says, and an answer that is none.
pub fn fetch(address: &str) -> io::Result<Scrape> {
    let wrong = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let place = address.to_socket_addrs()?.next().ok_or_else(|| wrong("the name has no address"))?;
    let mut connection = TcpStream::connect_timeout(&place, TIMEOUT)?;
    connection.set_read_timeout(Some(TIMEOUT))?;
    connection.set_write_timeout(Some(TIMEOUT))?;
    write!(connection, "GET /metrics HTTP/1.0\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    connection.take(ANSWER_BYTES_MAX).read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(|| wrong("the answer is not HTTP"))?;
    match head.split_whitespace().nth(1) {
        Some("200") => Scrape::parse(body).ok_or_else(|| wrong("the answer has a line that is no metric")),
        Some("503") => Err(wrong("nothing runs there yet")),
        _ => Err(wrong(head.lines().next().unwrap_or_default())),
    }
}

fn parse_line(line: &str) -> Option<Line> {
    let name_end = line.find(['{', ' '])?;
    let (name, mut rest) = line.split_at(name_end);
    let mut labels = BTreeMap::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        while !rest.starts_with('}') {
            let (label, after) = rest.split_once("=\"")?;
            let (value, after) = quoted(after)?;
            labels.insert(label.to_owned(), value);
            rest = after.strip_prefix(',').unwrap_or(after);
        }
        rest = &rest[1..];
    }
    let value = rest.split_whitespace().next()?.parse().ok()?;
    Some(Line { name: name.to_owned(), labels, value })
}

/// What stands before the closing quotation mark, and what after it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(match characters.next()?.1 {
                'n' => '\n',
                other => other,
            }),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::Scrape;

    #[test]
    fn lines_with_and_without_labels_are_read_and_comments_are_not() {
        let text = "# HELP a b\n# TYPE a counter\na{x=\"1\",y=\"p \\\"q\\\" \\\\ } \\n\"} 2.5\na 3\nb_bucket{le=\"+Inf\"} 7 123\n";
        let scrape = Scrape::parse(text).expect("it is well formed");
        assert_eq!(scrape.sum("a", &[]), 5.5);
        assert_eq!(scrape.sum("a", &[("x", "1"), ("y", "p \"q\" \\ } \n")]), 2.5);
        assert_eq!(scrape.of("b_bucket", &[("le", "+Inf")]).count(), 1);
    }

    #[test]
    fn what_is_no_metric_is_refused_whatever_it_is() {
        for text in
            ["a", "a{", "a{x", "a{x=\"", "a{x=\"1\"", "a{x=\"1\"} ", "a b", "a{x=\"\\", "{}", "é{ 1", "a{} x"]
        {
            assert!(Scrape::parse(text).is_none(), "{text}");
        }
    }
}
