/**
 * A program that mounts a file system of its own in a user namespace, whose server answers what
 * mounting needs and nothing more.
 *
 *     silent-fuse DEVICE FOLDER TARGET MODE
 *
 * `MODE` is `overlay`: TARGET shows FOLDER/f, the silent file system, above itself; a lookup of the
 * name "program", and of the map of a program that compiles as it runs, is never answered. Or
 * `bind`: TARGET shows FOLDER/f alone. It has a page of code at 0x10000000 that no file holds. Says
 * "ready", then waits for its standard input to end.
 */
export const SILENT_FUSE = String.raw`
  #define _GNU_SOURCE
  #include <errno.h>
  #include <fcntl.h>
  #include <linux/fuse.h>
  #include <pthread.h>
  #include <stdio.h>
  #include <string.h>
  #include <sys/mman.h>
  #include <sys/mount.h>
  #include <sys/stat.h>
  #include <unistd.h>

  static int device;

  static void reply(unsigned long long unique, int error, const void *body, size_t bytes) {
    char out[4096];
    struct fuse_out_header *header = (void *)out;
    header->len = sizeof *header + bytes;
    header->error = error;
    header->unique = unique;
    if (bytes > 0) memcpy(out + sizeof *header, body, bytes);
    write(device, out, header->len);
  }

  static void answer(char *in) {
    struct fuse_in_header *header = (void *)in;
    const char *name = in + sizeof *header;
    struct fuse_init_out init = {.major = 7, .minor = 31, .max_readahead = 65536, .max_background = 12,
                                 .congestion_threshold = 9, .max_write = 4096, .time_gran = 1};
    struct fuse_attr_out attributes = {.attr_valid = 3600};
    struct fuse_open_out opened = {.fh = 1};
    struct fuse_statfs_out statfs = {.st = {.bsize = 4096, .namelen = 255}};
    switch (header->opcode) {
    case FUSE_INIT: return reply(header->unique, 0, &init, sizeof init);
    case FUSE_GETATTR:
      attributes.attr.ino = header->nodeid;
      attributes.attr.mode = S_IFDIR | 0755;
      attributes.attr.nlink = 2;
      return reply(header->unique, 0, &attributes, sizeof attributes);
    case FUSE_STATFS: return reply(header->unique, 0, &statfs, sizeof statfs);
    case FUSE_LOOKUP:
      if (strcmp(name, "program") == 0 || strncmp(name, "perf-", 5) == 0) return;
      return reply(header->unique, -ENOENT, 0, 0);
    case FUSE_OPENDIR: return reply(header->unique, 0, &opened, sizeof opened);
    case FUSE_READDIR: return reply(header->unique, 0, 0, 0);
    case FUSE_GETXATTR: case FUSE_LISTXATTR: return reply(header->unique, -ENODATA, 0, 0);
    case FUSE_FORGET: case FUSE_INTERRUPT: case FUSE_BATCH_FORGET: return;
    default: return reply(header->unique, -ENOSYS, 0, 0);
    }
  }

  static void *serve(void *unused) {
    static char in[1 << 20];
    while (read(device, in, sizeof in) > 0) answer(in);
    return unused;
  }

  int main(int count, char **arguments) {
    char options[256], folder[512], layers[1200];
    pthread_t thread;
    setbuf(stdout, NULL);
    if (count != 5) return 2;
    snprintf(folder, sizeof folder, "%s/f", arguments[2]);
    device = open(arguments[1], O_RDWR);
    snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", device);
    if (mount("silent", folder, "fuse", MS_NOSUID | MS_NODEV, options)) return perror("fuse"), 1;
    pthread_create(&thread, 0, serve, 0);
    snprintf(layers, sizeof layers, "lowerdir=%s:%s", folder, arguments[3]);
    if (strcmp(arguments[4], "overlay") == 0 ? mount("over", arguments[3], "overlay", 0, layers)
                                             : mount(folder, arguments[3], 0, MS_BIND, 0))
      return perror(arguments[4]), 1;
    mmap((void *)0x10000000, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    puts("ready");
    while (read(0, options, sizeof options) > 0) {}
    return 0;
  }
`;
