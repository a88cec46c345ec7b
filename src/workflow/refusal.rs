//! Why an action is refused.
use super::vocabulary::Guard;
use super::words::words;
use serde::Serialize;

words! {
    /// The kind of a refusal, stable for callers.
    RefusalCode {
        /// The roles of the one who acts do not allow it (403).
        NotYourRole = "not_your_role", "Bạn không có quyền thực hiện thao tác này", "Your role does not allow this action";
        /// The action does not belong to the step at which the dossier is (409).
        WrongStep = "wrong_step", "Thao tác không thuộc bước hiện tại của hồ sơ", "This action does not belong to the present step";
        /// Several branches offer the action; the request has to name its step (409).
        NameTheStep = "name_the_step", "Hồ sơ đang ở nhiều nhánh, cần chỉ rõ bước", "Several branches are open: name the step";
        /// A condition fails (409).
        GuardFailed = "guard_failed", "Chưa đủ điều kiện thực hiện", "A condition for this action does not hold";
        /// The dossier is closed (409).
        Closed = "closed", "Hồ sơ đã kết thúc", "The dossier is closed";
    }
}

/// A refused action: nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Refusal {
    /// The kind.
    pub code: RefusalCode,
    /// The guards that failed, for [`RefusalCode::GuardFailed`].
    pub failed: Vec<Guard>,
    /// What people read, in Vietnamese.
    pub vi: String,
    /// What people read, in English.
    pub en: String,
}
