/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The main function of every unit test: one suite of Check cases, reported as TAP on stdout, so
 * that meson and tools/test count test points and not programs. It also has a small random number
 * generator with a fixed seed, so that a failure can be repeated.
 */
#ifndef HS_TESTS_HARNESS_H
#define HS_TESTS_HARNESS_H

#include <check.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Runs the tests. Their names read as sentences, so that a failure tells what is wrong. */
static inline int harness_run(const char *name, const TTest *const *tests, size_t count)
{
    Suite *suite = suite_create(name);
    TCase *cases = tcase_create(name);
    suite_add_tcase(suite, cases);
    for (size_t i = 0; i < count; i++)
        tcase_add_test(cases, tests[i]);
    SRunner *runner = srunner_create(suite);
    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* HARNESS_MAIN("addr", test_one, test_two) makes a program of START_TEST functions. */
#define HARNESS_MAIN(name, ...)                                                                    \
    int main(void)                                                                                 \
    {                                                                                              \
        const TTest *const tests[] = {__VA_ARGS__};                                                \
        return harness_run(name, tests, sizeof tests / sizeof tests[0]);                           \
    }

/* splitmix64 (Steele, Lea, Flood 2014). */
static inline uint64_t harness_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* A number below limit. */
static inline size_t harness_below(uint64_t *state, size_t limit)
{
    return (size_t)(harness_random(state) % limit);
}

#endif
