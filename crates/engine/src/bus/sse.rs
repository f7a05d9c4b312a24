//! Server-sent events, parsed as they arrive: chunks may end anywhere, even inside a character or a line end.
//!
//! An event that the stream does not finish with an empty line is dropped, as the standard says. Streams of one JSON
//! document per line are cut into events here as well.

use super::dialect::Framing;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SseEvent {
    /// Its `event` field, empty where there is none.
    pub name: String,
    /// Its `data` lines, joined by line feeds.
    pub data: String,
}

/// An event grew beyond the parser's cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("one event of the stream is longer than {0} bytes")]
pub struct TooLong(pub usize);

/// The parser's state between two chunks.
#[derive(Debug)]
pub struct Sse {
    bytes_max: usize,
    line: Vec<u8>,
    name: String,
    data: Option<String>,
    after_cr: bool,
    at_start: bool,
}

impl Sse {
    /// A parser for one stream, whose events may have at most `bytes_max` bytes each.
    #[must_use]
    pub const fn new(bytes_max: usize) -> Self {
        Self { bytes_max, line: Vec::new(), name: String::new(), data: None, after_cr: false, at_start: true }
    }

    /// Takes the next bytes and gives the events that they complete.
    ///
    /// # Errors
    /// [`TooLong`] where an event outgrows the cap; the parser is of no use afterwards.
    pub fn push(&mut self, chunk: &[u8]) -> Result<Vec<SseEvent>, TooLong> {
        let mut events = Vec::new();
        for byte in chunk {
            match byte {
                b'\n' if self.after_cr => self.after_cr = false,
                b'\n' | b'\r' => {
                    self.after_cr = *byte == b'\r';
                    events.extend(self.end_line());
                }
                byte => self.grow(*byte)?,
            }
        }
        Ok(events)
    }

    fn grow(&mut self, byte: u8) -> Result<(), TooLong> {
        self.after_cr = false;
        self.line.push(byte);
        let held = self.line.len() + self.data.as_ref().map_or(0, String::len);
        if held > self.bytes_max {
            return Err(TooLong(self.bytes_max));
        }
        Ok(())
    }

    /// The line so far as an event, where it says anything.
    fn whole_line(&mut self) -> Option<SseEvent> {
        let bytes = std::mem::take(&mut self.line);
        let data = String::from_utf8_lossy(&bytes).trim().to_owned();
        (!data.is_empty()).then(|| SseEvent { name: String::new(), data })
    }

    fn end_line(&mut self) -> Option<SseEvent> {
        let bytes = std::mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&bytes);
        let line = match text.strip_prefix('\u{feff}') {
            Some(rest) if self.at_start => rest,
            _ => &text,
        };
        self.at_start = false;
        if line.is_empty() {
            return self.dispatch();
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        self.field(field, value.strip_prefix(' ').unwrap_or(value));
        None
    }

    fn field(&mut self, field: &str, value: &str) {
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            // Comments have an empty field name; `id` and `retry` are for reconnecting, which a paid call never does.
            _ => {}
        }
    }

    fn dispatch(&mut self) -> Option<SseEvent> {
        let name = std::mem::take(&mut self.name);
        self.data.take().map(|data| SseEvent { name, data })
    }
}

/// The events of a stream, however it tells them apart.
#[derive(Debug)]
pub struct Frames {
    framing: Framing,
    sse: Sse,
}

impl Frames {
    /// For one stream, whose events may have at most `bytes_max` bytes each.
    #[must_use]
    pub const fn new(framing: Framing, bytes_max: usize) -> Self {
        Self { framing, sse: Sse::new(bytes_max) }
    }

    /// Takes the next bytes and gives the events that they complete.
    ///
    /// # Errors
    /// As for [`Sse::push`].
    pub fn push(&mut self, chunk: &[u8]) -> Result<Vec<SseEvent>, TooLong> {
        match self.framing {
            Framing::Sse => self.sse.push(chunk),
            Framing::Lines => self.lines(chunk),
        }
    }

    /// The event that the end of the stream completes: a last line needs no line end.
    pub fn close(&mut self) -> Vec<SseEvent> {
        match self.framing {
            Framing::Sse => Vec::new(),
            Framing::Lines => self.sse.whole_line().into_iter().collect(),
        }
    }

    fn lines(&mut self, chunk: &[u8]) -> Result<Vec<SseEvent>, TooLong> {
        let mut events = Vec::new();
        for byte in chunk {
            match byte {
                b'\n' => events.extend(self.sse.whole_line()),
                byte => self.sse.grow(*byte)?,
            }
        }
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_events_and_the_last_needs_no_end() {
        let bytes = "{\"é\":1}\r\n\n{\"b\":2}".as_bytes();
        for at in 0..=bytes.len() {
            let mut frames = Frames::new(Framing::Lines, 100);
            let mut events = frames.push(&bytes[..at]).unwrap();
            events.extend(frames.push(&bytes[at..]).unwrap());
            events.extend(frames.close());
            assert_eq!(events, [event("", "{\"é\":1}"), event("", "{\"b\":2}")], "cut at {at}");
        }
        assert_eq!(Frames::new(Framing::Lines, 4).push(b"12345"), Err(TooLong(4)));
    }

    const STREAM: &str = "\u{feff}: hello\r\nevent: first\r\ndata: {\"é\":1}\r\n\r\n\
        event:second\ndata:  two\ndata\ndata: lines 𝄞\nid: 7\n\ndata: third\r\rretry: 5\n\nevent: lost\ndata: no end\n";

    fn event(name: &str, data: &str) -> SseEvent {
        SseEvent { name: name.to_owned(), data: data.to_owned() }
    }

    fn expected() -> Vec<SseEvent> {
        vec![event("first", "{\"é\":1}"), event("second", " two\n\nlines 𝄞"), event("", "third")]
    }

    #[test]
    fn chunks_may_end_at_every_byte() {
        let bytes = STREAM.as_bytes();
        for at in 0..=bytes.len() {
            let mut sse = Sse::new(1_000);
            let mut events = sse.push(&bytes[..at]).unwrap();
            events.extend(sse.push(&bytes[at..]).unwrap());
            assert_eq!(events, expected(), "cut at {at}");
        }
        let mut sse = Sse::new(1_000);
        let single: Vec<_> = bytes.chunks(1).flat_map(|byte| sse.push(byte).unwrap()).collect();
        assert_eq!(single, expected());
    }

    #[test]
    fn an_endless_event_is_refused_by_line_and_by_lines() {
        assert_eq!(Sse::new(16).push(&[b'x'; 17]), Err(TooLong(16)));
        let mut sse = Sse::new(16);
        assert_eq!(sse.push(b"data: 12345678\n"), Ok(vec![]));
        assert_eq!(sse.push(b"data: 12345678\n"), Err(TooLong(16)));
        let mut sse = Sse::new(16);
        for _ in 0..100 {
            assert_eq!(sse.push(b"data: 1234\n\n").unwrap().len(), 1, "the cap is per event");
        }
    }
}
