// A library to be loaded before all others (LD_PRELOAD). It makes calls about files below a directory fail, as they do on a
// disk that is full or broken:
//
//   FAILING_DISK_PATH   the directory
//   FAILING_DISK_ERRNO  the number of the error
//   FAILING_DISK_READS  1 when reading fails as well as writing
//   FAILING_DISK_AFTER  how many calls of a process go well before
//   FAILING_DISK_CALLS  how many fail then
//
// Each process counts for itself. What a process looks up in the C library by itself is not caught (.NET's P/Invoke).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long calls;

static long number(const char *name) {
    const char *text = getenv(name);
    return text ? atol(text) : 0;
}

static int is_below(const char *path) {
    const char *directory = getenv("FAILING_DISK_PATH");
    return directory && path && strncmp(path, directory, strlen(directory)) == 0;
}

static int fails(int below, int reads) {
    if (!below || (reads && !number("FAILING_DISK_READS")))
        return 0;
    long call = atomic_fetch_add(&calls, 1) - number("FAILING_DISK_AFTER");
    if (call < 0 || call >= number("FAILING_DISK_CALLS"))
        return 0;
    errno = (int)number("FAILING_DISK_ERRNO");
    return 1;
}

static int path_fails(const char *path, int reads) { return fails(is_below(path), reads); }

static int file_fails(int file, int reads) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    int before = errno;
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    errno = before;
    if (length <= 0)
        return 0;
    path[length] = 0;
    return fails(is_below(path), reads);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int is_read(int flags) { return (flags & O_ACCMODE) == O_RDONLY && !(flags & O_CREAT); }

#define OPEN(name)                                          \
    int name(const char *path, int flags, ...) {            \
        va_list rest;                                       \
        va_start(rest, flags);                              \
        mode_t mode = va_arg(rest, mode_t);                 \
        va_end(rest);                                       \
        if (path_fails(path, is_read(flags)))               \
            return -1;                                      \
        return REAL(name)(path, flags, mode);               \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                        \
    int name(int at, const char *path, int flags, ...) {    \
        va_list rest;                                       \
        va_start(rest, flags);                              \
        mode_t mode = va_arg(rest, mode_t);                 \
        va_end(rest);                                       \
        if (path_fails(path, is_read(flags)))               \
            return -1;                                      \
        return REAL(name)(at, path, flags, mode);           \
    }
OPENAT(openat)
OPENAT(openat64)

#define ON_FILE(type, name, reads, parameters, arguments)   \
    type name parameters {                                  \
        if (file_fails(file, reads))                        \
            return -1;                                      \
        return REAL(name) arguments;                        \
    }
ON_FILE(ssize_t, read, 1, (int file, void *buffer, size_t size), (file, buffer, size))
ON_FILE(ssize_t, pread, 1, (int file, void *buffer, size_t size, off_t at), (file, buffer, size, at))
ON_FILE(ssize_t, pread64, 1, (int file, void *buffer, size_t size, off64_t at), (file, buffer, size, at))
ON_FILE(ssize_t, write, 0, (int file, const void *buffer, size_t size), (file, buffer, size))
ON_FILE(ssize_t, pwrite, 0, (int file, const void *buffer, size_t size, off_t at), (file, buffer, size, at))
ON_FILE(ssize_t, pwrite64, 0, (int file, const void *buffer, size_t size, off64_t at), (file, buffer, size, at))
ON_FILE(ssize_t, writev, 0, (int file, const struct iovec *parts, int count), (file, parts, count))
ON_FILE(ssize_t, pwritev, 0, (int file, const struct iovec *parts, int count, off_t at), (file, parts, count, at))
ON_FILE(int, fsync, 0, (int file), (file))
ON_FILE(int, fdatasync, 0, (int file), (file))
ON_FILE(int, ftruncate, 0, (int file, off_t size), (file, size))
ON_FILE(int, ftruncate64, 0, (int file, off64_t size), (file, size))
ON_FILE(int, fchmod, 0, (int file, mode_t mode), (file, mode))

#define ON_PATH(name, parameters, arguments)                \
    int name parameters {                                   \
        if (path_fails(path, 0))                            \
            return -1;                                      \
        return REAL(name) arguments;                        \
    }
ON_PATH(mkdir, (const char *path, mode_t mode), (path, mode))
ON_PATH(rmdir, (const char *path), (path))
ON_PATH(unlink, (const char *path), (path))
ON_PATH(chmod, (const char *path, mode_t mode), (path, mode))
ON_PATH(rename, (const char *path, const char *to), (path, to))
ON_PATH(link, (const char *path, const char *to), (path, to))
ON_PATH(symlink, (const char *to, const char *path), (to, path))

ssize_t copy_file_range(int from, off64_t *from_at, int file, off64_t *at, size_t size, unsigned flags) {
    if (file_fails(file, 0))
        return -1;
    return REAL(copy_file_range)(from, from_at, file, at, size, flags);
}
