-- +goose Up
-- How often the reference data were changed: what servers keep in memory of them is good as long as these numbers are the
-- same. Each is the sum over its lanes, see the counters, so that transactions do not wait for each other; a number that
-- only grows tells of every commit, in whatever order they come.

CREATE TABLE "reference_versions" (
  "name" character varying NOT NULL,
  "lane" smallint NOT NULL,
  "version" bigint NOT NULL,
  PRIMARY KEY ("name", "lane")
) WITH (fillfactor = 50);

-- +goose StatementBegin
CREATE FUNCTION count_reference_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO reference_versions AS v (name, lane, version) VALUES (TG_TABLE_NAME, gelombang_lane(), 1)
  ON CONFLICT (name, lane) DO UPDATE SET version = v.version + 1;
  RETURN NULL;
END;
$$;
-- +goose StatementEnd

CREATE TRIGGER count_reference_change AFTER INSERT OR UPDATE OR DELETE ON platforms FOR EACH STATEMENT EXECUTE FUNCTION count_reference_change();
CREATE TRIGGER count_reference_change AFTER INSERT OR UPDATE OR DELETE ON offerings FOR EACH STATEMENT EXECUTE FUNCTION count_reference_change();
CREATE TRIGGER count_reference_change AFTER INSERT OR UPDATE OR DELETE ON cohorts FOR EACH STATEMENT EXECUTE FUNCTION count_reference_change();
CREATE TRIGGER count_reference_change AFTER INSERT OR UPDATE OR DELETE ON provinces FOR EACH STATEMENT EXECUTE FUNCTION count_reference_change();

-- Those at risk, in the order of a list that nobody orders: else the planner walks all participants for a page of them.
CREATE INDEX "participant_at_risk" ON "participants" ("cohort_id", "id") WHERE (first_purchase_id IS NULL) AND (revoked_at IS NULL);

-- +goose Down
DROP INDEX "participant_at_risk";
DROP TRIGGER count_reference_change ON provinces;
DROP TRIGGER count_reference_change ON cohorts;
DROP TRIGGER count_reference_change ON offerings;
DROP TRIGGER count_reference_change ON platforms;
DROP FUNCTION count_reference_change();
DROP TABLE "reference_versions";
