/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A page that the parent writes after the fork is then the child's alone, with what it held before:
 * without this, a child that only waits would have for ever most of what the parent had at the
 * start. The program headers say where things are.
 *
 * Variables that are given back are as the program file has them. What is read once more must
 * therefore not be among them: what the linker has filled in and then made read-only (RELRO), and
 * the linker's own. The variable that system calls write, errno, is in memory of the thread.
 */
#include "agent/parts/slim.h"

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/auxv.h>
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

#define RANGES_MAX 64 /* the program and each of about eight libraries have four or five */

#define STACK_BELOW ((uintptr_t)256 * 1024) /* the parent has had frames so far below */

struct range {
    uintptr_t from, to;
};

/* What is to be given back. It is noted first, because it is found by reading some of it. */
struct slimming {
    uintptr_t linker; /* where the dynamic linker is */
    bool has_program; /* the program is the first object that is told, libraries follow */
    struct range ranges[RANGES_MAX];
    size_t count;
};

static void note(struct slimming *slimming, uintptr_t from, uintptr_t to)
{
    if (from < to && slimming->count < RANGES_MAX)
        slimming->ranges[slimming->count++] = (struct range){from, to};
}

/* The end of what is read-only since it was filled in, 0 if there is nothing such. */
static uintptr_t end_of_relocated(const struct dl_phdr_info *info)
{
    for (size_t i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_GNU_RELRO)
            return info->dlpi_addr + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz;
    return 0;
}

/* The heap is somewhere behind the variables of the program. Where nothing is mapped the kernel
 * passes on. */
static uintptr_t end_of_heap(uintptr_t end_of_variables)
{
    uintptr_t end = (uintptr_t)sbrk(0);

    return end == UINTPTR_MAX ? end_of_variables : end;
}

static int note_object(struct dl_phdr_info *info, size_t size, void *context)
{
    struct slimming *slimming = context;
    bool is_program = !slimming->has_program;
    uintptr_t relocated = end_of_relocated(info);

    (void)size;
    slimming->has_program = true;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        uintptr_t from = info->dlpi_addr + part->p_vaddr;
        uintptr_t to = from + part->p_memsz;

        if (part->p_type != PT_LOAD)
            continue;
        if (!(part->p_flags & PF_W))
            note(slimming, from, to);
        else if (info->dlpi_addr != slimming->linker)
            note(slimming, from < relocated ? relocated : from, is_program ? end_of_heap(to) : to);
    }
    return 0;
}

/* Cold functions are together. When this one goes on, the kernel reads its page again and those
 * around it. */
__attribute__((cold)) void hs_slim(void)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t stack = (uintptr_t)__builtin_frame_address(0) / page * page - page;
    struct slimming slimming = {.linker = getauxval(AT_BASE)};

    /* Without a linker the memory of the thread is in the heap. */
    if (IS_SANITIZED || slimming.linker == 0)
        return;
    dl_iterate_phdr(note_object, &slimming);
    note(&slimming, stack - STACK_BELOW, stack);
    for (size_t i = 0; i < slimming.count; i++) {
        uintptr_t from = (slimming.ranges[i].from + page - 1) / page * page;
        uintptr_t to = (slimming.ranges[i].to + page - 1) / page * page;

        if (from < to)
            madvise((void *)from, to - from, MADV_DONTNEED);
    }
}
