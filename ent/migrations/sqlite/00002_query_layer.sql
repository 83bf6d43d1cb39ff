-- +goose Up

CREATE INDEX `history_recorded_at` ON `history` (`recorded_at`);

-- The text in which the catalogue is searched. What stands here for offerings that exist already has small letters
-- from A to Z and is good enough until the program has made it anew, as internal/searchtext does.
ALTER TABLE `offerings` ADD COLUMN `search` text NOT NULL DEFAULT ('');
UPDATE offerings SET search = lower(title || ' ' || provider || ' ' || category);

-- The text is words of letters and digits already. The tokenizer "ascii" takes every letter beyond ASCII as it is,
-- where others have a Unicode of their own. Neither columns, positions nor ranks are asked for.
CREATE VIRTUAL TABLE offerings_search USING fts5(search, content = 'offerings', content_rowid = 'id', tokenize = 'ascii', detail = 'none', columnsize = 0);
INSERT INTO offerings_search (offerings_search) VALUES ('rebuild');

-- +goose StatementBegin
CREATE TRIGGER offering_search_insert AFTER INSERT ON offerings
BEGIN
  INSERT INTO offerings_search (rowid, search) VALUES (new.id, new.search);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER offering_search_update AFTER UPDATE OF search ON offerings WHEN old.search <> new.search
BEGIN
  INSERT INTO offerings_search (offerings_search, rowid, search) VALUES ('delete', old.id, old.search);
  INSERT INTO offerings_search (rowid, search) VALUES (new.id, new.search);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER offering_search_delete AFTER DELETE ON offerings
BEGIN
  INSERT INTO offerings_search (offerings_search, rowid, search) VALUES ('delete', old.id, old.search);
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER offering_search_delete;
DROP TRIGGER offering_search_update;
DROP TRIGGER offering_search_insert;
DROP TABLE offerings_search;
ALTER TABLE `offerings` DROP COLUMN `search`;
DROP INDEX `history_recorded_at`;
