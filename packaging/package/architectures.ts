/** An architecture that packages are made for, and the words that others have for it. */
export interface Architecture {
  readonly debian: string;
  readonly rpm: string;
  /** as Node.js and npm name it */
  readonly node: string;
}

export const ARCHITECTURES: readonly Architecture[] = [
  { debian: "amd64", rpm: "x86_64", node: "x64" },
  { debian: "arm64", rpm: "aarch64", node: "arm64" },
];
