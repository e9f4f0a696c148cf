/**
 * BTF kinds as in Documentation/bpf/btf.rst of the Linux kernel, one record each; `id` 0 is void.
 */
export type BtfType =
  | { readonly kind: "void" }
  | {
      readonly kind: "int";
      readonly name: string;
      readonly bytes: number;
      readonly signed: boolean;
      readonly bool: boolean;
      readonly char: boolean;
    }
  | { readonly kind: "pointer"; readonly to: number }
  | { readonly kind: "array"; readonly element: number; readonly count: number }
  | {
      readonly kind: "struct" | "union";
      readonly name: string;
      readonly bytes: number;
      readonly members: readonly BtfMember[];
    }
  | {
      readonly kind: "enum";
      readonly name: string;
      readonly bytes: number;
      readonly signed: boolean;
      readonly values: readonly BtfEnumerator[];
    }
  | { readonly kind: "forward"; readonly name: string; readonly union: boolean }
  | { readonly kind: "typedef"; readonly name: string; readonly to: number }
  | {
      readonly kind: "modifier";
      readonly modifier: "volatile" | "const" | "restrict" | "type_tag";
      readonly name: string;
      readonly to: number;
    }
  | { readonly kind: "function"; readonly name: string; readonly prototype: number }
  | { readonly kind: "prototype"; readonly returns: number; readonly parameters: readonly BtfParameter[] }
  | { readonly kind: "float"; readonly name: string; readonly bytes: number }
  | { readonly kind: "other"; readonly name: string };

export interface BtfMember {
  /** empty for an anonymous struct or union */
  readonly name: string;
  readonly type: number;
  readonly bitOffset: number;
  /** 0 if the member is not a bitfield */
  readonly bitfieldBits: number;
}

export interface BtfEnumerator {
  readonly name: string;
  readonly value: bigint;
}

export interface BtfParameter {
  readonly name: string;
  readonly type: number;
}
