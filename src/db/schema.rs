// Generated from the migrations: `UPDATE_SCHEMA=1 cargo test --test it schema` rewrites it.

diesel::table! {
    account (id) {
        id -> Uuid,
        kind -> Text,
        owner -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    agency (id) {
        id -> Uuid,
        code -> Text,
        long_code -> Text,
        name -> Text,
        short_name -> Text,
        kind -> Text,
        level -> Text,
        parent_id -> Nullable<Uuid>,
        admin_unit_code -> Nullable<Text>,
        sample -> Bool,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        address -> Text,
        serves -> Array<Text>,
        search -> Text,
        version -> Integer,
    }
}

diesel::table! {
    agency_closure (ancestor_id, descendant_id) {
        ancestor_id -> Uuid,
        descendant_id -> Uuid,
        depth -> Integer,
    }
}

diesel::table! {
    audit_log (id) {
        id -> BigInt,
        at -> Timestamptz,
        actor -> Text,
        operation -> Text,
        subject -> Nullable<Uuid>,
        request_id -> Uuid,
    }
}

diesel::table! {
    catalogue_revision (only_row) {
        only_row -> Bool,
        revision -> BigInt,
    }
}

diesel::table! {
    charge (id) {
        id -> Uuid,
        dossier_id -> Uuid,
        fee_code -> Text,
        name -> Text,
        kind -> Text,
        amount -> BigInt,
        refundable -> Bool,
        explanation -> Jsonb,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    claim (id) {
        id -> Uuid,
        dossier_id -> Uuid,
        code -> Text,
        name -> Text,
        debtor_name -> Text,
        debtor_no -> Text,
        treasury -> Text,
        budget_account -> Text,
        amount -> BigInt,
        opened_at -> Timestamptz,
        closed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    claim_entry (id) {
        id -> Uuid,
        kind -> Text,
        claim_id -> Nullable<Uuid>,
        from_claim_id -> Nullable<Uuid>,
        amount -> BigInt,
        order_id -> Nullable<Uuid>,
        payment_id -> Nullable<Uuid>,
        at -> Timestamptz,
    }
}

diesel::table! {
    closed_day (day) {
        day -> Date,
        closed_at -> Timestamptz,
        closed_by -> Text,
    }
}

diesel::table! {
    component (dossier_id, code, ordinal) {
        dossier_id -> Uuid,
        code -> Text,
        ordinal -> SmallInt,
        unit_id -> Uuid,
        origin -> Text,
        files -> Array<Uuid>,
        must -> Nullable<Text>,
        received_at -> Timestamptz,
        stated_by -> Nullable<Text>,
        note -> Text,
        digitisation_id -> Nullable<Uuid>,
        paper -> Nullable<Jsonb>,
    }
}

diesel::table! {
    day_close (id) {
        id -> Uuid,
        agency_id -> Uuid,
        day -> Date,
        previous_id -> Nullable<Uuid>,
        text -> Text,
        sha256 -> Bytea,
        closed_at -> Timestamptz,
        closed_by -> Text,
    }
}

diesel::table! {
    digitisation (id) {
        id -> Uuid,
        dossier_id -> Uuid,
        code -> Text,
        ordinal -> SmallInt,
        file_id -> Uuid,
        sha256 -> Text,
        state -> Text,
        scanned_by -> Text,
        scanned_at -> Timestamptz,
        compared_by -> Nullable<Text>,
        compared_at -> Nullable<Timestamptz>,
        difference -> Nullable<Text>,
        replaces_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    digitisation_seal (unit_id, number) {
        unit_id -> Uuid,
        number -> BigInt,
        digitisation_id -> Uuid,
        text -> Text,
        sha256 -> Bytea,
        sealed_at -> Timestamptz,
        sealed_by -> Text,
    }
}

diesel::table! {
    dossier (id) {
        id -> Uuid,
        code -> Text,
        tracking_secret -> Text,
        version_id -> Uuid,
        procedure_code -> Text,
        case_code -> Text,
        channel -> Text,
        applicant -> Jsonb,
        applicant_person_id -> Nullable<Uuid>,
        applicant_org_id -> Nullable<Uuid>,
        filed_by -> Text,
        return_by -> Text,
        answers -> Jsonb,
        receiving_unit_id -> Uuid,
        submitted_at -> Timestamptz,
        receipt -> Jsonb,
        seq -> Integer,
        marking -> Array<Text>,
        status -> SmallInt,
        handling_unit_id -> Uuid,
        holder_unit_id -> Nullable<Uuid>,
        holder_role -> Nullable<Text>,
        assignee_id -> Nullable<Uuid>,
        clock_started_at -> Nullable<Timestamptz>,
        due_at -> Timestamptz,
        paused_since -> Nullable<Timestamptz>,
        late_at -> Nullable<Timestamptz>,
        closed_at -> Nullable<Timestamptz>,
        progress -> Jsonb,
    }
}

diesel::table! {
    dossier_event (dossier_id, seq) {
        dossier_id -> Uuid,
        seq -> Integer,
        at -> Timestamptz,
        actor -> Text,
        actor_name -> Text,
        on_behalf_of -> Nullable<Text>,
        action -> Text,
        from_steps -> Array<Text>,
        to_steps -> Array<Text>,
        status -> SmallInt,
        note -> Text,
        detail -> Jsonb,
        changes -> Jsonb,
    }
}

diesel::table! {
    dossier_number (unit_id, day) {
        unit_id -> Uuid,
        day -> Date,
        last -> Integer,
    }
}

diesel::table! {
    dossier_sync (dossier_id) {
        dossier_id -> Uuid,
        seq_sent -> Nullable<Integer>,
        status_sent -> Nullable<SmallInt>,
        synced_at -> Nullable<Timestamptz>,
        attempts -> Integer,
        last_error -> Nullable<Text>,
    }
}

diesel::table! {
    dossier_unit (dossier_id, unit_id, relation) {
        dossier_id -> Uuid,
        unit_id -> Uuid,
        relation -> Text,
        since -> Timestamptz,
    }
}

diesel::table! {
    draft (id) {
        id -> Uuid,
        owner -> Text,
        procedure_code -> Text,
        version_id -> Uuid,
        case_code -> Nullable<Text>,
        channel -> Text,
        unit_id -> Uuid,
        acting_for -> Jsonb,
        applicant -> Jsonb,
        person_id -> Nullable<Uuid>,
        org_id -> Nullable<Uuid>,
        answers -> Jsonb,
        papers -> Array<Text>,
        return_by -> Text,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        dossier_id -> Nullable<Uuid>,
        reuses -> Array<Text>,
    }
}

diesel::table! {
    file (id) {
        id -> Uuid,
        draft_id -> Nullable<Uuid>,
        dossier_id -> Nullable<Uuid>,
        component -> Text,
        purpose -> Text,
        name -> Text,
        media_type -> Text,
        size -> BigInt,
        sha256 -> Text,
        storage_key -> Text,
        uploaded_by -> Text,
        uploaded_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
        findings -> Array<Text>,
        scan -> Text,
        scan_tries -> SmallInt,
    }
}

diesel::table! {
    gateway_event (id) {
        id -> Uuid,
        raw_sha256 -> Bytea,
        raw -> Bytea,
        source -> Text,
        reference -> Nullable<Text>,
        outcome -> Text,
        received_at -> Timestamptz,
        gateway -> Text,
    }
}

diesel::table! {
    gateway_payment (id) {
        id -> Uuid,
        gateway -> Text,
        transaction -> Text,
        reference -> Text,
        attempt_id -> Nullable<Uuid>,
        amount -> BigInt,
        bank -> Text,
        paid_at -> Nullable<Timestamptz>,
        outcome -> Text,
        told_at -> Timestamptz,
    }
}

diesel::table! {
    idempotency_key (actor, key) {
        actor -> Text,
        key -> Text,
        request_hash -> Bytea,
        status -> SmallInt,
        body -> Jsonb,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    job (id) {
        id -> BigInt,
        kind -> Text,
        subject -> Nullable<Uuid>,
        payload -> Jsonb,
        dedup -> Nullable<Text>,
        state -> Text,
        attempts -> Integer,
        run_at -> Timestamptz,
        lease_token -> Nullable<Uuid>,
        lease_until -> Nullable<Timestamptz>,
        last_error -> Nullable<Text>,
        created_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    land_tax_confirmation (dossier_id) {
        dossier_id -> Uuid,
        confirmed_at -> Timestamptz,
        message_id -> Uuid,
    }
}

diesel::table! {
    land_tax_debt_told (dossier_id, taxpayer_no, notice_no) {
        dossier_id -> Uuid,
        taxpayer_no -> Text,
        notice_no -> Text,
        reference -> Text,
        message_id -> Uuid,
        at -> Timestamptz,
    }
}

diesel::table! {
    land_tax_document (id) {
        id -> Uuid,
        dossier_id -> Uuid,
        document_no -> Text,
        notice_no -> Text,
        taxpayer_no -> Text,
        code -> Text,
        instalment -> Nullable<SmallInt>,
        payer_no -> Text,
        payer_name -> Text,
        amount -> BigInt,
        paid_at -> Nullable<Timestamptz>,
        own -> Bool,
        counted -> BigInt,
        over -> BigInt,
        applied_at -> Nullable<Timestamptz>,
        message_id -> Uuid,
        received_at -> Timestamptz,
    }
}

diesel::table! {
    land_tax_end (dossier_id, notice_no) {
        dossier_id -> Uuid,
        notice_no -> Text,
        state -> Text,
        by_no -> Text,
        message_id -> Uuid,
        at -> Timestamptz,
    }
}

diesel::table! {
    land_tax_message (id) {
        id -> Uuid,
        kind -> Text,
        message_id -> Text,
        sha256 -> Bytea,
        raw -> Bytea,
        length -> BigInt,
        dossier_id -> Nullable<Uuid>,
        taken -> Bool,
        error_code -> Text,
        error_text -> Text,
        received_at -> Timestamptz,
        repeats -> Integer,
    }
}

diesel::table! {
    land_tax_notice (id) {
        id -> Uuid,
        dossier_id -> Uuid,
        taxpayer_no -> Text,
        taxpayer_name -> Text,
        notice_no -> Text,
        notice_day -> Date,
        code -> Text,
        name -> Text,
        chapter -> Text,
        budget_account -> Text,
        treasury -> Text,
        collector -> Text,
        due_day -> Nullable<Date>,
        due_text -> Text,
        amount -> BigInt,
        instalment -> SmallInt,
        state -> Text,
        claim_id -> Nullable<Uuid>,
        message_id -> Uuid,
        received_at -> Timestamptz,
        met_at -> Nullable<Timestamptz>,
        ended_at -> Nullable<Timestamptz>,
        debt_at -> Nullable<Timestamptz>,
        debt_reference -> Text,
        debt_by -> Text,
        over -> BigInt,
    }
}

diesel::table! {
    land_tax_report (entry_id) {
        entry_id -> Uuid,
        notice_id -> Uuid,
        reported_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    login_flow (state) {
        state -> Text,
        nonce -> Text,
        pkce_verifier -> Text,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        browser_hash -> Bytea,
    }
}

diesel::table! {
    machine_client (id) {
        id -> Uuid,
        client_id -> Text,
        secret_hash -> Text,
        name -> Text,
        scopes -> Array<Text>,
        active -> Bool,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    mandate (id) {
        id -> Uuid,
        agent_id -> Uuid,
        principal_person_id -> Nullable<Uuid>,
        principal_org_id -> Nullable<Uuid>,
        kind -> Text,
        scope -> Array<Text>,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        evidence -> Text,
        revoked_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    message (id) {
        id -> Uuid,
        dossier_id -> Uuid,
        recipient -> Text,
        kind -> Text,
        title -> Text,
        body -> Text,
        created_at -> Timestamptz,
        sent_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    organisation (id) {
        id -> Uuid,
        tax_no -> Text,
        name -> Text,
        kind -> Text,
        phone -> Nullable<Text>,
        email -> Nullable<Text>,
        address -> Nullable<Text>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    payment_attempt (id) {
        id -> Uuid,
        order_id -> Uuid,
        gateway -> Text,
        reference -> Text,
        state -> Text,
        page -> Nullable<Text>,
        opened_at -> Timestamptz,
        expires_at -> Timestamptz,
        asked -> Integer,
        ask_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    payment_order (id) {
        id -> Uuid,
        dossier_id -> Nullable<Uuid>,
        reference -> Text,
        amount -> BigInt,
        state -> Text,
        opened_at -> Timestamptz,
        paid_at -> Nullable<Timestamptz>,
        gateway_txn -> Nullable<Text>,
        gateway -> Nullable<Text>,
        claim_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    payment_order_member (joint_id, order_id) {
        joint_id -> Uuid,
        order_id -> Uuid,
        amount -> BigInt,
        outcome -> Nullable<Text>,
    }
}

diesel::table! {
    periodic_task (name) {
        name -> Text,
        due_at -> Timestamptz,
    }
}

diesel::table! {
    person (id) {
        id -> Uuid,
        identity_no -> Nullable<Text>,
        tech_id -> Nullable<Uuid>,
        full_name -> Text,
        birth_date -> Nullable<Date>,
        gender -> Nullable<Text>,
        phone -> Nullable<Text>,
        email -> Nullable<Text>,
        address -> Nullable<Text>,
        identity_level -> SmallInt,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    position (id) {
        id -> Uuid,
        staff_id -> Uuid,
        agency_id -> Uuid,
        role -> Text,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
    }
}

diesel::table! {
    posting (transfer_id, line) {
        transfer_id -> Uuid,
        line -> SmallInt,
        account_id -> Uuid,
        side -> Text,
        amount -> BigInt,
    }
}

diesel::table! {
    procedure (code) {
        code -> Text,
        name -> Text,
        field_code -> Text,
        field_name -> Text,
        levels -> Array<Text>,
        decision -> Text,
        online -> Bool,
        folded -> Text,
        folded_name -> Text,
        current_version_id -> Nullable<Uuid>,
        closed_since -> Nullable<Date>,
        closed_until -> Nullable<Date>,
        closed_reason -> Text,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    procedure_version (id) {
        id -> Uuid,
        procedure_code -> Text,
        version -> Integer,
        definition -> Jsonb,
        workflow -> Jsonb,
        effective_from -> Date,
        published_at -> Timestamptz,
        published_by -> Text,
    }
}

diesel::table! {
    produced_form (id) {
        id -> Uuid,
        form -> Text,
        template_id -> Uuid,
        unit_id -> Uuid,
        dossier_id -> Nullable<Uuid>,
        seq -> Nullable<Integer>,
        data -> Jsonb,
        data_sha256 -> Text,
        token -> Text,
        asked_at -> Timestamptz,
        asked_by -> Text,
        file_id -> Nullable<Uuid>,
        made_at -> Nullable<Timestamptz>,
        failed -> Text,
    }
}

diesel::table! {
    receipt (id) {
        id -> Uuid,
        series_id -> Uuid,
        number -> Integer,
        kind -> Text,
        symbol -> Text,
        secret -> Text,
        unit_id -> Uuid,
        dossier_id -> Uuid,
        order_id -> Nullable<Uuid>,
        payer -> Jsonb,
        amount -> BigInt,
        issued_at -> Timestamptz,
        issued_by -> Text,
        replaces_id -> Nullable<Uuid>,
        state -> Text,
        given_back -> BigInt,
        replaced_by_id -> Nullable<Uuid>,
        reason -> Text,
        ended_at -> Nullable<Timestamptz>,
        ended_by -> Nullable<Text>,
        application_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    receipt_document (receipt_id, format, state) {
        receipt_id -> Uuid,
        format -> Text,
        state -> Text,
        bytes -> Bytea,
        made_at -> Timestamptz,
    }
}

diesel::table! {
    receipt_elsewhere (id) {
        order_id -> Nullable<Uuid>,
        charge_id -> Uuid,
        amount -> BigInt,
        reason -> Text,
        created_at -> Timestamptz,
        id -> Uuid,
        application_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    receipt_key (kid) {
        kid -> Text,
        point -> Text,
        first_used_at -> Timestamptz,
    }
}

diesel::table! {
    receipt_line (receipt_id, line) {
        receipt_id -> Uuid,
        line -> SmallInt,
        charge_id -> Uuid,
        fee_code -> Text,
        name -> Text,
        amount -> BigInt,
    }
}

diesel::table! {
    receipt_series (id) {
        id -> Uuid,
        unit_id -> Uuid,
        year -> SmallInt,
        kind -> Text,
        form -> Text,
        symbol -> Text,
        last -> Integer,
    }
}

diesel::table! {
    record_destruction (id) {
        id -> Uuid,
        agency_id -> Uuid,
        state -> Text,
        proposed_by -> Text,
        proposed_at -> Timestamptz,
        decided_by -> Nullable<Text>,
        decided_at -> Nullable<Timestamptz>,
        decision -> Text,
    }
}

diesel::table! {
    record_destruction_line (batch_id, document_id) {
        batch_id -> Uuid,
        document_id -> Uuid,
        rule -> Text,
        legal_basis -> Text,
        due_on -> Date,
        kind -> Text,
        title -> Text,
        issuer -> Text,
        number -> Text,
        sha256 -> Nullable<Text>,
        size -> Nullable<BigInt>,
        storage_key -> Nullable<Text>,
        spared -> Nullable<Text>,
        erased_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    record_document (id) {
        id -> Uuid,
        holder_person_id -> Nullable<Uuid>,
        holder_org_id -> Nullable<Uuid>,
        kind -> Text,
        title -> Text,
        issuer -> Text,
        number -> Text,
        issued_on -> Date,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        trust -> Text,
        standing -> Text,
        standing_reason -> Text,
        standing_at -> Timestamptz,
        replaced_by -> Nullable<Uuid>,
        source -> Text,
        source_id -> Nullable<Uuid>,
        keeper_id -> Uuid,
        file_id -> Nullable<Uuid>,
        taken_in_at -> Timestamptz,
        taken_in_by -> Text,
        words -> Array<Text>,
    }
}

diesel::table! {
    record_hold (id) {
        id -> Uuid,
        document_id -> Uuid,
        reason -> Text,
        placed_by -> Text,
        placed_at -> Timestamptz,
        lifted_by -> Nullable<Text>,
        lifted_at -> Nullable<Timestamptz>,
        lift_reason -> Text,
    }
}

diesel::table! {
    record_reuse (dossier_id, component) {
        dossier_id -> Uuid,
        component -> Text,
        document_id -> Uuid,
        at -> Timestamptz,
    }
}

diesel::table! {
    record_share (id) {
        id -> Uuid,
        document_id -> Uuid,
        agency_id -> Nullable<Uuid>,
        dossier_id -> Nullable<Uuid>,
        token_hash -> Nullable<Text>,
        purpose -> Text,
        given_by -> Text,
        given_at -> Timestamptz,
        ends_at -> Timestamptz,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    record_text (document_id) {
        document_id -> Uuid,
        read_by -> Text,
        body -> Text,
        read_at -> Timestamptz,
    }
}

diesel::table! {
    record_use (id) {
        id -> Uuid,
        document_id -> Uuid,
        at -> Timestamptz,
        act -> Text,
        actor -> Text,
        actor_name -> Text,
        unit_id -> Nullable<Uuid>,
        dossier_id -> Nullable<Uuid>,
        share_id -> Nullable<Uuid>,
        purpose -> Text,
    }
}

diesel::table! {
    refund (id) {
        id -> Uuid,
        payment_id -> Uuid,
        dossier_id -> Nullable<Uuid>,
        amount -> BigInt,
        reason -> Text,
        state -> Text,
        requested_at -> Timestamptz,
        requested_by -> Text,
        ended_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    refund_attempt (id) {
        id -> Uuid,
        refund_id -> Uuid,
        number -> Integer,
        reference -> Text,
        state -> Text,
        begun_at -> Timestamptz,
        asked -> Integer,
        ask_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    refund_by_hand (refund_id) {
        refund_id -> Uuid,
        number -> Text,
        day -> Date,
        account -> Text,
        bank -> Nullable<Text>,
        reason -> Text,
        recorded_at -> Timestamptz,
        recorded_by -> Text,
    }
}

diesel::table! {
    refund_line (refund_id, charge_id) {
        refund_id -> Uuid,
        charge_id -> Uuid,
        amount -> BigInt,
    }
}

diesel::table! {
    result (id) {
        id -> Uuid,
        unit_id -> Uuid,
        kind -> Text,
        year -> SmallInt,
        number -> Integer,
        number_text -> Text,
        code -> Text,
        name -> Text,
        dossier_id -> Uuid,
        template_id -> Uuid,
        holder -> Jsonb,
        holder_person_id -> Nullable<Uuid>,
        holder_org_id -> Nullable<Uuid>,
        data -> Jsonb,
        token -> Text,
        prepared_at -> Timestamptz,
        prepared_by -> Text,
        replaces_id -> Nullable<Uuid>,
        state -> Text,
        reason -> Text,
        draft_file_id -> Nullable<Uuid>,
        failed -> Text,
        signing_request_id -> Nullable<Uuid>,
        file_id -> Nullable<Uuid>,
        issued_at -> Nullable<Timestamptz>,
        replaced_by_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    result_event (result_id, seq) {
        result_id -> Uuid,
        seq -> Integer,
        at -> Timestamptz,
        actor -> Text,
        actor_name -> Text,
        state -> Text,
        reason -> Text,
    }
}

diesel::table! {
    result_series (unit_id, kind, year) {
        unit_id -> Uuid,
        kind -> Text,
        year -> SmallInt,
        last -> Integer,
    }
}

diesel::table! {
    service_level (version_id, level, valid_from) {
        version_id -> Uuid,
        procedure_code -> Text,
        level -> Text,
        service -> Text,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
    }
}

diesel::table! {
    session (id) {
        id -> Uuid,
        kind -> Text,
        subject_id -> Uuid,
        identity_level -> SmallInt,
        scopes -> Array<Text>,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        revoked_at -> Nullable<Timestamptz>,
        refresh_turn -> Integer,
    }
}

diesel::table! {
    settlement_file (id) {
        id -> Uuid,
        gateway -> Text,
        day -> Date,
        version -> Integer,
        raw -> Bytea,
        flaw -> Nullable<Text>,
        net -> Nullable<BigInt>,
        fetched_at -> Timestamptz,
        compared_at -> Nullable<Timestamptz>,
        answered_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    settlement_line (file_id, line) {
        file_id -> Uuid,
        line -> Integer,
        kind -> Text,
        transaction -> Text,
        reference -> Text,
        amount -> BigInt,
        bank -> Text,
        at -> Nullable<Timestamptz>,
        raw -> Text,
    }
}

diesel::table! {
    signature (id) {
        id -> Uuid,
        request_id -> Uuid,
        part -> Text,
        authorisation_id -> Uuid,
        attributes -> Bytea,
        state -> Text,
        value -> Nullable<Bytea>,
        level -> Nullable<Text>,
        stamped_at -> Nullable<Timestamptz>,
        note -> Text,
    }
}

diesel::table! {
    signing_authorisation (id) {
        id -> Uuid,
        credential -> Text,
        chain -> Array<Bytea>,
        sad -> Nullable<Text>,
        expires_at -> Timestamptz,
        given_at -> Timestamptz,
        given_by -> Text,
    }
}

diesel::table! {
    signing_request (id) {
        id -> Uuid,
        purpose -> Text,
        subject_id -> Uuid,
        title -> Text,
        unit_id -> Uuid,
        signer_id -> Uuid,
        seal -> Bool,
        place -> Nullable<Jsonb>,
        done_kind -> Text,
        file_id -> Uuid,
        sha256 -> Text,
        state -> Text,
        note -> Text,
        ordered_at -> Timestamptz,
        ordered_by -> Text,
        ended_at -> Nullable<Timestamptz>,
        signed_file_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    staff (id) {
        id -> Uuid,
        username -> Text,
        full_name -> Text,
        password_hash -> Text,
        failed_logins -> Integer,
        failed_since -> Nullable<Timestamptz>,
        locked_until -> Nullable<Timestamptz>,
        active -> Bool,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    substitution (id) {
        id -> Uuid,
        absent_id -> Uuid,
        substitute_id -> Uuid,
        valid_from -> Timestamptz,
        valid_to -> Timestamptz,
        reason -> Text,
        granted_by -> Uuid,
        ended_at -> Nullable<Timestamptz>,
        ended_by -> Nullable<Uuid>,
    }
}

diesel::table! {
    suspense_application (id) {
        id -> Uuid,
        payment_id -> Uuid,
        dossier_id -> Uuid,
        amount -> BigInt,
        reason -> Text,
        applied_at -> Timestamptz,
        applied_by -> Text,
    }
}

diesel::table! {
    tax_slip (dossier_id, seq) {
        dossier_id -> Uuid,
        number -> Text,
        sent_at -> Nullable<Timestamptz>,
        acknowledged_at -> Nullable<Timestamptz>,
        reference -> Nullable<Text>,
        seq -> SmallInt,
        kind -> Text,
        changes -> Jsonb,
        reason -> Text,
        land_users -> Jsonb,
        requested_at -> Timestamptz,
        requested_by -> Text,
        income_tax_due_at -> Nullable<Timestamptz>,
        registration_due_at -> Nullable<Timestamptz>,
        event_seq -> Integer,
    }
}

diesel::table! {
    template (id) {
        id -> Uuid,
        code -> Text,
        unit_id -> Nullable<Uuid>,
        language -> Text,
        version -> Integer,
        name -> Text,
        source -> Text,
        fields -> Jsonb,
        sample -> Jsonb,
        results -> Array<Text>,
        valid_from -> Date,
        published_at -> Timestamptz,
        published_by -> Text,
    }
}

diesel::table! {
    transfer (id) {
        id -> Uuid,
        kind -> Text,
        cause_kind -> Text,
        cause_id -> Uuid,
        dossier_id -> Nullable<Uuid>,
        order_id -> Nullable<Uuid>,
        day -> Date,
        reason -> Text,
        booked_at -> Timestamptz,
        actor -> Text,
    }
}

diesel::table! {
    treasury_line (id) {
        id -> Uuid,
        treasury -> Text,
        number -> Text,
        credited_on -> Date,
        amount -> BigInt,
        gateway -> Text,
        day -> Nullable<Date>,
        unit_id -> Nullable<Uuid>,
        content -> Text,
        told_at -> Timestamptz,
        told_by -> Text,
    }
}

diesel::table! {
    unmatched (id) {
        id -> Uuid,
        kind -> Text,
        gateway -> Text,
        day -> Date,
        number -> Text,
        theirs -> BigInt,
        ours -> BigInt,
        unit_id -> Nullable<Uuid>,
        proposal -> Text,
        found_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
        ended_by -> Nullable<Text>,
    }
}

diesel::table! {
    unmatched_resolution (id) {
        id -> Uuid,
        unmatched_id -> Uuid,
        action -> Text,
        reason -> Text,
        decided_at -> Timestamptz,
        decided_by -> Text,
    }
}

diesel::table! {
    upload (id) {
        id -> Uuid,
        owner -> Text,
        draft_id -> Nullable<Uuid>,
        dossier_id -> Nullable<Uuid>,
        component -> Text,
        purpose -> Text,
        name -> Text,
        length -> BigInt,
        received -> BigInt,
        begun_at -> Timestamptz,
        expires_at -> Timestamptz,
        file_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    upload_part (upload_id, start) {
        upload_id -> Uuid,
        start -> BigInt,
        size -> BigInt,
        storage_key -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    account,
    agency,
    agency_closure,
    audit_log,
    catalogue_revision,
    charge,
    claim,
    claim_entry,
    closed_day,
    component,
    day_close,
    digitisation,
    digitisation_seal,
    dossier,
    dossier_event,
    dossier_number,
    dossier_sync,
    dossier_unit,
    draft,
    file,
    gateway_event,
    gateway_payment,
    idempotency_key,
    job,
    land_tax_confirmation,
    land_tax_debt_told,
    land_tax_document,
    land_tax_end,
    land_tax_message,
    land_tax_notice,
    land_tax_report,
    login_flow,
    machine_client,
    mandate,
    message,
    organisation,
    payment_attempt,
    payment_order,
    payment_order_member,
    periodic_task,
    person,
    position,
    posting,
    procedure,
    procedure_version,
    produced_form,
    receipt,
    receipt_document,
    receipt_elsewhere,
    receipt_key,
    receipt_line,
    receipt_series,
    record_destruction,
    record_destruction_line,
    record_document,
    record_hold,
    record_reuse,
    record_share,
    record_text,
    record_use,
    refund,
    refund_attempt,
    refund_by_hand,
    refund_line,
    result,
    result_event,
    result_series,
    service_level,
    session,
    settlement_file,
    settlement_line,
    signature,
    signing_authorisation,
    signing_request,
    staff,
    substitution,
    suspense_application,
    tax_slip,
    template,
    transfer,
    treasury_line,
    unmatched,
    unmatched_resolution,
    upload,
    upload_part,
);
