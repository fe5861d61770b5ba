/* A disk with a volatile cache, as one file of a FUSE mount, so that power can be cut beneath a real file system.
 *
 * usage: cachedisk MOUNTPOINT MIB          (root; stays in the foreground)
 *   MOUNTPOINT/disk    the disk: give it to losetup. Its fsync is the disk's cache flush.
 *   MOUNTPOINT/power   write "cut KEEP SEED": from now on every read, write and flush of the disk fails, and each 512-byte
 *                      sector written since the last flush keeps its new content with KEEP percent probability, else goes
 *                      back to what it was at that flush; the write returns when this is done.
 *                      write "on": the disk answers again. write "fail N": the next N flushes fail, as a broken disk's do.
 *                      read: "writes W flushes F unflushed U lost L kept K" (lost and kept: of the last cut).
 *
 * What is acknowledged by a flush is never lost, what is not may be, sector by sector: a write of 4 KiB can come back torn.
 * All memory is in `disk`; `undo` holds what each sector not yet flushed was at the last flush, at most once per sector.
 */
#define FUSE_USE_VERSION 31
#include <errno.h>
#include <fuse3/fuse.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { SECTOR = 512 };

struct undo { uint64_t sector; unsigned char old[SECTOR]; };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned char *disk;      /* what a read returns */
static uint64_t size;
static uint64_t *touched_at;     /* per sector: the flush during whose successor it was first written; 0 never */
static uint64_t flushes = 1;     /* generation: raised by each flush, which empties the undo list */
static struct undo *undo;
static size_t undo_count, undo_room;
static uint64_t writes, lost, kept;
static int off, failing;

static int power_command(const char *text, size_t length) {
  char line[64] = {0};
  unsigned keep, n;
  unsigned long long seed;
  memcpy(line, text, length < sizeof line ? length : sizeof line - 1);
  if (sscanf(line, "cut %u %llu", &keep, &seed) == 2 && keep <= 100) {
    uint64_t r = seed * 0x9e3779b97f4a7c15ull + 1;
    off = 1;
    lost = kept = 0;
    for (size_t i = 0; i < undo_count; i++) {
      r ^= r << 13; r ^= r >> 7; r ^= r << 17;
      if ((r >> 20) % 100 < keep) { kept++; continue; }
      memcpy(disk + undo[i].sector * SECTOR, undo[i].old, SECTOR);
      lost++;
    }
    undo_count = 0;
    flushes++;
    return (int)length;
  }
  if (sscanf(line, "fail %u", &n) == 1) { failing = (int)n; return (int)length; }
  if (strncmp(line, "on", 2) == 0) { off = 0; return (int)length; }
  return -EINVAL;
}

static int disk_write(const char *from, size_t n, uint64_t at) {
  if (off) return -EIO;
  if (at >= size) return -ENOSPC;
  if (n > size - at) n = size - at;
  for (uint64_t s = at / SECTOR; s < (at + n + SECTOR - 1) / SECTOR; s++) {
    if (touched_at[s] == flushes) continue;
    if (undo_count == undo_room) {
      size_t room = undo_room ? undo_room * 2 : 4096;
      struct undo *more = realloc(undo, room * sizeof *more);
      if (!more) return -ENOMEM;
      undo = more;
      undo_room = room;
    }
    undo[undo_count].sector = s;
    memcpy(undo[undo_count++].old, disk + s * SECTOR, SECTOR);
    touched_at[s] = flushes;
  }
  memcpy(disk + at, from, n);
  writes++;
  return (int)n;
}

static int on_getattr(const char *path, struct stat *st, struct fuse_file_info *f) {
  (void)f;
  memset(st, 0, sizeof *st);
  st->st_nlink = 1;
  if (!strcmp(path, "/")) { st->st_mode = S_IFDIR | 0700; st->st_nlink = 2; return 0; }
  if (!strcmp(path, "/disk")) { st->st_mode = S_IFREG | 0600; st->st_size = (off_t)size; return 0; }
  if (!strcmp(path, "/power")) { st->st_mode = S_IFREG | 0600; return 0; }
  return -ENOENT;
}

static int on_open(const char *path, struct fuse_file_info *f) {
  (void)path;
  f->direct_io = 1; /* no page cache between the loop device and this cache */
  return 0;
}

static int on_truncate(const char *path, off_t length, struct fuse_file_info *f) {
  (void)length; (void)f;
  return strcmp(path, "/power") ? -EPERM : 0; /* a shell's > opens with O_TRUNC */
}

static int on_read(const char *path, char *to, size_t n, off_t at, struct fuse_file_info *f) {
  int done;
  (void)f;
  pthread_mutex_lock(&lock);
  if (!strcmp(path, "/power")) {
    char line[160];
    int length = snprintf(line, sizeof line, "writes %llu flushes %llu unflushed %zu lost %llu kept %llu\n",
                          (unsigned long long)writes, (unsigned long long)flushes - 1, undo_count,
                          (unsigned long long)lost, (unsigned long long)kept);
    done = at >= length ? 0 : (int)((size_t)(length - at) < n ? (size_t)(length - at) : n);
    if (done) memcpy(to, line + at, (size_t)done);
  } else if (off) {
    done = -EIO;
  } else {
    done = (uint64_t)at >= size ? 0 : (int)(n < size - (uint64_t)at ? n : size - (uint64_t)at);
    memcpy(to, disk + at, (size_t)done);
  }
  pthread_mutex_unlock(&lock);
  return done;
}

static int on_write(const char *path, const char *from, size_t n, off_t at, struct fuse_file_info *f) {
  (void)f;
  pthread_mutex_lock(&lock);
  int done = strcmp(path, "/power") ? disk_write(from, n, (uint64_t)at) : power_command(from, n);
  pthread_mutex_unlock(&lock);
  return done;
}

static int on_fsync(const char *path, int data_only, struct fuse_file_info *f) {
  int done = 0;
  (void)data_only; (void)f;
  if (!strcmp(path, "/power")) return 0;
  pthread_mutex_lock(&lock);
  if (off) done = -EIO;
  else if (failing > 0) { failing--; done = -EIO; }
  else { undo_count = 0; flushes++; }
  pthread_mutex_unlock(&lock);
  return done;
}

static int on_readdir(const char *path, void *to, fuse_fill_dir_t fill, off_t at, struct fuse_file_info *f, enum fuse_readdir_flags flags) {
  (void)path; (void)at; (void)f; (void)flags;
  fill(to, "disk", NULL, 0, 0);
  fill(to, "power", NULL, 0, 0);
  return 0;
}

static void *on_init(struct fuse_conn_info *c, struct fuse_config *cfg) {
  c->max_write = 1 << 20;
  c->max_background = 64;
  cfg->attr_timeout = 3600;
  cfg->entry_timeout = 3600;
  return NULL;
}

int main(int argc, char **argv) {
  if (argc != 3 || atoi(argv[2]) < 16) { fprintf(stderr, "usage: cachedisk MOUNTPOINT MIB\n"); return 2; }
  size = (uint64_t)atoi(argv[2]) << 20;
  disk = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  touched_at = calloc(size / SECTOR, sizeof *touched_at);
  if (disk == MAP_FAILED || !touched_at) { perror("cachedisk"); return 1; }
  static struct fuse_operations does = {.getattr = on_getattr, .open = on_open, .truncate = on_truncate, .read = on_read,
                                        .write = on_write, .fsync = on_fsync, .readdir = on_readdir, .init = on_init};
  char *args[] = {argv[0], "-f", "-o", "fsname=cachedisk", argv[1], NULL};
  return fuse_main(5, args, &does, NULL);
}
