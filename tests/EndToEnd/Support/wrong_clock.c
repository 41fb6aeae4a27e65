// A library to be loaded before all others (LD_PRELOAD). The clock goes WRONG_CLOCK_SECONDS ahead of the system's, or behind it;
// the times that the system gives to files stay what they are.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static time_t offset(void) {
    const char *text = getenv("WRONG_CLOCK_SECONDS");
    return text ? atoll(text) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int status = ((__typeof__(&clock_gettime))dlsym(RTLD_NEXT, "clock_gettime"))(clock, now);
    if (status == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += offset();
    return status;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    int status = ((int (*)(struct timeval *, void *))dlsym(RTLD_NEXT, "gettimeofday"))(now, zone);
    if (status == 0)
        now->tv_sec += offset();
    return status;
}

time_t time(time_t *now) {
    struct timespec right;
    clock_gettime(CLOCK_REALTIME, &right);
    if (now)
        *now = right.tv_sec;
    return right.tv_sec;
}
