import { readFileSync, writeFileSync } from "node:fs";

/**
 * In this repository the package runs from its TypeScript sources. Below node_modules Node strips
 * no types, so the tarball holds JavaScript, and its manifest refers to that. npm reads the
 * manifest from the disk, so it is rewritten while npm packs.
 */
const manifestFile = new URL("package.json", import.meta.url);
const source = '"./src/index.ts"';
const packed = '{ "types": "./dist/index.d.ts", "default": "./dist/index.js" }';

const [from, to] = process.argv[2] === "write" ? [source, packed] : [packed, source];
const manifest = readFileSync(manifestFile, "utf8");
if (!manifest.includes(from)) throw new Error(`package.json: expected ${from} in "exports"`);
writeFileSync(manifestFile, manifest.replace(from, to));
