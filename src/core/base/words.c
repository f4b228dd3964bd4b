/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words that the log, the control protocol and the tool use for the protocol's enums. They are
 * made from the tables of the headers, so that a value and its word always agree. A value out of
 * range has a word too, because the number may come from elsewhere.
 */
#include <hearsay/event.h>
#include <hearsay/member.h>
#include <hearsay/node.h>
#include <hearsay/stats.h>

#define UNKNOWN "unknown"

const char *hearsay_status_name(enum hearsay_status status)
{
    switch (status) {
    case HEARSAY_STATUS_NONE:
        return "none";
    case HEARSAY_STATUS_SUSPECT:
        return "suspect";
    case HEARSAY_STATUS_ALIVE:
        return "alive";
    case HEARSAY_STATUS_DEAD:
        return "dead";
    }
    return UNKNOWN;
}

const char *hearsay_cause_name(enum hearsay_cause cause)
{
    switch (cause) {
    case HEARSAY_CAUSE_NONE:
        return "none";
    case HEARSAY_CAUSE_FAILED:
        return "failed";
    case HEARSAY_CAUSE_LEFT:
        return "left";
    case HEARSAY_CAUSE_FORCED:
        return "forced";
    }
    return UNKNOWN;
}

const char *hearsay_join_result_name(enum hearsay_join_result result)
{
    switch (result) {
    case HEARSAY_JOIN_OK:
        return "ok";
    case HEARSAY_JOIN_SELF:
        return "self";
    case HEARSAY_JOIN_TIMEOUT:
        return "timeout";
    case HEARSAY_JOIN_REFUSED:
        return "refused";
    case HEARSAY_JOIN_CLOSED:
        return "closed";
    case HEARSAY_JOIN_FOREIGN:
        return "foreign";
    }
    return UNKNOWN;
}

const char *hearsay_reason_name(enum hearsay_reason reason)
{
    switch (reason) {
#define REASON_WORD(name, text)                                                                    \
    case HEARSAY_REASON_##name:                                                                    \
        return text;
        HEARSAY_REASONS(REASON_WORD)
#undef REASON_WORD
    }
    return UNKNOWN;
}

const char *hearsay_refusal_name(enum hearsay_refusal refusal)
{
    switch (refusal) {
#define REFUSAL_WORD(name, text)                                                                   \
    case HEARSAY_REFUSAL_##name:                                                                   \
        return text;
        HEARSAY_REFUSALS(REFUSAL_WORD)
#undef REFUSAL_WORD
    }
    return UNKNOWN;
}

const char *hearsay_step_name(enum hearsay_step step)
{
    switch (step) {
#define STEP_WORD(name, text)                                                                      \
    case HEARSAY_STEP_##name:                                                                      \
        return text;
        HEARSAY_STEPS(STEP_WORD)
#undef STEP_WORD
    }
    return UNKNOWN;
}

const char *hearsay_drop_name(enum hearsay_drop drop)
{
    switch (drop) {
#define DROP_WORD(name, text)                                                                      \
    case HEARSAY_DROP_##name:                                                                      \
        return text;
        HEARSAY_DROPS(DROP_WORD)
#undef DROP_WORD
    case HEARSAY_DROP_COUNT:
        break;
    }
    return UNKNOWN;
}

const char *hearsay_isolation_name(enum hearsay_isolation isolation)
{
    switch (isolation) {
#define ISOLATION_WORD(name, text)                                                                 \
    case HEARSAY_ISOLATION_##name:                                                                 \
        return text;
        HEARSAY_ISOLATIONS(ISOLATION_WORD)
#undef ISOLATION_WORD
    }
    return UNKNOWN;
}

const char *hearsay_kind_name(unsigned kind)
{
    switch (kind) {
#define KIND_WORD(name, value, text)                                                               \
    case HEARSAY_KIND_##name:                                                                      \
        return text;
        HEARSAY_KINDS(KIND_WORD)
#undef KIND_WORD
    default:
        return UNKNOWN;
    }
}
