-- CreateTable
CREATE TABLE "access_policy" (
    "id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "entry" BIGINT NOT NULL,
    "custodian" UUID,
    "hash" TEXT NOT NULL,

    CONSTRAINT "access_policy_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "access_alert" (
    "id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "entry" BIGINT NOT NULL,
    "custodian" UUID,
    "rule" TEXT NOT NULL,
    "subject_kind" TEXT NOT NULL,

    CONSTRAINT "access_alert_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "spent" (
    "scope" TEXT NOT NULL,
    "hash" BYTEA NOT NULL,
    "expires" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "spent_pkey" PRIMARY KEY ("scope","hash")
);

-- CreateTable
CREATE TABLE "access_read" (
    "id" UUID NOT NULL,
    "institution" UUID,
    "lines" INTEGER NOT NULL,
    "body" TEXT NOT NULL,
    "mac" TEXT NOT NULL,
    "batch" UUID,

    CONSTRAINT "access_read_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "patient" (
    "id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "entry" BIGINT NOT NULL,
    "custodian" UUID,
    "retracted" BOOLEAN NOT NULL,

    CONSTRAINT "patient_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "encounter" (
    "id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "entry" BIGINT NOT NULL,
    "custodian" UUID,
    "patient" UUID NOT NULL,
    "class" TEXT,
    "status" TEXT,
    "started_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "retracted" BOOLEAN NOT NULL,

    CONSTRAINT "encounter_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "patient_link" (
    "id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "entry" BIGINT NOT NULL,
    "custodian" UUID,
    "first" UUID NOT NULL,
    "second" UUID NOT NULL,
    "first_keeper" UUID NOT NULL,
    "second_keeper" UUID NOT NULL,
    "state" TEXT NOT NULL,

    CONSTRAINT "patient_link_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "hold" (
    "id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "entry" BIGINT NOT NULL,
    "custodian" UUID,
    "record" UUID NOT NULL,
    "patient" UUID,
    "keeper" UUID,
    "state" TEXT NOT NULL,

    CONSTRAINT "hold_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "erasure" (
    "id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "entry" BIGINT NOT NULL,
    "custodian" UUID,
    "record" UUID NOT NULL,
    "patient" UUID,
    "keeper" UUID,
    "state" TEXT NOT NULL,

    CONSTRAINT "erasure_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "programme" (
    "id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "entry" BIGINT NOT NULL,
    "custodian" UUID,
    "code" TEXT NOT NULL,

    CONSTRAINT "programme_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "subsidy" (
    "id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "entry" BIGINT NOT NULL,
    "custodian" UUID,
    "programme" UUID NOT NULL,
    "payee" UUID NOT NULL,
    "state" TEXT NOT NULL,
    "amount" BIGINT NOT NULL,

    CONSTRAINT "subsidy_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "entry" (
    "index" BIGINT NOT NULL,
    "block" BIGINT NOT NULL,
    "leaf" BYTEA NOT NULL,
    "opening" BYTEA NOT NULL,
    "salt" BYTEA NOT NULL,
    "kind" TEXT NOT NULL,
    "subject" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "institution" UUID,
    "actor" UUID NOT NULL,
    "txid" xid8 NOT NULL DEFAULT pg_current_xact_id(),

    CONSTRAINT "entry_pkey" PRIMARY KEY ("index")
);

-- CreateTable
CREATE TABLE "block" (
    "height" BIGINT NOT NULL,
    "header" BYTEA NOT NULL,
    "first" BIGINT NOT NULL,
    "size" BIGINT NOT NULL,

    CONSTRAINT "block_pkey" PRIMARY KEY ("height")
);

-- CreateTable
CREATE TABLE "checkpoint" (
    "size" BIGINT NOT NULL,
    "note" TEXT NOT NULL,

    CONSTRAINT "checkpoint_pkey" PRIMARY KEY ("size")
);

-- CreateTable
CREATE TABLE "cosignature" (
    "size" BIGINT NOT NULL,
    "key" TEXT NOT NULL,
    "line" TEXT NOT NULL,

    CONSTRAINT "cosignature_pkey" PRIMARY KEY ("size","key")
);

-- CreateTable
CREATE TABLE "snapshot" (
    "id" UUID NOT NULL,
    "part" INTEGER NOT NULL,
    "bytes" BYTEA NOT NULL,
    "time" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "snapshot_pkey" PRIMARY KEY ("id","part")
);

-- CreateTable
CREATE TABLE "log_head" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "size" BIGINT NOT NULL,
    "height" BIGINT NOT NULL,

    CONSTRAINT "log_head_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "thread_entry" (
    "thread" UUID NOT NULL,
    "seq" BIGINT NOT NULL,
    "entry" BIGINT NOT NULL,

    CONSTRAINT "thread_entry_pkey" PRIMARY KEY ("thread","seq")
);

-- CreateTable
CREATE TABLE "upload_request" (
    "institution" TEXT NOT NULL,
    "member" UUID NOT NULL,
    "request" UUID NOT NULL,
    "part" INTEGER NOT NULL,
    "input_hash" TEXT NOT NULL,
    "entry" BIGINT NOT NULL,

    CONSTRAINT "upload_request_pkey" PRIMARY KEY ("institution","member","request","part")
);

-- CreateTable
CREATE TABLE "unique_key" (
    "scope" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "key_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "subject" UUID NOT NULL,
    "entry" BIGINT NOT NULL,

    CONSTRAINT "unique_key_pkey" PRIMARY KEY ("scope","key")
);

-- CreateTable
CREATE TABLE "search_word" (
    "scope" TEXT NOT NULL,
    "word" TEXT NOT NULL,
    "key_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "subject" UUID NOT NULL,
    "entry" BIGINT NOT NULL,

    CONSTRAINT "search_word_pkey" PRIMARY KEY ("scope","word","subject")
);

-- CreateTable
CREATE TABLE "counter" (
    "id" TEXT NOT NULL,
    "value" DECIMAL(38,0) NOT NULL,
    "entry" BIGINT NOT NULL,

    CONSTRAINT "counter_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sealed" (
    "entry" BIGINT NOT NULL,
    "kind" TEXT NOT NULL,
    "id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "nonce" BYTEA NOT NULL,
    "bytes" BYTEA NOT NULL,

    CONSTRAINT "sealed_pkey" PRIMARY KEY ("entry")
);

-- CreateTable
CREATE TABLE "resealed" (
    "version_entry" BIGINT NOT NULL,
    "entry" BIGINT NOT NULL,
    "nonce" BYTEA NOT NULL,
    "bytes" BYTEA NOT NULL,

    CONSTRAINT "resealed_pkey" PRIMARY KEY ("version_entry","entry")
);

-- CreateTable
CREATE TABLE "wrapped_key" (
    "entry" BIGINT NOT NULL,
    "key_id" TEXT NOT NULL,
    "wrapped" BYTEA NOT NULL,

    CONSTRAINT "wrapped_key_pkey" PRIMARY KEY ("entry")
);

-- CreateTable
CREATE TABLE "custodian_key" (
    "id" TEXT NOT NULL,
    "custodian" TEXT NOT NULL,
    "key_id" TEXT NOT NULL,
    "wrapped" BYTEA NOT NULL,

    CONSTRAINT "custodian_key_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "signing_key" (
    "thumbprint" TEXT NOT NULL,
    "institution" UUID,
    "entry" BIGINT,
    "key_id" TEXT NOT NULL,
    "wrapped" BYTEA NOT NULL,

    CONSTRAINT "signing_key_pkey" PRIMARY KEY ("thumbprint")
);

-- CreateTable
CREATE TABLE "alarm" (
    "id" BIGSERIAL NOT NULL,
    "time" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "code" TEXT NOT NULL,
    "what" TEXT NOT NULL,
    "position" BIGINT,

    CONSTRAINT "alarm_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "restore" (
    "backup" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "time" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "restore_pkey" PRIMARY KEY ("backup")
);

-- CreateTable
CREATE TABLE "policy" (
    "id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "entry" BIGINT NOT NULL,
    "custodian" UUID,
    "situation" TEXT NOT NULL,

    CONSTRAINT "policy_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "institution" (
    "id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "entry" BIGINT NOT NULL,
    "custodian" UUID,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "ownership" TEXT NOT NULL,
    "region" TEXT NOT NULL,
    "licence_state" TEXT NOT NULL,
    "licence_until" DATE NOT NULL,

    CONSTRAINT "institution_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "member" (
    "id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "entry" BIGINT NOT NULL,
    "custodian" UUID,
    "institution" UUID,
    "state" TEXT NOT NULL,

    CONSTRAINT "member_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "trust" (
    "id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "entry" BIGINT NOT NULL,
    "custodian" UUID,
    "member" UUID NOT NULL,
    "enforced" BOOLEAN NOT NULL,

    CONSTRAINT "trust_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "form" (
    "id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "entry" BIGINT NOT NULL,
    "custodian" UUID,
    "code" TEXT NOT NULL,
    "period" TEXT NOT NULL,

    CONSTRAINT "form_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "report" (
    "id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "entry" BIGINT NOT NULL,
    "custodian" UUID,
    "form" TEXT NOT NULL,
    "period" TEXT NOT NULL,
    "state" TEXT NOT NULL,

    CONSTRAINT "report_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "upload" (
    "id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "entry" BIGINT NOT NULL,
    "custodian" UUID,
    "state" TEXT NOT NULL,
    "operation" TEXT NOT NULL,
    "member" UUID NOT NULL,
    "for_state" BOOLEAN NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "confirmable_from" TIMESTAMPTZ(3),

    CONSTRAINT "upload_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "consent" (
    "id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "entry" BIGINT NOT NULL,
    "custodian" UUID,
    "patient" UUID NOT NULL,
    "grantee" UUID,
    "representative" UUID,
    "state" TEXT NOT NULL,

    CONSTRAINT "consent_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "view" (
    "id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "entry" BIGINT NOT NULL,
    "custodian" UUID,
    "act" TEXT NOT NULL,
    "patient" UUID,
    "institution" UUID,
    "member" UUID NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "view_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "access_batch" (
    "id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "entry" BIGINT NOT NULL,
    "custodian" UUID,

    CONSTRAINT "access_batch_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "referral" (
    "id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "entry" BIGINT NOT NULL,
    "custodian" UUID,
    "patient" UUID NOT NULL,
    "recipient" UUID,
    "state" TEXT NOT NULL,
    "valid_until" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "referral_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "access_policy_entry_key" ON "access_policy"("entry");

-- CreateIndex
CREATE UNIQUE INDEX "access_alert_entry_key" ON "access_alert"("entry");

-- CreateIndex
CREATE INDEX "spent_expires_idx" ON "spent"("expires");

-- CreateIndex
CREATE INDEX "access_read_batch_idx" ON "access_read"("batch");

-- CreateIndex
CREATE UNIQUE INDEX "patient_entry_key" ON "patient"("entry");

-- CreateIndex
CREATE INDEX "patient_custodian_idx" ON "patient"("custodian");

-- CreateIndex
CREATE UNIQUE INDEX "encounter_entry_key" ON "encounter"("entry");

-- CreateIndex
CREATE INDEX "encounter_patient_custodian_idx" ON "encounter"("patient", "custodian");

-- CreateIndex
CREATE INDEX "encounter_custodian_started_at_idx" ON "encounter"("custodian", "started_at");

-- CreateIndex
CREATE UNIQUE INDEX "patient_link_entry_key" ON "patient_link"("entry");

-- CreateIndex
CREATE INDEX "patient_link_first_idx" ON "patient_link"("first");

-- CreateIndex
CREATE INDEX "patient_link_second_idx" ON "patient_link"("second");

-- CreateIndex
CREATE INDEX "patient_link_first_keeper_idx" ON "patient_link"("first_keeper");

-- CreateIndex
CREATE INDEX "patient_link_second_keeper_idx" ON "patient_link"("second_keeper");

-- CreateIndex
CREATE UNIQUE INDEX "hold_entry_key" ON "hold"("entry");

-- CreateIndex
CREATE INDEX "hold_record_idx" ON "hold"("record");

-- CreateIndex
CREATE INDEX "hold_keeper_idx" ON "hold"("keeper");

-- CreateIndex
CREATE INDEX "hold_patient_idx" ON "hold"("patient");

-- CreateIndex
CREATE UNIQUE INDEX "erasure_entry_key" ON "erasure"("entry");

-- CreateIndex
CREATE INDEX "erasure_record_idx" ON "erasure"("record");

-- CreateIndex
CREATE INDEX "erasure_keeper_idx" ON "erasure"("keeper");

-- CreateIndex
CREATE INDEX "erasure_patient_idx" ON "erasure"("patient");

-- CreateIndex
CREATE INDEX "erasure_state_idx" ON "erasure"("state");

-- CreateIndex
CREATE UNIQUE INDEX "programme_entry_key" ON "programme"("entry");

-- CreateIndex
CREATE INDEX "programme_code_idx" ON "programme"("code");

-- CreateIndex
CREATE UNIQUE INDEX "subsidy_entry_key" ON "subsidy"("entry");

-- CreateIndex
CREATE INDEX "subsidy_programme_state_idx" ON "subsidy"("programme", "state");

-- CreateIndex
CREATE INDEX "subsidy_payee_state_idx" ON "subsidy"("payee", "state");

-- CreateIndex
CREATE INDEX "subsidy_custodian_idx" ON "subsidy"("custodian");

-- CreateIndex
CREATE INDEX "subsidy_amount_idx" ON "subsidy"("amount");

-- CreateIndex
CREATE INDEX "entry_kind_subject_version_idx" ON "entry"("kind", "subject", "version");

-- CreateIndex
CREATE INDEX "entry_block_idx" ON "entry"("block");

-- CreateIndex
CREATE UNIQUE INDEX "block_size_key" ON "block"("size");

-- CreateIndex
CREATE INDEX "cosignature_key_size_idx" ON "cosignature"("key", "size");

-- CreateIndex
CREATE UNIQUE INDEX "thread_entry_entry_thread_key" ON "thread_entry"("entry", "thread");

-- CreateIndex
CREATE INDEX "unique_key_subject_idx" ON "unique_key"("subject");

-- CreateIndex
CREATE INDEX "search_word_subject_idx" ON "search_word"("subject");

-- CreateIndex
CREATE INDEX "sealed_id_version_idx" ON "sealed"("id", "version");

-- CreateIndex
CREATE INDEX "resealed_entry_idx" ON "resealed"("entry");

-- CreateIndex
CREATE INDEX "custodian_key_custodian_idx" ON "custodian_key"("custodian");

-- CreateIndex
CREATE UNIQUE INDEX "policy_entry_key" ON "policy"("entry");

-- CreateIndex
CREATE INDEX "policy_situation_idx" ON "policy"("situation");

-- CreateIndex
CREATE UNIQUE INDEX "institution_entry_key" ON "institution"("entry");

-- CreateIndex
CREATE INDEX "institution_region_idx" ON "institution"("region");

-- CreateIndex
CREATE INDEX "institution_licence_state_licence_until_idx" ON "institution"("licence_state", "licence_until");

-- CreateIndex
CREATE UNIQUE INDEX "member_entry_key" ON "member"("entry");

-- CreateIndex
CREATE INDEX "member_custodian_idx" ON "member"("custodian");

-- CreateIndex
CREATE INDEX "member_institution_idx" ON "member"("institution");

-- CreateIndex
CREATE UNIQUE INDEX "trust_entry_key" ON "trust"("entry");

-- CreateIndex
CREATE UNIQUE INDEX "form_entry_key" ON "form"("entry");

-- CreateIndex
CREATE INDEX "form_code_idx" ON "form"("code");

-- CreateIndex
CREATE UNIQUE INDEX "report_entry_key" ON "report"("entry");

-- CreateIndex
CREATE INDEX "report_custodian_period_idx" ON "report"("custodian", "period");

-- CreateIndex
CREATE INDEX "report_form_period_idx" ON "report"("form", "period");

-- CreateIndex
CREATE UNIQUE INDEX "upload_entry_key" ON "upload"("entry");

-- CreateIndex
CREATE INDEX "upload_custodian_idx" ON "upload"("custodian");

-- CreateIndex
CREATE INDEX "upload_member_idx" ON "upload"("member");

-- CreateIndex
CREATE INDEX "upload_state_expires_at_idx" ON "upload"("state", "expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "consent_entry_key" ON "consent"("entry");

-- CreateIndex
CREATE INDEX "consent_patient_idx" ON "consent"("patient");

-- CreateIndex
CREATE INDEX "consent_grantee_idx" ON "consent"("grantee");

-- CreateIndex
CREATE INDEX "consent_representative_idx" ON "consent"("representative");

-- CreateIndex
CREATE UNIQUE INDEX "view_entry_key" ON "view"("entry");

-- CreateIndex
CREATE INDEX "view_patient_idx" ON "view"("patient");

-- CreateIndex
CREATE INDEX "view_institution_idx" ON "view"("institution");

-- CreateIndex
CREATE INDEX "view_member_idx" ON "view"("member");

-- CreateIndex
CREATE UNIQUE INDEX "access_batch_entry_key" ON "access_batch"("entry");

-- CreateIndex
CREATE INDEX "access_batch_custodian_idx" ON "access_batch"("custodian");

-- CreateIndex
CREATE UNIQUE INDEX "referral_entry_key" ON "referral"("entry");

-- CreateIndex
CREATE INDEX "referral_patient_idx" ON "referral"("patient");

-- CreateIndex
CREATE INDEX "referral_recipient_idx" ON "referral"("recipient");
