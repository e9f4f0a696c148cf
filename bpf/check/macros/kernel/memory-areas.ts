/**
 * Flags of a memory area, `vm_flags` (include/linux/mm.h), and of an open file, `f_mode`
 * (include/linux/fs.h). They are the same from Linux 5.10 on.
 */
export const MEMORY_AREAS: Readonly<Record<string, number>> = {
  VM_READ: 1,
  VM_WRITE: 2,
  VM_EXEC: 4,
  VM_SHARED: 8,
  VM_MAYREAD: 0x10,
  VM_MAYWRITE: 0x20,
  VM_MAYEXEC: 0x40,
  VM_MAYSHARE: 0x80,
  VM_GROWSDOWN: 0x100,
  VM_PFNMAP: 0x400,
  VM_LOCKED: 0x2000,
  VM_IO: 0x4000,
  VM_DONTCOPY: 0x20000,
  VM_DONTEXPAND: 0x40000,
  VM_ACCOUNT: 0x100000,
  VM_NORESERVE: 0x200000,
  VM_HUGETLB: 0x400000,
  FMODE_READ: 1,
  FMODE_WRITE: 2,
  FMODE_LSEEK: 4,
  FMODE_PREAD: 8,
  FMODE_PWRITE: 0x10,
  FMODE_EXEC: 0x20,
};
