//! SQL that a connection parses and plans once: what runs in every request.
//!
//! Diesel keeps no prepared statement for `sql_query`, `UPDATE`, `ON CONFLICT`, literal
//! conditions and inserts of several rows, since their text may differ each time. Here few
//! texts serve for ever: many rows are written as arrays (`unnest`), not as a longer and
//! longer `VALUES`.

use diesel::expression::{AsExpression, ValidGrouping, is_aggregate};
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Bool, SingleValue, SqlType, Untyped};

/// Text with its parameters: written as `?` and bound in their order. The operators of jsonb
/// that contain `?` cannot be used in it.
struct Text<'a> {
    sql: String,
    parameters: Vec<Box<dyn QueryFragment<Pg> + Send + 'a>>,
}

impl<'a> Text<'a> {
    fn new(sql: &str) -> Self {
        Self { sql: sql.to_owned(), parameters: Vec::new() }
    }

    fn bind<T, V>(&mut self, value: V)
    where
        T: SqlType + SingleValue,
        V: AsExpression<T>,
        V::Expression: QueryFragment<Pg> + Send + 'a,
    {
        self.parameters.push(Box::new(value.as_expression()));
    }

    fn walk<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let unequal = || diesel::result::Error::QueryBuilderError("parameters and `?` differ".into());
        let mut parts = self.sql.split('?');
        out.push_sql(parts.next().unwrap_or_default());
        let mut parameters = self.parameters.iter();
        for part in parts {
            parameters.next().ok_or_else(unequal)?.walk_ast(out.reborrow())?;
            out.push_sql(part);
        }
        parameters.next().map_or(Ok(()), |_| Err(unequal()))
    }
}

/// A statement with its parameters.
pub struct Prepared<'a>(Text<'a>);

/// A statement; its parameters are written as `?`.
pub fn prepared<'a>(sql: &'static str) -> Prepared<'a> {
    Prepared(Text::new(sql))
}

impl<'a> Prepared<'a> {
    /// Gives the next parameter.
    pub fn bind<T, V>(mut self, value: V) -> Self
    where
        T: SqlType + SingleValue,
        V: AsExpression<T>,
        V::Expression: QueryFragment<Pg> + Send + 'a,
    {
        self.0.bind(value);
        self
    }
}

impl QueryFragment<Pg> for Prepared<'_> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk(out)
    }
}

impl QueryId for Prepared<'_> {
    type QueryId = ();
    /// The connection keeps it under its text.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Prepared<'_> {
    type SqlType = Untyped;
}

impl RunQueryDsl<PgConnection> for Prepared<'_> {}

/// A condition with its parameters, for the `filter` of any query whose tables it names.
pub struct Condition(Text<'static>);

/// A condition; its parameters are written as `?`.
pub fn condition(sql: &'static str) -> Condition {
    Condition(Text::new(sql))
}

impl Condition {
    /// Gives the next parameter.
    pub fn bind<T, V>(mut self, value: V) -> Self
    where
        T: SqlType + SingleValue,
        V: AsExpression<T>,
        V::Expression: QueryFragment<Pg> + Send + 'static,
    {
        self.0.bind(value);
        self
    }

    /// Both.
    pub fn and(self, other: Self) -> Self {
        self.joined("AND", other)
    }

    /// One of the two, or both.
    pub fn or(self, other: Self) -> Self {
        self.joined("OR", other)
    }

    fn joined(mut self, word: &str, other: Self) -> Self {
        self.0.sql = format!("({}) {word} ({})", self.0.sql, other.0.sql);
        self.0.parameters.extend(other.0.parameters);
        self
    }
}

impl QueryFragment<Pg> for Condition {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("(");
        self.0.walk(out.reborrow())?;
        out.push_sql(")");
        Ok(())
    }
}

impl QueryId for Condition {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Expression for Condition {
    type SqlType = Bool;
}

impl ValidGrouping<()> for Condition {
    type IsAggregate = is_aggregate::No;
}

impl<Table> AppearsOnTable<Table> for Condition {}
impl<Table> SelectableExpression<Table> for Condition {}

#[cfg(test)]
mod tests {
    use diesel::debug_query;
    use diesel::sql_types::Integer;

    use super::*;

    fn text(statement: &Prepared) -> String {
        debug_query::<Pg, _>(statement).to_string()
    }

    #[test]
    fn parameters_take_their_places_in_order() {
        let statement = prepared("SELECT ? + ?").bind::<Integer, _>(1).bind::<Integer, _>(2);
        assert_eq!(text(&statement), "SELECT $1 + $2 -- binds: [1, 2]");
    }

    #[test]
    fn conditions_keep_together_what_was_joined() {
        let wide = condition("a = ?").bind::<Integer, _>(1).or(condition("b"));
        let narrow = wide.and(condition("c = ?").bind::<Integer, _>(2));
        let shown = debug_query::<Pg, _>(&narrow).to_string();
        assert_eq!(shown, "(((a = $1) OR (b)) AND (c = $2)) -- binds: [1, 2]");
    }

    #[test]
    fn a_parameter_too_few_or_too_many_is_an_error() {
        for (sql, binds) in [("SELECT ?", 0), ("SELECT 1", 1)] {
            let mut statement = prepared(sql);
            for value in 0..binds {
                statement = statement.bind::<Integer, _>(value);
            }
            let mut built = <Pg as diesel::backend::Backend>::QueryBuilder::default();
            assert!(statement.to_sql(&mut built, &Pg).is_err(), "{sql} with {binds}");
        }
    }
}
