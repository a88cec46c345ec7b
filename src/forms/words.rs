//! The forms that motcua fills in by itself.

use crate::workflow::words;

words! {
    /// The forms of Thông tư 03/2025/TT-VPCP.
    FormCode {
        /// 01: what was received, and when the result can be had.
        Receipt = "01", "Giấy tiếp nhận hồ sơ và hẹn trả kết quả", "receipt slip with appointment";
        /// 02: what has to be supplemented.
        Supplement = "02", "Phiếu yêu cầu bổ sung, hoàn thiện hồ sơ", "supplement request";
        /// 03: why it was not accepted.
        Refusal = "03", "Phiếu từ chối tiếp nhận giải quyết hồ sơ", "refusal";
        /// 04: the apology, and the new appointment.
        Apology = "04", "Văn bản xin lỗi và đề nghị gia hạn", "apology and extension";
        /// 05: why the work stopped.
        Stop = "05", "Thông báo dừng giải quyết", "stop notice";
        /// 06: who handed it to whom, and when.
        Control = "06", "Phiếu kiểm soát quá trình giải quyết hồ sơ", "process control slip";
        /// 07: what a unit received.
        Register = "07", "Sổ theo dõi hồ sơ", "register";
    }
}

impl FormCode {
    /// What follows the number of the document (Nghị định 30/2020: number and symbol).
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Receipt => "TNHS",
            Self::Supplement => "YCBS",
            Self::Refusal => "TCTN",
            Self::Apology => "XLGH",
            Self::Stop => "TBDGQ",
            Self::Control => "KSQT",
            Self::Register => "STD",
        }
    }

    /// Officials keep it for themselves.
    pub const fn is_internal(self) -> bool {
        matches!(self, Self::Control | Self::Register)
    }
}
