/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A page that the parent writes after the fork is then the child's alone, with what it held before:
 * without this, a child that only waits would have for ever most of what the parent had at the
 * start. The program header says where things are.
 */
#include "agent/parts/slim.h"

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* A sanitizer keeps its own state among the variables of the program. */
#if defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_SANITIZED true
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED false
#endif

#define RANGES_MAX 16 /* parts of a program: it has about six */

struct range {
    uintptr_t from, to;
};

/* What is to be given back. It is noted first, because it is found by reading some of it. */
struct slimming {
    struct range ranges[RANGES_MAX];
    size_t count;
};

static void note(struct slimming *slimming, uintptr_t from, uintptr_t to)
{
    if (from < to && slimming->count < RANGES_MAX)
        slimming->ranges[slimming->count++] = (struct range){from, to};
}

/* The variables that were zero at the start are behind those that were not, and the heap is
 * somewhere behind them. Where nothing is mapped the kernel passes on. */
static void note_variables(struct slimming *slimming, uintptr_t from)
{
    uintptr_t heap_end = (uintptr_t)sbrk(0);

    if (heap_end != UINTPTR_MAX)
        note(slimming, from, heap_end);
}

/* The program is the first one. Libraries stay as they are. */
static int note_program(struct dl_phdr_info *info, size_t size, void *context)
{
    struct slimming *slimming = context;

    (void)size;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        uintptr_t from = info->dlpi_addr + part->p_vaddr;

        if (part->p_type != PT_LOAD)
            continue;
        if (part->p_flags & PF_W)
            note_variables(slimming, from + part->p_filesz);
        else
            note(slimming, from, from + part->p_memsz);
    }
    return 1;
}

/* Cold functions are together. When this one goes on, the kernel reads its page again and those
 * around it. */
__attribute__((cold)) void hs_slim(void)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    struct slimming slimming = {.count = 0};

    if (IS_SANITIZED)
        return;
    dl_iterate_phdr(note_program, &slimming);
    for (size_t i = 0; i < slimming.count; i++) {
        uintptr_t from = (slimming.ranges[i].from + page - 1) / page * page;
        uintptr_t to = slimming.ranges[i].to / page * page;

        if (from < to)
            madvise((void *)from, to - from, MADV_DONTNEED);
    }
}
