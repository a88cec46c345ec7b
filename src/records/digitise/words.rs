//! The closed vocabularies of digitisation.

use crate::workflow::words;

words! {
    /// How a component came.
    #[schema(as = ComponentOrigin)]
    Origin {
        /// "Bản chính giấy".
        PaperOriginal = "paper_original", "Bản chính (giấy)", "original on paper";
        /// "Bản sao có chứng thực".
        CertifiedCopy = "certified_copy", "Bản sao (giấy)", "certified copy on paper";
        /// "Bản điện tử": a file, or the interactive form itself.
        Electronic = "electronic", "Bản điện tử", "electronic";
        /// "Tái sử dụng từ kho dữ liệu điện tử".
        Reused = "reused", "Tái sử dụng từ kho dữ liệu", "reused from the store";
        /// "Khai thác từ cơ sở dữ liệu".
        Database = "database", "Khai thác từ cơ sở dữ liệu", "looked up in a database";
        /// "Xuất trình": shown to an official and given back.
        Presented = "presented", "Xuất trình", "shown and given back";
    }
}

impl Origin {
    /// There is, or was, a paper that can be scanned.
    pub fn on_paper(self) -> bool {
        matches!(self, Self::PaperOriginal | Self::CertifiedCopy | Self::Presented)
    }

    /// The paper stays in the dossier.
    pub fn handed_in(self) -> bool {
        matches!(self, Self::PaperOriginal | Self::CertifiedCopy)
    }
}

words! {
    /// Where a scan stands.
    ScanState {
        /// Uploaded.
        Scanned = "scanned", "Đã quét", "scanned";
        /// As the paper is, says the clerk.
        Compared = "compared", "Đã đối chiếu", "compared";
        /// The clerk vouches for it; final.
        Signed = "signed", "Đã xác nhận số hóa", "vouched for";
        /// It differs from the paper; final.
        Refused = "refused", "Không khớp bản giấy", "differs from the paper";
        /// Another scan came before it was signed; final.
        Replaced = "replaced", "Đã quét lại", "scanned again";
    }
}

words! {
    /// Whether a component is digitised.
    Digitised {
        /// It need not be.
        NotRequired = "not_required", "Không phải số hóa", "need not be digitised";
        /// It came in digital form.
        Digital = "digital", "Có sẵn bản điện tử", "came in digital form";
        /// Its paper waits to be scanned.
        Waiting = "waiting", "Chờ quét", "waits to be scanned";
        /// Scanned, not compared.
        Scanned = "scanned", "Đã quét, chờ đối chiếu", "scanned, waits to be compared";
        /// Compared, not signed.
        Compared = "compared", "Đã đối chiếu, chờ xác nhận", "compared, waits for the clerk's signature";
        /// Done.
        Done = "done", "Đã số hóa", "digitised";
    }
}
