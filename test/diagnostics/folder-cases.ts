import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const RULE = "rule: a\nprobe: tracepoint:a:b\naggregate: count()\n";

const SECRETS =
  "actions: {hook: {webhook: {url: file:hook}}}\nsmtp: {user: alerts, password: file:keys/smtp}\ndefaults: {action: hook}\n";
const INLINE =
  "actions:\n  local: {webhook: {url: 'http://127.0.0.1:9093'}}\n  hook: {webhook: {url: 'https://h.example.org/services/T0/B0'}}\ndefaults: {action: [local, hook]}\n";

function writeSettings(folder: string, urls: readonly string[], password: string): void {
  const actions = urls.map((url, index) => `  a${index}: {webhook: {url: "${url}"}}\n`).join("");
  const named = `defaults: {action: [${urls.map((_, index) => `a${index}`).join(", ")}]}\n`;
  const text = `smtp: {user: alerts, password: "${password}"}\n${actions === "" ? "" : `actions:\n${actions}${named}`}`;
  writeFileSync(join(folder, "bpfwarden.yaml"), text, { mode: 0o600 });
}

function writeSecrets(folder: string, secrets: Readonly<Record<string, string | Buffer>>): void {
  for (const [name, value] of Object.entries(secrets)) writeFileSync(join(folder, name), value, { mode: 0o600 });
}

/** Makes the certificates `a.pem` and `b.pem` with their keys. */
function makeCertificates(folder: string): void {
  for (const name of ["a", "b"]) {
    const files = ["-keyout", join(folder, `${name}.key`), "-out", join(folder, `${name}.pem`)];
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    execFileSync("openssl", ["req", "-x509", ...curve, ...files, "-subj", `/CN=${name}`], { stdio: "ignore" });
    chmodSync(join(folder, `${name}.key`), 0o600);
  }
}

function writeTls(folder: string, ...maps: readonly string[]): void {
  const hooks = maps.map((tls, index) => `  a${index}: {webhook: {url: "https://h.example.org", tls: {${tls}}}}\n`);
  const named = maps.map((_, index) => `a${index}`).join(", ");
  const text = `actions:\n${hooks.join("")}defaults: {action: [${named}]}\n`;
  writeFileSync(join(folder, "bpfwarden.yaml"), text, { mode: 0o600 });
}

/** Folders as `run` takes them, whose settings name secrets. */
export const SECRET_CASES: Readonly<Record<string, (folder: string) => void>> = {
  "exposed-secret": (folder) => {
    writeFileSync(join(folder, "bpfwarden.yaml"), SECRETS, { mode: 0o600 });
    writeFileSync(join(folder, "hook"), "https://h.example.org/services/T0/B0");
    chmodSync(join(folder, "hook"), 0o644);
    mkdirSync(join(folder, "keys"));
    chmodSync(join(folder, "keys"), 0o777);
    writeFileSync(join(folder, "keys/smtp"), "hunter2", { mode: 0o600 });
  },
  "secret-behind-closed-folder": (folder) => {
    writeFileSync(join(folder, "bpfwarden.yaml"), SECRETS.replace("file:hook", "file:keys/hook"), { mode: 0o600 });
    mkdirSync(join(folder, "keys"), { mode: 0o700 });
    for (const name of ["hook", "smtp"])
      writeFileSync(join(folder, "keys", name), "https://h.example.org/hunter2", { mode: 0o644 });
  },
  "missing-secret": (folder) => {
    writeSettings(folder, ["file:nowhere", "file:empty", "file:folder", "file:endless", "file:pipe"], "file:keys/smtp");
    writeSecrets(folder, { empty: "\n" });
    mkdirSync(join(folder, "folder"));
    symlinkSync("/dev/zero", join(folder, "endless"));
    execFileSync("mkfifo", ["--mode=600", join(folder, "pipe")]);
  },
  "bad-secret": (folder) => {
    const secrets = {
      good: " https://h.example.org/services/T0/B0\r\n",
      password: "hunter2",
      scheme: "ftp://hunter2.example.org",
      quoted: "'https://hunter2.example.org'",
      space: "https://hunter2.example.org/a b",
      lines: "https://hunter2.example.org\nhttps://hunter2.example.org\n",
      port: "https://hunter2.example.org:99999",
      host: "https://-hunter2-",
      encoding: "https://hunter2%:x@hunter2.example.org",
      other: "https://hooks.slack.com/services/hunter2",
      bytes: Buffer.from("https://hunter2\xe9.example.org", "latin1"),
    };
    writeSecrets(folder, { ...secrets, smtp: Buffer.from("hunter2\0") });
    writeSettings(
      folder,
      Object.keys(secrets).map((name) => `file:${name}`),
      "file:smtp",
    );
  },
  "missing-certificate": (folder) => {
    writeTls(folder, "ca: nowhere.pem, cert: empty.pem, key: nowhere.key");
    writeSecrets(folder, { "empty.pem": "\n" });
  },
  "bad-certificate": (folder) => {
    makeCertificates(folder);
    writeTls(folder, "ca: a.key, cert: a.pem, key: b.key");
  },
  "bad-key": (folder) => {
    makeCertificates(folder);
    writeSecrets(folder, {
      "locked.key": "-----BEGIN ENCRYPTED PRIVATE KEY-----\nhunter2\n-----END ENCRYPTED PRIVATE KEY-----\n",
      "text.pem": "-----BEGIN CERTIFICATE-----\nhunter2\n-----END CERTIFICATE-----\n",
    });
    writeTls(folder, "ca: text.pem, cert: a.pem, key: locked.key", "cert: a.pem, key: a.pem");
  },
  "exposed-key": (folder) => {
    makeCertificates(folder);
    chmodSync(join(folder, "a.key"), 0o644);
    writeTls(folder, "cert: a.pem, key: a.key");
  },
  "doubtful-secret": (folder) => {
    writeSecrets(folder, { smtp: "hunter2\nhunter3\n" });
    writeSettings(folder, [], "file:smtp");
  },
  "doubtful-url": (folder) => {
    writeSecrets(folder, { url: "https://hunter2.example.org/api/v1/alerts" });
    writeSettings(folder, ["file:url"], "env:SMTP");
  },
  "unused-action": (folder) => {
    const hook = "  hook: {webhook: {url: 'https://h.example.org/services/hunter2'}}\n";
    const text = `actions:\n${hook}  a: {log: {path: a}}\n  b: {log: {path: b}}\n  c: {log: {path: c}}\ndefaults: {action: a}\n`;
    const routes = "route:\n  - {match: 'team=\"x\"', routes: [{match: 'team=\"y\"', action: b}]}\n";
    writeFileSync(join(folder, "bpfwarden.yaml"), text + routes, { mode: 0o600 });
    writeFileSync(join(folder, "rules.d/r.yaml"), `${RULE}action: c\n`);
  },
  "doubtful-space": (folder) => {
    writeSecrets(folder, { smtp: "hunter2 \n" });
    writeSettings(folder, [], "file:smtp");
  },
  "exposed-settings": (folder) => writeFileSync(join(folder, "bpfwarden.yaml"), INLINE, { mode: 0o644 }),
  "settings-for-root-only": (folder) => writeFileSync(join(folder, "bpfwarden.yaml"), INLINE, { mode: 0o600 }),
};

/**
 * Folders that cannot stand in a repository: modes, links and bytes. One record a case, the name is
 * that of its `.out`.
 */
export const FOLDER_CASES: Readonly<Record<string, (folder: string) => void>> = {
  "no-such-rule": (folder) => {
    writeFileSync(join(folder, "a.yaml"), RULE);
    mkdirSync(join(folder, "a.yaml.d"));
    writeFileSync(join(folder, "a.yaml.d/10-name.yaml"), "# ours\nrule: b\nfor: 9s\n");
    writeFileSync(join(folder, "a.yaml.d/20-list.yaml"), "- for: 9s\n");
    writeFileSync(join(folder, "a.yaml.d/30-key.yaml"), "thershold: value > 9\n");
    writeFileSync(join(folder, "b.yaml"), `${RULE}---\n${RULE.replace("a", "c")}`);
    mkdirSync(join(folder, "b.yaml.d"));
    writeFileSync(join(folder, "b.yaml.d/x.yaml"), "for: 9s\n");
  },
  "duplicate-rule": (folder) => {
    writeFileSync(join(folder, "a.yaml"), RULE);
    writeFileSync(join(folder, "b.yaml"), `# the same name\n${RULE}`);
  },
  "unsafe-file": (folder) => {
    writeFileSync(join(folder, "a.yaml"), RULE);
    chmodSync(join(folder, "a.yaml"), 0o646);
  },
  "unsafe-folder": (folder) => chmodSync(folder, 0o777),
  "not-a-file": (folder) => {
    mkdirSync(join(folder, "folder.yaml"));
    symlinkSync("nowhere", join(folder, "link.yaml"));
    symlinkSync("/dev/null", join(folder, "masked.yaml"));
  },
  "empty-file": (folder) => {
    writeFileSync(join(folder, "a.yaml"), "");
    writeFileSync(join(folder, "b.yaml"), "\n  \n");
    writeFileSync(join(folder, "comments-are-meant.yaml"), `# ${RULE.replaceAll("\n", "\n# ")}`);
  },
  "too-large": (folder) => writeFileSync(join(folder, "a.yaml"), `${RULE}#${" ".repeat(1024 * 1024)}`),
  "bad-encoding": (folder) => {
    writeFileSync(join(folder, "latin1.yaml"), Buffer.from("description: caf\xe9\n", "latin1"));
    writeFileSync(join(folder, "nul.yaml"), `${RULE}summary: "a\0b"\n`);
  },
};
