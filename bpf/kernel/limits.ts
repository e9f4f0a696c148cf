const KIB = 1024;
const MIB = 1024 * KIB;

/**
 * Limits for files that others wrote. A file beyond a limit is refused, or read up to the limit. A
 * file within all limits costs some seconds and some tens of megabytes at most. The largest
 * programs (browsers, debug builds) are within them.
 */
export const LIMITS = {
  elf: {
    /** program headers: linkers write about ten */
    segments: 512,
    /**
     * linked programs have about forty; object files with a section for each function are never run
     */
    sections: 8192,
    /** symbol tables: `.dynsym` and `.symtab` */
    symbolTables: 4,
    /** entries of all symbol tables: a browser with all its static functions has about a million */
    symbols: 4_000_000,
    /** bytes of a symbol's name that are read; C++ writes its templates into names */
    nameBytes: 4 * KIB,
    /** bytes of all notes together: a note of a static probe has about 100 */
    noteBytes: 8 * MIB,
    /** places of static probes: the largest programs have some thousands */
    staticProbes: 20_000,
    /** bytes of the arguments of one static probe, which has at most twelve */
    argumentBytes: 1 * KIB,
    /**
     * bytes read from one file for one question: the tables of a large program, and the names in
     * them
     */
    readBytes: 512 * MIB,
  },
  /** functions of one file that are found by address; code after them is shown by its offset */
  indexedFunctions: 1_000_000,
  /** bytes of memory for indexes of files; those that were used last are kept */
  indexBytes: 32 * MIB,
  libraryCache: {
    /** hosts have a few hundred kilobytes */
    bytes: 2 * MIB,
    entries: 20_000,
    /** NAME_MAX of Linux, and a NUL */
    sonameBytes: 256,
    /** PATH_MAX of Linux */
    pathBytes: 4 * KIB,
  },
  /** `/proc/PID/mountinfo`: a host with a thousand containers has a few hundred kilobytes */
  mountinfoBytes: 1 * MIB,
  maps: {
    /** `/proc/PID/maps`: 65,000 mappings (vm.max_map_count) with short paths have 6 MiB */
    bytes: 16 * MIB,
    /** executable mappings that are remembered */
    mappings: 16_384,
    /** bytes of all different names of them */
    nameBytes: 2 * MIB,
  },
  perfMap: {
    /** a large server that compiles while it runs names about 100,000 functions */
    bytes: 24 * MIB,
    lines: 250_000,
    /** bytes of a name that are shown */
    nameBytes: 512,
  },
  /** names in a folder of libraries that are read */
  folderEntries: 20_000,
} as const;
