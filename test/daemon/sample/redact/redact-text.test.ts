import assert from "node:assert/strict";
import { test } from "node:test";
import { redactArguments, redactText } from "../../../../daemon/sample/redact/redact-text.ts";
import { redactRecord } from "../../../../daemon/sample/redact/redact-record.ts";

const mark = (): string => "***";

/** Command lines and what is left of them. None of the secrets may be seen. */
const LINES: readonly (readonly [string, string])[] = [
  ["mysql -u root -phunter2 shop", "mysql -u root -p*** shop"],
  ["mysqldump --password=hunter2 shop > x.sql", "mysqldump --password=*** shop > x.sql"],
  ["mysql --password hunter2", "mysql --password ***"],
  ['MYSQL_PWD=1 PGPASSWORD="hunter 2" psql -h db', 'MYSQL_PWD=*** PGPASSWORD="***" psql -h db'],
  ["export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "export AWS_SECRET_ACCESS_KEY=***"],
  ["aws configure set aws_access_key_id AKIAIOSFODNN7EXAMPLE", "aws configure set aws_access_key_id ***"],
  ['curl -H "Authorization: Bearer abc.def-123" https://x', 'curl -H "Authorization: Bearer ***" https://x'],
  ["curl -u alice:hunter2 https://x/", "curl -u alice:*** https://x/"],
  ["curl https://alice:hunter2@example.org/a?b=c", "curl https://alice:***@example.org/a?b=c"],
  [
    "git clone https://x-access-token:ghp_0123456789abcdefghij@github.com/a/b",
    "git clone https://x-access-token:***@github.com/a/b",
  ],
  ["sudo sshpass -p hunter2 ssh root@db", "sudo sshpass -p *** ssh root@db"],
  ["sshpass -phunter2 ssh db", "sshpass -p*** ssh db"],
  ["/usr/bin/mysqladmin -phunter2 status; ls -phidden", "/usr/bin/mysqladmin -p*** status; ls -phidden"],
  ["sudo -u db mysql -phunter2 shop", "sudo -u db mysql -p*** shop"],
  ["docker exec db mysql -phunter2", "docker exec db mysql -p***"],
  ["timeout 5 sshpass -p hunter2 ssh db", "timeout 5 sshpass -p *** ssh db"],
  ["bash -c 'mysql -phunter2 shop'", "bash -c 'mysql -p*** shop'"],
  ["if mysql -phunter2; then ls; fi", "if mysql -p***; then ls; fi"],
  ["curl -sSu alice:hunter2 https://x/", "curl -sSu alice:*** https://x/"],
  ["curl -ualice:hunter2 https://x/", "curl -ualice:*** https://x/"],
  ['curl -u "alice:hunter2" https://x/', 'curl -u "alice:***" https://x/'],
  ['export "DB_PASSWORD=hunter2"', 'export "DB_PASSWORD=***"'],
  ["MYSQL_PWD=hunter2 x", "MYSQL_PWD=*** x"],
  ["DJANGO_SECRET_KEY=hunter2 x", "DJANGO_SECRET_KEY=*** x"],
  ["curl -H 'Authorization: token hunter2' x", "curl -H 'Authorization: token ***' x"],
  ["curl -H 'Authorization: hunter2' x", "curl -H 'Authorization: ***' x"],
  ["echo github_pat_0123456789abcdefghij", "echo ***"],
  [
    "echo '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4\n\nhunter2\n-----END RSA PRIVATE KEY-----'",
    "echo '-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY-----'",
  ],
  ["docker login -u ci -p hunter2 registry", "docker login -u ci -p *** registry"],
  ["echo eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl | x", "echo *** | x"],
  ["SLACK_TOKEN=xoxb-123-abc ./notify --api-key 'k e y'", "SLACK_TOKEN=*** ./notify --api-key '***'"],
];

/** Secrets within words, in bodies and in pipes. */
const WITHIN: readonly (readonly [string, string])[] = [
  [`curl -d '{"user":"a","password":"hunter2"}' https://x`, `curl -d '{"user":"a","password":"***"}' https://x`],
  ["curl -d 'user=a&password=hunter2' https://x", "curl -d 'user=a&password=***' https://x"],
  [
    "kubectl create secret generic s --from-literal=password=hunter2",
    "kubectl create secret generic s --from-literal=password=***",
  ],
  ["aws configure set aws_secret_access_key hunter2", "aws configure set aws_secret_access_key ***"],
  ["mongo -u a -phunter2", "mongo -u a -p***"],
  ["useradd -p hunter2 bob", "useradd -p *** bob"],
  ["openssl enc -k hunter2 -in x", "openssl enc -k *** -in x"],
  ["echo root:hunter2 | sudo chpasswd", "echo root:*** | sudo chpasswd"],
  ["echo hunter2 | sudo -S id", "echo *** | sudo -S id"],
  ['printf "password: hunter2"', 'printf "password: ***"'],
];

test("secrets within words, bodies and pipes are replaced", () => {
  for (const [line, expected] of WITHIN) assert.equal(redactText(line, mark), expected);
});

/** Command lines without secrets. */
const INNOCENT: readonly string[] = [
  "ls -p /tmp",
  "docker run -p 8080:80 nginx",
  "docker compose -p shop up",
  "mkdir -p /srv/password-store",
  "passwd alice",
  "curl https://example.org/token",
  "kubectl get secret my-secret",
  "ssh-keygen -t ed25519 -f key",
  "mysql --password-file=/root/pw shop",
  "openssl rsa -passin file:/root/key",
  "grep -r password= .",
  "cat /etc/passwd",
  "man sshpass",
  "docker run -e TOKEN=$TOKEN -e PASSWORD=$(cat /run/secret) x",
  "echo hello | sudo tee /etc/motd",
  "vi token.c secret.h",
];

test("secrets of each form are replaced, and nothing else", () => {
  for (const [line, expected] of LINES) assert.equal(redactText(line, mark), expected);
});

test("lines without secrets stay what they are", () => {
  for (const line of INNOCENT) assert.equal(redactText(line, mark), line);
});

test("arguments of a program are words, whatever they hold", () => {
  assert.deepEqual(redactArguments(["mysql", "-phunter 2; ls", "a b"], mark), ["mysql", "-p***", "a b"]);
  assert.deepEqual(redactArguments(["x", "--token", "a b", "--token=c"], mark), ["x", "--token", "***", "--token=***"]);
  assert.deepEqual(redactArguments(["ls", "-l"], mark), ["ls", "-l"]);
});

test("equal secrets have equal hashes under one key, and the record names the fields", () => {
  const record = {
    ...{ rule: "r", timeNs: 0n, truncated: [] },
    fields: { command: "mysql -phunter2", argv: ["curl", "--password", "hunter2"], pid: 1, other: "ls" },
  };
  const redacted = redactRecord(record, Buffer.alloc(32, 1));
  const [hash] = /\[redacted:[0-9a-f]{8}\]/.exec(String(redacted.fields["command"])) ?? [];
  assert.ok(hash);
  assert.deepEqual(redacted.fields, {
    command: `mysql -p${hash}`,
    argv: ["curl", "--password", hash],
    pid: 1,
    other: "ls",
  });
  assert.deepEqual(redacted.redacted, ["command", "argv"]);
  const elsewhere = redactRecord(record, Buffer.alloc(32, 2));
  assert.notEqual(elsewhere.fields["command"], redacted.fields["command"]);
  const innocent = { ...record, fields: { command: "ls" } };
  assert.equal(redactRecord(innocent, Buffer.alloc(32, 1)), innocent);
});

test("hostile texts take linear time", () => {
  const parts = [
    "-----BEGIN A PRIVATE KEY-----",
    "://a:",
    "authorization: ",
    "-----BEGIN A PRIVATE KEY------",
    "bearer ",
    "eyJaaaaaaaa.",
    "-eyJ",
    "mysql -p ",
    " a:",
    "echo ",
    "password:",
    "echo a:",
    "'",
    '"',
    "\\",
    "pass=",
    "secret: ",
  ];
  for (const part of parts) {
    const short = timeOf(part.repeat(2_000));
    const long = timeOf(part.repeat(16_000));
    assert.ok(long < Math.max(short, 2) * 60, `${part}: ${short} ms, ${long} ms`);
  }
});

function timeOf(text: string): number {
  const before = process.cpuUsage();
  redactText(text, mark);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
