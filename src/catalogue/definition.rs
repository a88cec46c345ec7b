//! A procedure as people write it ("thủ tục hành chính"): one JSON file a version.
use super::condition::Cond;
use super::fee_def::FeeDef;
use super::scenario_def::ScenarioDef;
use crate::calendar::Term;
use crate::workflow::{Channel, StepId, WorkflowDef, words};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One version of a procedure; immutable once published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcedureDef {
    /// The national code, `d.dddddd` ("mã thủ tục").
    pub code: String,
    /// The official name.
    pub name: String,
    /// The field it belongs to ("lĩnh vực").
    pub field: FieldOfLaw,
    /// The decision that published it ("quyết định công bố").
    pub decision: String,
    /// Counts from 1.
    pub version: u32,
    /// First day on which this version takes filings.
    pub effective_from: Date,
    /// Last day, when it is known.
    #[serde(default)]
    pub effective_to: Option<Date>,
    /// The documents of law it stands on ("căn cứ pháp lý").
    pub legal_basis: Vec<LegalBasis>,
    /// The levels that have competence ("cấp thực hiện").
    pub levels: Vec<Level>,
    /// Which agency decides.
    pub handling: Handling,
    /// The channels on which it can be filed.
    pub channels: Vec<Channel>,
    /// The level of VNeID that filing online demands: 0 (none), 1 or 2.
    pub identity_level: u8,
    /// Who may apply.
    pub applicants: Vec<Applicant>,
    /// The cases with their terms; time belongs to the case, not to the channel.
    pub cases: Vec<CaseDef>,
    /// The parts of a dossier ("thành phần hồ sơ").
    pub documents: Vec<DocumentDef>,
    /// "Phí, lệ phí".
    #[serde(default)]
    pub fees: Vec<FeeDef>,
    /// What the applicant gets ("kết quả").
    pub results: Vec<ResultDef>,
    /// How the result can be returned.
    #[serde(rename = "return")]
    pub return_channels: Vec<Channel>,
    /// Full-process, partial or information only, per level and time.
    pub service_levels: Vec<ServiceLevelDef>,
    /// The steps at which somebody must come; a partial service names them.
    #[serde(default)]
    pub presence_steps: Vec<PresenceStepDef>,
    /// JSON Schema 2020-12 of the answers ("tờ khai điện tử").
    pub form: Value,
    /// The workflow: the name of a shared one, or written here.
    pub workflow: WorkflowRef,
    /// Which values are unverified defaults, and where they are from.
    #[serde(default)]
    pub notes: Vec<Note>,
    /// Stories that have to come out as written before the version is published.
    pub scenarios: Vec<ScenarioDef>,
}

/// A field of law ("lĩnh vực"), with its code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldOfLaw {
    /// For example `G15-HT01`.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// One document of law.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LegalBasis {
    /// For example `60/2014/QH13`.
    pub number: String,
    /// Its name.
    pub name: String,
}

words! {
    /// The level of administration that has competence ("cấp").
    Level {
        /// "Bộ".
        Ministry = "ministry", "Cấp bộ", "ministry";
        /// "Tỉnh".
        Province = "province", "Cấp tỉnh", "province";
        /// "Xã, phường, đặc khu".
        Commune = "commune", "Cấp xã", "commune";
        /// Other bodies with competence ("cơ quan khác").
        Other = "other", "Cơ quan khác", "other body";
    }
}

words! {
    /// Who may apply ("đối tượng thực hiện").
    #[schema(as = ApplicantKind)]
    Applicant {
        /// "Công dân".
        Citizen = "citizen", "Công dân", "citizen";
        /// "Tổ chức, doanh nghiệp".
        Organisation = "organisation", "Tổ chức, doanh nghiệp", "organisation";
        /// "Hộ kinh doanh".
        HouseholdBusiness = "household_business", "Hộ kinh doanh", "household business";
    }
}

/// Which agency decides ("cơ quan giải quyết").
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Handling {
    /// The agency whose one-stop unit took the dossier in.
    SameAgency {},
    /// The agency of this kind that serves the place, e.g. `commune_police`.
    AgencyKind {
        /// The kind, as the agencies' data spell it.
        agency_kind: String,
    },
    /// One agency for the whole province.
    Agency {
        /// Its identifier code.
        code: String,
    },
}

/// A case with its own term ("trường hợp").
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseDef {
    /// Unique within the procedure.
    pub code: String,
    /// What people read.
    pub name: String,
    /// When it applies; the first case that applies is the dossier's.
    #[serde(default)]
    pub when: Option<Cond>,
    /// The term of the law. Left out is a defect of its own, so it is optional here.
    #[serde(default)]
    pub statutory: Option<Term>,
    /// The shorter term that the province promises; none = the statutory one.
    #[serde(default)]
    pub promised: Option<Term>,
    /// Its dossiers go to the tax office, which determines the obligations about the land
    /// (NĐ 101/2024/NĐ-CP Đ.21, NĐ 151/2025/NĐ-CP); what its workflow's `tax_case` asks.
    #[serde(default)]
    pub tax: bool,
    /// Its result says that a debt recorded on a certificate (ghi nợ) is paid (NĐ 101/2024/NĐ-CP
    /// Đ.21): none is made while such a debt of that person and parcel is open by our book.
    #[serde(default)]
    pub clears_debt: bool,
}

/// One part of a dossier ("thành phần hồ sơ").
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentDef {
    /// `<procedure>-TPnn`.
    pub code: String,
    /// What it is.
    pub name: String,
    /// Number of originals ("bản chính").
    #[serde(default)]
    pub originals: u16,
    /// Number of copies ("bản sao").
    #[serde(default)]
    pub copies: u16,
    /// Whether it has to be there.
    pub required: Required,
    /// The kinds of file taken.
    #[serde(default)]
    pub accept: Vec<FileKind>,
    /// The ways to give it.
    pub how: Vec<How>,
    /// Results of other procedures that do as well: held in the applicant's store, one of them
    /// takes the place of this document (do not ask twice).
    #[serde(default)]
    pub satisfied_by: Vec<String>,
    /// Why its paper must be digitised; absent = by the rule for all: see [`Digitise`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digitise: Option<Digitise>,
    /// Why it is asked for although the store may hold it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<ExceptionDef>,
}

words! {
    /// Why a component must be digitised (TT 01/2023/TT-VPCP). Where a definition is silent, an
    /// earlier result must be, and every other paper that is handed in by decision of the province.
    Digitise {
        /// "Kết quả giải quyết thủ tục hành chính trước đó".
        EarlierResult = "earlier_result", "Kết quả giải quyết thủ tục trước đó", "result of an earlier procedure";
        /// "Pháp luật chuyên ngành yêu cầu".
        Law = "law", "Pháp luật chuyên ngành yêu cầu", "demanded by specialised law";
        /// "Cơ quan có thẩm quyền quyết định".
        Decision = "decision", "Cơ quan có thẩm quyền quyết định", "decided by the competent authority";
        /// "Không phải số hóa".
        NotRequired = "not_required", "Không phải số hóa", "need not be digitised";
    }
}

/// Why a document is asked for that a result can satisfy: recorded, or it is not published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExceptionDef {
    /// What the document itself is needed for.
    pub reason: String,
    /// The clause that demands it.
    pub legal_basis: String,
}

/// Whether a document has to be there.
#[derive(Clone, Debug, PartialEq)]
pub enum Required {
    /// `"always"`
    Always,
    /// `"optional"`: may be added, is never missed.
    Optional,
    /// `{"when": Cond}`: required if it holds, else not asked for.
    When(Cond),
}

words! {
    /// A kind of file.
    FileKind {
        /// PDF.
        Pdf = "pdf", "PDF", "PDF";
        /// JPEG.
        Jpeg = "jpeg", "JPEG", "JPEG";
        /// PNG.
        Png = "png", "PNG", "PNG";
        /// Office Open XML text.
        Docx = "docx", "DOCX", "DOCX";
        /// Office Open XML sheet.
        Xlsx = "xlsx", "XLSX", "XLSX";
        /// A drawing (AutoCAD).
        Dwg = "dwg", "DWG", "DWG";
        /// Signed or exchanged XML.
        Xml = "xml", "XML", "XML";
    }
}

words! {
    /// How a document is given.
    How {
        /// "Nộp": a paper at the counter, a file online.
        Submit = "submit", "Nộp", "submit";
        /// "Xuất trình": the original is shown to an official.
        Present = "present", "Xuất trình", "present";
        /// "Biểu mẫu điện tử": the interactive form itself.
        Electronic = "electronic", "Biểu mẫu điện tử", "electronic form";
        /// "Khai thác cơ sở dữ liệu": the official looks it up.
        Database = "database", "Khai thác từ cơ sở dữ liệu", "looked up in a database";
    }
}

/// What the applicant gets ("kết quả").
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResultDef {
    /// `KQ.Gnn.nnnnnn`.
    pub code: String,
    /// What it is.
    pub name: String,
}

words! {
    /// What the net offers for a procedure (NĐ 42/2022/NĐ-CP Điều 11).
    ServiceLevel {
        /// "Toàn trình": filed, paid, decided and returned without coming in person.
        Full = "full", "Toàn trình", "full-process";
        /// "Một phần": some step needs presence.
        Partial = "partial", "Một phần", "partial";
        /// "Cung cấp thông tin": no filing online.
        Information = "information", "Cung cấp thông tin", "information only";
    }
}

/// The service level of a level of administration in a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceLevelDef {
    /// Of which level.
    pub level: Level,
    /// What it offers.
    pub service_level: ServiceLevel,
    /// First day.
    pub from: Date,
    /// Last day; none = until further notice.
    #[serde(default)]
    pub to: Option<Date>,
    /// Where it is from.
    #[serde(default)]
    pub basis: String,
}

/// A step at which somebody must come, and why the law wants it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PresenceStepDef {
    /// A step of the workflow with `presence`.
    pub step: StepId,
    /// What the person comes for.
    pub why: String,
    /// The clause.
    pub legal_basis: String,
}

/// A shared workflow by name, or one written in the procedure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkflowRef {
    /// `"same_day"`
    Named(String),
    /// `{ "id": …, … }`
    Inline(Box<WorkflowDef>),
}

/// A remark on where a value is from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// V verified, V2 from one secondary source, D derived, M unverified default.
    pub mark: Mark,
    /// What it is about.
    pub text: String,
}

/// How sure a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mark {
    /// Verified in a source that was read.
    V,
    /// Verified in one secondary source only.
    V2,
    /// Derived from verified facts.
    D,
    /// An unverified default.
    M,
}
