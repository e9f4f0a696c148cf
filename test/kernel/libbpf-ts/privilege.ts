/** Options of a test that loads BPF: skipped with the reason where that cannot be done; under CI a skip would hide a failure. */
export const needsBpf: { readonly skip: string | false } = {
  skip: process.geteuid?.() === 0 || process.env["CI"] === "true" ? false : "needs root to load BPF",
};
