//! Digitisation of document components (số hóa thành phần hồ sơ, TT 01/2023/TT-VPCP).
//!
//! When a dossier is received, stock is taken of what came: each component with how it came and
//! why it must be digitised, where it must. A paper is digitised in three acts of the receiving
//! unit's clerks: it is scanned, the scan is compared with the paper, and the clerk vouches for
//! it. The last leaves a record that is chained to the one before of the same unit; from then on
//! neither changes, and another scan is another digitisation that names the one it replaces.
//! Who may do which is decided by whose dossier it is; everything here takes what was permitted.

mod acts;
mod seal;
mod show;
mod state_origin;
mod stock;
mod words;

use crate::error::Code;

pub use acts::{Scan, begin, compare, compared, lock, sign, signed};
pub use show::{ComponentOut, DigitisationOut, of_dossier, planned};
pub use state_origin::{Paper, Said, say};
pub use stock::{Came, GivenFile, Stock, add_stock, inventory, take_stock};
pub use words::{Digitised, Origin, ScanState};

pub static NOT_RECEIVED: Code = Code::new(
    409,
    "not_received",
    "Hồ sơ chưa được tiếp nhận nên chưa số hóa",
    "The dossier has not been received yet: nothing of it is digitised",
);
pub static NO_PAPER: Code = Code::new(
    409,
    "no_paper",
    "Thành phần này không có bản giấy để số hóa",
    "This component did not come on paper",
);
pub static DIGITISATION_BEGUN: Code = Code::new(
    409,
    "digitisation_begun",
    "Bản quét của thành phần này đã được đối chiếu; không sửa được cách nộp",
    "A scan of this component was compared: how it came is not changed any more",
);
pub static SCAN_CHANGED: Code = Code::new(
    409,
    "scan_changed",
    "Tệp quét không phải tệp đã xem",
    "The scan is not the one that was looked at",
);
pub static SCAN_CLOSED: Code = Code::new(
    409,
    "scan_closed",
    "Bản quét này đã bị thay hoặc bị từ chối",
    "This scan was refused, or another one took its place",
);
pub static NOT_COMPARED: Code = Code::new(
    409,
    "not_compared",
    "Bản quét chưa được đối chiếu với bản giấy",
    "The scan has not been compared with the paper",
);
