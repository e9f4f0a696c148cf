import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { skipWithoutBpf } from "../privilege.ts";
import { BashOnPty } from "../support/bash-on-pty.ts";
import { DaemonProcess, shippedRule } from "../support/daemon-process.ts";
import { waitUntil } from "../support/wait-until.ts";

const LOG = "audit.jsonl";
const SETTINGS = `actions:\n  audit: {log: {path: ${LOG}}}\ndefaults: {action: audit}\n`;
const CTRL_G = "\x07";
const CTRL_T = "\x14";
const CTRL_X_CTRL_E = "\x18\x05";
const ESC = "\x1b";

suite("bash-audit-indirect", { skip: skipWithoutBpf }, () => {
  const folder = mkdtempSync(join(tmpdir(), "bpfwarden-bash-"));
  const ran = join(folder, "ran");
  let daemon: DaemonProcess;
  let bash: BashOnPty;

  const commands = (): unknown[] => daemon.lines(LOG).map((line) => line["command"]);
  const untilRan = async (text: string): Promise<void> => {
    await waitUntil(`bash to run ${text}`, () => readFileSync(ran, "utf8").endsWith(`${text}\n`));
  };
  /**
   * Resolves once both rules have recorded a last command, with the commands that they had recorded
   * before, in the order of time.
   */
  const settled = async (): Promise<unknown[]> => {
    const count = (command: string): number => commands().filter((each) => each === command).length;
    const before = [": key", ": typed"].map(count);
    bash.type(CTRL_G);
    await bash.run(": typed");
    await waitUntil("records of both rules", () =>
      [": key", ": typed"].every((mark, index) => count(mark) > (before[index] ?? 0)),
    );
    const lines = daemon.lines(LOG).toSorted((a, b) => (String(a["time"]) < String(b["time"]) ? -1 : 1));
    return lines.map((line) => line["command"]).filter((each) => each !== ": key" && each !== ": typed");
  };
  const recordedDuring = async (work: () => Promise<void>): Promise<unknown[]> => {
    const before = (await settled()).length;
    await work();
    return (await settled()).slice(before);
  };

  before(async () => {
    writeFileSync(ran, "");
    const editor = (name: string, line: string): void => {
      writeFileSync(join(folder, name), `#!/bin/sh\n${line}\n`);
      chmodSync(join(folder, name), 0o755);
    };
    editor("writes", `printf 'x=1\\necho edited >>${ran}\\n' >"$1"`);
    editor("deletes", `rm "$1"; echo deleted >>${ran}`);
    daemon = await DaemonProcess.start({ rules: { "bash-audit.yaml": shippedRule("bash-audit") }, settings: SETTINGS });
    bash = await BashOnPty.start("/bin/bash", folder);
    await bash.run(`VISUAL=${folder}/writes; bind -x '"\\C-t": echo key >>${ran}'; bind -x '"\\C-g": : key'`);
    // What bash runs by itself must not be taken for what follows an editor or a key.
    await bash.run(`PROMPT_COMMAND=': prompt'; trap ': debug' DEBUG; complete -C ': completes' completed`);
  });
  after(async () => {
    await bash[Symbol.asyncDispose]();
    await daemon[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  test("the result of an editor is one record: after C-x C-e, after v of vi mode, after fc", async () => {
    const edited = `x=1\necho edited >>${ran}\n`;
    const recorded = await recordedDuring(async () => {
      bash.type(`begun${CTRL_X_CTRL_E}`);
      await untilRan("edited");
      await bash.run(`echo >>${ran}; set -o vi`);
      bash.type(`begun${ESC}v`);
      await untilRan("edited");
      await bash.run(`echo >>${ran}; set -o emacs`);
      await bash.run(`fc -e ${folder}/writes`);
    });
    const typed = ["vi", "emacs"].map((mode) => `echo >>${ran}; set -o ${mode}`);
    assert.deepEqual(recorded, [edited, typed[0], edited, typed[1], `fc -e ${folder}/writes`, edited]);
  });

  test("an editor that deletes its file leaves no record, and the next command is not mistaken for it", async () => {
    const recorded = await recordedDuring(async () => {
      await bash.run(`fc -e ${folder}/deletes`);
      await untilRan("deleted");
    });
    assert.deepEqual(recorded, [`fc -e ${folder}/deletes`]);
  });

  test("the command of bind -x is a record each time its key is pressed, with user and terminal", async () => {
    const command = `echo key >>${ran}`;
    const recorded = await recordedDuring(async () => {
      for (const keys of [CTRL_T, `${ESC}3${CTRL_T}`]) {
        bash.type(keys);
        await untilRan("key");
        await bash.run(`echo >>${ran}`);
      }
    });
    await bash.run(`echo "pid=$$ end"`);
    assert.deepEqual(recorded, [command, `echo >>${ran}`, command, `echo >>${ran}`]);
    const [, pid] = /pid=(\d+) end/.exec(bash.screen) ?? [];
    const records = daemon.lines(LOG);
    const [of, typed] = [command, `echo >>${ran}`].map((text) => records.find((line) => line["command"] === text));
    assert.equal(of?.["pid"], Number(pid));
    for (const name of ["pid", "ppid", "uid", "user", "loginuid", "sessionid", "tty", "cwd", "shell"]) {
      assert.equal(of[name], typed?.[name], name);
    }
  });

  test("lines of here-documents and of loops are records, and history is as it is typed", async () => {
    const lines = ["cat <<END", "in here", "END", "for i in 1; do", "echo $(echo $i)", "done", "fc -s echo"];
    const recorded = await recordedDuring(async () => {
      bash.type(lines.map((line) => `${line}\r`).join(""));
      await waitUntil("the last line", () => commands().includes("fc -s echo"));
    });
    assert.deepEqual(recorded, lines);
  });

  test("completions, startup files and input of commands are not recorded", async () => {
    const source = `echo reads >>${ran}; source /proc/self/fd/0`;
    writeFileSync(join(folder, "rc"), `x=$(echo startup); eval ": startup"; PS1="ready> "\n`);
    const recorded = await recordedDuring(async () => {
      bash.type("completed \t\t\x15");
      bash.type(`${source}\r`);
      await untilRan("reads");
      await bash.run(": read by source\r\x04");
      await using other = await BashOnPty.start(`/bin/bash --rcfile ${folder}/rc -i; :`);
      await other.run("set +o emacs +o vi");
      await other.run(": without readline");
    });
    assert.deepEqual(recorded, [source, "set +o emacs +o vi"]);
  });
});
