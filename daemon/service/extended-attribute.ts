import koffi from "koffi";

/** XATTR_SIZE_MAX of linux/limits.h, the largest value. */
const MOST_BYTES = 65_536;

/**
 * Reads an extended attribute (xattr(7)) of a path and follows links. Returns undefined if the
 * attribute or the path does not exist.
 */
export function extendedAttribute(path: string, name: string): Uint8Array | undefined {
  const getxattr = koffi.load(null).func("long getxattr(const char *path, const char *name, void *value, size_t size)");
  const value = new Uint8Array(MOST_BYTES);
  const length = Number(getxattr(path, name, value, value.length));
  return length < 0 ? undefined : value.subarray(0, length);
}
