/* unit/testing.h - what every unit test includes: cmocka with its prerequisites, and random schedules from a seed that
 * is printed, so that a failure can be run again: SLUICE_SEED=N ./unit_delivery */
#ifndef SLUICE_UNIT_TESTING_H
#define SLUICE_UNIT_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static uint64_t test_random_state;

/* Begins a property test; prints its seed. */
static inline void seed_random(const char *what)
{
    const char *given = getenv("SLUICE_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) * 1000003u;
    printf("%s: SLUICE_SEED=%llu\n", what, (unsigned long long)seed);
    test_random_state = seed * 0x9e3779b97f4a7c15u | 1;
}

/* 0 .. below - 1 */
static inline uint32_t random_below(uint32_t below)
{
    test_random_state ^= test_random_state << 13;
    test_random_state ^= test_random_state >> 7;
    test_random_state ^= test_random_state << 17;
    return (uint32_t)((test_random_state >> 11) % below);
}

#define RUN(tests) cmocka_run_group_tests(tests, NULL, NULL)

#endif
