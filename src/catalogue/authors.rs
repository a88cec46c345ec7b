//! Who may write in the catalogue.

use crate::auth::{Actor, Who};
use crate::error::{FORBIDDEN, Result, UNAUTHENTICATED};
use crate::workflow::Role;

/// Publishing, closing and importing are the work of a system administrator
/// ("quản trị hệ thống") of any agency: the catalogue is one for the province.
pub fn system_admin(actor: &Actor) -> Result<()> {
    match &actor.who {
        Who::Anonymous => Err(UNAUTHENTICATED.err()),
        Who::Staff(staff) if staff.has_role(Role::SystemAdmin) => Ok(()),
        Who::System(_) => Ok(()),
        _ => Err(FORBIDDEN.err()),
    }
}

/// Whoever writes definitions: any official.
pub fn any_staff(actor: &Actor) -> Result<()> {
    match &actor.who {
        Who::Anonymous => Err(UNAUTHENTICATED.err()),
        Who::Staff(_) | Who::System(_) => Ok(()),
        _ => Err(FORBIDDEN.err()),
    }
}
