/* The watchdog beats while the poller does, and not a moment longer. */
#include "testing.h"

#include "ops/health.h"
#include "ops/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { WATCHDOG_MS = 40, LIVE_LIMIT_MS = 200 };

static int manager;
static char folder[] = "/tmp/sluice-notify-XXXXXX";

static int listen_as_manager(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", folder);
    manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(manager, (struct sockaddr *)&address, sizeof address), 0);
    return setenv("NOTIFY_SOCKET", address.sun_path, 1) | setenv("WATCHDOG_USEC", "40000", 1);
}

static int clean_up(void **state)
{
    (void)state;
    unlink(getenv("NOTIFY_SOCKET"));
    close(manager);
    return rmdir(folder);
}

/* How often the watchdog was fed, while notify_serve() was called as often as it asks for. */
static int beats_within(int ms)
{
    char text[256];
    int beats = 0;
    for (int passed = 0; passed < ms;) {
        int wait_ms = notify_serve(LIVE_LIMIT_MS, 0);
        assert_in_range(wait_ms, 1, WATCHDOG_MS / 2);
        usleep((useconds_t)wait_ms * 1000);
        passed += wait_ms;
    }
    for (ssize_t size; (size = recv(manager, text, sizeof text - 1, 0)) > 0;) {
        text[size] = '\0';
        beats += strcmp(text, "WATCHDOG=1") == 0;
    }
    return beats;
}

static void it_stops_when_the_poller_hangs_and_goes_on_with_it(void **state)
{
    (void)state;
    assert_int_equal(beats_within(100), 0); /* it has not polled yet */
    health_alive();
    assert_true(beats_within(100) > 0);
    usleep(LIVE_LIMIT_MS * 1000);
    assert_int_equal(beats_within(100), 0);
    health_alive();
    assert_true(beats_within(100) > 0);
}

static void without_a_manager_nothing_is_asked_for(void **state)
{
    char *path = strdup(getenv("NOTIFY_SOCKET"));
    (void)state;
    unsetenv("NOTIFY_SOCKET");
    assert_int_equal(notify_serve(LIVE_LIMIT_MS, 0), -1);
    setenv("NOTIFY_SOCKET", path, 1);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_stops_when_the_poller_hangs_and_goes_on_with_it),
        cmocka_unit_test(without_a_manager_nothing_is_asked_for),
    };
    return cmocka_run_group_tests(tests, listen_as_manager, clean_up);
}
