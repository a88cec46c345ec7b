//! The database: the private PostgreSQL, the migrations, the generated schema.
mod embedded;
mod migrations;
mod schema;
