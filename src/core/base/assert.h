/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HS_ASSERT states a precondition that a caller inside the library must meet. A failed assertion is
 * a defect of the library, never of its input: bad datagrams are counted drops, and bad arguments
 * of an owner are errors. The core has no output for a report. So the program stops at the place,
 * where a debugger or a core file shows it.
 *
 * With NDEBUG (meson: buildtype=release) the condition is compiled but never evaluated. It must not
 * have side effects. A variable that only an assertion uses does not cause a warning.
 */
#ifndef HS_BASE_ASSERT_H
#define HS_BASE_ASSERT_H

#ifdef NDEBUG
#define HS_ASSERT(condition) ((void)(0 && (condition)))
#else
#define HS_ASSERT(condition) ((condition) ? (void)0 : __builtin_trap())
#endif

#endif
