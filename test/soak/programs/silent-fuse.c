// In a user and mount namespace of its own: an overlay over /usr/bin, whose lower layer is a FUSE that never answers a lookup of "bash".
// silent-fuse DEVICE FOLDER SECONDS
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static int device;

static void answer(__u64 unique, int error, const void *data, size_t bytes) {
  char out[256] = {0};
  struct fuse_out_header head = {.len = sizeof head + bytes, .error = error, .unique = unique};
  memcpy(out, &head, sizeof head);
  if (bytes > 0) memcpy(out + sizeof head, data, bytes);
  if (write(device, out, head.len) < 0) perror("write");
}

static void serve(const char *in) {
  const struct fuse_in_header *head = (const void *)in;
  const char *body = in + sizeof *head;
  if (head->opcode == FUSE_INIT) {
    struct fuse_init_out init = {.major = 7, .minor = 31, .max_readahead = 65536, .max_background = 12,
                                 .congestion_threshold = 9, .max_write = 4096, .time_gran = 1};
    answer(head->unique, 0, &init, sizeof init);
  } else if (head->opcode == FUSE_GETATTR) {
    struct fuse_attr_out out = {.attr_valid = 3600, .attr = {.ino = head->nodeid, .size = 4096, .mode = S_IFDIR | 0755, .nlink = 2}};
    answer(head->unique, 0, &out, sizeof out);
  } else if (head->opcode == FUSE_STATFS) {
    struct fuse_statfs_out out = {.st = {.bsize = 4096, .namelen = 255, .frsize = 4096}};
    answer(head->unique, 0, &out, sizeof out);
  } else if (head->opcode == FUSE_OPENDIR) {
    struct fuse_open_out out = {.fh = 1};
    answer(head->unique, 0, &out, sizeof out);
  } else if (head->opcode == FUSE_LOOKUP) {
    if (strcmp(body, "bash") != 0) answer(head->unique, -2, NULL, 0); // ENOENT
  } else if (head->opcode == FUSE_READDIR || head->opcode == FUSE_RELEASEDIR) {
    answer(head->unique, 0, NULL, 0);
  } else if (head->opcode != FUSE_FORGET && head->opcode != FUSE_INTERRUPT) {
    answer(head->unique, -38, NULL, 0); // ENOSYS
  }
}

int main(int count, char **words) {
  static char in[1 << 17];
  char options[256], layers[512];
  alarm(atoi(words[3]));
  device = open(words[1], O_RDWR);
  snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", device);
  if (mount("fuse", words[2], "fuse", MS_NOSUID | MS_NODEV, options)) return perror("mount of the FUSE"), 1;
  if (fork() == 0) {
    snprintf(layers, sizeof layers, "lowerdir=%s:/usr/bin", words[2]);
    if (mount("overlay", "/usr/bin", "overlay", 0, layers)) perror("mount of the overlay");
    pause();
  }
  for (;;) {
    if (read(device, in, sizeof in) < 0) return perror("read"), 1;
    serve(in);
  }
}
