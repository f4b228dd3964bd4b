/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HS_ASSERT states what a caller inside the library must have made sure of. A false one is a defect
 * of the library, never of its input: bad datagrams are counted drops, bad arguments of an owner
 * are errors. So there is nobody to report it to, and the core has no output: the program stops at
 * the place, where a debugger or a core file shows it.
 *
 * With NDEBUG (meson: buildtype=release) the condition is compiled but never evaluated. It must
 * have no side effect; what only an assertion uses is still used.
 */
#ifndef HS_BASE_ASSERT_H
#define HS_BASE_ASSERT_H

#ifdef NDEBUG
#define HS_ASSERT(condition) ((void)(0 && (condition)))
#else
#define HS_ASSERT(condition) ((condition) ? (void)0 : __builtin_trap())
#endif

#endif
