//! What holds for every request, whoever sends it: limits, headers, the shape of refusals.
mod document;
mod limits;

use std::net::TcpListener;

use actix_web::HttpServer;
use motcua::app::{self, App};
use motcua::clock::Clock;
use motcua::config::Config;
use motcua::db::{Db, DbLimits};

use crate::support::{DataDir, TestDb};

/// A portal on a port of its own, with nothing in its database.
pub struct Served {
    pub url: String,
    pub http: reqwest::Client,
    // Dropped last.
    _data: DataDir,
    _database: TestDb,
}

impl Served {
    /// With these lines in the section `http` of its configuration.
    pub fn with(http: &str) -> Self {
        let (database, data) = (TestDb::new(), DataDir::new());
        let db = Db::connect(database.url(), &DbLimits::default(), Clock::default()).unwrap();
        let config = format!("data_dir = {:?}\n[http]\n{http}\n", data.path());
        let app = App::build(Config::from_parts(&config, []).unwrap(), db).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = HttpServer::new(move || app::service(app.clone())).workers(1).disable_signals();
        actix_web::rt::spawn(server.listen(listener).unwrap().run());
        Self { url, http: reqwest::Client::new(), _data: data, _database: database }
    }

    pub async fn get(&self, path: &str) -> reqwest::Response {
        self.http.get(format!("{}{path}", self.url)).send().await.expect("the portal answers")
    }
}
