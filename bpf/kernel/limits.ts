const KIB = 1024;
const MIB = 1024 * KIB;

/**
 * How much is read of what others wrote. A file that goes beyond is refused, or read as far as that; what it costs to read one that keeps to
 * all of them is some seconds and some tens of megabytes. The largest programs there are (browsers, debug builds) keep to them.
 */
export const LIMITS = {
  elf: {
    /** program headers: linkers write about ten */
    segments: 512,
    /** linked programs have about forty; object files with a section for each function are not run */
    sections: 8192,
    /** symbol tables: `.dynsym` and `.symtab` */
    symbolTables: 4,
    /** entries of all symbol tables: a browser with all its static functions has about a million */
    symbols: 4_000_000,
    /** of a symbol's name that is looked at; C++ writes its templates into names */
    nameBytes: 4 * KIB,
    /** of all notes together: those of static probes take about 100 bytes each */
    noteBytes: 8 * MIB,
    /** places of static probes: the largest programs have some thousands */
    staticProbes: 20_000,
    /** of the arguments of one static probe, of which there are at most twelve */
    argumentBytes: 1 * KIB,
    /** read from one file for one question: the tables of a large program, and the names that were jumped to */
    readBytes: 512 * MIB,
  },
  /** functions of one file that addresses are looked for in; what lies behind them is shown by its offset */
  indexedFunctions: 1_000_000,
  /** memory for indexes of files, of which those that were asked for last are kept */
  indexBytes: 32 * MIB,
  libraryCache: {
    /** hosts have some hundred kilobytes */
    bytes: 2 * MIB,
    entries: 20_000,
    /** NAME_MAX of Linux, and a NUL */
    sonameBytes: 256,
    /** PATH_MAX of Linux */
    pathBytes: 4 * KIB,
  },
  /** `/proc/PID/mountinfo`: a host with a thousand containers has some hundred kilobytes */
  mountinfoBytes: 1 * MIB,
  maps: {
    /** `/proc/PID/maps`: 65,000 mappings (vm.max_map_count) with short paths have 6 MiB */
    bytes: 16 * MIB,
    /** executable mappings that are remembered */
    mappings: 16_384,
    /** of all different names of them */
    nameBytes: 2 * MIB,
  },
  perfMap: {
    /** a large server that compiles as it runs tells of some 100,000 functions */
    bytes: 24 * MIB,
    lines: 250_000,
    /** of a name that is shown */
    nameBytes: 512,
  },
  /** names in a folder of libraries that are looked through */
  folderEntries: 20_000,
} as const;
