//! Whether the terminal's ground is light or dark: asked by OSC 11, and never waited for.
//!
//! The question goes out with the first frame and whenever somebody comes back to the terminal, which is when its
//! colours may have changed. Where an answer comes, however late, it comes among the keys; a terminal that knows no
//! answer costs nothing. `DECSET` 2031 would tell of changes by itself, but in a form (`CSI ? 997 ; 1 n`) that
//! crossterm takes for the beginning of something longer, and the keys behind it with it.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use futures_util::Stream;
use tokio::time::{Sleep, sleep};

/// The question.
pub(super) const ASK: &str = "\u{1b}]11;?\u{1b}\\";
/// How an answer begins, after the sign that begins it.
const BEGINS: &str = "11;rgb";
/// No answer is longer.
const LONGEST: usize = 64;
/// What stays away for so long is no part of an answer.
const TOGETHER: Duration = Duration::from_millis(100);

/// What the terminal is drawn on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backdrop {
    /// Light text on it can be read.
    Dark,
    /// Dark text on it can be read.
    Light,
}

impl Backdrop {
    /// Reads an answer: `11;rgb:ffff/ffff/ffff`, with one to four digits a colour, or with an alpha before them.
    pub fn of_answer(answer: &str) -> Option<Self> {
        let colours = answer
            .strip_prefix(BEGINS)?
            .trim_start_matches('a')
            .strip_prefix(':')?;
        let parts: Vec<f64> = colours.split('/').map(share).collect::<Option<_>>()?;
        let [red, green, blue] = *parts.get(..3)? else {
            return None;
        };
        // As bright as an eye sees it.
        let bright = 0.299 * red + 0.587 * green + 0.114 * blue;
        Some(if bright > 0.5 { Self::Light } else { Self::Dark })
    }
}

/// A colour of so many hexadecimal digits, from 0 to 1.
fn share(digits: &str) -> Option<f64> {
    let is_hex = (1..=4).contains(&digits.len()) && digits.chars().all(|digit| digit.is_ascii_hexdigit());
    let value = is_hex.then(|| u16::from_str_radix(digits, 16).ok())??;
    let most = (1_u32 << (4 * digits.len())) - 1;
    Some(f64::from(value) / f64::from(most))
}

/// What the terminal says.
#[derive(Debug, PartialEq, Eq)]
pub enum TerminalInput {
    /// Somebody did something.
    Event(Event),
    /// It answered.
    Backdrop(Backdrop),
}

/// Takes the answers out of what the terminal says, so that none becomes a key. What only began like one is passed
/// on as it came, in its order.
#[derive(Debug)]
pub struct Answers<S> {
    events: S,
    /// What may be the beginning of an answer.
    held: Vec<Event>,
    read: String,
    /// What turned out to be none.
    ready: VecDeque<Event>,
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<S> Answers<S> {
    /// Takes them out of this.
    pub fn of(events: S) -> Self {
        Self {
            events,
            held: Vec::new(),
            read: String::new(),
            ready: VecDeque::new(),
            deadline: None,
        }
    }

    /// Takes an event in: the answer that it ends, if it does.
    fn take(&mut self, event: Event) -> Option<Backdrop> {
        let key = match &event {
            Event::Key(key) => Some(*key),
            _ => None,
        };
        if self.held.is_empty() {
            if key.is_some_and(begins) {
                self.held.push(event);
                self.deadline = Some(Box::pin(sleep(TOGETHER)));
            } else {
                self.ready.push_back(event);
            }
            return None;
        }
        self.held.push(event);
        match key {
            Some(key) if ends(key) => self.end(),
            Some(key) if self.goes_on(key) => None,
            _ => {
                self.give_up();
                None
            }
        }
    }

    fn end(&mut self) -> Option<Backdrop> {
        let read = std::mem::take(&mut self.read);
        // An answer that nobody understands is an answer all the same.
        let is_answer = read.starts_with(BEGINS);
        if is_answer {
            self.held.clear();
            self.deadline = None;
        } else {
            self.give_up();
        }
        Backdrop::of_answer(&read)
    }

    fn goes_on(&mut self, key: KeyEvent) -> bool {
        let KeyCode::Char(letter) = key.code else {
            return false;
        };
        if !key.modifiers.difference(KeyModifiers::SHIFT).is_empty() {
            return false;
        }
        self.read.push(letter);
        let begins = self.read.starts_with(BEGINS) || BEGINS.starts_with(self.read.as_str());
        begins && self.read.len() <= LONGEST && (letter.is_ascii_alphanumeric() || ";:/".contains(letter))
    }

    fn give_up(&mut self) {
        self.ready.extend(self.held.drain(..));
        self.read.clear();
        self.deadline = None;
    }
}

/// `ESC ]`, as crossterm reads it.
fn begins(key: KeyEvent) -> bool {
    key.code == KeyCode::Char(']') && key.modifiers == KeyModifiers::ALT
}

/// `ESC \`, or the bell.
fn ends(key: KeyEvent) -> bool {
    let is = |letter, modifier| key.code == KeyCode::Char(letter) && key.modifiers == modifier;
    is('\\', KeyModifiers::ALT) || is('g', KeyModifiers::CONTROL)
}

impl<S: Stream<Item = io::Result<Event>> + Unpin> Stream for Answers<S> {
    type Item = io::Result<TerminalInput>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Poll::Ready(Some(Ok(TerminalInput::Event(event))));
            }
            match Pin::new(&mut self.events).poll_next(context) {
                Poll::Ready(Some(Ok(event))) => {
                    if let Some(ground) = self.take(event) {
                        return Poll::Ready(Some(Ok(TerminalInput::Backdrop(ground))));
                    }
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(None) if self.held.is_empty() => return Poll::Ready(None),
                Poll::Ready(None) => self.give_up(),
                Poll::Pending => {
                    let is_over = self
                        .deadline
                        .as_mut()
                        .is_some_and(|deadline| deadline.as_mut().poll(context).is_ready());
                    if !is_over {
                        return Poll::Pending;
                    }
                    self.give_up();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt as _;
    use futures_util::stream;

    use super::*;

    fn key(letter: char, modifiers: KeyModifiers) -> Event {
        Event::Key(KeyEvent::new(KeyCode::Char(letter), modifiers))
    }

    /// What crossterm makes of an answer.
    fn answer(text: &str) -> Vec<Event> {
        let mut events = vec![key(']', KeyModifiers::ALT)];
        events.extend(text.chars().map(|letter| key(letter, KeyModifiers::NONE)));
        events.push(key('\\', KeyModifiers::ALT));
        events
    }

    async fn read(events: Vec<Event>) -> Vec<TerminalInput> {
        let events = stream::iter(events.into_iter().map(Ok));
        let said: Vec<io::Result<TerminalInput>> = Answers::of(events).collect().await;
        said.into_iter().map(Result::unwrap).collect()
    }

    #[test]
    fn an_answer_tells_light_from_dark() {
        for (answer, ground) in [
            ("11;rgb:ffff/ffff/ffff", Some(Backdrop::Light)),
            ("11;rgb:0000/0000/0000", Some(Backdrop::Dark)),
            ("11;rgb:fd/f6/e3", Some(Backdrop::Light)),
            ("11;rgb:0/2b/36", Some(Backdrop::Dark)),
            ("11;rgba:ffff/ffff/ffff/8000", Some(Backdrop::Light)),
            ("11;rgb:ffff/ffff", None),
            ("11;rgb:fffff/0/0", None),
            ("11;rgb:-1/0/0", None),
            ("11;?", None),
            ("10;rgb:ffff/ffff/ffff", None),
            ("", None),
        ] {
            assert_eq!(Backdrop::of_answer(answer), ground, "{answer}");
        }
    }

    #[tokio::test]
    async fn an_answer_among_keys_becomes_none() {
        let (j, q) = (key('j', KeyModifiers::NONE), key('q', KeyModifiers::NONE));
        let mut events = vec![j.clone()];
        events.extend(answer("11;rgb:ffff/ffff/ffff"));
        events.push(q.clone());
        let wanted = [
            TerminalInput::Event(j),
            TerminalInput::Backdrop(Backdrop::Light),
            TerminalInput::Event(q),
        ];
        assert_eq!(read(events).await, wanted);
        // One that makes no sense is taken out as well.
        assert_eq!(read(answer("11;rgb:zz/zz/zz")).await, []);
    }

    #[tokio::test]
    async fn what_is_no_answer_is_passed_on_as_it_came() {
        for text in ["", "x", "12;rgb:0/0/0", "11;rgx"] {
            let events = answer(text);
            let passed: Vec<TerminalInput> = events.iter().cloned().map(TerminalInput::Event).collect();
            assert_eq!(read(events).await, passed, "{text}");
        }
        let resized = vec![key(']', KeyModifiers::ALT), Event::Resize(80, 24)];
        assert_eq!(read(resized.clone()).await.len(), 2);
    }

    /// Somebody who presses the key that an answer would begin with waits no longer than a moment for it.
    #[tokio::test(start_paused = true)]
    async fn a_key_that_only_begins_like_one_comes_through() {
        let begun = key(']', KeyModifiers::ALT);
        let events = stream::iter([Ok(begun.clone())]).chain(stream::pending());
        let mut answers = Answers::of(Box::pin(events));
        let before = tokio::time::Instant::now();
        let said = answers.next().await.unwrap().unwrap();
        assert_eq!(said, TerminalInput::Event(begun));
        assert!(before.elapsed() <= TOGETHER * 2, "{:?}", before.elapsed());
    }
}
