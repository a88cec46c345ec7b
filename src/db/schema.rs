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
    closed_day (day) {
        day -> Date,
        closed_at -> Timestamptz,
        closed_by -> Text,
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
    tax_slip (dossier_id) {
        dossier_id -> Uuid,
        number -> Text,
        sent_at -> Timestamptz,
        acknowledged_at -> Timestamptz,
        reference -> Text,
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
    closed_day,
    day_close,
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
    receipt,
    receipt_document,
    receipt_elsewhere,
    receipt_key,
    receipt_line,
    receipt_series,
    refund,
    refund_attempt,
    refund_by_hand,
    refund_line,
    service_level,
    session,
    settlement_file,
    settlement_line,
    staff,
    substitution,
    suspense_application,
    tax_slip,
    transfer,
    treasury_line,
    unmatched,
    unmatched_resolution,
    upload,
    upload_part,
);
