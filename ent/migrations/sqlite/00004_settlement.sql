-- +goose Up
-- Settlements, what they rest on and what they free; the watch over platforms; reminders; our own webhooks.


CREATE TABLE `settlements` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `state` text NOT NULL,
  `through` datetime NOT NULL,
  `listed` integer NOT NULL,
  `list_sha256` text NOT NULL,
  `evidence` text NOT NULL,
  `summary` text NOT NULL,
  `reserve` integer NOT NULL,
  `reason` text NOT NULL,
  `prepared_at` datetime NOT NULL,
  `prepared_by` text NOT NULL,
  `approved_at` datetime NULL,
  `approved_by` text NOT NULL DEFAULT (''),
  `ordered_at` datetime NULL,
  `ordered_by` text NOT NULL DEFAULT (''),
  `stopped_at` datetime NULL,
  `stopped_by` text NOT NULL DEFAULT (''),
  `executed_at` datetime NULL,
  `closes_at` datetime NULL,
  `closed_at` datetime NULL,
  `reversal_ordered_at` datetime NULL,
  `reversed_by` text NOT NULL DEFAULT (''),
  `reversal_reason` text NOT NULL DEFAULT (''),
  `reversed_at` datetime NULL,
  `discarded_by` text NOT NULL DEFAULT (''),
  `finished_at` datetime NULL,
  `cohort_id` integer NOT NULL,
  CONSTRAINT `settlements_cohorts_settlements` FOREIGN KEY (`cohort_id`) REFERENCES `cohorts` (`id`) ON DELETE NO ACTION
);
CREATE INDEX `settlement_cohort_id_id` ON `settlements` (`cohort_id`, `id`);
CREATE UNIQUE INDEX `settlement_unfinished` ON `settlements` (`cohort_id`) WHERE finished_at IS NULL;
CREATE INDEX `settlement_closes_at` ON `settlements` (`closes_at`) WHERE closed_at IS NULL;

CREATE TABLE `settlement_entries` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `deadline` datetime NOT NULL,
  `purchases` integer NOT NULL,
  `outcome` text NOT NULL,
  `passed_over` text NULL,
  `decided_at` datetime NULL,
  `voids_settled` text NOT NULL DEFAULT (''),
  `participant_id` integer NOT NULL,
  `settlement_id` integer NOT NULL,
  CONSTRAINT `settlement_entries_participants_entries` FOREIGN KEY (`participant_id`) REFERENCES `participants` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `settlement_entries_settlements_entries` FOREIGN KEY (`settlement_id`) REFERENCES `settlements` (`id`) ON DELETE NO ACTION
);
CREATE UNIQUE INDEX `settlemententry_settlement_id_participant_id` ON `settlement_entries` (`settlement_id`, `participant_id`);
CREATE INDEX `settlemententry_settlement_id_outcome_participant_id` ON `settlement_entries` (`settlement_id`, `outcome`, `participant_id`);
CREATE INDEX `settlemententry_participant_id` ON `settlement_entries` (`participant_id`);

CREATE TABLE `places` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `cohort_id` integer NOT NULL,
  `participant_id` integer NULL,
  `kind` text NOT NULL,
  `places` integer NOT NULL,
  `recorded_at` datetime NOT NULL,
  `actor` text NOT NULL DEFAULT (''),
  `settlement_id` integer NOT NULL,
  CONSTRAINT `places_settlements_places` FOREIGN KEY (`settlement_id`) REFERENCES `settlements` (`id`) ON DELETE NO ACTION
);
CREATE INDEX `places_cohort_id_kind` ON `places` (`cohort_id`, `kind`);
CREATE INDEX `places_settlement_id_kind` ON `places` (`settlement_id`, `kind`);

CREATE TABLE `outages` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `begins_at` datetime NOT NULL,
  `ends_at` datetime NULL,
  `reason` text NOT NULL,
  `declared_by` text NOT NULL,
  `created_at` datetime NOT NULL,
  `ended_by` text NOT NULL DEFAULT (''),
  `platform_id` integer NOT NULL,
  CONSTRAINT `outages_platforms_outages` FOREIGN KEY (`platform_id`) REFERENCES `platforms` (`id`) ON DELETE NO ACTION
);
CREATE INDEX `outage_platform_id_begins_at` ON `outages` (`platform_id`, `begins_at`);

CREATE TABLE `deadline_raises` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `extension_id` integer NULL,
  `until` datetime NOT NULL,
  `province` text NULL,
  `actor` text NOT NULL,
  `reason` text NOT NULL,
  `after_id` integer NOT NULL DEFAULT (0),
  `moved` integer NOT NULL DEFAULT (0),
  `created_at` datetime NOT NULL,
  `done_at` datetime NULL,
  `cohort_id` integer NOT NULL,
  CONSTRAINT `deadline_raises_cohorts_raises` FOREIGN KEY (`cohort_id`) REFERENCES `cohorts` (`id`) ON DELETE NO ACTION
);
CREATE INDEX `deadlineraise_cohort_id` ON `deadline_raises` (`cohort_id`) WHERE done_at IS NULL;

CREATE TABLE `alerts` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `kind` text NOT NULL,
  `detail` text NOT NULL,
  `raised_at` datetime NOT NULL,
  `cleared_at` datetime NULL,
  `platform_id` integer NOT NULL,
  CONSTRAINT `alerts_platforms_alerts` FOREIGN KEY (`platform_id`) REFERENCES `platforms` (`id`) ON DELETE NO ACTION
);
CREATE UNIQUE INDEX `alert_platform_id_kind` ON `alerts` (`platform_id`, `kind`) WHERE cleared_at IS NULL;
CREATE INDEX `alert_raised_at` ON `alerts` (`raised_at`);

CREATE TABLE `reminder_plans` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `stages` text NOT NULL,
  `channels` text NOT NULL,
  `language` text NOT NULL,
  `created_at` datetime NOT NULL,
  `created_by` text NOT NULL,
  `stopped_at` datetime NULL,
  `stopped_by` text NOT NULL DEFAULT (''),
  `cohort_id` integer NOT NULL,
  CONSTRAINT `reminder_plans_cohorts_reminder_plans` FOREIGN KEY (`cohort_id`) REFERENCES `cohorts` (`id`) ON DELETE NO ACTION
);
CREATE INDEX `reminderplan_cohort_id_id` ON `reminder_plans` (`cohort_id`, `id`);
CREATE UNIQUE INDEX `reminderplan_in_force` ON `reminder_plans` (`cohort_id`) WHERE stopped_at IS NULL;

CREATE TABLE `reminders` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `stage` integer NOT NULL,
  `channel` text NOT NULL,
  `deadline` datetime NOT NULL,
  `due_at` datetime NOT NULL,
  `state` text NOT NULL,
  `skipped` text NULL,
  `attempts` integer NOT NULL DEFAULT (0),
  `begun_at` datetime NULL,
  `settled_at` datetime NULL,
  `problem` text NOT NULL DEFAULT (''),
  `participant_id` integer NOT NULL,
  `plan_id` integer NOT NULL,
  CONSTRAINT `reminders_participants_reminders` FOREIGN KEY (`participant_id`) REFERENCES `participants` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `reminders_reminder_plans_reminders` FOREIGN KEY (`plan_id`) REFERENCES `reminder_plans` (`id`) ON DELETE NO ACTION
);
CREATE UNIQUE INDEX `reminder_participant_id_channel_stage_deadline` ON `reminders` (`participant_id`, `channel`, `stage`, `deadline`);
CREATE INDEX `reminder_channel_due_at_id` ON `reminders` (`channel`, `due_at`, `id`) WHERE settled_at IS NULL;
CREATE INDEX `reminder_plan_id_stage_channel_state` ON `reminders` (`plan_id`, `stage`, `channel`, `state`);

CREATE TABLE `endpoints` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `name` text NOT NULL,
  `url` text NOT NULL,
  `events` text NOT NULL,
  `scheme` text NOT NULL,
  `secret` blob NOT NULL,
  `public_key` text NOT NULL DEFAULT (''),
  `earlier_secret` blob NULL,
  `earlier_until` datetime NULL,
  `created_at` datetime NOT NULL,
  `created_by` text NOT NULL,
  `disabled_at` datetime NULL,
  `disabled_by` text NOT NULL DEFAULT ('')
);
CREATE UNIQUE INDEX `endpoint_name` ON `endpoints` (`name`);

CREATE TABLE `outbound_messages` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `event` text NOT NULL,
  `message_id` text NOT NULL,
  `body` blob NULL,
  `expires_at` datetime NULL,
  `created_at` datetime NOT NULL,
  `state` text NOT NULL,
  `attempts` integer NOT NULL DEFAULT (0),
  `next_at` datetime NULL,
  `settled_at` datetime NULL,
  `endpoint_id` integer NOT NULL,
  `reminder_id` integer NULL,
  CONSTRAINT `outbound_messages_endpoints_messages` FOREIGN KEY (`endpoint_id`) REFERENCES `endpoints` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `outbound_messages_reminders_messages` FOREIGN KEY (`reminder_id`) REFERENCES `reminders` (`id`) ON DELETE SET NULL
);
CREATE UNIQUE INDEX `outboundmessage_message_id` ON `outbound_messages` (`message_id`);
CREATE INDEX `outboundmessage_endpoint_id_id` ON `outbound_messages` (`endpoint_id`, `id`);
CREATE INDEX `outboundmessage_next_at` ON `outbound_messages` (`next_at`) WHERE settled_at IS NULL;
CREATE INDEX `outboundmessage_reminder_id` ON `outbound_messages` (`reminder_id`) WHERE reminder_id IS NOT NULL;
CREATE INDEX `outboundmessage_settled_at` ON `outbound_messages` (`settled_at`) WHERE body IS NOT NULL;

CREATE TABLE `outbound_attempts` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `attempt` integer NOT NULL,
  `at` datetime NOT NULL,
  `took_ms` integer NOT NULL,
  `status` integer NOT NULL DEFAULT (0),
  `outcome` text NOT NULL,
  `problem` text NOT NULL DEFAULT (''),
  `message_id` integer NOT NULL,
  CONSTRAINT `outbound_attempts_outbound_messages_attempts_made` FOREIGN KEY (`message_id`) REFERENCES `outbound_messages` (`id`) ON DELETE NO ACTION
);
CREATE UNIQUE INDEX `outboundattempt_message_id_attempt` ON `outbound_attempts` (`message_id`, `attempt`);

-- What was granted before had been applied as it was granted.
ALTER TABLE `extensions` ADD COLUMN `applied_at` datetime NULL;
UPDATE extensions SET applied_at = created_at;

ALTER TABLE `history` ADD COLUMN `settlement_id` integer NULL CONSTRAINT `history_settlements_history` REFERENCES `settlements` (`id`) ON DELETE SET NULL;
ALTER TABLE `participants` ADD COLUMN `settlement_id` integer NULL CONSTRAINT `participants_settlements_participants` REFERENCES `settlements` (`id`) ON DELETE SET NULL;
CREATE INDEX `participant_settlement_id` ON `participants` (`settlement_id`) WHERE settlement_id IS NOT NULL;
CREATE INDEX `participant_outstanding` ON `participants` (`cohort_id`, `deadline`, `id`) WHERE (first_purchase_id IS NULL) AND (revoked_at IS NULL);

-- The ledger is append-only, like the history.
-- +goose StatementBegin
CREATE TRIGGER places_no_update BEFORE UPDATE ON places
BEGIN
  SELECT RAISE(ABORT, 'the ledger of places is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER places_no_delete BEFORE DELETE ON places
BEGIN
  SELECT RAISE(ABORT, 'the ledger of places is append-only');
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER places_no_delete;
DROP TRIGGER places_no_update;
DROP INDEX `participant_outstanding`;
DROP INDEX `participant_settlement_id`;
ALTER TABLE `participants` DROP COLUMN `settlement_id`;
ALTER TABLE `history` DROP COLUMN `settlement_id`;
ALTER TABLE `extensions` DROP COLUMN `applied_at`;
DROP TABLE `outbound_attempts`;
DROP TABLE `outbound_messages`;
DROP TABLE `endpoints`;
DROP TABLE `reminders`;
DROP TABLE `reminder_plans`;
DROP TABLE `alerts`;
DROP TABLE `deadline_raises`;
DROP TABLE `outages`;
DROP TABLE `places`;
DROP TABLE `settlement_entries`;
DROP TABLE `settlements`;
