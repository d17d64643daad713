-- Rows that were taken away where an audit was mended; only added to as well. Made by who acts as the owner.

CREATE TABLE IF NOT EXISTS evidence (
    incident text NOT NULL COLLATE "C",  -- which tells when it was mended, by whom
    LIKE events
);

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'evidence'::regclass AND tgname = 'unchanged') THEN
        CREATE TRIGGER unchanged BEFORE UPDATE OR DELETE ON evidence FOR EACH ROW EXECUTE FUNCTION refuse();
        CREATE TRIGGER kept BEFORE TRUNCATE ON evidence EXECUTE FUNCTION refuse();
        ALTER TABLE evidence ENABLE ALWAYS TRIGGER unchanged;
        ALTER TABLE evidence ENABLE ALWAYS TRIGGER kept;
    END IF;
END $$;
