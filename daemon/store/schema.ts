/** What takes the schema from each version to the next; `user_version` says how many have been taken. Only ever added to. */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE documents (
     kind TEXT NOT NULL,
     name TEXT NOT NULL,
     version INTEGER NOT NULL,
     json TEXT NOT NULL,
     PRIMARY KEY (kind, name)
   ) STRICT`,
];
