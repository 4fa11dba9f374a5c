-- What the database itself refuses (design: architecture, "The one way in"): changes of what was appended, a record row
-- that cites an entry of another transaction, a deleted row. The application works as vitrine_app, which owns nothing
-- and so can neither alter a table nor switch a trigger off.

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'vitrine_app') THEN
    CREATE ROLE vitrine_app NOLOGIN;
  END IF;
EXCEPTION
  -- Roles belong to the whole cluster: another database's migration was faster.
  WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;

DO $$
BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO vitrine_app', current_schema());
END
$$;

CREATE FUNCTION vitrine_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% on % is refused: what was appended stays', lower(TG_OP), TG_TABLE_NAME
    USING ERRCODE = 'VT001';
END
$$;

-- An entry's txid is its writing transaction's, savepoints or not; a foreign key would accept any older entry.
CREATE FUNCTION vitrine_require_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM entry WHERE index = NEW.entry AND txid = pg_current_xact_id()) THEN
    RAISE EXCEPTION 'a row of % cites entry %, which this transaction did not write', TG_TABLE_NAME, NEW.entry
      USING ERRCODE = 'VT002';
  END IF;
  RETURN NULL;
END
$$;

-- Without a fixed path, a temporary table named "entry" would stand in for the real one.
DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION vitrine_require_entry() SET search_path = %I, pg_temp', current_schema());
END
$$;

-- Rows of this table are never updated, deleted or cut off.
CREATE FUNCTION vitrine_guard_append_only(guarded regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE TRIGGER vitrine_no_change BEFORE UPDATE OR DELETE ON %s
    FOR EACH ROW EXECUTE FUNCTION vitrine_refuse()', guarded);
  EXECUTE format('CREATE TRIGGER vitrine_no_truncate BEFORE TRUNCATE ON %s
    FOR EACH STATEMENT EXECUTE FUNCTION vitrine_refuse()', guarded);
  EXECUTE format('GRANT SELECT, INSERT ON %s TO vitrine_app', guarded);
END
$$;

-- Rows of this table are never deleted, and each write of one cites an entry of the same transaction.
CREATE FUNCTION vitrine_guard_record(guarded regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE TRIGGER vitrine_no_delete BEFORE DELETE ON %s
    FOR EACH ROW EXECUTE FUNCTION vitrine_refuse()', guarded);
  EXECUTE format('CREATE TRIGGER vitrine_no_truncate BEFORE TRUNCATE ON %s
    FOR EACH STATEMENT EXECUTE FUNCTION vitrine_refuse()', guarded);
  EXECUTE format('CREATE CONSTRAINT TRIGGER vitrine_entry AFTER INSERT OR UPDATE ON %s
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION vitrine_require_entry()', guarded);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %s TO vitrine_app', guarded);
END
$$;

-- Functions are open to everyone by default; these two are for migrations alone.
REVOKE ALL ON FUNCTION vitrine_guard_append_only(regclass), vitrine_guard_record(regclass) FROM PUBLIC;

SELECT vitrine_guard_append_only('entry');
-- The transaction of an entry is the server's to say.
REVOKE INSERT ON entry FROM vitrine_app;
GRANT INSERT (index, block, leaf, opening, salt, kind, subject, version, institution, actor) ON entry TO vitrine_app;
SELECT vitrine_guard_append_only('block');
SELECT vitrine_guard_append_only('checkpoint');
SELECT vitrine_guard_append_only('cosignature');
SELECT vitrine_guard_append_only('thread_entry');
SELECT vitrine_guard_append_only('upload_request');
SELECT vitrine_guard_record('sealed');
SELECT vitrine_guard_record('resealed');

-- A snapshot is never changed; it goes when newer ones are anchored.
CREATE TRIGGER vitrine_no_update BEFORE UPDATE ON snapshot FOR EACH ROW EXECUTE FUNCTION vitrine_refuse();
CREATE TRIGGER vitrine_no_truncate BEFORE TRUNCATE ON snapshot FOR EACH STATEMENT EXECUTE FUNCTION vitrine_refuse();
GRANT SELECT, INSERT (id, part, bytes), DELETE ON snapshot TO vitrine_app;

-- Side tables: rewrapping, rotation of indexes and erasure work here.
GRANT SELECT, INSERT, UPDATE ON log_head TO vitrine_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON unique_key, search_word, counter, wrapped_key, custodian_key, signing_key
  TO vitrine_app;
GRANT SELECT, INSERT ON alarm TO vitrine_app;
-- What was spent stays so until it has expired: rows come and go, and none is changed.
GRANT SELECT, INSERT, DELETE ON spent TO vitrine_app;
-- A read that was written down is never changed but for the batch that takes it, and goes with that.
GRANT SELECT, INSERT, DELETE, UPDATE (batch) ON access_read TO vitrine_app;
-- Restores are the owner's work: the application only looks whether one is unfinished.
GRANT SELECT ON restore TO vitrine_app;

-- After an erasure the old rows go from the disk. PostgreSQL before 17 has no such right: the operator vacuums there.
DO $$
BEGIN
  IF current_setting('server_version_num')::int >= 170000 THEN
    GRANT MAINTAIN ON unique_key, search_word, wrapped_key, encounter, patient, report TO vitrine_app;
  END IF;
END
$$;

GRANT USAGE ON SEQUENCE alarm_id_seq TO vitrine_app;

-- Guarded domain tables, written by prisma/migration.mjs. Nothing below this line by hand.
SELECT vitrine_guard_record('access_alert');
SELECT vitrine_guard_record('access_batch');
SELECT vitrine_guard_record('access_policy');
SELECT vitrine_guard_record('consent');
SELECT vitrine_guard_record('encounter');
SELECT vitrine_guard_record('erasure');
SELECT vitrine_guard_record('form');
SELECT vitrine_guard_record('hold');
SELECT vitrine_guard_record('institution');
SELECT vitrine_guard_record('member');
SELECT vitrine_guard_record('patient');
SELECT vitrine_guard_record('patient_link');
SELECT vitrine_guard_record('policy');
SELECT vitrine_guard_record('programme');
SELECT vitrine_guard_record('referral');
SELECT vitrine_guard_record('report');
SELECT vitrine_guard_record('subsidy');
SELECT vitrine_guard_record('trust');
SELECT vitrine_guard_record('upload');
SELECT vitrine_guard_record('view');
