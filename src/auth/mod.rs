//! Who somebody is: sessions, tokens, actors; logins of officials and machines.

pub mod accounts;
pub mod actor;
mod attempts;
mod extract;
mod grant;
pub mod key_file;
mod machine_token;
mod me;
mod own_password;
pub mod passwords;
mod rotation;
pub mod session;
mod sessions;
mod staff_login;
pub mod tokens;

pub use actor::{Actor, CitizenActor, MachineActor, Mandate, Position, StaffActor, Who};
pub use extract::LiveSession;
pub use grant::{TokensOut, session_lifetime};
pub use staff_login::LOGIN_FAILED;

/// The operations about sessions.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config
        .service(staff_login::log_in_staff)
        .service(machine_token::issue_machine_token)
        .service(sessions::refresh_token)
        .service(sessions::log_out)
        .service(me::show_me)
        .service(own_password::change_own_password);
}
