/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A page that the parent writes after the fork is then the child's alone, with what it held before:
 * without this, a child that only waits would have for ever most of what the parent had at the
 * start. The program headers say where things are.
 *
 * Variables that are given back are as the file has them. What is read once more must therefore not
 * be among them: of the program and of the C library what the linker has filled in, of which it
 * makes most read-only (RELRO), and the linker's own. The variable that system calls write, errno,
 * is in memory of the thread. Other libraries are never called: they go whole.
 */
#include "agent/parts/slim.h"

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
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

#define FUNCTIONS_RESERVED 3 /* places at the beginning of a table of functions */

#define STACK_BELOW ((uintptr_t)256 * 1024) /* the parent has had frames so far below */
#define STACK_SPARE ((uintptr_t)512)        /* below the last variable, for the next call */

struct range {
    uintptr_t from, to;
};

/* What is to be given back. It is noted first, because it is found by reading some of it. */
struct slimming {
    uintptr_t linker; /* where the dynamic linker is */
    bool has_program; /* the program is the first object that is told, libraries follow */
    bool has_libc;
    struct range ranges[RANGES_MAX];
    size_t count;
};

static void note(struct slimming *slimming, uintptr_t from, uintptr_t to)
{
    if (from < to && slimming->count < RANGES_MAX)
        slimming->ranges[slimming->count++] = (struct range){from, to};
}

/* The end of the table of functions of other objects. It is behind RELRO if the linker looks for
 * each of them at its first call. Some linkers make addresses of offsets, others do not. */
static uintptr_t end_of_functions(uintptr_t base, const ElfW(Dyn) * entry)
{
    uintptr_t table = 0, described = 0, each = sizeof(ElfW(Rela));

    for (; entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag == DT_PLTGOT)
            table = entry->d_un.d_ptr;
        else if (entry->d_tag == DT_PLTRELSZ)
            described = entry->d_un.d_val;
        else if (entry->d_tag == DT_PLTREL && entry->d_un.d_val == DT_REL)
            each = sizeof(ElfW(Rel));
    }
    if (table < base)
        table += base;
    return table + (FUNCTIONS_RESERVED + described / each) * sizeof(uintptr_t);
}

/* The end of what the linker has filled in; without RELRO it can be anywhere. */
static uintptr_t end_of_filled(const struct dl_phdr_info *info)
{
    uintptr_t constant = UINTPTR_MAX, functions = 0;

    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        uintptr_t from = info->dlpi_addr + part->p_vaddr;

        if (part->p_type == PT_GNU_RELRO)
            constant = from + part->p_memsz;
        else if (part->p_type == PT_DYNAMIC)
            functions = end_of_functions(info->dlpi_addr, (const ElfW(Dyn) *)from);
    }
    return functions > constant ? functions : constant;
}

/* The heap is somewhere behind the variables of the program. Where nothing is mapped the kernel
 * passes on. */
static uintptr_t end_of_heap(uintptr_t end_of_variables)
{
    uintptr_t end = (uintptr_t)sbrk(0);

    return end == UINTPTR_MAX ? end_of_variables : end;
}

static bool holds(const struct dl_phdr_info *info, uintptr_t address)
{
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];

        if (part->p_type == PT_LOAD && address - info->dlpi_addr - part->p_vaddr < part->p_memsz)
            return true;
    }
    return false;
}

/* The object that has all that the witness calls, beside memcpy, which needs no variables. Where
 * another one has some of it (LD_PRELOAD, or a C library of several parts) there is none. */
static bool is_libc(const struct dl_phdr_info *info)
{
    return holds(info, (uintptr_t)read) && holds(info, (uintptr_t)recvmsg) &&
           holds(info, (uintptr_t)sendmsg) && holds(info, (uintptr_t)nanosleep) &&
           holds(info, (uintptr_t)madvise) && holds(info, (uintptr_t)_exit);
}

static int note_object(struct dl_phdr_info *info, size_t size, void *context)
{
    struct slimming *slimming = context;
    bool is_program = !slimming->has_program, is_c = is_libc(info);
    uintptr_t filled = is_program || is_c ? end_of_filled(info) : 0;

    (void)size;
    slimming->has_program = true;
    slimming->has_libc |= is_c;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        uintptr_t from = info->dlpi_addr + part->p_vaddr;
        uintptr_t to = from + part->p_memsz;

        if (part->p_type != PT_LOAD)
            continue;
        if (!(part->p_flags & PF_W))
            note(slimming, from, to);
        else if (info->dlpi_addr != slimming->linker)
            note(slimming, from < filled ? filled : from, is_program ? end_of_heap(to) : to);
    }
    return 0;
}

/* Cold functions are together. When this one goes on, the kernel reads its page again and those
 * around it. */
__attribute__((cold)) void hs_slim(void)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    struct slimming slimming = {.linker = getauxval(AT_BASE)};
    uintptr_t stack = ((uintptr_t)&slimming - STACK_SPARE) / page * page;

    /* Without a linker the memory of the thread is in the heap. */
    if (IS_SANITIZED || slimming.linker == 0)
        return;
    dl_iterate_phdr(note_object, &slimming);
    if (!slimming.has_libc)
        return;
    note(&slimming, stack - STACK_BELOW, stack);
    for (size_t i = 0; i < slimming.count; i++) {
        uintptr_t from = (slimming.ranges[i].from + page - 1) / page * page;
        uintptr_t to = (slimming.ranges[i].to + page - 1) / page * page;

        if (from < to)
            madvise((void *)from, to - from, MADV_DONTNEED);
    }
}
