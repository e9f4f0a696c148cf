import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder with certificates that openssl makes. */
export class Certificates implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "bpfwarden-tls-"));

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Makes `NAME.pem` and `NAME.key` of an authority. */
  authority(name: string): void {
    this.#openssl("req", "-x509", ...this.#newKey(name), "-subj", `/CN=${name}`, "-out", this.path(`${name}.pem`));
  }

  /** Makes `NAME.pem` and `NAME.key`, signed by an authority, for a host or an address. */
  signed(name: string, authority: string, host = "IP:127.0.0.1"): void {
    const [request, extensions] = [this.path("request"), this.path("extensions")];
    writeFileSync(extensions, `subjectAltName=${host}\n`);
    this.#openssl("req", ...this.#newKey(name), "-subj", `/CN=${name}`, "-out", request);
    const by = ["-CA", this.path(`${authority}.pem`), "-CAkey", this.path(`${authority}.key`), "-CAcreateserial"];
    const out = ["-out", this.path(`${name}.pem`), "-days", "2"];
    this.#openssl("x509", "-req", "-in", request, ...by, "-extfile", extensions, ...out);
  }

  #newKey(name: string): readonly string[] {
    return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", this.path(`${name}.key`)];
  }

  #openssl(...args: readonly string[]): void {
    execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}
