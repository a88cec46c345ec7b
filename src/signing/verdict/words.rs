//! The verdict in words, in Vietnamese and in English.

use serde::{Deserialize, Serialize};

use super::{Outcome, Reason, Signature, Verdict};

/// A sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = VerdictWords)]
pub struct Words {
    pub vi: String,
    pub en: String,
}

impl Words {
    fn of((vi, en): (&str, &str)) -> Self {
        Self { vi: vi.to_owned(), en: en.to_owned() }
    }
}

impl Outcome {
    pub fn words(self) -> Words {
        Words::of(match self {
            Self::Trusted => (
                "Chữ ký toàn vẹn, người ký tin cậy, thời điểm ký đã được chứng minh",
                "Intact, trusted signer, proven time of signing",
            ),
            Self::TrustedTimeClaimed => (
                "Chữ ký toàn vẹn, người ký tin cậy; thời điểm ký chỉ do người ký khai",
                "Intact, trusted signer; the time of signing is only claimed",
            ),
            Self::UnknownSigner => {
                ("Chữ ký toàn vẹn nhưng không xác định được người ký", "Intact, but the signer is unknown")
            }
            Self::Undecided => {
                ("Chữ ký toàn vẹn nhưng chưa kết luận được", "Intact, but it cannot be decided")
            }
            Self::Changed => {
                ("Tài liệu đã bị thay đổi sau khi ký", "The document was changed after it was signed")
            }
            Self::Invalid => ("Chữ ký không hợp lệ", "The signature is not valid"),
        })
    }
}

impl Reason {
    pub fn words(self) -> Words {
        Words::of(self.trust_words().unwrap_or_else(|| self.flaw_words()))
    }

    fn trust_words(self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Self::UnknownSigner => (
                "chứng thư không do tổ chức chứng thực được tin cậy cấp",
                "the certificate was not issued by an authority that is trusted here",
            ),
            Self::RevocationUnknown => (
                "không biết chứng thư có bị thu hồi hay không",
                "it is not known whether a certificate had been revoked",
            ),
            Self::ExpiredSince => (
                "chứng thư đã hết hạn và không có dấu thời gian chứng minh đã ký trước đó",
                "the certificate has expired, and no time-stamp proves that it was used before",
            ),
            Self::TimestampUndecided => (
                "không kết luận được về dịch vụ cấp dấu thời gian",
                "the service of the time-stamp cannot be judged",
            ),
            Self::StrangeCertificate => (
                "chữ ký kèm theo một chứng thư không rõ nguồn gốc",
                "the signature carries a certificate that nothing vouches for",
            ),
            Self::NotValidThen => (
                "chứng thư không có hiệu lực vào thời điểm ký",
                "a certificate was not valid at the time of signing",
            ),
            Self::Issuer => (
                "một chứng thư trong chuỗi không được quyền cấp chứng thư",
                "a certificate of the chain may not issue certificates",
            ),
            Self::Usage => {
                ("chứng thư không dùng cho mục đích này", "the certificate is not meant for this use")
            }
            Self::CriticalExtension => {
                ("chứng thư có quy tắc không được hỗ trợ", "a certificate has a rule that is not supported")
            }
            Self::Revoked => ("chứng thư đã bị thu hồi", "a certificate had been revoked"),
            Self::Timestamp => ("dấu thời gian không hợp lệ", "the time-stamp is not valid"),
            Self::InTheFuture => {
                ("thời điểm ký nằm trong tương lai", "the time of signing lies in the future")
            }
            _ => return None,
        })
    }

    fn flaw_words(self) -> (&'static str, &'static str) {
        match self {
            Self::AddedLater => (
                "có nội dung được thêm hoặc sửa sau khi ký",
                "something was added or changed behind the signature",
            ),
            Self::AddedToFinal => (
                "người ký không cho phép bổ sung nhưng tài liệu đã được bổ sung",
                "the signer allowed no additions, and something was added",
            ),
            Self::ContentDiffers => {
                ("nội dung không còn đúng với nội dung đã ký", "the content is not what was signed")
            }
            Self::ByteRange => (
                "phạm vi được ký không bao trùm tệp đúng quy định",
                "the signed part does not cover the file as it must",
            ),
            Self::Contents => {
                ("vùng chứa chữ ký có dữ liệu khác", "the place of the signature holds something else")
            }
            Self::Structure => ("cấu trúc tệp PDF không đúng chuẩn", "the PDF is not well-formed"),
            Self::Encrypted => ("tệp được mã hóa", "the file is encrypted"),
            Self::Format => ("dạng chữ ký không được hỗ trợ", "this form of signature is not supported"),
            Self::Message => ("dữ liệu chữ ký không đúng chuẩn", "the signature data are not well-formed"),
            Self::Algorithm => {
                ("thuật toán quá yếu hoặc không được hỗ trợ", "an algorithm is too weak or not known")
            }
            Self::Attributes => (
                "thiếu hoặc thừa thuộc tính của chữ ký",
                "attributes of the signature are missing or too many",
            ),
            Self::OtherCertificate => (
                "chứng thư không phải chứng thư đã dùng để ký",
                "the certificate is not the one that was signed for",
            ),
            Self::NoCertificate => ("không có chứng thư của người ký", "the signer's certificate is missing"),
            Self::SignatureValue => ("giá trị chữ ký sai", "the value of the signature is wrong"),
            _ => ("tệp vượt giới hạn kiểm tra", "the file holds more than is looked at"),
        }
    }
}

impl Verdict {
    /// What the file is worth, in one sentence.
    pub fn words(&self) -> Words {
        let Some(outcome) = self.outcome else {
            return Words::of(("Tệp không có chữ ký số", "The file is not digitally signed"));
        };
        let Words { vi, en } = outcome.words();
        match self.reason.map(Reason::words) {
            Some(why) => Words { vi: format!("{vi}: {}", why.vi), en: format!("{en}: {}", why.en) },
            None => Words { vi, en },
        }
    }
}

impl Signature {
    /// What this signature is worth, in one sentence; it never calls anybody by name whose
    /// certificate is not trusted without saying so.
    pub fn words(&self) -> Words {
        let Words { mut vi, mut en } = self.outcome.words();
        if let Some(reason) = self.reason {
            let why = reason.words();
            vi = format!("{vi}: {}", why.vi);
            en = format!("{en}: {}", why.en);
        }
        let Some(signer) = &self.signer else { return Words { vi, en } };
        let name = match &signer.organisation {
            Some(organisation) => format!("{} ({organisation})", signer.name),
            None => signer.name.clone(),
        };
        if self.outcome <= Outcome::TrustedTimeClaimed {
            vi = format!("{vi}. Người ký: {name}");
            en = format!("{en}. Signer: {name}");
        } else {
            vi = format!("{vi}. Chứng thư ghi tên: {name} (chưa được xác nhận)");
            en = format!("{en}. The certificate names: {name} (not confirmed)");
        }
        Words { vi, en }
    }
}
