/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where keys lie: in one mapping that is locked, left out of core dumps, zero in a child process
 * and wiped when it is freed. And what happens when the system refuses one of these.
 */
#include "harness.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hearsay/error.h>

#include "key_lines.h"
#include "seal/keyring.h"

/* The linker sends the library's calls here (meson.build). */
void *__real_mmap64(void *addr, size_t len, int prot, int flags, int fd, off_t offset);
int __real_mlock(const void *addr, size_t len);
int __real_madvise(void *addr, size_t len, int advice);
int __real_munmap(void *addr, size_t len);
ssize_t __real_getrandom(void *bytes, size_t len, unsigned flags);
void *__wrap_mmap64(void *addr, size_t len, int prot, int flags, int fd, off_t offset);
int __wrap_mlock(const void *addr, size_t len);
int __wrap_madvise(void *addr, size_t len, int advice);
int __wrap_munmap(void *addr, size_t len);
ssize_t __wrap_getrandom(void *bytes, size_t len, unsigned flags);

static bool no_mapping, no_lock, no_random, lock_worked;
static unsigned locked, advised, unmapped, dirty;

void *__wrap_mmap64(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
    if (!no_mapping)
        return __real_mmap64(addr, len, prot, flags, fd, offset);
    errno = ENOMEM;
    return MAP_FAILED;
}

int __wrap_mlock(const void *addr, size_t len)
{
    locked++;
    lock_worked = !no_lock && __real_mlock(addr, len) == 0;
    if (lock_worked)
        return 0;
    errno = EPERM;
    return -1;
}

int __wrap_madvise(void *addr, size_t len, int advice)
{
    advised++;
    if (!no_lock)
        return __real_madvise(addr, len, advice);
    errno = EINVAL;
    return -1;
}

int __wrap_munmap(void *addr, size_t len)
{
    const uint8_t *bytes = addr;
    unmapped++;
    for (size_t i = 0; i < len; i++)
        dirty += bytes[i] != 0;
    return __real_munmap(addr, len);
}

ssize_t __wrap_getrandom(void *bytes, size_t len, unsigned flags)
{
    return no_random ? (ssize_t)len - 1 : __real_getrandom(bytes, len, flags);
}

/* Reads the flags of the mapping at this address from /proc; false if the system has no such
 * file. */
static bool read_flags(const void *address, char flags[256])
{
    FILE *file = fopen("/proc/self/smaps", "r");
    char line[512];
    bool here = false, found = false;
    while (file && !found && fgets(line, sizeof(line), file)) {
        unsigned long first, last;
        if (sscanf(line, "%lx-%lx ", &first, &last) == 2)
            here = (unsigned long)address >= first && (unsigned long)address < last;
        else if (here)
            found = sscanf(line, "VmFlags: %255[^\n]", flags) == 1;
    }
    if (file)
        fclose(file);
    return found;
}

START_TEST(test_the_mapping_is_locked_and_left_out_of_dumps_and_children)
{
    struct hearsay_keyring *keyring = keyring_of(KEY_A "\n");
    char flags[256];
    ck_assert_uint_eq(locked, 1);
    ck_assert_uint_eq(advised, 2);
    if (read_flags(keyring, flags)) {
        ck_assert_ptr_nonnull(strstr(flags, "dd"));
        ck_assert_ptr_nonnull(strstr(flags, "wf"));
        ck_assert(IS_SANITIZED || !lock_worked || strstr(flags, "lo"));
    }
    hearsay_keyring_free(keyring);
}
END_TEST

START_TEST(test_a_child_process_has_no_key)
{
    struct hearsay_keyring *keyring = keyring_of(KEY_A "\n");
    uint32_t marks[HEARSAY_KEYS_MAX], mark = 0;
    uint8_t body[20] = {0}, trailer[19] = {0};
    int status = 1;
    ck_assert_uint_eq(hearsay_cipher_siv.keys(keyring, marks), 1);
    ck_assert(hearsay_cipher_siv.seal(keyring, marks[0], 0, body, 4, body + 4, 16, trailer));
    pid_t child = fork();
    if (child == 0) {
        const uint8_t *bytes = (const uint8_t *)keyring;
        for (size_t i = 0; i < sizeof(*keyring); i++)
            if (bytes[i] != 0)
                _exit(1);
        if (hearsay_cipher_siv.seal(keyring, marks[0], 0, body, 4, body + 4, 16, trailer))
            _exit(2);
        _exit(hearsay_cipher_siv.open(keyring, 0, body, 4, body + 4, 16, trailer, &mark) !=
              HEARSAY_OPEN_KEY);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(hearsay_cipher_siv.open(keyring, 0, body, 4, body + 4, 16, trailer, &mark),
                     HEARSAY_OPENED);
    hearsay_keyring_free(keyring);
}
END_TEST

START_TEST(test_all_is_wiped_when_it_is_freed)
{
    static const uint8_t nothing[sizeof(struct hs_key_making)];
    struct hearsay_keyring *keyring = keyring_of(KEY_A "\n" KEY_B "\n");
    ck_assert_mem_eq(&keyring->making, nothing, sizeof(nothing));
    ck_assert_mem_ne(&keyring->keys[1], nothing, sizeof(keyring->keys[1]));
    hearsay_keyring_free(keyring);
    ck_assert_uint_eq(unmapped, 1);
    ck_assert_uint_eq(dirty, 0);
    hearsay_keyring_free(NULL);
    ck_assert_uint_eq(unmapped, 1);
}
END_TEST

START_TEST(test_all_is_wiped_when_a_line_is_wrong)
{
    struct hearsay_keyring *keyring = NULL;
    ck_assert_int_eq(
        hearsay_keyring_parse(&keyring, CLUSTER, KEY_A "\nAA==\n", sizeof(KEY_A) + 5, NULL),
        HEARSAY_ERR_INVALID);
    ck_assert_uint_eq(unmapped, 1);
    ck_assert_uint_eq(dirty, 0);
}
END_TEST

START_TEST(test_a_system_that_locks_nothing_is_put_up_with)
{
    no_lock = true;
    struct hearsay_keyring *keyring = keyring_of(KEY_A "\n");
    ck_assert_uint_eq(hearsay_keyring_count(keyring), 1);
    hearsay_keyring_free(keyring);
    ck_assert_uint_eq(dirty, 0);
}
END_TEST

START_TEST(test_no_memory_is_an_error)
{
    struct hearsay_keyring *keyring = NULL;
    no_mapping = true;
    ck_assert_int_eq(hearsay_keyring_parse(&keyring, CLUSTER, KEY_A, 44, NULL), HEARSAY_ERR_NOMEM);
    ck_assert_ptr_null(keyring);
}
END_TEST

START_TEST(test_new_keys_are_lines_and_never_equal)
{
    char one[HEARSAY_KEY_TEXT_SIZE], two[HEARSAY_KEY_TEXT_SIZE];
    ck_assert_int_eq(hearsay_key_generate(one), 0);
    ck_assert_int_eq(hearsay_key_generate(two), 0);
    ck_assert_str_ne(one, two);
    ck_assert_uint_eq(strlen(one), 45);
    ck_assert_int_eq(one[44], '\n');
    hearsay_keyring_free(keyring_of(one));
}
END_TEST

START_TEST(test_a_system_without_random_bytes_makes_no_key)
{
    char line[HEARSAY_KEY_TEXT_SIZE] = "before";
    no_random = true;
    ck_assert_int_eq(hearsay_key_generate(line), HEARSAY_ERR_INVALID);
    ck_assert_str_eq(line, "before");
}
END_TEST

START_TEST(test_a_fingerprint_that_is_not_there_is_not_written)
{
    struct hearsay_keyring *keyring = keyring_of(KEY_A "\n");
    uint8_t fingerprint[HEARSAY_FINGERPRINT_SIZE] = {0}, same[HEARSAY_FINGERPRINT_SIZE] = {0};
    hearsay_keyring_fingerprint(keyring, 1, fingerprint);
    ck_assert_mem_eq(fingerprint, same, sizeof(same));
    hearsay_keyring_free(keyring);
}
END_TEST

START_TEST(test_wiping)
{
    uint8_t bytes[64], zero[64] = {0};
    memset(bytes, 7, sizeof(bytes));
    hearsay_wipe(bytes, sizeof(bytes) - 1);
    ck_assert_mem_eq(bytes, zero, sizeof(bytes) - 1);
    ck_assert_uint_eq(bytes[63], 7);
}
END_TEST

HARNESS_MAIN("keyring", test_the_mapping_is_locked_and_left_out_of_dumps_and_children,
             test_a_child_process_has_no_key, test_all_is_wiped_when_it_is_freed,
             test_all_is_wiped_when_a_line_is_wrong,
             test_a_system_that_locks_nothing_is_put_up_with, test_no_memory_is_an_error,
             test_new_keys_are_lines_and_never_equal,
             test_a_system_without_random_bytes_makes_no_key,
             test_a_fingerprint_that_is_not_there_is_not_written, test_wiping)
