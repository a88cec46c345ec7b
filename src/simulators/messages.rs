//! The message gateway as a service to play and test against: it keeps every message once.
//!
//! `GET /messages` lists what people would have got, in the order of arrival.

use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::{HttpRequest, HttpResponse, web};

use crate::config::{Config, Secret};
use crate::national::messages::{KEY_HEADER, Message, Taken};

/// The gateway's state, shared by its threads.
pub struct MessageSimulator {
    key: Secret<String>,
    taken: Mutex<Vec<Message>>,
}

impl MessageSimulator {
    pub fn new(config: &Config) -> Self {
        Self { key: config.messages.key.clone(), taken: Mutex::default() }
    }

    fn taken(&self) -> MutexGuard<'_, Vec<Message>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The gateway's routes; the service needs a `web::Data<MessageSimulator>`.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::scope("/messages").route("", web::get().to(list)).route("/send", web::post().to(take)));
}

/// Takes a message, once.
async fn take(
    gateway: web::Data<MessageSimulator>,
    request: HttpRequest,
    message: web::Json<Message>,
) -> HttpResponse {
    if super::header(&request, KEY_HEADER) != gateway.key.expose() {
        return HttpResponse::Unauthorized().finish();
    }
    let message = message.into_inner();
    if message.to.is_empty() || message.title.is_empty() || message.body.is_empty() {
        return HttpResponse::UnprocessableEntity().body("a message needs an address, a title and a text");
    }
    let mut taken = gateway.taken();
    let id = message.id;
    let repeated = taken.iter().any(|known| known.id == id);
    if !repeated {
        taken.push(message);
    }
    HttpResponse::Ok().json(Taken { id, repeated })
}

async fn list(gateway: web::Data<MessageSimulator>) -> web::Json<Vec<Message>> {
    web::Json(gateway.taken().clone())
}
