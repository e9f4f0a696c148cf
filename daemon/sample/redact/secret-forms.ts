import type { Word } from "./command-words.ts";

/** A part of a text: from one place up to, not including, another. */
export interface Part {
  readonly from: number;
  readonly to: number;
}

/** A form in which secrets stand among the words of a command line. */
export interface WordForm {
  readonly what: string;
  /**
   * Returns the part of a word that is a secret.
   * @param before the word before it in the same command, and the command's name
   */
  readonly secretIn: (word: Word, before: { readonly word?: Word; readonly command: string }) => Part | undefined;
}

const SECRET_NAME =
  /(?:pass|passwd|password|passphrase|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|secret[-_]?key|credentials?|auth|_pwd)$/i;
const NOT_SECRET = /(?:file|path|fd|env|stdin)$/i;

const isSecretName = (name: string): boolean => SECRET_NAME.test(name) && !NOT_SECRET.test(name);

/** Programs of MySQL and MariaDB, whose `-p` has the password in the same word. */
const MYSQL = /^(?:mysql|mariadb)[a-z-]*$/;

/** Options of single programs whose next word, or rest of the word, is a secret or `NAME:SECRET`. */
const USER_AND_SECRET: Readonly<Record<string, ReadonlySet<string>>> = {
  curl: new Set(["-u", "--user", "-U", "--proxy-user"]),
  wget: new Set(["--user"]),
};
const NEXT_WORD: Readonly<Record<string, ReadonlySet<string>>> = {
  sshpass: new Set(["-p"]),
  redis: new Set(["-a"]),
  "redis-cli": new Set(["-a"]),
  ldapsearch: new Set(["-w"]),
  ldapmodify: new Set(["-w"]),
  smbclient: new Set(["-U"]),
  mongosh: new Set(["-p"]),
  mongo: new Set(["-p"]),
  useradd: new Set(["-p", "--password"]),
  usermod: new Set(["-p", "--password"]),
  openssl: new Set(["-k", "-K"]),
};

/** Programs whose `-p` may have the password in the same word. */
const JOINED_P = /^(?:sshpass|mongo|mongosh|useradd|usermod)$/;

/** A value that a shell puts there is not a secret that stands in the text. */
const isVariable = (value: string): boolean => /^["']?\$/.test(value);

/** Returns true for a program whose options have secrets in forms of its own. */
export const takesSecrets = (command: string): boolean =>
  MYSQL.test(command) || Object.hasOwn(USER_AND_SECRET, command) || Object.hasOwn(NEXT_WORD, command);

const whole = ({ from, to }: Word): Part => ({ from, to });

/** The forms, in the order in which they are tried. */
export const WORD_FORMS: readonly WordForm[] = [
  {
    what: "--password=SECRET, PASSWORD=SECRET, --password SECRET",
    secretIn: (word, { word: before }) => {
      const equals = word.text.indexOf("=");
      const value = word.text.slice(equals + 1);
      if (equals > 0 && isSecretName(word.text.slice(0, equals)) && value !== "" && !isVariable(value))
        return { from: word.from + equals + 1, to: word.to };
      if (before === undefined || word.text.startsWith("-")) return undefined;
      return /^--?[a-z]/i.test(before.text) && before.text.length > 2 && isSecretName(before.text)
        ? whole(word)
        : undefined;
    },
  },
  {
    what: "mysql -pSECRET",
    secretIn: (word, { command }) =>
      MYSQL.test(command) && /^-p./.test(word.text) ? { from: word.from + 2, to: word.to } : undefined,
  },
  {
    what: "sshpass -p SECRET",
    secretIn: (word, { word: before, command }) =>
      before !== undefined && NEXT_WORD[command]?.has(before.text) === true && !word.text.startsWith("-")
        ? whole(word)
        : undefined,
  },
  {
    what: "sshpass -pSECRET",
    secretIn: (word, { command }) =>
      JOINED_P.test(command) && /^-p./.test(word.text) ? { from: word.from + 2, to: word.to } : undefined,
  },
  {
    what: "aws configure set aws_secret_access_key SECRET",
    secretIn: (word, { word: before, command }) =>
      command === "aws" && /(?:secret_access_key|session_token)$/.test(before?.text ?? "") ? whole(word) : undefined,
  },
  {
    what: "docker login -p SECRET",
    secretIn: (word, { word: before, command }) =>
      command === "login" && before?.text === "-p" && !word.text.startsWith("-") ? whole(word) : undefined,
  },
  {
    what: "curl -uNAME:SECRET, curl -sSuNAME:SECRET",
    secretIn: (word, { command }) => {
      const colon = word.text.indexOf(":");
      const isUser = command === "curl" && colon > 0 && /^(?:-[a-zA-Z]*[uU]|--(?:proxy-)?user=)/.test(word.text);
      return isUser ? { from: word.from + colon + 1, to: word.to } : undefined;
    },
  },
  {
    what: "curl -u NAME:SECRET, curl -sSu NAME:SECRET",
    secretIn: (word, { word: before, command }) => {
      const colon = word.text.indexOf(":");
      if (before === undefined || colon < 0) return undefined;
      const isJoined = command === "curl" && /^-[a-zA-Z]*[uU]$/.test(before.text);
      if (!isJoined && USER_AND_SECRET[command]?.has(before.text) !== true) return undefined;
      return { from: word.from + colon + 1, to: word.to };
    },
  },
];

/** A form in which secrets stand anywhere in a text. */
export interface TextForm {
  readonly what: string;
  /** the group `secret` is replaced */
  readonly pattern: RegExp;
}

/** Each takes linear time: repetitions have a limit, or end where the next part can begin. */
export const TEXT_FORMS: readonly TextForm[] = [
  { what: "Authorization: Bearer SECRET", pattern: /\b(?:bearer|basic) +(?<secret>[A-Za-z0-9+/=._~-]{6,4096})/dgi },
  {
    what: "Authorization: SCHEME SECRET, Authorization: SECRET",
    pattern:
      /\bauthorization["']?: *["']?(?=\S)(?!(?:bearer|basic) )(?:[a-z0-9-]{1,32} +)?(?<secret>[^"'\r\n]{4,4096})/dgi,
  },
  {
    what: "X-Api-Key: SECRET",
    pattern: /\b(?:api-key|auth-token|private-token|secret)["']?: *["']?(?<secret>[^\s"',}]{4,512})/dgi,
  },
  {
    what: '"password": "SECRET", user=x&password=SECRET, --from-literal=password=SECRET, password: SECRET',
    pattern:
      /(?<!:\/\/[\w.-]{0,64})(?:password|passwd|passphrase|secret|token|api[-_]?key|access[-_]?key)["']?(?:=| ?: ?)["']?(?<secret>[^\s"'&,;}$\\][^\s"'&,;}]{0,511})/dgi,
  },
  {
    what: "echo NAME:SECRET | chpasswd",
    pattern: /(?<=[\s"'])[^\s:'"|]{1,64}:(?<secret>[^\s'"|]{1,256})["']? *\| *(?:sudo +)?chpasswd/dg,
  },
  {
    what: "echo SECRET | sudo -S",
    pattern: /\becho +(?:-n +)?["']?(?<secret>[^\s"'|]{1,256})["']? *\| *sudo +-[a-zA-Z]{0,8}S/dg,
  },
  { what: "scheme://name:SECRET@host", pattern: /:\/\/[^\s/@:'"]{0,128}:(?<secret>[^\s/@'"]{1,256})@/dg },
  { what: "a key id of AWS", pattern: /\b(?<secret>A[KS]IA[A-Z0-9]{16})\b/dg },
  {
    what: "a token of GitHub, GitLab, Slack or Stripe",
    pattern: /\b(?<secret>(?:gh[a-z]_|github_pat_|glpat-|xox[a-z]-|[rs]k_live_)[A-Za-z0-9_-]{16,255})/dg,
  },
  {
    what: "a JSON web token",
    // Not after "-", which is no end of a word here: "-eyJ-eyJ…" would be read again from each
    // place.
    pattern: /(?<![\w-])(?<secret>eyJ[A-Za-z0-9_-]{8,2048}\.[A-Za-z0-9_-]{8,4096}\.[A-Za-z0-9_-]{0,1024})/dg,
  },
  {
    what: "a private key in PEM",
    pattern: /-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----(?<secret>(?:[^-]|-(?!----END)){1,65536})/dg,
  },
];
