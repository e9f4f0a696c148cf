/**
 * The steps from each version of the schema to the next; `user_version` is the number of applied
 * steps. Steps are only added, never changed.
 */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE documents (
     kind TEXT NOT NULL,
     name TEXT NOT NULL,
     version INTEGER NOT NULL,
     json TEXT NOT NULL,
     PRIMARY KEY (kind, name)
   ) STRICT`,
  // Documents that could not be read, for anyone who looks for lost data.
  `CREATE TABLE set_aside (
     kind TEXT NOT NULL,
     name TEXT NOT NULL,
     version INTEGER NOT NULL,
     json TEXT NOT NULL,
     reason TEXT NOT NULL,
     at_unix_ms INTEGER NOT NULL
   ) STRICT`,
  // Messages that wait, and those that were given up, which have the time of giving up. Earlier
  // ones were documents and are converted, except those that nobody could deliver: invalid JSON, or
  // too large for a process's memory.
  `CREATE TABLE letters (
     id TEXT NOT NULL PRIMARY KEY,
     sequence INTEGER NOT NULL,
     action TEXT NOT NULL,
     rule TEXT NOT NULL,
     lane TEXT,
     level INTEGER NOT NULL,
     items INTEGER NOT NULL,
     since_unix_ms INTEGER NOT NULL,
     content TEXT NOT NULL,
     failed_unix_ms INTEGER,
     error TEXT
   ) STRICT;
   INSERT OR IGNORE INTO letters
     SELECT json ->> '$.id', rowid, json ->> '$.action', coalesce(json ->> '$.content.rule', ''), json ->> '$.content.group.key',
       CASE WHEN instr(json, '"level":"critical"') THEN 2 WHEN instr(json, '"level":"warning"') THEN 1 ELSE 0 END,
       coalesce(json_array_length(json, '$.content.alerts'), json_array_length(json, '$.content.events'), 0),
       CAST(json ->> '$.sinceUnixMs' AS INTEGER), json -> '$.content', NULL, NULL
     FROM documents
     WHERE kind = 'delivery' AND version = 1 AND CASE WHEN octet_length(json) <= 16777216 AND json_valid(json) THEN
       json_type(json, '$.id') = 'text' AND json_type(json, '$.action') = 'text'
       AND json_type(json, '$.sinceUnixMs') IN ('integer', 'real') AND json_type(json, '$.content') = 'object'
       AND coalesce(json_type(json, '$.content.rule'), 'text') = 'text'
       AND coalesce(json_type(json, '$.content.group.key'), 'text') = 'text'
     ELSE 0 END
     ORDER BY name;
   INSERT INTO set_aside
     SELECT kind, name, version, json, 'expected a delivery', 0 FROM documents
     WHERE kind = 'delivery' AND rowid NOT IN (SELECT sequence FROM letters) AND octet_length(json) <= 65536 LIMIT 1000;
   DELETE FROM documents WHERE kind = 'delivery'`,
  // What fired, who was notified, and what was held back. `news` are the alerts that a message
  // notifies of; they and holds go with their alert.
  `CREATE TABLE history (
     id TEXT NOT NULL PRIMARY KEY,
     rule TEXT NOT NULL,
     alertname TEXT NOT NULL,
     labels TEXT NOT NULL,
     level TEXT NOT NULL,
     peak TEXT NOT NULL,
     pending_unix_ms INTEGER,
     fired_unix_ms INTEGER NOT NULL,
     ended_unix_ms INTEGER,
     reason TEXT NOT NULL,
     end_reason TEXT,
     summary TEXT NOT NULL,
     worst TEXT,
     levels TEXT NOT NULL,
     is_drill INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX history_order ON history (ended_unix_ms IS NULL, fired_unix_ms);
   CREATE INDEX history_fired ON history (fired_unix_ms);
   CREATE TABLE history_holds (
     alert TEXT NOT NULL,
     stage TEXT NOT NULL,
     receiver TEXT NOT NULL,
     reason TEXT NOT NULL,
     since_unix_ms INTEGER NOT NULL,
     PRIMARY KEY (alert, stage, receiver)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE history_messages (
     id TEXT NOT NULL PRIMARY KEY,
     receiver TEXT NOT NULL,
     rule TEXT NOT NULL,
     items INTEGER NOT NULL,
     made_unix_ms INTEGER NOT NULL,
     settled_unix_ms INTEGER,
     outcome TEXT,
     error TEXT
   ) STRICT;
   CREATE INDEX history_made ON history_messages (made_unix_ms);
   CREATE TABLE history_news (
     alert TEXT NOT NULL,
     message TEXT NOT NULL,
     status TEXT NOT NULL,
     PRIMARY KEY (alert, message)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE history_losses (
     hour_unix_ms INTEGER NOT NULL,
     rule TEXT NOT NULL,
     what TEXT NOT NULL,
     count INTEGER NOT NULL,
     PRIMARY KEY (hour_unix_ms, rule, what)
   ) STRICT;
   CREATE TRIGGER history_gone AFTER DELETE ON history BEGIN
     DELETE FROM history_holds WHERE alert = old.id;
     DELETE FROM history_news WHERE alert = old.id;
   END`,
];
