//! What is wrong with a definition, each kind with its own code.
use super::definition::StepId;
use super::words::words;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use std::fmt::Display;

words! {
    /// The kind of a defect. A definition with any defect is not published.
    DefectCode {
        // ---- reading ----
        /// Not JSON, or a value of another type than the field takes.
        Malformed = "malformed", "Nội dung không đọc được", "the content cannot be read";
        /// A word outside of a closed vocabulary, or a key that no one knows.
        UnknownWord = "unknown_word", "Có từ không thuộc danh mục cho phép", "a word outside of the vocabulary";
        /// A key that has to be there.
        MissingField = "missing_field", "Thiếu trường bắt buộc", "a required key is missing";
        // ---- the shape of a workflow ----
        /// Not `snake_case`.
        BadName = "bad_name", "Mã không đúng quy cách", "a name that is not snake_case";
        /// Two steps of one name.
        DuplicateStep = "duplicate_step", "Bước bị khai báo hai lần", "a step is declared twice";
        /// A step that is not declared.
        UnknownStep = "unknown_step", "Bước không tồn tại", "a step that does not exist";
        /// Terminal status with a holder, or no holder before the end.
        StepWithoutHolder = "step_without_holder", "Bước chưa kết thúc mà không có người giữ", "a step before the end that nobody holds";
        /// An official without a unit, or an applicant with one.
        BadPost = "bad_post", "Vai trò và đơn vị không khớp", "role and unit do not fit";
        /// A terminal step with a way out.
        TerminalWithExit = "terminal_with_exit", "Bước kết thúc vẫn có đường ra", "a terminal step with a way out";
        /// A terminal step that somebody holds.
        TerminalHeld = "terminal_held", "Bước kết thúc vẫn có người giữ", "a terminal step that somebody holds";
        /// A transition from nowhere.
        NoFrom = "no_from", "Chuyển bước không có bước đi", "a transition that starts nowhere";
        /// A transition that nobody may do.
        NobodyMay = "nobody_may", "Không ai được thực hiện", "a transition that nobody may do";
        /// `$back` beside another target, or at a step that nothing leads to.
        BackToNowhere = "back_to_nowhere", "Quay lại mà không có nơi để quay lại", "a way back with nowhere to go back to";
        // ---- the graph ----
        /// No filing ever gets there.
        UnreachableStep = "unreachable_step", "Bước không bao giờ tới được", "a step that is never reached";
        /// A dossier can get there and never leaves.
        DeadEnd = "dead_end", "Hồ sơ đi vào ngõ cụt", "a dead end";
        /// No way to a returned result.
        NeverReturns = "never_returns", "Không có đường nào tới trả kết quả", "no way leads to a returned result";
        /// Two transitions that one person may both mean by one action.
        AmbiguousTransition = "ambiguous_transition", "Hai đường cùng một thao tác", "two ways for one action";
        /// Conditions that exclude one another.
        ContradictoryGuards = "contradictory_guards", "Các điều kiện loại trừ nhau", "conditions that exclude one another";
        /// Parallel branches that never meet.
        ForkWithoutJoin = "fork_without_join", "Nhánh song song không gặp lại", "parallel branches that never join";
        /// A branch that leaves the fork on its own.
        BranchEscapes = "branch_escapes", "Nhánh song song thoát ra ngoài", "a branch that leaves the fork";
        /// Branches within branches.
        NestedFork = "nested_fork", "Nhánh song song lồng nhau", "a fork within a fork";
        /// A join to which no branch leads.
        JoinNotReached = "join_not_reached", "Bước gộp không có nhánh nào tới", "a join that no branch reaches";
        /// Steps of parallel branches with unlike status or clock.
        BranchDiffers = "branch_differs", "Các nhánh song song khác trạng thái hoặc thời hạn", "branches with unlike status or clock";
        /// More positions than anyone can check.
        TooLarge = "too_large", "Quy trình quá lớn để kiểm tra", "too large to be checked";
        // ---- the rules of the field ----
        /// A change of status that the ten statuses do not allow.
        StatusJump = "status_jump", "Chuyển trạng thái không hợp lệ", "a change of status that is not allowed";
        /// Somebody must come, and it can be passed without the record of it.
        PresencePassed = "presence_passed", "Qua được bước có mặt mà không ghi nhận", "a presence step can be passed without the record";
        /// Somebody must come, and nobody can record it.
        PresenceUnrecordable = "presence_unrecordable", "Bước có mặt không có thao tác ghi nhận", "a presence step where presence cannot be recorded";
        /// Payment is demanded but never asked for.
        PaymentNeverAsked = "payment_never_asked", "Đòi thanh toán mà không bước nào tính phí", "payment is demanded but never computed";
        /// The result is ready and the term never began.
        ClockNeverStarted = "clock_never_started", "Có kết quả mà chưa hề tính thời hạn", "the clock never starts on this way";
        /// The term waits for ever.
        ClockNeverResumed = "clock_never_resumed", "Thời hạn tạm dừng mà không tiếp tục", "a paused clock never goes on";
        /// A clock effect that does not fit the clocks of the steps.
        ClockMismatch = "clock_mismatch", "Lệnh thời hạn không khớp với bước", "a clock effect that does not fit the steps";
        /// Finished with nothing in hand.
        FinishWithoutResult = "finish_without_result", "Kết thúc mà không có kết quả", "finish without a result";
        /// Refusing, stopping or asking for a supplement without reasons.
        ReasonsNotDemanded = "reasons_not_demanded", "Không đòi hỏi nêu lý do", "reasons are not demanded";
        /// Supplements are not counted.
        SupplementNotCounted = "supplement_not_counted", "Không đếm số lần bổ sung", "supplements are not counted";
        /// A second supplement without a leader.
        SecondSupplementWithoutLeader = "second_supplement_without_leader", "Bổ sung lần hai không qua lãnh đạo", "a second supplement without a leader";
        /// The applicant cannot withdraw.
        NoWithdraw = "no_withdraw", "Người nộp không rút được hồ sơ", "the applicant cannot withdraw";
        /// A recall of what was not just sent.
        RecallUnguarded = "recall_unguarded", "Thu hồi mà không cần vừa chuyển", "a recall that need not be of a step just sent";
        /// An extension without a later due time.
        ExtendUnguarded = "extend_unguarded", "Gia hạn mà không hẹn lại", "an extension without a new appointment";
        /// An opinion that nobody can give.
        OpinionUnanswerable = "opinion_unanswerable", "Xin ý kiến mà không ai cho được", "an opinion that nobody can give";
        // ---- the procedure ----
        /// A code that is not of the national shape.
        BadCode = "bad_code", "Mã không đúng định dạng", "a code of the wrong shape";
        /// One code twice.
        DuplicateCode = "duplicate_code", "Mã bị trùng", "a code is used twice";
        /// A text that has to be there is empty.
        EmptyText = "empty_text", "Nội dung bị bỏ trống", "a text is empty";
        /// A list that must not be empty.
        EmptyList = "empty_list", "Danh sách bị bỏ trống", "a list is empty";
        /// Ends before it begins.
        DatesReversed = "dates_reversed", "Ngày kết thúc trước ngày bắt đầu", "it ends before it begins";
        /// A level of identity that does not exist.
        BadIdentityLevel = "bad_identity_level", "Mức định danh không tồn tại", "an identity level that does not exist";
        /// VNeID is demanded of people who cannot file online.
        IdentityWithoutOnline = "identity_without_online", "Đòi định danh mà không nhận trực tuyến", "identity is demanded but filing online is not offered";
        /// No term of the law.
        MissingDeadline = "missing_deadline", "Thiếu thời hạn giải quyết", "the deadline is missing";
        /// More time promised than the law gives.
        PromisedTooLong = "promised_too_long", "Thời hạn cam kết dài hơn luật định", "the promised term is longer than the statutory one";
        /// Two cases that apply to the same filing.
        AmbiguousCase = "ambiguous_case", "Trường hợp không phân biệt được", "cases that cannot be told apart";
        /// Some filing falls under no case.
        NoDefaultCase = "no_default_case", "Có hồ sơ không thuộc trường hợp nào", "some filing falls under no case";
        /// The form is no usable schema.
        BadForm = "bad_form", "Biểu mẫu không hợp lệ", "the form is not a valid schema";
        /// A field without a title.
        UntitledField = "untitled_field", "Trường biểu mẫu không có tên", "a form field without a title";
        /// The form takes keys that it does not name.
        OpenForm = "open_form", "Biểu mẫu nhận trường lạ", "the form takes keys it does not name";
        /// A condition or rate about a field that the form does not have.
        UnknownField = "unknown_field", "Trường không có trong biểu mẫu", "a field that the form does not have";
        /// A field of another type than the rule needs.
        WrongFieldType = "wrong_field_type", "Kiểu của trường không phù hợp", "a field of the wrong type";
        /// A condition about a case or a document that does not exist.
        UnknownCase = "unknown_case", "Trường hợp không tồn tại", "a case that does not exist";
        /// A condition that can never hold.
        ImpossibleCondition = "impossible_condition", "Điều kiện không bao giờ đúng", "a condition that can never hold";
        /// A required document that no file and no database can satisfy.
        DocumentUnsatisfiable = "document_unsatisfiable", "Giấy tờ không cách nào đáp ứng", "a document that nothing can satisfy";
        /// To be shown in person where there is no counter.
        DocumentNeedsCounter = "document_needs_counter", "Giấy tờ phải xuất trình nhưng không nhận trực tiếp", "a document to be shown where there is no counter";
        /// A reason to digitise that the rest of the document contradicts.
        DigitiseUnfounded = "digitise_unfounded", "Căn cứ số hóa không phù hợp với giấy tờ", "a reason to digitise that does not fit the document";
        /// A result of an earlier procedure is asked for, with no recorded exception.
        AsksAgain = "asks_again", "Đòi giấy tờ là kết quả thủ tục khác mà không nêu ngoại lệ", "asks for what an earlier result says, without a recorded exception";
        /// Two rates on one day and channel.
        OverlappingRates = "overlapping_rates", "Hai mức thu cùng thời điểm", "two rates on one day and channel";
        /// Two exemptions or two reductions on one day, channel and group of people.
        OverlappingReliefs = "overlapping_reliefs", "Hai quy định miễn hoặc giảm cùng thời điểm, cùng đối tượng", "two exemptions or reductions on one day, channel and group";
        /// A reduction of less than nothing or more than the whole.
        BadReduction = "bad_reduction", "Mức giảm không hợp lệ", "a reduction that is not valid";
        /// A day and channel without a rate.
        RateMissing = "rate_missing", "Không có mức thu áp dụng", "no rate applies";
        /// A negative amount, a hole in the tiers, a share above the whole.
        BadRate = "bad_rate", "Mức thu không hợp lệ", "a rate that is not valid";
        /// What a rate counts by may be missing from the answers, or negative.
        QuantityUnsure = "quantity_unsure", "Số lượng tính phí có thể thiếu hoặc âm", "what a rate counts by may be missing or negative";
        /// A fee that the workflow never collects.
        FeeNeverCollected = "fee_never_collected", "Có phí nhưng quy trình không thu", "a fee that the workflow never collects";
        /// A workflow name that is not known.
        UnknownWorkflow = "unknown_workflow", "Quy trình không tồn tại", "a workflow that does not exist";
        /// A role that the workflow needs and no unit holds.
        RoleNotStaffed = "role_not_staffed", "Không đơn vị nào có vai trò này", "a role that no unit holds";
        /// An agency (or kind) that does not exist.
        UnknownAgency = "unknown_agency", "Cơ quan không tồn tại", "an agency that does not exist";
        // ---- the service level ----
        /// A level of administration that the procedure does not have.
        ServiceLevelForeign = "service_level_foreign", "Mức dịch vụ cho cấp không thực hiện", "a service level for a level the procedure does not have";
        /// A level of administration without one.
        ServiceLevelMissing = "service_level_missing", "Cấp thực hiện chưa có mức dịch vụ", "a level without a service level";
        /// Two on one day.
        ServiceLevelOverlap = "service_level_overlap", "Hai mức dịch vụ cùng thời điểm", "two service levels on one day";
        /// "Full", but somebody must come.
        FullNeedsPresence = "full_needs_presence", "Toàn trình nhưng phải có mặt", "full-process, but somebody must come";
        /// "Full", but it cannot be filed online.
        FullNotOnline = "full_not_online", "Toàn trình nhưng không nộp trực tuyến", "full-process, but not filed online";
        /// "Full", but the fee cannot be paid online.
        FullNotPaidOnline = "full_not_paid_online", "Toàn trình nhưng không thanh toán trực tuyến", "full-process, but not paid online";
        /// "Full", but the result must be fetched.
        FullNotReturned = "full_not_returned", "Toàn trình nhưng phải đến nhận kết quả", "full-process, but the result must be fetched";
        /// "Full", but a required paper cannot be given online.
        FullPaperDocument = "full_paper_document", "Toàn trình nhưng có giấy tờ phải nộp giấy", "full-process, but a document cannot be given online";
        /// "Partial" (or a presence step) without naming the step.
        PresenceUnnamed = "presence_unnamed", "Một phần nhưng không nêu bước phải có mặt", "partial, but the presence step is not named";
        /// Names a step at which nobody has to come.
        PresenceUnknown = "presence_unknown", "Bước nêu ra không phải bước có mặt", "a named step at which nobody must come";
        /// Partial or full without a way to file online.
        PartialNotOnline = "partial_not_online", "Một phần nhưng không nộp trực tuyến", "partial, but not filed online";
        /// "Information only", but it is filed online.
        InformationButOnline = "information_but_online", "Chỉ cung cấp thông tin nhưng nhận trực tuyến", "information only, but filed online";
        // ---- scenarios ----
        /// Nothing shows that it works.
        NoScenario = "no_scenario", "Chưa có kịch bản kiểm thử", "there is no scenario";
        /// A story that does not come out as told.
        ScenarioFails = "scenario_fails", "Kịch bản không diễn ra như mô tả", "a scenario does not come out as told";
    }
}

/// One defect: what, where, and the way that shows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
pub struct Defect {
    /// The kind.
    pub code: DefectCode,
    /// JSON Pointer to the place.
    pub path: String,
    /// The steps that lead a dossier into it.
    pub route: Vec<StepId>,
    /// What people read, in Vietnamese.
    pub vi: String,
    /// What people read, in English.
    pub en: String,
}

impl Defect {
    /// A defect at `path`; `detail` (a name, a value) belongs to both languages.
    pub fn new(code: DefectCode, path: impl Into<String>, detail: impl Display) -> Self {
        Self {
            code,
            path: path.into(),
            route: Vec::new(),
            vi: format!("{}: {detail}", code.vi()),
            en: format!("{}: {detail}", code.en()),
        }
    }

    /// Adds the steps that show it.
    pub fn via(mut self, route: Vec<StepId>) -> Self {
        self.route = route;
        self
    }

    /// The same defect of a part that lies at `prefix` of a larger document.
    pub fn within(mut self, prefix: &str) -> Self {
        self.path.insert_str(0, prefix);
        self
    }
}

/// Reads JSON text into `T`; what cannot be read is a defect with its place.
pub fn read_json<T: DeserializeOwned>(text: &str) -> Result<T, Defect> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut json)
        .map_err(|error| unreadable(&pointer(error.path()), &error.inner().to_string()))?;
    json.end().map_err(|error| unreadable("", &error.to_string()))?;
    Ok(value)
}

/// The reader's message begins with what is wrong; that decides the kind.
fn unreadable(path: &str, message: &str) -> Defect {
    let code = if message.starts_with("unknown ") || message.starts_with("a condition is one of") {
        DefectCode::UnknownWord
    } else if message.starts_with("missing field") {
        DefectCode::MissingField
    } else {
        DefectCode::Malformed
    };
    Defect::new(code, path, message)
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { variant } => format!("/{variant}"),
            Segment::Unknown => String::new(),
        })
        .collect()
}
