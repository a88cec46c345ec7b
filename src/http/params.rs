//! Parameters of a query, all of which may be absent: a wrong one is named.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use serde::de::DeserializeOwned;

use crate::error::{Error, MALFORMED, Result};

/// `?…` of a list. The framework says what is wrong with a query and not where; here the
/// refusal names the parameter.
#[derive(Debug)]
pub struct Params<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Params<T> {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse(request.query_string()).map(Self))
    }
}

fn parse<T: DeserializeOwned>(query: &str) -> Result<T> {
    let read = |part: &str| web::Query::<T>::from_query(part).map(web::Query::into_inner);
    read(query).map_err(|error| {
        // None is needed, so the one that fails by itself is the wrong one.
        let wrong = query.split('&').find(|part| read(part).is_err());
        let (vi, en) = (format!("tham số không đúng: {error}"), error.to_string());
        match wrong.and_then(|part| part.split('=').next()) {
            Some(name) => MALFORMED.at(name, vi, en),
            None => MALFORMED.because(vi, en),
        }
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::super::Moment;
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Filter {
        late: Option<bool>,
        before: Option<Moment>,
    }

    #[test]
    fn the_wrong_parameter_is_named() {
        let right: Filter = parse("late=true&before=2026-09-14T02:00:00Z").unwrap_or_else(|e| panic!("{e}"));
        assert!(right.late == Some(true) && right.before.is_some());
        for (query, field) in [
            ("late=true&before=-009999-01-01T00:00:00Z", "before"),
            ("late=2&before=2026-09-14T02:00:00Z", "late"),
            ("other=1", "other"),
            // Each is right, they are only too many: none is named.
            ("late=true&late=true", ""),
        ] {
            let Err(Error::Refused(refused)) = parse::<Filter>(query) else { panic!("{query} passes") };
            let named = refused.fields.first().map_or("", |problem| problem.field.as_str());
            assert_eq!((refused.code.status, named), (400, field), "{query}");
        }
    }
}
