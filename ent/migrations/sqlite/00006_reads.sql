-- +goose Up
-- How often the reference data were changed: what a server keeps in memory of them is good as long as these numbers are
-- the same.

CREATE TABLE `reference_versions` (
  `name` text NOT NULL,
  `lane` integer NOT NULL DEFAULT 0,
  `version` integer NOT NULL,
  PRIMARY KEY (`name`, `lane`)
) WITHOUT ROWID;

INSERT INTO reference_versions (name, version) VALUES ('platforms', 0), ('offerings', 0), ('cohorts', 0), ('provinces', 0);

-- +goose StatementBegin
CREATE TRIGGER platforms_changed_insert AFTER INSERT ON platforms BEGIN
  UPDATE reference_versions SET version = version + 1 WHERE name = 'platforms';
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER platforms_changed_update AFTER UPDATE ON platforms BEGIN
  UPDATE reference_versions SET version = version + 1 WHERE name = 'platforms';
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER platforms_changed_delete AFTER DELETE ON platforms BEGIN
  UPDATE reference_versions SET version = version + 1 WHERE name = 'platforms';
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER offerings_changed_insert AFTER INSERT ON offerings BEGIN
  UPDATE reference_versions SET version = version + 1 WHERE name = 'offerings';
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER offerings_changed_update AFTER UPDATE ON offerings BEGIN
  UPDATE reference_versions SET version = version + 1 WHERE name = 'offerings';
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER offerings_changed_delete AFTER DELETE ON offerings BEGIN
  UPDATE reference_versions SET version = version + 1 WHERE name = 'offerings';
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER cohorts_changed_insert AFTER INSERT ON cohorts BEGIN
  UPDATE reference_versions SET version = version + 1 WHERE name = 'cohorts';
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER cohorts_changed_update AFTER UPDATE ON cohorts BEGIN
  UPDATE reference_versions SET version = version + 1 WHERE name = 'cohorts';
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER cohorts_changed_delete AFTER DELETE ON cohorts BEGIN
  UPDATE reference_versions SET version = version + 1 WHERE name = 'cohorts';
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER provinces_changed_insert AFTER INSERT ON provinces BEGIN
  UPDATE reference_versions SET version = version + 1 WHERE name = 'provinces';
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER provinces_changed_update AFTER UPDATE ON provinces BEGIN
  UPDATE reference_versions SET version = version + 1 WHERE name = 'provinces';
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER provinces_changed_delete AFTER DELETE ON provinces BEGIN
  UPDATE reference_versions SET version = version + 1 WHERE name = 'provinces';
END;
-- +goose StatementEnd

-- Those at risk, in the order of a list that nobody orders: else the planner walks all participants for a page of them.
CREATE INDEX `participant_at_risk` ON `participants` (`cohort_id`, `id`) WHERE (first_purchase_id IS NULL) AND (revoked_at IS NULL);

-- +goose Down
DROP INDEX `participant_at_risk`;
DROP TRIGGER platforms_changed_insert;
DROP TRIGGER platforms_changed_update;
DROP TRIGGER platforms_changed_delete;
DROP TRIGGER offerings_changed_insert;
DROP TRIGGER offerings_changed_update;
DROP TRIGGER offerings_changed_delete;
DROP TRIGGER cohorts_changed_insert;
DROP TRIGGER cohorts_changed_update;
DROP TRIGGER cohorts_changed_delete;
DROP TRIGGER provinces_changed_insert;
DROP TRIGGER provinces_changed_update;
DROP TRIGGER provinces_changed_delete;
DROP TABLE reference_versions;
