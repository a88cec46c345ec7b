//! The closed words of a workflow. A new kind of rule is one word here, one arm
//! in `guard.rs` or in the dossier's effects, and one test.
use super::words::words;

words! {
    /// Who may act ("vai trò"). A position of a person is an agency and a role.
    Role {
        /// The person or organisation whose dossier it is, or who acts for it.
        Applicant = "applicant", "Người nộp hồ sơ", "applicant";
        /// The official at the one-stop unit ("bộ phận một cửa").
        OneStopClerk = "one_stop_clerk", "Cán bộ một cửa", "one-stop clerk";
        /// The official who examines the dossier ("chuyên viên").
        Specialist = "specialist", "Chuyên viên", "specialist";
        /// The official who signs ("lãnh đạo").
        Leader = "leader", "Lãnh đạo", "leader";
        /// The official who takes money ("thủ quỹ, thu ngân").
        Cashier = "cashier", "Thu ngân", "cashier";
        /// Keeps the positions and the calendar of an agency.
        AgencyAdmin = "agency_admin", "Quản trị đơn vị", "agency administrator";
        /// Reads everything, changes nothing.
        Auditor = "auditor", "Thanh tra, kiểm toán", "auditor";
        /// Keeps the catalogue and the machine clients.
        SystemAdmin = "system_admin", "Quản trị hệ thống", "system administrator";
        /// motcua itself: callbacks, timers.
        System = "system", "Hệ thống", "system";
    }
}

words! {
    /// What an agency is to a dossier.
    Unit {
        /// The one-stop unit that took the dossier in ("nơi tiếp nhận").
        Receiving = "receiving", "Nơi tiếp nhận", "receiving unit";
        /// The agency that decides ("nơi có thẩm quyền").
        Handling = "handling", "Nơi giải quyết", "handling unit";
        /// An agency asked for its opinion ("nơi phối hợp").
        Opinion = "opinion", "Nơi cho ý kiến", "consulted unit";
    }
}

words! {
    /// How a dossier comes in ("kênh thực hiện").
    Channel {
        /// "Trực tuyến".
        Online = "online", "Trực tuyến", "online";
        /// "Trực tiếp", at the counter.
        Counter = "counter", "Trực tiếp", "at the counter";
        /// "Bưu chính công ích", by the public post.
        Post = "post", "Bưu chính công ích", "by post";
    }
}

words! {
    /// What the clock of a dossier does while it lies at a step.
    ClockState {
        /// Filed, the term has not begun.
        NotStarted = "not_started", "Chưa tính thời hạn", "not started";
        /// Working time counts.
        Running = "running", "Đang tính thời hạn", "running";
        /// Working time does not count; the due time moves.
        Paused = "paused", "Tạm dừng tính thời hạn", "paused";
        /// The term has ended.
        Stopped = "stopped", "Đã dừng tính thời hạn", "stopped";
    }
}

words! {
    /// What one may do with a dossier.
    Action {
        /// "Tiếp nhận".
        Receive = "receive", "Tiếp nhận hồ sơ", "receive";
        /// "Từ chối tiếp nhận", with reasons.
        Refuse = "refuse", "Từ chối tiếp nhận", "refuse";
        /// "Yêu cầu bổ sung", with reasons.
        RequestSupplement = "request_supplement", "Yêu cầu bổ sung hồ sơ", "request a supplement";
        /// "Bổ sung hồ sơ": the applicant's answer.
        Supplement = "supplement", "Bổ sung hồ sơ", "supplement";
        /// "Rút hồ sơ".
        Withdraw = "withdraw", "Rút hồ sơ", "withdraw";
        /// "Dừng xử lý", with reasons.
        Stop = "stop", "Dừng xử lý", "stop";
        /// "Phân công": names the official who works on it; the dossier stays.
        Assign = "assign", "Phân công xử lý", "assign";
        /// "Chuyển hồ sơ" to another unit or department.
        HandOver = "hand_over", "Chuyển hồ sơ", "hand over";
        /// "Xin ý kiến" of another unit.
        RequestOpinion = "request_opinion", "Xin ý kiến phối hợp", "request an opinion";
        /// "Cho ý kiến".
        GiveOpinion = "give_opinion", "Cho ý kiến phối hợp", "give an opinion";
        /// "Trình" to the next official.
        Forward = "forward", "Trình xử lý", "forward";
        /// A parallel branch has done its part.
        CompleteBranch = "complete_branch", "Hoàn thành nhánh xử lý", "complete the branch";
        /// The counter records who came with what.
        RecordPresence = "record_presence", "Ghi nhận có mặt", "record presence";
        /// "Yêu cầu nộp phí, lệ phí".
        RequestPayment = "request_payment", "Yêu cầu thanh toán", "request payment";
        /// The money has come.
        ConfirmPayment = "confirm_payment", "Xác nhận đã thanh toán", "confirm payment";
        /// "Phê duyệt, ký".
        Approve = "approve", "Phê duyệt", "approve";
        /// "Trả lại để xử lý lại".
        ReturnForRework = "return_for_rework", "Trả lại để xử lý lại", "return for rework";
        /// "Thu hồi" of a step just sent.
        Recall = "recall", "Thu hồi bước vừa chuyển", "recall";
        /// "Xin lỗi và hẹn lại": a new due time with an apology.
        Extend = "extend", "Xin lỗi và gia hạn", "extend with an apology";
        /// "Kết thúc xử lý": the result goes to the desk.
        Finish = "finish", "Kết thúc xử lý", "finish";
        /// "Trả kết quả".
        ReturnResult = "return_result", "Trả kết quả", "return the result";
        /// "Phiếu chuyển thông tin" to the tax office (land).
        SendToTax = "send_to_tax", "Chuyển thông tin sang cơ quan thuế", "send to tax";
        /// The tax office answered.
        TaxAnswered = "tax_answered", "Cơ quan thuế đã trả lời", "tax answered";
        /// The due time has passed; told once.
        MarkLate = "mark_late", "Ghi nhận quá hạn", "mark as late";
        /// A note in the history.
        Comment = "comment", "Ghi chú", "comment";
    }
}

impl Action {
    /// Actions that leave the way forward: back, aside, or out. They pass neither the
    /// record of presence nor a payment that a step demands.
    pub const fn turns_aside(self) -> bool {
        matches!(
            self,
            Self::Refuse
                | Self::RequestSupplement
                | Self::Withdraw
                | Self::Stop
                | Self::ReturnForRework
                | Self::Recall
        )
    }

    /// Actions on the dossier as a whole: at whichever branch they are taken, they mean the same.
    pub const fn concerns_all(self) -> bool {
        matches!(self, Self::MarkLate | Self::Extend | Self::Comment)
    }

    /// Actions by which an official sends a dossier on, so that he may recall it.
    pub const fn sends(self) -> bool {
        matches!(
            self,
            Self::Receive
                | Self::HandOver
                | Self::RequestOpinion
                | Self::Forward
                | Self::Approve
                | Self::Finish
        )
    }

    /// Actions that the law wants reasoned (which paper, what is wrong, how to mend it).
    pub const fn needs_reasons(self) -> bool {
        matches!(self, Self::Refuse | Self::RequestSupplement | Self::Stop)
    }
}

words! {
    /// A condition of a transition. The texts say the condition, as it is told when it fails.
    Guard {
        /// Every required document is there.
        DocumentsComplete = "documents_complete", "hồ sơ đủ thành phần bắt buộc", "all required documents are there";
        /// No money is due.
        NothingDue = "nothing_due", "không còn khoản phải nộp", "nothing is due";
        /// The counter recorded who came with what.
        PresenceRecorded = "presence_recorded", "đã ghi nhận người phải có mặt", "presence is recorded";
        /// The applicant filed with VNeID level 2.
        IdentityLevel2 = "identity_level_2", "định danh điện tử mức 2", "identity level 2";
        /// The request gives at least one structured reason.
        ReasonsGiven = "reasons_given", "có nêu lý do cụ thể", "reasons are given";
        /// No supplement was requested yet.
        FirstSupplement = "first_supplement", "chưa yêu cầu bổ sung lần nào", "no supplement was requested before";
        /// The applicant answered every point that was asked.
        SupplementAnswered = "supplement_answered", "đã bổ sung đủ nội dung được yêu cầu", "everything asked for is supplemented";
        /// Nobody has begun to work on it.
        NotStarted = "not_started", "chưa bắt đầu xử lý", "work has not begun";
        /// A result is attached.
        ResultAttached = "result_attached", "đã có kết quả giải quyết", "a result is attached";
        /// An opinion was asked for, and every one has been given.
        OpinionsAnswered = "opinions_answered", "đã có đủ ý kiến phối hợp", "every opinion asked for is given";
        /// No opinion is waited for.
        NoOpenOpinion = "no_open_opinion", "không còn ý kiến đang chờ", "no opinion is waited for";
        /// The colleague named belongs to the unit of the one who acts.
        SameUnit = "same_unit", "người được giao thuộc cùng đơn vị", "the person named is of the same unit";
        /// The last event is this person's sending, and the receiver has not touched it.
        JustSent = "just_sent", "vừa chuyển và bên nhận chưa xử lý", "just sent and not yet touched";
        /// The due time has not passed.
        NotLate = "not_late", "chưa quá hạn", "it is not late";
        /// A due time is set.
        DueSet = "due_set", "đã có hạn trả kết quả", "a due time is set";
        /// Filed online.
        ChannelOnline = "channel_online", "nộp trực tuyến", "filed online";
        /// Filed at the counter.
        ChannelCounter = "channel_counter", "nộp trực tiếp", "filed at the counter";
        /// Filed by post.
        ChannelPost = "channel_post", "nộp qua bưu chính", "filed by post";
        /// The case of the procedure is marked as one that goes to the tax office.
        TaxCase = "tax_case", "trường hợp phải chuyển thông tin sang cơ quan thuế", "the case goes to the tax office";
        /// The slip has gone to the tax office.
        TaxSent = "tax_sent", "đã chuyển thông tin sang cơ quan thuế", "the slip was sent to the tax office";
        /// Every obligation that the tax side told is met, exempt or recorded as debt, and the tax side says so.
        TaxMet = "tax_met", "đã hoàn thành nghĩa vụ tài chính về đất đai", "the financial obligations about the land are met";
        /// A payment of this dossier has been confirmed, and nothing is due.
        PaymentConfirmed = "payment_confirmed", "đã xác nhận thanh toán", "the payment is confirmed";
        /// The dossier is assigned to the one who acts, or to the one substituted.
        AssignedToMe = "assigned_to_me", "hồ sơ được giao cho người thực hiện", "it is assigned to the one who acts";
        /// The request names a new due time later than the present one, and a reason.
        AppointmentGiven = "appointment_given", "có hẹn thời gian mới muộn hơn", "a later due time is given";
    }
}

impl Guard {
    /// Conditions on what the request brings, not on the state of the dossier: a screen
    /// asks for it instead of greying the action out.
    pub const fn is_input(self) -> bool {
        matches!(self, Self::ReasonsGiven | Self::SameUnit | Self::AppointmentGiven)
    }
}

words! {
    /// What a transition makes happen besides the move. Every change of status also
    /// notifies the applicant and the national portal; that need not be listed.
    Effect {
        /// The term begins.
        StartClock = "start_clock", "Bắt đầu tính thời hạn", "start the clock";
        /// The term waits.
        PauseClock = "pause_clock", "Tạm dừng thời hạn", "pause the clock";
        /// The term goes on; the due time moves by the working time paused.
        ResumeClock = "resume_clock", "Tiếp tục thời hạn", "resume the clock";
        /// The term ends.
        StopClock = "stop_clock", "Dừng thời hạn", "stop the clock";
        /// The whole term begins anew after a supplement.
        RestartClock = "restart_clock", "Tính lại thời hạn từ đầu", "restart the clock";
        /// The fees of channel and date become due.
        ComputeFees = "compute_fees", "Tính phí, lệ phí", "compute the fees";
        /// A payment is opened at the gateway.
        OpenPayment = "open_payment", "Mở giao dịch thanh toán", "open a payment";
        /// The structured reasons are kept with the event.
        RecordReasons = "record_reasons", "Ghi lý do", "record the reasons";
        /// One more supplement was requested.
        CountSupplement = "count_supplement", "Đếm lần bổ sung", "count the supplement";
        /// The result of the decision is attached.
        AttachResult = "attach_result", "Gắn kết quả", "attach the result";
        /// Nobody is assigned any more.
        ClearAssignee = "clear_assignee", "Bỏ phân công", "clear the assignee";
        /// The person named is assigned.
        SetAssignee = "set_assignee", "Phân công", "set the assignee";
        /// One more message to the applicant, beside those of a change of status.
        NotifyApplicant = "notify_applicant", "Thông báo cho người nộp", "notify the applicant";
        /// The leader's attention is called.
        EscalateToLeader = "escalate_to_leader", "Báo cáo lãnh đạo", "escalate to the leader";
        /// The national portal is told.
        SyncNational = "sync_national", "Đồng bộ Cổng quốc gia", "sync with the national portal";
        /// The slip goes to the tax office.
        SendTaxSlip = "send_tax_slip", "Gửi phiếu chuyển thuế", "send the tax slip";
        /// The slip is recalled: the tax office answers it no more.
        RecallTaxSlip = "recall_tax_slip", "Thu hồi phiếu chuyển thuế", "recall the tax slip";
        /// An opinion of the unit named is waited for.
        OpenOpinion = "open_opinion", "Mở yêu cầu ý kiến", "open an opinion request";
        /// The opinion given is kept, its request is closed.
        CloseOpinion = "close_opinion", "Đóng yêu cầu ý kiến", "close the opinion request";
        /// Who came with what is kept.
        RecordPresence = "record_presence", "Ghi nhận có mặt", "record presence";
        /// The new due time and the apology are kept.
        SetNewDue = "set_new_due", "Đặt hạn mới", "set the new due time";
        /// The dossier is late from now on.
        MarkLate = "mark_late", "Đánh dấu quá hạn", "mark as late";
        /// Money paid for work that never began goes back, where the fee is refundable.
        RefundIfDue = "refund_if_due", "Hoàn phí nếu được hoàn", "refund if refundable";
        /// The agency that decides is chosen by the procedure's rule.
        ChooseHandlingUnit = "choose_handling_unit", "Chọn đơn vị giải quyết", "choose the handling unit";
    }
}

impl Effect {
    /// The effects that move the clock; a compiled transition derives them from the
    /// clocks of its steps.
    pub const fn is_clock(self) -> bool {
        matches!(
            self,
            Self::StartClock | Self::PauseClock | Self::ResumeClock | Self::StopClock | Self::RestartClock
        )
    }
}
