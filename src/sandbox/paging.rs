//! Pages and the tokens that lead from one to the next.
//!
//! A token holds a place in the list, not a count, so that what arrives between two pages shifts nothing.

use super::seed::Seed;

/// A page and the token of the next one.
pub(super) struct TokenPage<T> {
    pub(super) items: Vec<T>,
    pub(super) next: Option<String>,
}

/// A token that is not one of ours, or belongs to another question.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct WrongToken;

/// The page of `items` behind the one that the token names, at most `size` long.
///
/// `question` is what the token belongs to: sent with anything else it is refused.
pub(super) fn page<T>(
    items: impl Iterator<Item = T>,
    size: usize,
    token: Option<&str>,
    question: &str,
    identity: impl Fn(&T) -> String,
) -> Result<TokenPage<T>, WrongToken> {
    let belongs = |item: &T| token_of(question, &identity(item));
    let mut items = items.peekable();
    if let Some(token) = token {
        items
            .by_ref()
            .find(|item| belongs(item) == token)
            .ok_or(WrongToken)?;
    }
    let shown: Vec<T> = items.by_ref().take(size).collect();
    let next = items.peek().and_then(|_| shown.last()).map(belongs);
    Ok(TokenPage { items: shown, next })
}

fn token_of(question: &str, identity: &str) -> String {
    Seed::of(&["token", question, identity]).mixed(64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page_of(
        list: &[u32],
        token: Option<&str>,
        question: &str,
    ) -> Result<(Vec<u32>, Option<String>), WrongToken> {
        page(list.iter().copied(), 2, token, question, ToString::to_string)
            .map(|page| (page.items, page.next))
    }

    #[test]
    fn a_token_goes_on_behind_the_last_item_whatever_came_in_front() {
        let (first, token) = page_of(&[3, 2, 1], None, "q").unwrap();
        assert_eq!(first, [3, 2]);
        assert_eq!(
            page_of(&[5, 4, 3, 2, 1], token.as_deref(), "q"),
            Ok((vec![1], None))
        );
    }

    #[test]
    fn a_token_of_another_question_is_refused() {
        let (_, token) = page_of(&[3, 2, 1], None, "q").unwrap();
        assert_eq!(page_of(&[3, 2, 1], token.as_deref(), "other"), Err(WrongToken));
        assert_eq!(page_of(&[3, 2, 1], Some("rubbish"), "q"), Err(WrongToken));
        assert_eq!(page_of(&[], None, "q"), Ok((vec![], None)));
    }
}
