/* SPDX-License-Identifier: Apache-2.0 */
/* The words of the trace, made from the tables of its header as in base/words.c. */
#include <hearsay/trace.h>

static const char *trace_word(const char *const *words, unsigned count, unsigned at)
{
    return at < count ? words[at] : "unknown";
}

#define TRACE_WORD(name, text) text,
#define TRACE_WORDS(function, type, table)                                                         \
    const char *function(type value)                                                               \
    {                                                                                              \
        static const char *const words[] = {table(TRACE_WORD)};                                    \
        return trace_word(words, sizeof(words) / sizeof(words[0]), (unsigned)value);               \
    }

TRACE_WORDS(hearsay_trace_name, enum hearsay_trace_kind, HEARSAY_TRACES)
TRACE_WORDS(hearsay_trace_timer_name, enum hearsay_trace_timer, HEARSAY_TRACE_TIMERS)
TRACE_WORDS(hearsay_trace_purpose_name, enum hearsay_trace_purpose, HEARSAY_TRACE_PURPOSES)
TRACE_WORDS(hearsay_trace_end_name, enum hearsay_trace_end, HEARSAY_TRACE_ENDS)
TRACE_WORDS(hearsay_trace_exchange_name, enum hearsay_trace_exchange, HEARSAY_TRACE_EXCHANGES)
